"""The context of all steps of a build: data, settings, folders, seconds."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gensr_models.config.progress import Progress
from gensr_models.config.settings import Settings
from gensr_models.data import TASKS, TRAIN, Dataset
from gensr_models.data.dataset import Kind
from gensr_models.data.kinds import DEFAULT_KINDS, meaning
from gensr_models.engine.index import Index
from gensr_models.training.rules import Decisions

log = logging.getLogger("gensr_models")

FREQUENT = 0.995
"""Share of the uses of words whose vectors ship beside a sentence encoder: postings find the rarest anyway."""


@dataclass(frozen=True)
class Run:
    """One build.

    Attributes:
        dataset: the tables, read.
        out: the pack to write.
        settings: what the user decided.
        seed: of everything that is drawn.
        progress: where bars are shown.
        folder: keeps the log, checkpoints, staged texts.
        seconds: of each step that is done.
    """

    dataset: Dataset
    out: Path
    settings: Settings
    seed: int
    progress: Progress
    folder: Path
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def beside(cls, dataset: Dataset, out: Path, settings: Settings, seed: int, progress: Progress) -> Run:
        """The run whose folder is `<out>.run`; it is made."""
        folder = out.with_name(out.name + ".run")
        folder.mkdir(parents=True, exist_ok=True)
        return cls(dataset, out, settings, seed, progress, folder)

    @contextmanager
    def logged(self) -> Iterator[None]:
        """Writes the log into the folder as well."""
        handler = logging.FileHandler(self.folder / "log.txt", encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S"))
        log.addHandler(handler)
        try:
            yield
        finally:
            log.removeHandler(handler)
            handler.close()

    @property
    def kinds(self) -> list[Kind]:
        """Kinds of events; without events the usual ones, for an app still records some."""
        return self.dataset.kinds or [meaning(kind.name, self.settings.data)[0] for kind in DEFAULT_KINDS]

    def step(self, name: str, work: Callable):
        """Does some work and takes its time."""
        began = time.monotonic()
        result = work()
        self.seconds[name] = round(time.monotonic() - began, 1)
        log.info("%s: %.1f s", name, self.seconds[name])
        return result

    def checkpoints(self, decisions: Decisions, *more: str) -> Path:
        """A folder that is of this data, these settings and this seed only."""
        # Instructions are learned over the frozen network; encoders for accelerators are exported after it.
        settings = self.settings.model_dump(mode="json", exclude={"instructions": True, "text": {"variants"}})
        parts = [self.dataset.sha256, decisions.record(), settings, self.seed, *more]
        key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
        folder = self.folder / key
        folder.mkdir(exist_ok=True)
        return folder

    def vector_min_count(self) -> int:
        """Fewest uses of a word with a vector; beside a sentence encoder postings serve rare words better."""
        return 1 if self.settings.text.encoder == "static" else 2

    def vectors(self, index: Index) -> int:
        """How many word vectors ship: where they are the only text encoder, all."""
        return len(index.words) if self.settings.text.encoder == "static" else index.frequent(FREQUENT)

    def tasks(self) -> list[str]:
        """Tasks that are trained."""
        return [task for task in TASKS if self.settings.training.tasks in ("both", task)]

    def met(self) -> np.ndarray:
        """Which items some train event of a trained task wants."""
        met = np.zeros(len(self.dataset.catalogue), bool)
        for task in self.tasks():
            met[self.dataset.events.item[self.dataset.targets(task, TRAIN)]] = True
        return met
