"""A data folder, read: frozen, in NumPy arrays, ordered by user."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Task = Literal["recommend", "search", "none"]
ColumnType = Literal["string", "set", "number", "date", "bool"]

TASKS: tuple[Task, ...] = ("recommend", "search")
"""Tasks that are trained and measured; events of task `none` are history only."""

SPLITS = ("train", "valid", "test")
TRAIN, VALID, TEST = range(3)

AT_ONCE = 1 << 20
"""Events that are looked at together where users are looked at one by one."""

NO_DATE = np.int32(-(2**31))
NO_BOOL = np.uint8(255)
NO_CODE = np.uint32(2**32 - 1)
"""How a missing date, bool and string are stored, the same as in a pack. A missing number is NaN."""


@dataclass(frozen=True)
class Kind:
    """The meaning of an event name.

    Attributes:
        name: as in column `kind`.
        task: the task that such an event is an example of; `none` for events that are history only.
        sign: 1 for liking, -1 for disliking.
        strength: in (0, 1]: what an event weighs in the taste of its user, and whether a liking lifts a dislike
            (src/feed/dislike.rs). Training, signals and figures take all events of a task alike.
    """

    name: str
    task: Task
    sign: int
    strength: float


@dataclass(frozen=True, eq=False)
class Column:
    """One typed attribute of all items, stored as a pack stores it.

    Attributes:
        type: `number`, `date`, `bool`, `string` or `set`.
        values: float32; int32 days since 1970-01-01; uint8 0 or 1; uint32 index into `dictionary`;
            for `set` the uint32 indices of all items one after the other, ascending within an item.
        dictionary: distinct strings in byte order (`string`, `set`).
        offsets: int64 [N + 1], where the values of each item begin (`set` only).
    """

    type: ColumnType
    values: np.ndarray
    dictionary: tuple[str, ...] = ()
    offsets: np.ndarray | None = None

    def get(self, row: int) -> object:
        """The value of one item in Python: None where missing, a date as ISO text, a set as a list."""
        if self.type == "set":
            assert self.offsets is not None
            return [self.dictionary[code] for code in self.values[self.offsets[row] : self.offsets[row + 1]]]
        value = self.values[row]
        if self.type == "number":
            return None if np.isnan(value) else float(value)
        if self.type == "date":
            return None if value == NO_DATE else str(np.datetime64(int(value), "D"))
        if self.type == "bool":
            return None if value == NO_BOOL else bool(value)
        return None if value == NO_CODE else self.dictionary[value]

    def missing(self) -> int:
        """How many items have no value."""
        if self.type == "set":
            assert self.offsets is not None
            return int((np.diff(self.offsets) == 0).sum())
        if self.type == "number":
            return int(np.isnan(self.values).sum())
        return int((self.values == {"date": NO_DATE, "bool": NO_BOOL, "string": NO_CODE}[self.type]).sum())


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All items; the row of an item in these lists is its number everywhere else."""

    ids: list[str]
    titles: list[str]
    texts: list[str]
    categories: list[list[str]]
    attributes: dict[str, Column] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class Events:
    """All events, those of one user together and in order.

    Attributes:
        user: int32, index into `user_ids`; ascending.
        item: int32, row of the catalogue.
        kind: int16, index into `Dataset.kinds`.
        timestamp: int64, seconds, or positions where the source has no times.
        query: int32, index into `queries`, -1 for none.
        split: int8, index into `SPLITS`.
        user_offsets: int64 [U + 1]; the events of user u are `user_offsets[u]:user_offsets[u + 1]`.
        user_ids: ids of the users, in order of first appearance.
        queries: distinct queries, blanks collapsed, in order of first appearance.
    """

    user: np.ndarray
    item: np.ndarray
    kind: np.ndarray
    timestamp: np.ndarray
    query: np.ndarray
    split: np.ndarray
    user_offsets: np.ndarray
    user_ids: list[str]
    queries: list[str]

    def __len__(self) -> int:
        return len(self.user)

    @property
    def users(self) -> int:
        """Number of users."""
        return len(self.user_ids)

    def by_users(self) -> Iterator[tuple[int, int, slice]]:
        """All events, some whole users at a time: they may be mapped from a file that is larger than memory.

        Yields:
            The first user, the last plus 1, and where their events are: `AT_ONCE` or a little more, or one user's.
        """
        cuts = np.searchsorted(self.user_offsets, np.arange(AT_ONCE, len(self), AT_ONCE))
        for first, last in itertools.pairwise(np.unique([0, *cuts, self.users]).tolist()):
            yield first, last, slice(int(self.user_offsets[first]), int(self.user_offsets[last]))


@dataclass(frozen=True, eq=False)
class Candidates:
    """Given lists for the sampled ranking of the test events: one positive each, equally many negatives.

    Attributes:
        user: int32 [R].
        query: int32 [R], index into `Events.queries`, -1 for none.
        positive: int32 [R], row of the catalogue.
        negatives: int32 [R, C].
    """

    user: np.ndarray
    query: np.ndarray
    positive: np.ndarray
    negatives: np.ndarray


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data folder, read and checked.

    Attributes:
        name: name of the folder.
        catalogue: the items.
        events: the events; empty arrays where the folder has none.
        kinds: the event names that occur, with their meaning.
        candidates: by task, where the folder has `candidates_test_<task>`.
        sha256: of each file that was read, by name.
        warnings: remarks that are no errors.
    """

    name: str
    catalogue: Catalogue
    events: Events
    kinds: list[Kind]
    candidates: dict[str, Candidates]
    sha256: dict[str, str]
    warnings: list[str]

    @property
    def queries(self) -> list[str]:
        """The queries that `events.query` points to."""
        return self.events.queries

    def targets(self, task: str, split: int) -> np.ndarray:
        """Places of the events that are examples of `task` (liked ones only) in a split, ascending."""
        wanted = np.array([kind.task == task and kind.sign > 0 for kind in self.kinds] or [False])
        return np.flatnonzero(wanted[self.events.kind] & (self.events.split == split))
