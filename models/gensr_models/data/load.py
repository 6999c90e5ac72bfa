"""Reads a data folder: `load`."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from . import events as event_table
from . import items as item_table
from . import stream as event_stream
from . import tables
from .dataset import TASKS, Candidates, Catalogue, Dataset, Events
from .kinds import DataSettings
from .problems import Problems


def load(
    folder: str | Path, settings: DataSettings | Mapping | None = None, cache: str | Path | None = None
) -> Dataset:
    """Reads and checks the tables of a folder.

    The folder holds `items.EXT`, `events.EXT` (may be absent: a catalogue without logs) and, if it likes,
    lists for the sampled ranking, `candidates_test_<task>.EXT`; EXT is csv, csv.gz, parquet, jsonl or
    jsonl.gz. Columns:

    - items: `item_id`, `title`, `text`, `categories` (`|` between names, or a list); any other column is a
      typed attribute (see `gensr_models.data.attributes`). `text` and `categories` may be absent.
    - events: `user_id`, `timestamp` (seconds), `kind`, `query`, `item_id`, `split` (`train`, `valid`,
      `test`). `query` may be absent where nobody searches; `split` may be absent: see `leave_one_out` in
      `.events`.

    Rows of one user keep the order of the file where they stand together; otherwise they are sorted by time,
    rows of equal time as in the file.

    Events in Parquet may be larger than memory: they are read a piece at a time, and arrays of the events, 23 bytes
    each, are mapped from files (see `.stream`).

    Args:
        folder: where the tables are.
        settings: what event names mean and of which type attributes are, where the defaults do not fit.
        cache: folder for those files, on a disk; they have no name and are gone with the process. The system's folder
            for temporary files otherwise.

    Raises:
        DataError: the tables are wrong; it names row and column of each problem, of all tables at once.
        FileNotFoundError: there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder")
    if not isinstance(settings, DataSettings):
        settings = DataSettings.model_validate(settings or {})
    problems = Problems()
    hashes: dict[str, str] = {}

    def file(stem: str) -> Path | None:
        path = tables.find(folder, stem, problems)
        if path is not None:
            hashes[path.name] = tables.sha256(path)
        return path

    def table(stem: str) -> tables.Table | None:
        path = file(stem)
        return None if path is None else tables.read(path, problems)

    if tables.find(folder, "items", Problems()) is None:
        problems.add("items", "the folder has no such table", f"add items with one of {', '.join(tables.EXTENSIONS)}")
    rows = table("items")
    catalogue = item_table.read(rows, settings, problems) if rows is not None else None
    path, found = file("events"), None
    if path is not None:
        # Without items each event would be a problem of its own: they are checked against nothing then.
        if path.suffix == ".parquet":
            found = event_stream.read(path, catalogue, settings, problems, cache)
        elif (rows := tables.read(path, problems)) is not None:
            if catalogue is not None:
                found = event_table.read(rows, catalogue, settings, problems)
            else:
                event_table.check_columns(rows.file, list(rows.frame.columns), len(rows), problems)
    else:
        found = event_table.none()
        problems.warn("there is no events table: the catalogue alone is used")
    candidates: dict[str, Candidates] = {}
    for task in TASKS:
        rows = table(f"candidates_test_{task}")
        if rows is not None and catalogue is not None and found is not None:
            lists = _candidates(rows, catalogue, found[0], problems)
            if lists is not None:
                candidates[task] = lists
    problems.check()
    assert catalogue is not None and found is not None, "whatever is not read is a problem"
    return Dataset(
        name=folder.resolve().name,
        catalogue=catalogue,
        events=found[0],
        kinds=found[1],
        candidates=candidates,
        sha256=hashes,
        warnings=problems.warnings,
    )


def _candidates(table: tables.Table, catalogue: Catalogue, events: Events, problems: Problems) -> Candidates | None:
    needed = ["user_id", "query", "positive", "negatives"]
    missing = [name for name in needed if name not in table.frame.columns]
    for name in missing:
        problems.add(table.file, "the column is missing", f"candidates need {', '.join(needed)}", column=name)
    if missing:
        return None
    text = {name: tables.text(table, name, problems) for name in needed}
    queries = text["query"].str.split().str.join(" ").fillna("")

    def numbers(values: pd.Series, known: list[str], column: str, what: str) -> np.ndarray:
        index = pd.Index(known, dtype="str")
        found = index[~index.duplicated()].get_indexer(pd.Index(values, dtype="str"))
        bad = np.flatnonzero(found < 0)
        rows = table.rows[values.index.to_numpy()[bad]]
        problems.add_rows(
            table.file, rows, lambda i: f"{values.iloc[bad[i]]!r} is not {what}", "take it out", column=column
        )
        return found.astype(np.int32)

    user = numbers(text["user_id"], events.user_ids, "user_id", "a user of the events")
    query = numbers(queries, ["", *events.queries], "query", "a query of the events") - 1
    positive = numbers(text["positive"], catalogue.ids, "positive", "among the items")
    lists = text["negatives"].str.split("|")
    lengths = lists.str.len().to_numpy()
    usual = int(np.median(lengths)) if len(lengths) else 0
    uneven = np.flatnonzero(lengths != usual)
    problems.add_rows(
        table.file,
        table.rows[uneven],
        lambda i: f"{lengths[uneven[i]]} negatives where other rows have {usual}",
        "give every row the same number",
        column="negatives",
    )
    if len(uneven):
        return None
    negatives = numbers(lists.explode(), catalogue.ids, "negatives", "among the items").reshape(len(table), usual)
    return Candidates(user, query.astype(np.int32), positive, negatives)
