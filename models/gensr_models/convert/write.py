"""Writes a converted source as a data folder: items, events, candidates, and a README of what was done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from gensr_models.data import SPLITS

from .log import KINDS, Log

ROWS = 500_000
"""Rows that are turned into text at a time."""


def events(log: Log, path: Path) -> None:
    """`events.csv.gz`, the rows of each user together and in order."""
    users, items, queries = (pa.array(ids, pa.string()) for ids in (log.users, log.items, log.queries))

    def rows(at: slice) -> dict[str, pa.Array]:
        query = log.query[at]
        columns = {
            "user_id": users.take(pa.array(log.user[at])),
            "timestamp": pa.array(log.time[at]),
            "kind": pa.array(KINDS).take(pa.array(log.kind[at])),
            "query": queries.take(pa.array(query, mask=query < 0)),
            "item_id": items.take(pa.array(log.item[at])),
        }
        if log.split is not None:
            columns["split"] = pa.array(SPLITS).take(pa.array(log.split[at]))
        return columns

    _write(path, len(log), rows)


def candidates(log: Log, asked: np.ndarray, drawn: np.ndarray, path: Path) -> None:
    """`candidates_test_<kind>.csv.gz`."""
    ids = np.array(log.items, dtype=object)

    def rows(at: slice) -> dict[str, pa.Array]:
        places = asked[at]
        return {
            "user_id": pa.array([log.users[number] for number in log.user[places]]),
            "query": pa.array([log.queries[q] if q >= 0 else None for q in log.query[places]], pa.string()),
            "positive": pa.array(ids[log.item[places]].tolist()),
            "negatives": pa.array(["|".join(row) for row in ids[drawn[at]]]),
        }

    _write(path, len(asked), rows, step=ROWS // 10)


def items(frame: pd.DataFrame, path: Path) -> None:
    """`items.csv.gz`; columns without any value are left out, but for the known ones."""
    known = ("item_id", "title", "text", "categories")
    used = [name for name in frame if name in known or (frame[name] != "").any()]

    def rows(at: slice) -> dict[str, pa.Array]:
        part = frame.iloc[at]
        return {name: pa.array([value or None for value in part[name]], pa.string()) for name in used}

    _write(path, len(frame), rows)


def _write(path: Path, count: int, rows, step: int = ROWS) -> None:
    with pa.output_stream(str(path), compression="gzip") as file:
        writer = None
        for begin in range(0, max(count, 1), step):
            batch = pa.table(rows(slice(begin, min(begin + step, count))))
            writer = writer or pyarrow.csv.CSVWriter(file, batch.schema)
            writer.write_table(batch)
        if writer is not None:
            writer.close()
