"""Events from Parquet that may be larger than memory.

The same checks and the same result as for any table (`.events`), in three passes over pieces: rows are checked and
become numbers; these are spread over buckets of whole users; each bucket is sorted by user and time. Columns are files
that are mapped into memory: what is resident is up to the system. Names of users and queries are all that must fit.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from . import events as checks
from . import items, tables
from .dataset import Catalogue, Events, Kind
from .kinds import DataSettings, meaning
from .problems import SHOWN_EACH, Problem, Problems

PIECE = 1 << 18
"""Rows that are read at a time, within a row group."""
BUCKET = 1 << 20
"""Rows that are sorted at a time; a user with more of them makes a bucket of their own."""
COLUMNS = {
    "user": np.int32,
    "item": np.int32,
    "kind": np.int16,
    "timestamp": np.int64,
    "query": np.int32,
    "split": np.int8,
}

Columns = dict[str, np.ndarray]


def read(
    path: Path,
    catalogue: Catalogue | None,
    settings: DataSettings,
    problems: Problems,
    cache: str | Path | None = None,
) -> tuple[Events, list[Kind]] | None:
    """Checks the table and builds the events, as `events.read` does; None where that cannot be done.

    Args:
        path: the Parquet file.
        catalogue: what the events are of; without one only the columns are checked.
        settings: what event names mean.
        problems: where problems go, in the same words and order as those of a table that is read at once.
        cache: folder of the mapped files.
    """
    try:
        with pa.parquet.ParquetFile(path, pre_buffer=False) as file:
            rows = file.metadata.num_rows
            if tables.are_twice(path.name, file.schema_arrow.names, problems):
                return None
            if not checks.check_columns(path.name, file.schema_arrow.names, rows, problems) or catalogue is None:
                return None
            reading = _Reading(path.name, file.schema_arrow.names, catalogue, settings, _mapped(rows, cache))
            for table in _pieces(path.name, file):
                reading.take(table)
    except (pa.ArrowException, OSError) as error:
        problems.add(path.name, f"is no Parquet file ({error})", "write it with pandas, pyarrow or Spark")
        return None
    before = problems.count
    kind_places, kinds = reading.report(problems)
    if problems.count > before:
        return None  # what is not read right need not be put in order
    return reading.finish(kind_places, kinds, problems, cache), kinds


def _pieces(name: str, file: pa.parquet.ParquetFile) -> Iterator[tables.Table]:
    wanted = [c for c in (*checks.NEEDED, "query", "split") if c in file.schema_arrow.names]
    first = 1
    for batch in file.iter_batches(batch_size=PIECE, columns=wanted, use_threads=False):
        yield tables.of_arrow(name, pa.Table.from_batches([batch]), first)
        first += batch.num_rows


def _mapped(rows: int, cache: str | Path | None) -> Columns:
    """Columns of so many rows in files without a name: they are gone with the process."""
    made = {}
    for name, dtype in COLUMNS.items():
        with tempfile.TemporaryFile(dir=cache, prefix="gensr-") as file:
            file.truncate(rows * np.dtype(dtype).itemsize)
            made[name] = np.asarray(np.memmap(file, dtype, "r+", shape=(rows,)))
    return made


class _Check(Problems):
    """Findings of one check over all pieces, worded as if it had seen them at once."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, tuple[list[Problem], int]] = {}

    def add_rows(self, file, rows, wrong, right, *, column=None) -> None:
        shown, count = self.found.get(right, ([], 0))
        for place, row in enumerate(rows):
            if len(shown) < SHOWN_EACH:
                shown.append(Problem(file, int(row), column, wrong(place), right))
            count += 1
        self.found[right] = shown, count

    def report(self, problems: Problems) -> None:
        for shown, count in self.found.values():
            problems.take(shown, count)


class _Names:
    """Numbers for texts, in order of first appearance."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def of(self, texts: pd.Series | list[str]) -> np.ndarray:
        codes, distinct = pd.factorize(texts)
        places = [self.places.setdefault(text, len(self.places)) for text in distinct]
        return np.array(places, np.int64)[codes]


class _Reading:
    """The first pass: rows as numbers in the order of the file, and all that is found on the way."""

    def __init__(self, file: str, names: list[str], catalogue: Catalogue, settings: DataSettings, columns: Columns):
        self.file, self.settings, self.columns, self.rows = file, settings, columns, 0
        self.has_query, self.has_split = "query" in names, "split" in names
        self.known = checks.known_items(catalogue)
        self.users, self.kinds, self.queries = _Names(), _Names(), _Names()
        steps = ("user_id", "user_ids", "item_id", "timestamp", "kind", "kinds", "query", "searches", "split", "splits")
        self.checks = {step: _Check() for step in steps}
        self.searches: list[bool] = []  # of each kind, in the order of appearance
        self.searched = self.given_split = self.bad_times = False
        # Of the median, without sorting: how many are beyond the limit, and the nearest two.
        self.beyond, self.below_limit, self.above_limit = 0, -(2**63), 2**63 - 1
        self.runs, self.back, self.first_back, self.last = 0, 0, 0, (-1, 0)

    def take(self, table: tables.Table) -> None:
        """Checks a piece and writes its numbers."""
        found, place = {}, slice(self.rows, self.rows + len(table))
        text = tables.text(table, "user_id", self.checks["user_id"])
        items.check_ids(table, "user_id", text, self.checks["user_ids"])
        found["user"] = self.users.of(text)
        found["item"] = checks.rows_of(table, "item_id", self.known, self.checks["item_id"])
        found["timestamp"], bad = checks.timestamps(table, self.checks["timestamp"])
        self.bad_times |= bad
        text = tables.text(table, "kind", self.checks["kind"])
        items.check_ids(table, "kind", text, self.checks["kinds"])
        kind = self.kinds.of(text)
        found["kind"] = np.minimum(kind, 2**15 - 1)  # so many kinds are a problem
        found["query"] = self._queries(table, kind)
        if self.has_split:
            names = tables.text(table, "split", self.checks["split"])
            self.given_split |= bool((names != "").any())
            found["split"] = checks.splits(table, names, self.checks["splits"])
        for name, values in found.items():
            self.columns[name][place] = values
        self._watch(found["user"], found["timestamp"], table.rows)
        self.rows += len(table)

    def _queries(self, table: tables.Table, kind: np.ndarray) -> np.ndarray:
        for name in list(self.kinds.places)[len(self.searches) :]:
            self.searches.append(meaning(name, self.settings)[0].task == "search")
        searches = np.array(self.searches)[kind]
        self.searched |= bool(searches.any())
        if not self.has_query:
            return np.full(len(table), -1)
        codes, distinct = pd.factorize(tables.text(table, "query", self.checks["query"]))
        clean = [" ".join(text.split()) for text in distinct]
        places = [self.queries.places.setdefault(t, len(self.queries.places)) if t else -1 for t in clean]
        query = np.array(places, np.int64)[codes]
        bad = np.flatnonzero(searches & (query < 0))
        names = list(self.kinds.places) if len(bad) else []
        checks.check_searches(table, bad, lambda place: names[kind[place]], self.checks["searches"])
        return query

    def _watch(self, user: np.ndarray, time: np.ndarray, rows: np.ndarray) -> None:
        """Whether users stand together and their times ascend, and where the median of the times is."""
        user, before = np.append(self.last[0], user), np.append(self.last[1], time)
        same = user[1:] == user[:-1]
        self.runs += int((~same).sum())
        back = np.flatnonzero(same & (before[1:] < before[:-1]))
        if len(back) and not self.back:
            self.first_back = int(rows[back[0]])
        self.back += len(back)
        self.last = int(user[-1]), int(before[-1])
        beyond = time > checks.MILLISECONDS
        self.beyond += int(beyond.sum())
        self.above_limit = min(self.above_limit, int(time[beyond].min(initial=2**63 - 1)))
        self.below_limit = max(self.below_limit, int(time[~beyond].max(initial=-(2**63))))

    def _in_milliseconds(self) -> bool:
        if 2 * self.beyond != self.rows:
            return 2 * self.beyond > self.rows
        return np.median([self.below_limit, self.above_limit]) > checks.MILLISECONDS

    def report(self, problems: Problems) -> tuple[np.ndarray, list[Kind]]:
        """All problems in the order of a table that is read at once; the kinds, and where each event name is there."""
        for step in ("user_id", "user_ids", "item_id", "timestamp"):
            self.checks[step].report(problems)
        if not self.bad_times and self._in_milliseconds():
            checks.warn_of_milliseconds(self.file, problems)
        for step in ("kind", "kinds"):
            self.checks[step].report(problems)
        places, kinds = checks.kinds_of(self.file, list(self.kinds.places), self.settings, problems)
        if self.has_query:
            for step in ("query", "searches"):
                self.checks[step].report(problems)
        elif self.searched:
            checks.report_no_queries(self.file, problems)
        self.checks["split"].report(problems)
        if self.given_split:
            self.checks["splits"].report(problems)
        return places, kinds

    def finish(self, places: np.ndarray, kinds: list[Kind], problems: Problems, cache: str | Path | None) -> Events:
        """The second and the third pass."""
        counts = np.zeros(len(self.users.places), np.int64)
        for piece in _slices(self.rows, BUCKET):
            counts += np.bincount(self.columns["user"][piece], minlength=len(counts))
        offsets = np.concatenate([[0], np.cumsum(counts)])
        buckets = _buckets(offsets)
        together = self.runs == len(counts)
        if together and self.back:
            checks.warn_of_order(self.file, self.back, self.first_back, problems)
        if not together:
            self.columns = _spread(self.columns, self.rows, offsets, buckets, cache)
        for first, last in itertools.pairwise(buckets):
            rows = slice(offsets[first], offsets[last])
            part = {name: np.array(column[rows]) for name, column in self.columns.items()}
            if not together:
                order = np.lexsort((part["timestamp"], part["user"]))
                part = {name: values[order] for name, values in part.items()}
            part["kind"] = places[part["kind"]]
            if not self.given_split:
                part["split"] = checks.leave_one_out(part["user"], part["kind"], kinds)
            for name, values in part.items():
                self.columns[name][rows] = values
        return Events(
            **self.columns,
            user_offsets=offsets.astype(np.int64),
            user_ids=list(self.users.places),
            queries=list(self.queries.places),
        )


def _slices(rows: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))


def _buckets(offsets: np.ndarray) -> np.ndarray:
    """First users of the buckets, and the number of users at the end."""
    firsts, users = [0], len(offsets) - 1
    while firsts[-1] < users:
        following = int(np.searchsorted(offsets, offsets[firsts[-1]] + BUCKET, side="right")) - 1
        firsts.append(max(following, firsts[-1] + 1))
    return np.array(firsts)


def _spread(columns: Columns, rows: int, offsets: np.ndarray, buckets: np.ndarray, cache: str | Path | None) -> Columns:
    """Rows of each bucket together, otherwise in the order that they had: a few places are written to at a time."""
    result, following = _mapped(rows, cache), offsets[buckets].copy()
    for piece in _slices(rows, BUCKET):
        bucket = np.searchsorted(buckets, columns["user"][piece], side="right") - 1
        order = np.argsort(bucket, kind="stable")
        counts = np.bincount(bucket, minlength=len(buckets) - 1)
        starts = np.concatenate([[0], np.cumsum(counts)])
        for name, column in columns.items():
            values = column[piece][order]
            for one in np.flatnonzero(counts):
                result[name][following[one] : following[one] + counts[one]] = values[starts[one] : starts[one + 1]]
        following[:-1] += counts
    return result
