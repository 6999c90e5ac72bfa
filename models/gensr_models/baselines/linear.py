"""Linear item-item models with all their weights: item-kNN and EASE."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from gensr_models.baselines.protocol import FEWEST, MOST_TUNED, Scorer, quality
from gensr_models.data import Dataset
from gensr_models.signals.histories import Cases
from gensr_models.signals.item_models import bounded, ease, gram, knn, users_by_items
from gensr_models.signals.neighbours import PENALTIES, READINGS

SHRINKAGE = (0.0, 5.0, 20.0, 100.0)
MOST_ITEMS = 20_000
"""EASE is dense: 1.6 GB for each of its matrices at this size."""


def scored_by(dataset: Dataset, task: str, weights, reading: tuple[float, int]) -> Scorer:
    """The sum over a history, read as the signals read it, of weights from row to column (sparse or dense)."""

    def scorer(places: np.ndarray) -> np.ndarray:
        scores = _cases(dataset, task, places.tobytes()).histories(*reading) @ weights
        return scores if isinstance(scores, np.ndarray) else scores.toarray()

    return scorer


@lru_cache(maxsize=-(-MOST_TUNED // FEWEST))
def _cases(dataset: Dataset, task: str, places: bytes) -> Cases:
    """Cases are read once for all settings."""
    return Cases.of(dataset, task, np.frombuffer(places, np.int64))


def _tuned(dataset: Dataset, task: str, name: str, values, make: Callable) -> tuple[Scorer, dict[str, float]]:
    best, most, chosen = None, -1.0, {}
    for value in values:
        weights = make(value)
        for reading in READINGS:
            scorer = scored_by(dataset, task, weights, reading)
            score = quality(dataset, task, scorer)
            if score > most:
                best, most = scorer, score
                chosen = {name: value, "decay": reading[0], "events": reading[1]}
    return best, chosen


def tuned_knn(dataset: Dataset, task: str) -> tuple[Scorer, dict[str, float]]:
    """Item-kNN (cosine of who liked both, shrunk), all neighbours; only the latest items of very long histories."""
    matrix = bounded(dataset)
    return _tuned(dataset, task, "shrinkage", SHRINKAGE, lambda shrinkage: knn(matrix, shrinkage))


def tuned_ease(dataset: Dataset, task: str) -> tuple[Scorer, dict[str, float]] | None:
    """EASE, all weights, also negative ones; None where the catalogue is too large."""
    if len(dataset.catalogue) > MOST_ITEMS:
        return None
    counts = gram(users_by_items(dataset))
    return _tuned(dataset, task, "penalty", PENALTIES, lambda penalty: ease(counts, penalty))
