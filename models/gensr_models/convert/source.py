"""A published source, read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pandas as pd

from gensr_models.data import tables
from gensr_models.data.problems import Problems

from . import read
from .log import Log
from .log import Split as SplitRule


@dataclass(frozen=True)
class Options:
    """The steps of a conversion, in their order.

    Attributes:
        least_rating: ratings below it are no events; their items are never negatives of the user.
        k_core: users and items with fewer events are dropped, again and again; 0 keeps all, items without events, too.
        split: see `log.Split`.
        least: users with fewer events of a task are not asked it (leave-one-out only).
        repeats: see `log.leave_one_out`.
        candidates: items among which each test event's is ranked, besides it; 0 for the full ranking alone.
        seed: of what is drawn.
    """

    least_rating: float | None = None
    k_core: int = 0
    split: SplitRule = SplitRule("leave-one-out")  # noqa: RUF009  # frozen
    least: int = 3
    repeats: bool = True
    candidates: int = 99
    seed: int = 0


class Source(ABC):
    """A folder of published files.

    Attributes:
        settings: of the build.
        defaults: options that differ from those of `Options`.
        protocol: options of the protocol of the GenSR paper, where it uses the data set.
        rows: how many rows of each file were read, by its name.
    """

    settings: ClassVar[dict] = {}
    defaults: ClassVar[dict] = {}
    protocol: ClassVar[dict | None] = None

    def __init__(self, folder: Path):
        self.folder = folder
        self.counts: list[tuple[str, int]] = []
        self.files: dict[str, str] = {}
        self.rows: dict[str, int] = {}

    @abstractmethod
    def log(self, problems: Problems, options: Options) -> Log:
        """All events; whatever cannot be read is among the problems."""

    @abstractmethod
    def items(self, events: Log, problems: Problems) -> pd.DataFrame:
        """A row for each item of `events`, in their order: item_id, title, text, categories and attributes."""

    def count(self, what: str, many: int) -> None:
        """A line of the README's table."""
        self.counts.append((what, many))

    def used(self, path: Path) -> Path:
        """Notes the hash of a file that is read."""
        if path.name not in self.files:
            self.files[path.name] = tables.sha256(path)
        return path

    def table(self, path: Path | None, columns: list[str], problems: Problems, **how) -> Iterator[read.Batch]:
        """`read.table` of a file that may be missing, its hash and its rows noted."""
        if path is None:
            return
        self.rows[path.name] = 0
        for batch in read.table(self.used(path), columns, problems, **how):
            self.rows[path.name] += len(batch)
            yield batch

    def lines(self, path: Path | None, problems: Problems) -> Iterator[tuple[int, bytes]]:
        """`read.lines` of a file that may be missing, its hash and its rows noted; that it is empty is a problem."""
        if path is None:
            return
        self.rows[path.name], before = 0, problems.count
        for number, line in read.lines(self.used(path), problems):
            self.rows[path.name] += bool(line.strip())
            yield number, line
        if not self.rows[path.name] and problems.count == before:
            problems.add(path.name, "the file is empty", "download the file again")
