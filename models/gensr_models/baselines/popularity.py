"""Popularity: what everybody has."""

from __future__ import annotations

import numpy as np

from gensr_models.baselines.protocol import Scorer, quality
from gensr_models.data import TRAIN, Dataset


def popularity(dataset: Dataset, task: str | None = None) -> Scorer:
    """Score by the number of train events of an item, of one task or of all kinds, disliking not counted."""
    events = dataset.events
    counted = [kind.sign > 0 and task in (None, kind.task) for kind in dataset.kinds] or [False]
    places = np.array(counted)[events.kind] & (events.split == TRAIN)
    counts = np.bincount(events.item[places], minlength=len(dataset.catalogue)).astype(np.float32)
    return lambda places: np.broadcast_to(counts, (len(places), len(counts)))


def tuned_popularity(dataset: Dataset, task: str) -> tuple[Scorer, dict[str, str]]:
    """Popularity by the events of the task or by all, whichever has the better ndcg@10 on valid."""
    choices = {"task": popularity(dataset, task), "all": popularity(dataset)}
    counts = max(choices, key=lambda name: quality(dataset, task, choices[name]))
    return choices[counts], {"counts": counts}
