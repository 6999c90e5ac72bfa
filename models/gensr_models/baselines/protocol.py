"""One protocol for all baselines, the same as `gensr evaluate`: the full catalogue, ties against, the same history."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from gensr_models import metrics
from gensr_models.data import VALID, Dataset

FEWEST, CHUNK, MOST_SCORES = 64, 1024, 1 << 26
"""Examples scored at a time: at most CHUNK, fewer where the catalogue is so large that these would be more than
MOST_SCORES numbers (256 MB), but no fewer than FEWEST: events that a setting is chosen on stay within as many chunks as
are kept from one setting to the next (`linear`)."""
MOST_TUNED = 4_000
"""Valid events that a setting is chosen on."""
DEFAULT = {"recommend": "history_excluded", "search": "plain"}
"""The engine's default, and so the headline of each task."""

Scorer = Callable[[np.ndarray], np.ndarray]
"""From places of events to scores [examples, items]."""


def ranks(dataset: Dataset, places: np.ndarray, scorer: Scorer) -> dict[str, np.ndarray]:
    """Ranks (from 0) of the wanted items: `plain`, and `history_excluded`: it is left out, the wanted item never."""
    events = dataset.events
    found: dict[str, list[np.ndarray]] = {"plain": [], "history_excluded": []}
    for chunk in _chunks(places, len(dataset.catalogue)):
        scores = scorer(chunk)
        wanted = events.item[chunk]
        rows = np.arange(len(chunk))
        ahead = metrics.ahead(scores, scores[rows, wanted][:, None])
        ahead[rows, wanted] = False
        found["plain"].append(ahead.sum(axis=1))
        for row, place in enumerate(chunk):
            ahead[row, events.item[events.user_offsets[events.user[place]] : place]] = False
        found["history_excluded"].append(ahead.sum(axis=1))
    return {name: np.concatenate(parts) if parts else np.zeros(0, int) for name, parts in found.items()}


def _chunks(places: np.ndarray, items: int) -> Iterator[np.ndarray]:
    size = max(FEWEST, min(CHUNK, MOST_SCORES // max(1, items)))
    for start in range(0, len(places), size):
        yield places[start : start + size]


def quality(dataset: Dataset, task: str, scorer: Scorer, seed: int = 0) -> float:
    """ndcg@10 on valid as the task answers by default; a seeded sample of the events where there are many."""
    places = dataset.targets(task, VALID)
    if len(places) > MOST_TUNED:
        places = np.sort(np.random.default_rng(seed).choice(places, MOST_TUNED, replace=False))
    return metrics.ndcg(ranks(dataset, places, scorer)[DEFAULT[task]], 10)
