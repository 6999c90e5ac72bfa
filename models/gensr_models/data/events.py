"""The table of events: ordered by user, split, with event names and queries as numbers."""

import datetime
from collections.abc import Callable

import numpy as np
import pandas as pd

from . import items, tables
from .dataset import SPLITS, TEST, TRAIN, VALID, Catalogue, Events, Kind
from .kinds import DataSettings, meaning, order
from .problems import Problems, quote

NEEDED = ["user_id", "timestamp", "kind", "item_id"]
MOST_KINDS = 64
"""Each event name gets an embedding; far more of them than this are user data in the wrong column."""

MILLISECONDS = 10**11
"""The year 5138 in seconds, 1973 in milliseconds."""

LEAST_EVENTS = 3
"""Without a `split` column, users with fewer examples of a task are in the train split only."""


def none() -> tuple[Events, list[Kind]]:
    """The events of a folder that has only a catalogue."""
    empty = {
        name: np.zeros(0, dtype)
        for name, dtype in (
            ("user", np.int32),
            ("item", np.int32),
            ("kind", np.int16),
            ("timestamp", np.int64),
            ("query", np.int32),
            ("split", np.int8),
        )
    }
    return Events(**empty, user_offsets=np.zeros(1, np.int64), user_ids=[], queries=[]), []


def read(
    table: tables.Table, catalogue: Catalogue, settings: DataSettings, problems: Problems
) -> tuple[Events, list[Kind]] | None:
    """Checks the table and builds the events; None where a column is missing or there is no row."""
    if not check_columns(table.file, list(table.frame.columns), len(table), problems):
        return None
    user_text = tables.text(table, "user_id", problems)
    items.check_ids(table, "user_id", user_text, problems)
    user, user_ids = pd.factorize(user_text)
    item = rows_of(table, "item_id", known_items(catalogue), problems)
    timestamp, bad = timestamps(table, problems)
    if not bad and np.median(timestamp) > MILLISECONDS:
        warn_of_milliseconds(table.file, problems)
    kind, kinds = _kinds(table, settings, problems)
    query, queries = _queries(table, kind, kinds, problems)
    split = _given_split(table, problems)

    place = _order(table, user, timestamp, problems)
    user, item, kind, timestamp, query = (values[place] for values in (user, item, kind, timestamp, query))
    split = leave_one_out(user, kind, kinds) if split is None else split[place]
    counts = np.bincount(user, minlength=len(user_ids))
    events = Events(
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        kind=kind.astype(np.int16),
        timestamp=timestamp,
        query=query.astype(np.int32),
        split=split.astype(np.int8),
        user_offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        user_ids=list(user_ids),
        queries=queries,
    )
    return events, kinds


def check_columns(file: str, names: list[str], rows: int, problems: Problems) -> bool:
    """Whether there is anything to read: all columns that events need, and a row."""
    missing = [name for name in NEEDED if name not in names]
    for name in missing:
        right = f"events need {', '.join(NEEDED)}; there is {quote(', '.join(names), 200)}"
        problems.add(file, "the column is missing", right, column=name)
    if not rows:
        problems.add(file, "there are no events", "write at least one, or leave the file out")
    return not missing and rows > 0


def known_items(catalogue: Catalogue) -> tuple[pd.Index, np.ndarray]:
    """Ids of the catalogue, each once, and their rows."""
    # The first of two equal ids stands for both: that there are two is reported where the items are read.
    index = pd.Index(catalogue.ids, dtype="str")
    once = ~index.duplicated()
    return index[once], np.flatnonzero(once)


def rows_of(table: tables.Table, column: str, known: tuple[pd.Index, np.ndarray], problems: Problems) -> np.ndarray:
    """Rows of the catalogue that a column names; 0 where it names none, which is a problem."""
    ids = tables.text(table, column, problems)
    codes, distinct = pd.factorize(ids)
    places = known[0].get_indexer(pd.Index(distinct, dtype="str"))
    rows = np.where(places < 0, -1, known[1][places])[codes]
    bad = np.flatnonzero(rows < 0)
    problems.add_rows(
        table.file,
        table.rows[bad],
        lambda i: f"{quote(ids[bad[i]])} is not among the items",
        "add the item, or take the row out",
        column=column,
    )
    return np.where(rows < 0, 0, rows)


def timestamps(table: tables.Table, problems: Problems) -> tuple[np.ndarray, bool]:
    """Seconds, 0 where there are none, and whether there are such rows, which are problems."""
    values = table.frame["timestamp"]
    if pd.api.types.is_integer_dtype(values.dtype):
        bad = values.to_numpy() > np.iinfo(np.int64).max  # unsigned ones may be
        result = np.where(bad, 0, values.to_numpy()).astype(np.int64)
    elif isinstance(values.dtype, pd.StringDtype):
        good = values.fillna("").str.fullmatch(r"[+-]?[0-9]{1,18}").to_numpy(dtype=bool)
        result, bad = values.where(good, "0").astype(np.int64).to_numpy(), ~good
    else:
        parsed = [_seconds(value) for value in values]
        bad = np.array([value is None for value in parsed])
        result = np.array([value or 0 for value in parsed], dtype=np.int64)
    places = np.flatnonzero(bad)
    problems.add_rows(
        table.file,
        table.rows[places],
        lambda i: f"{quote(values.iloc[places[i]])} is not a whole number",
        "write whole seconds since 1970, or positions in the user's sequence",
        column="timestamp",
    )
    return result, bool(bad.any())


def warn_of_milliseconds(file: str, problems: Problems) -> None:
    """Warns that half of the timestamps are beyond `MILLISECONDS`."""
    problems.warn(f"{file}: timestamps look like milliseconds; gaps are read as seconds")


def _seconds(value: object) -> int | None:
    """A typed value as whole seconds; a date counts from 1970 (in UTC where it has no zone)."""
    if isinstance(value, bool) or value is None or value is pd.NaT:
        return None
    if isinstance(value, (int, np.integer)):
        return int(value) if abs(int(value)) < 2**63 else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**63 else None
    if isinstance(value, str):
        return int(value) if value.lstrip("+-").isdecimal() and value.isascii() and len(value) < 19 else None
    if isinstance(value, datetime.datetime):
        return int((value if value.tzinfo else value.replace(tzinfo=datetime.UTC)).timestamp() // 1)
    return None


def _kinds(table: tables.Table, settings: DataSettings, problems: Problems) -> tuple[np.ndarray, list[Kind]]:
    names = tables.text(table, "kind", problems)
    items.check_ids(table, "kind", names, problems)
    codes, found = pd.factorize(names)
    places, kinds = kinds_of(table.file, list(found), settings, problems)
    return places[codes], kinds


def kinds_of(file: str, found: list[str], settings: DataSettings, problems: Problems) -> tuple[np.ndarray, list[Kind]]:
    """Kinds in their order, and the place of each event name among them."""
    ordered = order(found)
    if len(ordered) > MOST_KINDS:
        right = f"use at most {MOST_KINDS} event names; ids and queries have their own columns"
        problems.add(file, f"{len(ordered):,} different event names", right, column="kind")
    kinds = []
    for name in ordered:
        kind, known = meaning(name, settings)
        kinds.append(kind)
        if not known:
            problems.warn(
                f"{file}: event name {quote(name)} is not known; it is trained on and tested as a recommendation like "
                f"any other, and is a weak liking (strength {kind.strength}) in a user's taste alone; data.kinds of "
                "the settings says what a name means, with task: none history only"
            )
    for name in sorted(settings.kinds.keys() - set(found)):
        problems.warn(f"{file}: the settings (data.kinds) name {quote(name)}, which is no event's name here")
    places = {name: place for place, name in enumerate(ordered)}
    return np.array([places[name] for name in found]), kinds


def _queries(
    table: tables.Table, kind: np.ndarray, kinds: list[Kind], problems: Problems
) -> tuple[np.ndarray, list[str]]:
    searches = np.array([one.task == "search" for one in kinds])[kind]
    if "query" not in table.frame.columns:
        if searches.any():
            report_no_queries(table.file, problems)
        return np.full(len(table), -1), []
    codes, distinct = pd.factorize(tables.text(table, "query", problems))
    clean = [" ".join(text.split()) for text in distinct]
    queries = list(dict.fromkeys(text for text in clean if text))
    places = {text: place for place, text in enumerate(queries)} | {"": -1}
    query = np.array([places[text] for text in clean], dtype=np.int64)[codes]
    check_searches(table, np.flatnonzero(searches & (query < 0)), lambda place: kinds[kind[place]].name, problems)
    return query, queries


def report_no_queries(file: str, problems: Problems) -> None:
    """Warns that there are searches and no column of queries."""
    problems.add(file, "the column is missing", "events of a search need it", column="query")


def check_searches(table: tables.Table, bad: np.ndarray, name: Callable[[int], str], problems: Problems) -> None:
    """Reports searches without a query; `name` is the event name of a row."""
    problems.add_rows(
        table.file,
        table.rows[bad],
        lambda i: f"a {name(bad[i])} event without a query",
        "write what was searched for",
        column="query",
    )


def _given_split(table: tables.Table, problems: Problems) -> np.ndarray | None:
    if "split" not in table.frame.columns:
        return None
    names = tables.text(table, "split", problems)
    if (names == "").all():
        return None
    return splits(table, names, problems)


def splits(table: tables.Table, names: pd.Series, problems: Problems) -> np.ndarray:
    """Names of splits as numbers, -1 for others, which are problems."""
    codes, distinct = pd.factorize(names)
    split = np.array([SPLITS.index(name) if name in SPLITS else -1 for name in distinct])[codes]
    bad = np.flatnonzero(split < 0)
    problems.add_rows(
        table.file,
        table.rows[bad],
        lambda i: f"{quote(names[bad[i]])} is no split",
        "write train, valid or test in every row, or leave the column out",
        column="split",
    )
    return split


def _order(table: tables.Table, user: np.ndarray, timestamp: np.ndarray, problems: Problems) -> np.ndarray:
    """Places of the rows so that each user's are together: in the file's own order where they are already."""
    same = user[1:] == user[:-1]
    if int((~same).sum()) + 1 == len(np.unique(user)):
        back = np.flatnonzero(same & (timestamp[1:] < timestamp[:-1])) + 1
        if len(back):
            warn_of_order(table.file, len(back), table.rows[back[0]], problems)
        return np.argsort(user, kind="stable")
    return np.lexsort((timestamp, user))


def warn_of_order(file: str, count: int, row: int, problems: Problems) -> None:
    """Warns that times and the order of the file disagree."""
    problems.warn(
        f"{file}: {count:,} timestamps are smaller than the one before them of the same "
        f"user, first in row {row}; the order of the file is kept: the last row of a user is taken for the newest "
        "event, so sort the rows by user and time if the times are right"
    )


def leave_one_out(user: np.ndarray, kind: np.ndarray, kinds: list[Kind]) -> np.ndarray:
    """The split of ordered events: per user and task the last example is test, the last but one valid.

    Examples are events whose sign is positive. A user with fewer than `LEAST_EVENTS` of a task is in the
    train split with them.
    """
    split = np.full(len(user), TRAIN, dtype=np.int8)
    for task in ("recommend", "search"):
        wanted = np.array([one.task == task and one.sign > 0 for one in kinds])
        places = np.flatnonzero(wanted[kind])
        if not len(places):
            continue
        _, begin, count = np.unique(user[places], return_index=True, return_counts=True)
        begin, count = begin[count >= LEAST_EVENTS], count[count >= LEAST_EVENTS]
        split[places[begin + count - 1]] = TEST
        split[places[begin + count - 2]] = VALID
    return split
