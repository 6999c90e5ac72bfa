"""Events in arrays, and what protocols do to them: k-core, split, candidates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from gensr_models.data import TEST, TRAIN, VALID

RECOMMEND, SEARCH = 0, 1
KINDS = ("recommend", "search")
DAY = 86_400


@dataclass(frozen=True, eq=False)
class Log:
    """All events of a source.

    Attributes:
        users: ids, by user number.
        items: ids, by item number.
        queries: texts, by query number.
        user: int32 [n].
        item: int32 [n].
        kind: int8 [n], index into `KINDS`.
        query: int32 [n], -1 for none.
        time: int64 [n], seconds, or positions where the source has no times.
        split: int8 [n], where the source has one or `split` has made one.
        touched: int64 [m, 2], further pairs of user and item that the source has: what is never drawn as a negative.
        zone: seconds that local time is ahead of UTC, for splits by days.
    """

    users: list[str]
    items: list[str]
    queries: list[str]
    user: np.ndarray
    item: np.ndarray
    kind: np.ndarray
    query: np.ndarray
    time: np.ndarray
    split: np.ndarray | None = None
    touched: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    zone: int = 0

    def __len__(self) -> int:
        return len(self.user)

    def pairs(self) -> np.ndarray:
        """A number for each pair of user and item, int64 [n]."""
        return self.user.astype(np.int64) * len(self.items) + self.item

    def at(self, places: np.ndarray) -> Log:
        """The events at these places or of this mask; users, items and queries keep their numbers."""
        split = None if self.split is None else self.split[places]
        of = (self.user, self.item, self.kind, self.query, self.time)
        user, item, kind, query, time = (values[places] for values in of)
        return replace(self, user=user, item=item, kind=kind, query=query, time=time, split=split)


def log(  # noqa: D417
    user: Sequence,
    item: Sequence,
    kind: np.ndarray,
    query: Sequence[str],
    time: np.ndarray,
    *,
    split: np.ndarray | None = None,
    zone: int = 0,
    touched: tuple[Sequence, Sequence] = ((), ()),
    items: Sequence = (),
) -> Log:
    """Numbers ids and queries and drops repeated rows.

    Args:
        user: ids, of one type.
        item: ids, of one type.
        query: texts, "" for none.
        touched: ids of users and items that met without an event; users without any event are dropped.
        items: ids of items that stay without events, too.
    """
    users, user_ids = pd.factorize(pd.Index(user))
    codes, item_ids = pd.factorize(pd.Index(items).append(pd.Index(item)) if len(items) else pd.Index(item))
    texts, queries = pd.factorize(pd.Index(query, dtype="str"))
    blank = queries.get_indexer([""])[0] if len(queries) else -1
    met = np.stack([user_ids.get_indexer(pd.Index(touched[0])), item_ids.get_indexer(pd.Index(touched[1]))], axis=1)
    whole = Log(
        users=[str(value) for value in user_ids],
        items=[str(value) for value in item_ids],
        queries=[str(value) for value in queries],
        user=users.astype(np.int32),
        item=codes[len(items) :].astype(np.int32),
        kind=np.asarray(kind, np.int8),
        query=np.where(texts == blank, -1, texts).astype(np.int32),
        time=np.asarray(time, np.int64),
        split=split,
        touched=met[(met >= 0).all(axis=1)].astype(np.int64),
        zone=zone,
    )
    order = np.lexsort((np.arange(len(whole)), whole.time, whole.user))
    rows = pd.DataFrame({name: getattr(whole, name)[order] for name in ("user", "item", "kind", "query", "time")})
    return whole.at(order[~rows.duplicated().to_numpy()])


def k_core(events: Log, k: int) -> Log:
    """Drops users and items with fewer than `k` events, until none is left that has."""
    kept = np.ones(len(events), bool)
    while True:
        enough = np.bincount(events.user[kept], minlength=len(events.users)) >= k
        popular = np.bincount(events.item[kept], minlength=len(events.items)) >= k
        still = kept & enough[events.user] & popular[events.item]
        if (still == kept).all():
            return events.at(kept)
        kept = still


def compact(events: Log, all_items: bool) -> Log:
    """Numbers anew what is left: users and queries with events, and items with events unless `all_items`."""
    user, users = np.unique(events.user, return_inverse=True)
    item = np.arange(len(events.items)) if all_items else np.unique(events.item)
    known = events.query >= 0
    query, queries = np.unique(events.query[known], return_inverse=True)
    renamed = np.full(len(events), -1, np.int32)
    renamed[known] = queries

    def places(values: np.ndarray, kept: np.ndarray, count: int) -> np.ndarray:
        table = np.full(count, -1, np.int64)
        table[kept] = np.arange(len(kept))
        return table[values]

    touched = np.stack(
        [
            places(events.touched[:, 0], user, len(events.users)),
            places(events.touched[:, 1], item, len(events.items)),
        ],
        axis=1,
    )
    return replace(
        events,
        users=[events.users[number] for number in user],
        items=[events.items[number] for number in item],
        queries=[events.queries[number] for number in query],
        user=users.astype(np.int32),
        item=places(events.item, item, len(events.items)).astype(np.int32),
        query=renamed,
        touched=touched[(touched >= 0).all(axis=1)],
    )


@dataclass(frozen=True)
class Split:
    """How events are held out: `leave-one-out`, `time:1d` (days), `time:0.1` (share of the events) or `given`."""

    how: str
    days: int = 0
    share: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Split:
        """From the command line."""
        if text in ("leave-one-out", "given"):
            return cls(text)
        if found := re.fullmatch(r"time:([1-9][0-9]{0,3})d", text):
            return cls("time", days=int(found[1]))
        if (found := re.fullmatch(r"time:(0?\.[0-9]+)", text)) and 0 < float(found[1]) < 0.5:
            return cls("time", share=float(found[1]))
        raise ValueError(f"--split {text}: say leave-one-out, time:1d (days), time:0.1 (a share below .5) or given")


def by_time(events: Log, split: Split) -> Log:
    """The events after one point of time are test, those of an equal stretch before are valid.

    With days, the stretch is the last so many calendar days on which there are events, in the source's own time zone;
    with a share it is that share of all events, and events of one second stay together.
    """
    if not len(events):
        return replace(events, split=np.zeros(0, np.int8))
    if split.days:
        day = (events.time + events.zone) // DAY
        days = np.unique(day)
        if len(days) <= 2 * split.days:
            raise ValueError(f"--split time:{split.days}d: there are events on {len(days)} days only")
        rank = np.searchsorted(days, day)
        test, valid = rank >= len(days) - split.days, rank >= len(days) - 2 * split.days
    else:
        times = np.sort(events.time)
        held = round(split.share * len(times))
        test = events.time >= times[len(times) - max(1, held)]
        valid = events.time >= times[len(times) - max(2, 2 * held)]
    parts = np.where(test, TEST, np.where(valid, VALID, TRAIN)).astype(np.int8)
    if (parts != TRAIN).all():
        raise ValueError("the split leaves nothing to train on: most events have the same time")
    return replace(events, split=parts)


def leave_one_out(events: Log, least: int, repeats: bool) -> Log:
    """Per user and task the last event is test and the last but one valid; `events` are in order.

    Args:
        events: all of them.
        least: users with fewer events of a task are in the train split with them.
        repeats: whether a held-out item may occur elsewhere in the user's events. If not, what is counted and held
            out are items, searches first, and the user's other events with a held-out item are dropped.
    """
    pairs, last = events.pairs(), len(events.users) - 1
    split, held = np.full(len(events), TRAIN, np.int8), np.zeros(len(events), bool)

    def latest(free: np.ndarray) -> np.ndarray:
        """For each user the last free place, -1 where there is none."""
        place = np.full(last + 1, -1, np.int64)
        place[events.user[free]] = free
        return place

    for kind in (SEARCH, RECOMMEND):
        free = np.flatnonzero((events.kind == kind) & ~held)
        counted = free if repeats else free[np.unique(pairs[free], return_index=True)[1]]
        enough = np.bincount(events.user[counted], minlength=last + 1) >= least
        free = free[enough[events.user[free]]]
        for part in (TEST, VALID):
            place = latest(free)
            taken = place[place >= 0]
            split[taken] = part
            if repeats:
                free = np.setdiff1d(free, taken, assume_unique=True)
            else:
                free = free[~np.isin(pairs[free], pairs[taken])]
                held |= np.isin(pairs, pairs[taken])
    left = ~held | (split != TRAIN)
    return replace(events, split=split).at(left)


def candidates(events: Log, kind: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Items that the user never touched, uniformly, for each test event of a kind.

    Returns:
        Places of the events, one for each (user, query, item) that is asked; numbers of items [places, count].
    """
    asked = np.flatnonzero((events.kind == kind) & (events.split == TEST))
    keys = pd.DataFrame({"user": events.user[asked], "query": events.query[asked], "item": events.item[asked]})
    asked = asked[~keys.duplicated().to_numpy()]
    whole = np.concatenate([np.stack([events.user, events.item], axis=1), events.touched])
    whole = whole[np.isin(whole[:, 0], events.user[asked])]
    whole = whole[np.argsort(whole[:, 0], kind="stable")]
    begin = np.searchsorted(whole[:, 0], np.arange(len(events.users) + 1))
    rng, items = np.random.default_rng([seed, kind]), len(events.items)
    drawn = np.empty((len(asked), count), np.int32)
    user, touched = -1, np.zeros(0, np.int64)
    for row, place in enumerate(asked):
        if events.user[place] != user:
            user = events.user[place]
            touched = np.unique(whole[begin[user] : begin[user + 1], 1])
            if items - len(touched) < count:
                raise ValueError(
                    f"--candidates {count}: a user has touched {len(touched):,} of the {items:,} items, which leaves "
                    "too few; ask for fewer, or 0 for the full ranking alone"
                )
        drawn[row] = _untouched(rng, items, touched, count)
    return asked, drawn


def _untouched(rng: np.random.Generator, items: int, touched: np.ndarray, count: int) -> np.ndarray:
    if items < 4 * (count + len(touched)):  # few are left: draw among them
        return rng.choice(np.setdiff1d(np.arange(items), touched, assume_unique=True), count, replace=False)
    draw = rng.integers(0, items, 2 * count + 16)
    while True:
        distinct = draw[np.sort(np.unique(draw, return_index=True)[1])]
        place = np.minimum(np.searchsorted(touched, distinct), len(touched) - 1)
        free = distinct[touched[place] != distinct]
        if len(free) >= count:
            return free[:count]
        draw = np.concatenate([draw, rng.integers(0, items, 2 * count + 16)])
