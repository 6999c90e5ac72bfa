"""Histories as the signals read them, and ranks of wanted items by sparse scores alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse

from gensr_models.data import TASKS, VALID, Dataset
from gensr_models.metrics import gains

MOST_EVENTS = 512
"""Distinct items that the neighbours of a history may be summed over; the bound of the pack's manifest."""
MOST_CASES = 2_000
"""Valid events of a task that a choice is made on."""
EXCLUDES_HISTORY = {"recommend": True, "search": False}
"""The engine's default: whether items of the history are left out."""


def positive_kinds(dataset: Dataset) -> np.ndarray:
    """For each kind whether its sign is positive."""
    return np.array([kind.sign > 0 for kind in dataset.kinds] or [False])


def latest(items: np.ndarray, most: int) -> np.ndarray:
    """Distinct items, the most recent first, at most `most` of them."""
    reverse = items[::-1]
    _, first = np.unique(reverse, return_index=True)
    return reverse[np.sort(first)[:most]]


@dataclass(frozen=True, eq=False)
class Cases:
    """Events of one task to rank after their histories.

    Attributes:
        task: `recommend` or `search`.
        places: of the events.
        wanted: the item of each.
        row, item, age: what the signals read: for each case its distinct liked items, the most recent with age 0.
        own: sorted keys `case * N + item` of all histories but for the wanted items: what a request leaves out.
        items: N.
    """

    task: str
    places: np.ndarray
    wanted: np.ndarray
    row: np.ndarray
    item: np.ndarray
    age: np.ndarray
    own: np.ndarray
    items: int

    @classmethod
    def of(cls, dataset: Dataset, task: str, places: np.ndarray) -> Cases:
        """Reads the history of each event: all events of the user before it, of any split."""
        events, items = dataset.events, len(dataset.catalogue)
        positive = positive_kinds(dataset)
        rows, columns, ages, own = [], [], [], []
        for case, place in enumerate(places):
            history = np.arange(events.user_offsets[events.user[place]], place)
            liked = latest(events.item[history[positive[events.kind[history]]]], MOST_EVENTS)
            rows.append(np.full(len(liked), case))
            columns.append(liked)
            ages.append(np.arange(len(liked)))
            mine = np.unique(events.item[history]).astype(np.int64)
            own.append(mine[mine != events.item[place]] + case * items)
        empty = np.zeros(0, np.int64)
        joined = (np.concatenate([empty, *parts]) for parts in (rows, columns, ages, own))
        return cls(task, places, events.item[places].astype(np.int64), *joined, items)

    def histories(self, decay: float, events: int) -> scipy.sparse.csr_array:
        """[cases, N]: `decay ** age` for the last `events` distinct items of each history."""
        kept = self.age < events
        values = (decay ** self.age[kept]).astype(np.float32)
        return scipy.sparse.csr_array((values, (self.row[kept], self.item[kept])), shape=(len(self.places), self.items))

    def gains(self, scores: scipy.sparse.csr_array, k: int = 10) -> np.ndarray:
        """Gain of each case by scores >= 0 alone, as the task answers by default.

        An item without a score is not found. Equal scores share their places (the mean of them): ties are the rule in
        signals, and what stands beside it will break them.
        """
        scores = scores.tocoo()
        row, column, value = scores.coords[0].astype(np.int64), scores.coords[1], scores.data
        mark = np.zeros(len(self.places), np.float32)
        hit = column == self.wanted[row]
        mark[row[hit]] = value[hit]
        competes = ~hit & (value >= mark[row]) & (mark[row] > 0)
        row, column, value = row[competes], column[competes], value[competes]
        if EXCLUDES_HISTORY[self.task]:
            stays = ~_among(row * self.items + column, self.own)
            row, value = row[stays], value[stays]
        share = np.where(value > mark[row], 1.0, 0.5)
        ranks = np.bincount(row, share, minlength=len(self.places))
        return gains(np.where(mark > 0, ranks, self.items), k)


def _among(keys: np.ndarray, of: np.ndarray) -> np.ndarray:
    if not len(of):
        return np.zeros(len(keys), bool)
    return of[np.minimum(np.searchsorted(of, keys), len(of) - 1)] == keys


def valid_cases(dataset: Dataset, seed: int, most: int = MOST_CASES) -> list[tuple[Cases, float]]:
    """For each task with valid events a seeded sample of them, and its share of all valid events."""
    found = []
    places = {task: dataset.targets(task, VALID) for task in TASKS}
    total = sum(map(len, places.values()))
    for task, all_places in places.items():
        chosen = all_places
        if len(chosen) > most:
            chosen = np.sort(np.random.default_rng(seed).choice(chosen, most, replace=False))
        if len(chosen):
            found.append((Cases.of(dataset, task, chosen), len(all_places) / total))
    return found


def quality(cases: list[tuple[Cases, float]], scores_of) -> float:
    """Mean gain over tasks, weighted by their valid events; `scores_of` maps cases to sparse scores."""
    return float(sum(share * one.gains(scores_of(one)).mean() for one, share in cases))
