"""Cost of reading many events: writes a synthetic log in Parquet and reads it as a build does.

    python benches/events.py FOLDER [--events 10000000] [--items 1000000] [--users 1000000] [--searches 0.2] [--whole]

The log is in order of time, users mixed, as services write it; items are drawn by Zipf's law. The first call writes it,
later ones read it and print seconds of the processor, the most memory that was private to the process, the most that
was mapped from files (which the system takes back when it needs it), and the bytes that an event has afterwards.
`--whole` reads the table at once instead, to compare. `decide` is what a build then asks the events (rules.py), before
it trains.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

PIECE = 1 << 20


def main() -> None:
    """Writes what is not there, reads it and prints what that took."""
    parser = argparse.ArgumentParser(description="What reading many events takes.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--searches", type=float, default=0.2)
    parser.add_argument("--whole", action="store_true")
    given = parser.parse_args()
    if not (given.folder / "events.parquet").exists():
        write(given)
    else:
        print(json.dumps(measured(given.folder, given.whole), indent=1))


def write(given: argparse.Namespace) -> None:
    """Items and events, a million rows at a time."""
    given.folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    words = np.array([f"word{w}" for w in range(20_000)])

    def texts(rows: int, most: int) -> list[str]:
        drawn = words[np.minimum(rng.zipf(1.3, (rows, most)) - 1, len(words) - 1)]
        return [" ".join(row) for row in drawn]

    schema = pa.schema([("item_id", pa.string()), ("title", pa.string()), ("text", pa.string())])
    with pa.parquet.ParquetWriter(given.folder / "items.parquet", schema) as file:
        for start in range(0, given.items, PIECE):
            rows = range(start, min(start + PIECE, given.items))
            columns = [
                [f"i{row}" for row in rows],
                texts(len(rows), 5),
                texts(len(rows), 12),
            ]
            file.write_table(pa.table(dict(zip(schema.names, columns, strict=True)), schema))
    schema = pa.schema(
        [
            ("user_id", pa.string()),
            ("timestamp", pa.int64()),
            ("kind", pa.string()),
            ("query", pa.string()),
            ("item_id", pa.string()),
        ]
    )
    with pa.parquet.ParquetWriter(given.folder / "events.parquet", schema) as file:
        for start in range(0, given.events, PIECE):
            rows = min(PIECE, given.events - start)
            searches = rng.random(rows) < given.searches
            items = (rng.zipf(1.2, rows) - 1) % given.items
            columns = [
                [f"u{user}" for user in rng.integers(0, given.users, rows)],
                1_700_000_000 + start + np.arange(rows),
                np.where(searches, "search", "view"),
                [text if asked else "" for text, asked in zip(texts(rows, 2), searches, strict=True)],
                [f"i{item}" for item in items],
            ]
            file.write_table(pa.table(dict(zip(schema.names, columns, strict=True)), schema))


class _Watch(threading.Thread):
    """The most memory of this process, private and mapped from files, seen twenty times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = {"RssAnon": 0, "RssFile": 0}

    def run(self) -> None:
        while True:
            for line in Path("/proc/self/status").read_text().splitlines():
                name, _, value = line.partition(":")
                if name in self.most:
                    self.most[name] = max(self.most[name], int(value.split()[0]) // 1024)
            time.sleep(0.05)


def measured(folder: Path, whole: bool) -> dict:
    """Reads the folder; returns what that took, in MB and seconds of the processor."""
    from gensr_models.data import events as checks
    from gensr_models.data import load, stream, tables

    if whole:
        stream.read = lambda path, catalogue, settings, problems, _: checks.read(
            tables.read(path, problems), catalogue, settings, problems
        )
    watch = _Watch()
    watch.start()
    used = [time.process_time()]
    items_only = folder / "items_only"
    items_only.mkdir(exist_ok=True)
    if not (items_only / "items.parquet").exists():
        (items_only / "items.parquet").symlink_to((folder / "items.parquet").resolve())
    load(items_only)
    used.append(time.process_time())
    items = dict(watch.most)
    watch.most = {"RssAnon": 0, "RssFile": 0}
    dataset = load(folder, cache=folder)
    used.append(time.process_time())
    read = dict(watch.most)
    from gensr_models.config.settings import Settings
    from gensr_models.training.rules import decide  # only now: it needs PyTorch, some 250 MB

    used.append(time.process_time())
    watch.most = {"RssAnon": 0, "RssFile": 0}
    decide(dataset, Settings(), 0)
    used.append(time.process_time())
    events = dataset.events
    names = ("user", "item", "kind", "timestamp", "query", "split")
    return {
        "read": "at once" if whole else "in pieces",
        "events": len(events),
        "users": events.users,
        "items": len(dataset.catalogue),
        "queries": len(events.queries),
        "items_alone": {
            "cpu_seconds": round(used[1] - used[0], 1),
            "private_mb": items["RssAnon"],
        },
        "all": {
            "cpu_seconds": round(used[2] - used[1], 1),
            "private_mb": read["RssAnon"],
            "mapped_mb": read["RssFile"],
        },
        "decide": {
            "cpu_seconds": round(used[4] - used[3], 1),
            "private_mb": watch.most["RssAnon"],
            "mapped_mb": watch.most["RssFile"],
        },
        "bytes_an_event": sum(getattr(events, name).nbytes for name in names) / len(events),
    }


if __name__ == "__main__":
    main()
