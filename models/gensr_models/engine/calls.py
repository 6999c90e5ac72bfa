"""The `gensr` command line, as the build and the evaluation call it: scores of a pack are computed once, in Rust."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gensr_models.data import SPLITS, TASKS, TEST, Dataset
from gensr_models.pack.format import Pack

MAX_QUERY_BYTES = 4_096
"""Longer queries are refused by the engine."""
VARIANTS = ("default", "history_excluded", "plain")
"""Ways to treat the history that `gensr evaluate` ranks by."""


class EngineMissingError(RuntimeError):
    """The `gensr` command line is not there, or failed."""


def engine_binary() -> Path:
    """The `gensr` binary: $GENSR_BIN, else target/{release,debug}/gensr of this repository, else the PATH."""
    if given := os.environ.get("GENSR_BIN"):
        return Path(given)
    root = Path(__file__).resolve().parents[3]
    built = [root / "target" / profile / "gensr" for profile in ("release", "debug")]
    for path in sorted((p for p in built if p.exists()), key=lambda p: p.stat().st_mtime, reverse=True):
        return path
    if found := shutil.which("gensr"):
        return Path(found)
    raise EngineMissingError(
        "the gensr command line is missing: build it with `cargo build --release -p gensr-cli`, or name it in GENSR_BIN"
    )


def call(command: str, *arguments: object) -> str:
    """Runs a command; returns what it printed."""
    line = [engine_binary(), command, *map(str, arguments)]
    run = subprocess.run(line, capture_output=True, text=True, check=False)
    if run.returncode:
        raise EngineMissingError(f"gensr {command} failed: {run.stderr.strip() or run.stdout.strip()}")
    return run.stdout


def write_tables(dataset: Dataset, users: np.ndarray, folder: Path, intents: Mapping[int, str] | None = None) -> None:
    """The ids of all items and the events of some users as tables that the engine reads.

    `intents` are what users ask for in words before events at these places.
    """
    folder.mkdir(parents=True, exist_ok=True)
    events = dataset.events
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["item_id"], *([item] for item in dataset.catalogue.ids)])
    own = [np.arange(events.user_offsets[user], events.user_offsets[user + 1]) for user in users]
    places = np.concatenate([np.zeros(0, np.int64), *own])
    write_events(dataset, places, events.split[places], folder / "events.csv", intents)


def write_events(
    dataset: Dataset, places: np.ndarray, split: np.ndarray, path: Path, intents: Mapping[int, str] | None = None
) -> None:
    """Events at these places, with these splits (and intents, by place), as a table."""
    events, intents = dataset.events, intents or {}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["user_id", "timestamp", "kind", "query", "item_id", "split", *(["intent"] if intents else [])])
        for place, part in zip(places, split, strict=True):
            query = events.query[place]
            text = dataset.queries[query].encode()[:MAX_QUERY_BYTES].decode(errors="ignore") if query >= 0 else ""
            kind, item = dataset.kinds[events.kind[place]].name, dataset.catalogue.ids[events.item[place]]
            user = events.user_ids[events.user[place]]
            intent = [intents.get(int(place), "")] if intents else []
            writer.writerow([user, events.timestamp[place], kind, text, item, SPLITS[part], *intent])


def users_of(dataset: Dataset, split: int) -> np.ndarray:
    """Users with an event of a task in a split."""
    return np.unique(dataset.events.user[np.concatenate([dataset.targets(task, split) for task in TASKS])])


def dump_features(
    dataset: Dataset,
    pack: Path,
    split: int,
    most_users: int,
    seed: int,
    folder: Path,
    intents: Mapping[int, str] | None = None,
) -> Path:
    """Parts of the scores of held-out events, computed by the engine.

    Args:
        dataset: the events.
        pack: what scores them.
        split: which events are asked about.
        most_users: a seeded sample of the users with such an event, where there are more.
        seed: of the sample.
        folder: where tables and features go.
        intents: what users ask for before recommended events, by place; only these events are asked about, then.

    Returns:
        The file that `gensr evaluate --dump-features` wrote.
    """
    users = users_of(dataset, split)
    if len(users) > most_users:
        users = np.sort(np.random.default_rng(seed).choice(users, most_users, replace=False))
    write_tables(dataset, users, folder, intents)
    features, only = folder / "features.safetensors", ["--task", "recommend"] if intents else []
    call("evaluate", pack, "--data", folder, "--split", SPLITS[split], "--dump-features", features, "--json", *only)
    return features


@dataclass(frozen=True)
class Ranked:
    """Output of `gensr evaluate --per-user` for one task.

    Attributes:
        places: of the events in the data set.
        ranks: from 0, by variant; the number of items where the pack lacks the wanted one.
        tops: rows of the first items of the default answer.
    """

    places: np.ndarray
    ranks: dict[str, np.ndarray]
    tops: list[np.ndarray]


def ranked(
    dataset: Dataset,
    data: Path,
    pack: Path,
    folder: Path,
    users: int | None = None,
    without: tuple[str, ...] = (),
    tasks: tuple[str, ...] = TASKS,
    top: int = 10,
) -> dict[str, Ranked]:
    """Ranks of test events by a pack, for the tasks that it has.

    Args:
        dataset: the events.
        data: the folder that they come from.
        pack: what ranks.
        folder: where lists of ranks go.
        users: limits how many are asked about, for each task.
        without: parts of the scores to leave out.
        tasks: those that are asked about.
        top: length of the lists.
    """
    found = {}
    learned = {kind["task"] for kind in Pack.read(pack).manifest["kinds"]}
    for task in tasks:
        if task not in learned or not len(dataset.targets(task, TEST)):
            continue
        file = folder / f"{task}.csv"
        limit = ["--limit-users", users] if users else []
        left_out = ["--without", ",".join(without)] if without else []
        asked = ["--data", data, "--task", task, "--per-user", file, "--top", top, "--json"]
        call("evaluate", pack, *asked, *limit, *left_out)
        found[task] = _read_ranks(dataset, task, file)
    return found


def _read_ranks(dataset: Dataset, task: str, file: Path) -> Ranked:
    events, items = dataset.events, dataset.catalogue.ids
    rows = {item: row for row, item in enumerate(items)}
    users = {user: place for place, user in enumerate(events.user_ids)}
    waiting: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place in dataset.targets(task, TEST)[::-1]:
        waiting[int(events.user[place]), int(events.item[place])].append(int(place))
    places, tops = [], []
    ranks: dict[str, list[int]] = {variant: [] for variant in VARIANTS}
    with file.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            places.append(waiting[users[row["user"]], rows[row["positive"]]].pop())
            for variant, found in ranks.items():
                text = row[f"rank_{variant}"]
                found.append(int(text) - 1 if text else len(items))  # the engine counts from 1
            tops.append(np.array([rows[item] for item in row["top"].split("|") if item], np.int64))
    return Ranked(np.array(places, np.int64), {name: np.array(found, np.int64) for name, found in ranks.items()}, tops)
