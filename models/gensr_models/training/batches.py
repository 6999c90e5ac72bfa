"""Training sequences: windows of users' histories, drawn anew for every epoch."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

RECOMMEND, SEARCH = 0, 1


@dataclass(frozen=True)
class EventTable:
    """Events as the network reads them, grouped by user (`offsets` [U + 1]) and in order.

    Types are as narrow as those of the data set, and arrays may be mapped from files.
    """

    offsets: np.ndarray
    item: np.ndarray
    task: np.ndarray  # 0 recommend, 1 search
    kind: np.ndarray  # embedding index, 1 = first kind of the manifest
    positive: np.ndarray  # bool: may be a target
    query: np.ndarray  # index of the query, -1 for none
    time: np.ndarray  # seconds
    split: np.ndarray  # 0 train, 1 valid, 2 test

    def of(self, user: int) -> np.ndarray:
        """Indices of a user's events."""
        return np.arange(self.offsets[user], self.offsets[user + 1])


@dataclass(frozen=True)
class Windowing:
    """How a history becomes a window, as in the pack's manifest; `queries` is the index of "no query"."""

    window: int
    slide: int
    dedupe: bool
    time_informative: bool
    buckets: int
    queries: int = 0

    def start(self, events: int) -> int:
        """First event of the window of a history of this length."""
        if events <= self.window:
            return 0
        return -(-(events - self.window) // self.slide) * self.slide

    def latest(self, item: np.ndarray) -> np.ndarray:
        """Places of the events that stay when only the latest of each item is kept, in order."""
        _, last = np.unique(item[::-1], return_index=True)
        return np.sort(len(item) - 1 - last)

    def apply(self, events: np.ndarray, item: np.ndarray) -> np.ndarray:
        """Events of a history (oldest first) that the state holds."""
        if self.dedupe and len(events):
            events = events[self.latest(item[events])]
        return events[self.start(len(events)) :]

    def gaps(self, times: np.ndarray) -> np.ndarray:
        """Bucket of the time since the event before, 0 for the first."""
        if not self.time_informative or len(times) == 0:
            return np.zeros(len(times), np.int64)
        seconds = np.maximum(np.diff(times, prepend=times[0]), 0).astype(np.float64)
        buckets = np.floor(np.log2(1 + seconds)).astype(np.int64).clip(0, self.buckets - 1)
        buckets[0] = 0
        return buckets


@dataclass(frozen=True)
class Batch:
    """Padded windows of B users, n events each; padding repeats event 0 and has weight 0."""

    item: Tensor  # [B, n]
    task: Tensor
    kind: Tensor
    gap: Tensor
    query: Tensor  # index into the query table, whose last row is "none"
    weight: Tensor  # [B, n] weight of the loss at each event's prompt
    masked: Tensor  # [2, P] (flat prompt, item) pairs that leave the softmax, sorted
    share: float = 1.0  # share of the whole batch's weight that is here: 1 but where processes train together

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return replace(self, **{f.name: getattr(self, f.name).to(device) for f in fields(self) if f.name != "share"})


def collate(
    events: EventTable, windows: list[np.ndarray], rules: Windowing, mask_all: list[np.ndarray] | None
) -> Batch:
    """Windows (event indices) to one batch; `mask_all` gives for each window further items to mask at every prompt."""
    size, length = len(windows), max(len(w) for w in windows)
    shape = (size, length)
    item, task, kind = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    gap, query, weight = np.zeros(shape, np.int64), np.full(shape, -1, np.int64), np.zeros(shape, np.float32)
    rows, columns = [], []
    for b, window in enumerate(windows):
        n = len(window)
        item[b, :n], task[b, :n], kind[b, :n] = events.item[window], events.task[window], events.kind[window]
        gap[b, :n], query[b, :n] = rules.gaps(events.time[window]), events.query[window]
        weight[b, :n] = events.positive[window]
        own = events.item[window]
        if mask_all is None:
            later, earlier = np.tril_indices(n, -1)
            row, column = later, own[earlier]
        else:
            row = np.repeat(np.arange(n), len(mask_all[b]))
            column = np.tile(mask_all[b], n)
        keep = own[row] != column
        rows.append(row[keep] + b * length)
        columns.append(column[keep])
    masked = np.stack([np.concatenate(rows), np.concatenate(columns)])
    query[query < 0] = rules.queries
    return Batch(*(torch.from_numpy(x) for x in (item, task, kind, gap, query, weight, masked)))


class TrainingWindows:
    """Draws an epoch: each user's training events, one per item where `dedupe`, shuffled where order means nothing."""

    def __init__(self, events: EventTable, rules: Windowing, ordered: bool, tokens: int):
        self.events, self.rules, self.ordered, self.tokens = events, rules, ordered, tokens
        train = events.split == 0
        self.users = [own[train[own]] for own in (events.of(u) for u in range(len(events.offsets) - 1))]
        self.users = [u for u in self.users if len(u)]

    def epoch(self, seed: int, rank: int = 0, processes: int = 1) -> tuple[int, Iterator[Batch]]:
        """Number of batches, and the batches, of the epoch with this seed.

        Where several processes train together each draws the same epoch and takes every so many-th window of a batch.
        """
        rng = np.random.default_rng(seed)
        windows, masks = [], []
        for own in self.users:
            chosen = own
            if self.rules.dedupe:
                shuffled = rng.permutation(own)
                _, first = np.unique(self.events.item[shuffled], return_index=True)
                chosen = shuffled[first]
                chosen = rng.permutation(chosen) if not self.ordered else np.sort(chosen)
            for window in self._split(chosen, rng):
                windows.append(window)
                masks.append(np.unique(self.events.item[own]) if not self.ordered else None)
        order = rng.permutation(len(windows))
        order = order[np.argsort([len(windows[i]) for i in order], kind="stable")]
        batches = self._group(order, windows)
        batches = [batches[i] for i in rng.permutation(len(batches))]

        def produce() -> Iterator[Batch]:
            for whole in batches:
                group, share = self._part(whole, windows, rank, processes)
                extra = None if self.ordered else [masks[i] for i in group]
                batch = collate(self.events, [windows[i] for i in group], self.rules, extra)
                yield batch if share is None else replace(batch, share=share)

        return len(batches), produce()

    def _part(
        self, group: list[int], windows: list[np.ndarray], rank: int, processes: int
    ) -> tuple[list[int], float | None]:
        """This process's windows of a batch, and their share of its weight (None: all of it).

        In a batch of fewer windows than processes some take the first window with weight 0.
        """
        if processes == 1:
            return group, None
        weights = [int(self.events.positive[windows[i]].sum()) for i in group]
        own = slice(rank, None, processes)
        share = sum(weights[own]) / max(1, sum(weights))
        return group[own] or group[:1], share if group[own] else 0.0

    def _split(self, events: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
        """Cuts a long history into windows; where the first cut falls is drawn."""
        size = self.rules.window
        if len(events) <= size:
            return [events]
        first = int(rng.integers(1, size + 1))
        cuts = [0, *range(first, len(events), size), len(events)]
        return [events[a:b] for a, b in itertools.pairwise(cuts) if b - a > 1 or a == 0]

    def _group(self, order: np.ndarray, windows: list[np.ndarray]) -> list[list[int]]:
        """Windows of like length into batches of about `tokens` events."""
        groups: list[list[int]] = [[]]
        for i in order:
            longest = len(windows[i])
            if groups[-1] and longest * (len(groups[-1]) + 1) > self.tokens:
                groups.append([])
            groups[-1].append(int(i))
        return groups
