"""One protocol for all baselines, the same as `gensr evaluate`: the full catalogue, ties against, the same history."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from gensr_models import metrics
from gensr_models.data import VALID, Dataset

CHUNK = 1024
"""Examples scored at a time."""
MOST_TUNED = 4_000
"""Valid events that a setting is chosen on."""
DEFAULT = {"recommend": "history_excluded", "search": "plain"}
"""What the engine answers by default, and so the headline of each task."""

Scorer = Callable[[np.ndarray], np.ndarray]
"""From places of events to scores [examples, items]."""


def ranks(dataset: Dataset, places: np.ndarray, scorer: Scorer) -> dict[str, np.ndarray]:
    """Ranks (from 0) of the wanted items: `plain`, and `history_excluded`: it is left out, the wanted item never."""
    events = dataset.events
    found: dict[str, list[np.ndarray]] = {"plain": [], "history_excluded": []}
    for chunk in _chunks(places):
        scores = scorer(chunk)
        wanted = events.item[chunk]
        rows = np.arange(len(chunk))
        ahead = scores >= scores[rows, wanted][:, None]
        ahead[rows, wanted] = False
        found["plain"].append(ahead.sum(axis=1))
        for row, place in enumerate(chunk):
            ahead[row, events.item[events.user_offsets[events.user[place]] : place]] = False
        found["history_excluded"].append(ahead.sum(axis=1))
    return {name: np.concatenate(parts) if parts else np.zeros(0, int) for name, parts in found.items()}


def _chunks(places: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(places), CHUNK):
        yield places[start : start + CHUNK]


def quality(dataset: Dataset, task: str, scorer: Scorer, seed: int = 0) -> float:
    """ndcg@10 on valid as the task answers by default; a seeded sample of the events where there are many."""
    places = dataset.targets(task, VALID)
    if len(places) > MOST_TUNED:
        places = np.sort(np.random.default_rng(seed).choice(places, MOST_TUNED, replace=False))
    return metrics.ndcg(ranks(dataset, places, scorer)[DEFAULT[task]], 10)
