"""Published data sets as data folders: `convert` reads their files as they are published and writes our tables.

A source (`kuaisar`, `amazon`, `movielens`, `recbole`) says in the head of its file what its layout is and what becomes
of it; `log` has what protocols do to events; `read` gives rows that know where they stand.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import yaml

from gensr_models.data import SPLITS
from gensr_models.data.problems import DataError, Problem, Problems

from . import write
from .amazon import Amazon
from .kuaisar import KuaiSar
from .log import KINDS, Log, Split, by_time, candidates, compact, k_core, leave_one_out
from .movielens import MovieLens
from .recbole import RecBole
from .source import Options, Source

FORMATS: dict[str, type[Source]] = {"kuaisar": KuaiSar, "amazon": Amazon, "movielens": MovieLens, "recbole": RecBole}
PROTOCOLS = ("gensr",)

__all__ = ["FORMATS", "PROTOCOLS", "Options", "convert", "is_made", "options"]


def options(name: str, protocol: str | None = None, **given) -> Options:
    """The options of a format: what is given, else what the protocol says, else the format's own defaults.

    Args:
        name: of the format.
        protocol: `gensr` for what the paper (arXiv 2504.06714) does on KuaiSAR and Amazon; docs/data.md says what that
            is and what is assumed of it.
        given: fields of `Options`; None leaves a field to the others. `split` may be text.
    """
    source, chosen = _format(name), {}
    chosen.update(source.defaults)
    if protocol is not None:
        if protocol not in PROTOCOLS or source.protocol is None:
            known = ", ".join(f for f, s in FORMATS.items() if s.protocol is not None)
            raise ValueError(f"protocol {protocol}: there is gensr, for {known}")
        chosen.update(source.protocol)
    chosen.update({field: value for field, value in given.items() if value is not None})
    if isinstance(chosen.get("split"), str):
        chosen["split"] = Split.parse(chosen["split"])
    return replace(Options(), **chosen)


def _format(name: str) -> type[Source]:
    if name not in FORMATS:
        raise ValueError(f"format {name}: there are {', '.join(FORMATS)}")
    return FORMATS[name]


def convert(
    name: str, folder: Path, out: Path, how: Options, skip: bool = False, say: Callable[[str], None] = lambda line: None
) -> dict[str, int]:
    """Writes a data folder from published files.

    Args:
        name: of the format.
        folder: where the files are.
        out: a folder that is not there yet.
        how: what is done to the events.
        skip: leaves rows with problems out in place of refusing the files.
        say: receives a line for each step.

    Returns:
        Counts by name: the table of the README.

    Raises:
        DataError: the files are not as published; it names file, row and column.
        ValueError: these data do not allow the options.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder")
    if out.exists():
        raise FileExistsError(f"{out} is there already")
    source, problems = _format(name)(folder), _Found()
    say(f"reading {folder}")
    events = source.log(problems, how)
    _stop(problems, skip)
    if not len(events):
        read = ", ".join(f"{file} ({count:,} rows)" for file, count in source.rows.items())
        raise ValueError(f"{folder}: there is no event in {read}")
    source.count("events that can be used", len(events))
    if how.k_core > 1:
        events = k_core(events, how.k_core)
        if not len(events):
            raise ValueError(f"--k-core {how.k_core}: no event is left")
    events = _split(compact(events, all_items=how.k_core == 0), how)
    say(f"{len(events):,} events of {len(events.users):,} users; reading what is known of {len(events.items):,} items")
    frame = source.items(events, problems)
    _stop(problems, skip)
    lists = {kind: candidates(events, kind, how.candidates, how.seed) for kind in range(len(KINDS)) if how.candidates}
    say(f"writing {out}")
    partial = out.with_name(f"{out.name}.partial")
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    write.items(frame, partial / "items.csv.gz")
    write.events(events, partial / "events.csv.gz")
    for kind, (asked, drawn) in lists.items():
        if len(asked):
            write.candidates(events, asked, drawn, partial / f"candidates_test_{KINDS[kind]}.csv.gz")
    if source.settings:
        (partial / "settings.yaml").write_text(yaml.safe_dump(source.settings), encoding="utf-8")
    if problems.count:
        source.count("rows with problems (left out)", problems.count)
        for problem in problems.shown:
            say(f"left out: {problem}")
    counts = dict(source.counts) | _counted(events)
    (partial / "README.md").write_text(_readme(name, source, how, counts), encoding="utf-8")
    partial.rename(out)
    return counts


def is_made(name: str, how: Options, out: Path) -> bool:
    """Whether `out` is there and was converted with these options; raises if it was converted with others."""
    if not out.exists():
        return False
    readme = out / "README.md"
    if readme.is_file() and _said(name, how) in readme.read_text(encoding="utf-8").splitlines():
        return True
    raise FileExistsError(f"{out} is there already, and was made otherwise")


def _said(name: str, how: Options) -> str:
    return f"Options of {name}: `{json.dumps(asdict(how))}`"


class _Found(Problems):
    """Problems that know which of them are of a whole file: those cannot be skipped."""

    def __init__(self) -> None:
        super().__init__()
        self.whole: list[Problem] = []

    def add(self, file: str, wrong: str, right: str, *, row: int | None = None, column: str | None = None) -> None:
        super().add(file, wrong, right, row=row, column=column)
        if row is None:
            self.whole.append(Problem(file, row, column, wrong, right))


def _stop(problems: _Found, skip: bool) -> None:
    """Raises unless only single rows are wrong and they may be skipped."""
    if not skip:
        problems.check()
    if problems.whole:
        raise DataError(problems.whole)


def _split(events: Log, how: Options) -> Log:
    if how.split.how == "given":
        if events.split is None:
            raise ValueError("--split given: the files have no split")
        return events
    events = replace(events, split=None)
    return by_time(events, how.split) if how.split.how == "time" else leave_one_out(events, how.least, how.repeats)


def _counted(events: Log) -> dict[str, int]:
    assert events.split is not None
    found = {
        "items": len(events.items),
        "items with events": len(np.unique(events.item)),
        "users": len(np.unique(events.user)),
        "queries": len(np.unique(events.query[events.query >= 0])),
    }
    for kind, kind_name in enumerate(KINDS):
        for part, part_name in enumerate(SPLITS):
            found[f"{kind_name} events, {part_name}"] = int(((events.kind == kind) & (events.split == part)).sum())
    return found


def _readme(name: str, source: Source, how: Options, counts: dict[str, int]) -> str:
    settings = " --config settings.yaml" if source.settings else ""
    rows = "\n".join(f"| {what} | {many:,} |" for what, many in counts.items())
    files = "\n".join(f"| `{file}` | `{digest}` |" for file, digest in source.files.items())
    return f"""# {name}, converted

Written by `gensr-models convert {name}`; docs/data.md of gensr says what the layout is and what becomes of it.
The data stay under the licence of their publisher.

    gensr-models build . --out ../{name}.gensr{settings}
    gensr evaluate ../{name}.gensr --data .

{_said(name, how)}

| what | how many |
|---|---:|
{rows}

| file | SHA-256 |
|---|---|
{files}
"""
