"""`gensr-models build`: tables to a pack, in steps that a killed run does not repeat."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch

from gensr_models.checks import VALIDATED_EVENTS, model_rows, read_gates, validate
from gensr_models.data import TRAIN, Dataset
from gensr_models.data.settings import DEFAULT_KINDS, meaning
from gensr_models.evidence import collect
from gensr_models.evidence.judge import weighed
from gensr_models.evidence.parts import Evidence
from gensr_models.export.graphs import export
from gensr_models.instructions import stage as instructions
from gensr_models.instructions.texts import Texts
from gensr_models.metrics import ndcg
from gensr_models.model import Design, ItemTable, Judge, Network, Shape
from gensr_models.model.cold import admit, remember
from gensr_models.model.untrained import write_by_hand
from gensr_models.pack.assemble import Parts
from gensr_models.pack.sections import Rows, popularity_prior
from gensr_models.progress import Progress
from gensr_models.rules import Decisions, decide, warmed
from gensr_models.settings import Settings
from gensr_models.staging import Index, read_index
from gensr_models.texts import TextFeatures, text_features, word_vectors
from gensr_models.training import warm
from gensr_models.training.batches import EventTable
from gensr_models.training.events import event_table
from gensr_models.training.judge import JudgeRecipe
from gensr_models.training.judging import train_judge
from gensr_models.training.loop import Trainer
from gensr_models.training.objective import Model
from gensr_models.training.processes import Processes
from gensr_models.training.queries import QueryTable
from gensr_models.training.ranks import ranks_of, valid_places
from gensr_models.training.together import lead
from gensr_models.validate import TASKS

log = logging.getLogger("gensr_models")

SEMANTIC_DIM = 32
"""Width of the semantic code of an item: what the history views read of its text."""
FREQUENT = 0.995
"""Share of the uses of words whose vectors ship beside a sentence encoder: postings find the rarest anyway."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a build makes before it trains: it depends on data, seed and encoder, and on nothing of the network."""

    index: Index
    evidence: Evidence
    texts: TextFeatures


class Trained(NamedTuple):
    """A network as training left it, and what it was trained with."""

    model: Model
    events: EventTable
    decisions: Decisions
    curve: list[dict]


class Observer(Protocol):
    """Watches training without changing it."""

    def begin(self, model: Model, events: EventTable, decisions: Decisions) -> None:
        """Before the first batch of this process."""

    def tick(self, epoch: int, batch: int, of: int) -> None:
        """After a batch (from 1) of an epoch (from 0). May read weights, but draw nothing from the global generator."""


def build(
    dataset: Dataset,
    out: Path,
    settings: Settings,
    seed: int,
    progress: Progress,
    processes: Processes | None = None,
    prepared: Prepared | None = None,
    warm_start: Path | None = None,
) -> dict:
    """Trains a model on a data set and writes its pack.

    The folder `<out>.run` beside the pack keeps the log, the checkpoint and the staged texts; a build of the same data
    with the same settings goes on from there.

    Args:
        dataset: the tables, read.
        out: the pack to write.
        settings: what the user decided.
        seed: of everything that is drawn.
        progress: where bars are shown.
        processes: where several train together: this one is the first, the others `follow` it.
        prepared: words, evidence and text features, where another build of this data and seed has made them.
        warm_start: a pack, or the run folder of one, whose model this one begins as.

    Returns:
        The report: decisions, curve, figures on valid, pack id and size, seconds of each step.
    """
    run = out.with_name(out.name + ".run")
    run.mkdir(parents=True, exist_ok=True)
    with _log_to(run / "log.txt"):
        return _Build(dataset, out, settings, seed, progress, run, processes, prepared, warm_start=warm_start).execute()


def prepare(dataset: Dataset, folder: Path, settings: Settings, seed: int, progress: Progress) -> Prepared:
    """What all builds of a data set and seed share; `folder` keeps texts and vectors."""
    folder.mkdir(parents=True, exist_ok=True)
    made = _Build(dataset, folder / "none.gensr", settings, seed, progress, folder)
    return made.prepare(decide(dataset, settings, seed))


def train(
    dataset: Dataset,
    out: Path,
    settings: Settings,
    seed: int,
    progress: Progress,
    prepared: Prepared,
    observer: Observer | None = None,
) -> Trained:
    """The network of a build without the rest; `build` with the same `out` goes on from it."""
    run = out.with_name(out.name + ".run")
    run.mkdir(parents=True, exist_ok=True)
    with _log_to(run / "log.txt"):
        return _Build(dataset, out, settings, seed, progress, run, None, prepared, observer).network()


class _Build:
    """One build; every method is a step."""

    def __init__(
        self,
        dataset: Dataset,
        out: Path,
        settings: Settings,
        seed: int,
        progress: Progress,
        run: Path,
        processes: Processes | None = None,
        prepared: Prepared | None = None,
        observer: Observer | None = None,
        warm_start: Path | None = None,
    ):
        self.prepared, self.observer = prepared, observer
        self.dataset, self.out, self.settings, self.seed = dataset, out, settings, seed
        self.progress, self.run_folder, self.processes = progress, run, processes or Processes()
        # Without events an app still records some: the usual ones.
        usual = [meaning(kind.name, settings.data)[0] for kind in DEFAULT_KINDS]
        self.kinds = dataset.kinds or usual
        self.seconds: dict[str, float] = {}
        # Read before anything is written: it may be this very folder.
        self.earlier = None if warm_start is None else warm.read(warm_start, run, dataset.sha256)
        self.begun: dict = {}

    def prepare(self, decisions: Decisions) -> Prepared:
        """Words, evidence and text features."""
        staging, least = self.run_folder / "staging", self._vector_min_count()
        index = self._step("words", lambda: collect.indexed(self.dataset, staging, least, self.seed))
        evidence = self._step(
            "neighbours", lambda: collect.collected(self.dataset, index, decisions.ordered, decisions.dim, self.seed)
        )
        texts = self._step(
            "text",
            lambda: text_features(
                self.dataset,
                self.settings.text,
                self.run_folder,
                self.progress,
                None if self.earlier is None else self.earlier.text,
            ),
        )
        return Prepared(index, evidence, texts)

    def network(self) -> Trained:
        """Decides and trains; what comes before is made where it is not there."""
        torch.manual_seed(self.seed)
        log.info("build of %s, seed %d", self.dataset.name, self.seed)
        decisions = decide(self.dataset, self.settings, self.seed)
        if self.earlier is not None and self.earlier.dim == decisions.dim:
            decisions = warmed(decisions, self.settings)
        for reason in decisions.reasons:
            log.info("decided: %s", reason)
        self.prepared = self.prepared or self.prepare(decisions)
        model = self._step("model", lambda: self._model(decisions, self.prepared.index, self.prepared.texts))
        events = event_table(self.dataset)
        self._begin(model)
        curve = self._step("train", lambda: self._train(model, events, decisions))
        if curve:
            self._leave(model, self._checkpoints(decisions))
        self._step("cold items", lambda: self._admit_cold(model, events, decisions))
        if self.settings.judge.train == "after" and curve:
            self._step("judge", lambda: self._judge(model, events, decisions))
        return Trained(model, events, decisions, curve)

    def _names(self) -> warm.Names:
        """What rows of the model's tables stand for."""
        return warm.Names(self.dataset.catalogue.ids, self.prepared.index.words, [kind.name for kind in self.kinds])

    def _begin(self, model: Model) -> None:
        """Where there is an earlier model, the new one begins as that one ended."""
        if self.earlier is not None:
            same_text = self.earlier.text is None or self.earlier.text[1] == self.prepared.texts.digest
            self.begun = warm.begin(model, self.earlier, self._names(), same_text)
            log.info("warm start: %s", json.dumps(self.begun))

    def _leave(self, model: Model, folder: Path) -> None:
        """Leaves the trained model to later builds."""
        texts = self.prepared.texts
        text = None if texts.projection is None else (texts.projection, texts.digest)
        warm.leave(folder, model, self._names(), self._met(), text, self.dataset.sha256)

    def execute(self) -> dict:
        model, events, decisions, curve = self.network()
        index, evidence, texts = self.prepared.index, self.prepared.evidence, self.prepared.texts
        told = self._step("instructions", lambda: self._instruct(model, events, decisions, texts))
        graphs = self._step("export", lambda: export(model.items, model.network, model.judge))
        figures = self._step(
            "validate",
            lambda: validate(model, events, decisions, graphs, index, self._vectors(index), self.seed, self.progress),
        )
        gates = read_gates(model, events, decisions)
        log.info("mean gates of the history views: %s", json.dumps(gates))
        report = {
            "data": {"name": self.dataset.name, "sha256": self.dataset.sha256},
            "seed": self.seed,
            "settings": self.settings.model_dump(mode="json"),
            "decisions": decisions.record(),
            "gates": gates,
            "valid": figures,
            "instructions": told.figures,
            "curve": curve,
            **({"warm_start": self.begun} if self.begun else {}),
            "versions": {p: version(p) for p in ("gensr-models", "torch", "onnx", "onnxruntime")},
        }
        parts = self._parts(model, decisions, index, texts, graphs, evidence, report)
        tasks = self._step("fusion", lambda: self._fuse(parts, figures, told))
        parts = replace(parts, tasks=tasks, evidence=evidence.weighed(tasks))
        if model.judge is not None:
            keep, whole = self.settings.judge.keep, replace(parts, graphs=parts.graphs | {"judge": graphs["judge"][1]})
            work = (self.dataset, parts, whole, self.run_folder, keep, self.seed)
            parts, found = self._step("judge's weight", lambda: weighed(*work))
            for task, fitted in found.items():
                figures.setdefault(task, {})["judge"] = fitted
        report["pack_id"] = self._step("write", lambda: parts.write(self.out))
        report |= {"bytes": self.out.stat().st_size, "seconds": self.seconds, "machine": platform.machine()}
        (self.run_folder / "report.json").write_text(json.dumps(report, indent=1))
        log.info("wrote %s, %.1f MB, pack id %s", self.out, report["bytes"] / 1e6, report["pack_id"][:16])
        return report

    def _step(self, name: str, work: Callable):
        began = time.monotonic()
        result = work()
        self.seconds[name] = round(time.monotonic() - began, 1)
        log.info("%s: %.1f s", name, self.seconds[name])
        return result

    def _checkpoints(self, decisions: Decisions) -> Path:
        """A folder that is of this data, these settings and this seed only."""
        # Neither a judge that comes after the network nor what it learns to be told changes anything of it.
        apart = {"instructions"} if self.settings.judge.train == "jointly" else {"instructions", "judge"}
        settings = self.settings.model_dump(mode="json", exclude=apart)
        parts = [self.dataset.sha256, decisions.record(), settings, self.seed]
        if self.earlier is not None:
            parts.append(self.earlier.identity)
        key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
        folder = self.run_folder / key
        folder.mkdir(exist_ok=True)
        return folder

    def _model(self, decisions: Decisions, index: Index, texts: TextFeatures) -> Model:
        vocabulary = len(index.words)
        shape = Shape(
            dim=decisions.dim,
            semantic_dim=SEMANTIC_DIM,
            layers=self.settings.model.layers,
            heads=self.settings.model.heads,
            window=decisions.windowing.window,
            text_dim=texts.items.shape[1],
            kinds=len(self.kinds),
            buckets=decisions.windowing.buckets,
            dropout=decisions.dropout,
        )
        initial = None
        if not shape.text_dim:
            start = word_vectors(index.words, decisions.dim, self.settings.text, self.run_folder, self.progress)
            initial = torch.from_numpy(start)
        chosen = self.settings.model
        items = ItemTable(
            torch.from_numpy(texts.items),
            index.items.mean_matrix(vocabulary),
            shape.dim,
            shape.semantic_dim,
            initial,
            chosen.views,
        )
        queries = QueryTable(torch.from_numpy(texts.queries), index.queries.mean_matrix(vocabulary))
        model = Model(items, Network(shape, Design(chosen.views, chosen.conditioning)), queries)
        if self.settings.judge.train == "jointly" and self._met().any():
            self._add_judge(model)
        return model

    def _add_judge(self, model: Model) -> None:
        chosen = self.settings.judge
        model.judge = Judge(model.network, chosen.residual)
        model.judge_recipe = JudgeRecipe(
            hard=chosen.hard, random=chosen.random, share=chosen.share, epochs=chosen.epochs
        )

    def _judge(self, model: Model, events: EventTable, decisions: Decisions) -> None:
        """Trains a judge for the network as it is."""
        self._add_judge(model)
        windows, recipe = decisions.windowing, decisions.recipe
        with self.progress.bar("training the judge", model.judge_recipe.epochs) as advance:
            train_judge(model, events, windows, decisions.ordered, recipe, advance, lambda line: log.info("%s", line))

    def _data_ms(self, decisions: Decisions) -> int | None:
        """When the tables were what the pack holds: SOURCE_DATE_EPOCH, else the latest event.

        Not the time of the build: it says nothing about the tables, and two builds of the same data would differ by it.
        """
        if stated := os.environ.get("SOURCE_DATE_EPOCH"):
            return int(stated) * 1000
        times = self.dataset.events.timestamp
        return int(times.max()) * 1000 if len(times) and decisions.windowing.time_informative else None

    def _vector_min_count(self) -> int:
        """Beside a sentence encoder a word that is met once has nothing to say that postings do not say better."""
        return 1 if self.settings.text.encoder == "static" else 2

    def _vectors(self, index: Index) -> int:
        """How many word vectors ship: where they are the only text encoder, all."""
        return len(index.words) if self.settings.text.encoder == "static" else index.frequent(FREQUENT)

    def _tasks(self) -> list[str]:
        """Tasks that are trained."""
        return [task for task in TASKS if self.settings.training.tasks in ("both", task)]

    def _met(self) -> np.ndarray:
        """Which items some train event of a trained task wants."""
        met = np.zeros(len(self.dataset.catalogue), bool)
        for task in self._tasks():
            met[self.dataset.events.item[self.dataset.targets(task, TRAIN)]] = True
        return met

    def _train(self, model: Model, events: EventTable, decisions: Decisions) -> list[dict]:
        """Trains, or writes the weights by hand where no event says what to train for; returns the curve."""
        if not self._met().any():
            if self.settings.training.tasks != "both":
                raise ValueError(f"training.tasks: the data has no train events of {self.settings.training.tasks}")
            log.info("no train events: items are their texts, and nothing is trained")
            write_by_hand(model.items, model.network, model.network.shape.text_dim > 0)
            lead(None, self.processes)
            return []
        # Positives of a task that is not trained are history alone: they neither have a loss nor choose the epoch.
        trained = np.isin(events.task, [TASKS.index(task) for task in self._tasks()])
        events = replace(events, positive=events.positive & trained)
        recipe, folder = decisions.recipe, self._checkpoints(decisions)
        work = (model, events, decisions.windowing, decisions.ordered, recipe)
        lead(work, self.processes)
        trainer = Trainer(*work, folder, self.processes)
        log.info("training in %d processes, this one on %s", self.processes.count, self.processes.device)
        if self.observer is not None:
            self.observer.begin(model, events, decisions)
        with self.progress.bar("training", trainer.batches * recipe.epochs) as advance:
            done = 0

            def tick(epoch: int, batch: int, of: int) -> None:
                nonlocal done
                now = int((epoch + batch / of) * trainer.batches)
                advance(now - done)
                done = now
                if self.observer is not None:
                    self.observer.tick(epoch, batch, of)

            trainer.run(tick, lambda line: log.info("%s", line))
        self.processes.leave()
        model.to("cpu")  # all that follows is written for it
        return trainer.curve

    @torch.inference_mode()
    def _admit_cold(self, model: Model, events: EventTable, decisions: Decisions) -> None:
        """Lets items that no train event wants compete, as far as valid says that the others do not suffer."""
        met, model = self._met(), model.eval()
        remember(model.items, met)
        if met.all() or not met.any():
            return
        tasks = [TASKS.index(task) for task in self._tasks()]
        places = [valid_places(events, task, VALIDATED_EVENTS, self.seed) for task in tasks]
        places = [found for found in places if len(found)]

        def quality() -> float:
            found = [ndcg(ranks_of(model, events, decisions.windowing, p), 10) for p in places]
            return sum(found) / max(1, len(found))

        share = admit(model.items, met, quality)
        log.info("%d items without train events, admitted at %g of their scores", (~met).sum(), share)

    def _instruct(
        self, model: Model, events: EventTable, decisions: Decisions, texts: TextFeatures
    ) -> instructions.Told:
        """Teaches the network, which stays as it is, to be told something in words."""
        if not self.settings.instructions.enabled or not self._met().any():
            return instructions.Told()
        return instructions.learn(
            model,
            self.dataset,
            events,
            decisions,
            texts,
            Texts.load(self.settings.instructions.texts),
            self._vector_min_count(),
            self.seed,
            self.run_folder,
            self._checkpoints(decisions),
            self.progress,
        )

    def _fuse(self, parts: Parts, figures: dict, told: instructions.Told) -> dict:
        """Writes a pack without weights, has the engine score valid events with it, and fits the weights."""
        plain = self.run_folder / "unweighted.gensr"
        replace(parts, tasks=collect.unweighted(told.silent)).write(plain)
        tasks, found = collect.fused(self.dataset, plain, parts.evidence, self.seed, told)
        for task, values in found.items():
            figures.setdefault(task, {}).update(values)
        return tasks

    def _parts(self, model, decisions, index, texts, graphs, evidence: Evidence, report) -> Parts:
        shipped = {name: quantised for name, (_, quantised) in graphs.items() if name != "judge"}
        if texts.graph is not None:
            shipped["text"] = texts.graph
        events = self.dataset.events
        counts = np.bincount(events.item[events.split == TRAIN], minlength=len(self.dataset.catalogue))
        fused, semantic, words = model_rows(model)
        return Parts(
            name=self.settings.name or self.dataset.name,
            catalogue=self.dataset.catalogue,
            shape=model.network.shape,
            windowing=decisions.windowing,
            kinds=self.kinds,
            rows=Rows(fused, semantic, words[: self._vectors(index)]),
            dictionary=index.dictionary,
            graphs=shipped,
            tokenizer=texts.tokenizer,
            tasks=collect.unweighted(),
            evidence=evidence,
            popularity=popularity_prior(counts),
            data_ms=self._data_ms(decisions),
            provenance={**self.settings.provenance, **{k: report[k] for k in report if k != "curve"}},
            licences=self.settings.licences,
        )


@torch.inference_mode()
def reopened(
    dataset: Dataset, run: Path, pack: Path, report: dict, progress: Progress
) -> tuple[Model, EventTable, Decisions]:
    """The model of a finished run in float, as it was when its pack was written, with the events it reads.

    Args:
        dataset: the tables of the build.
        run: its folder.
        pack: what it wrote.
        report: its report.
        progress: where bars are shown.

    Raises:
        ValueError: the folder holds no checkpoint of this build.
    """
    decisions, found = Decisions.of_record(report["decisions"]), None
    for path in sorted(run.glob("*/checkpoint.pt")):
        saved = torch.load(path, weights_only=True, map_location="cpu")
        if saved["curve"] == report["curve"] and saved["best"] is not None:
            found = saved["best"]
    if found is None:
        raise ValueError(f"{run} has no checkpoint of the build that its report.json tells of")
    settings = Settings.model_validate(report["settings"])
    step = _Build(dataset, pack, settings, report["seed"], progress, run)
    index = read_index(run / "staging", len(found["items.words"]))
    model = step._model(decisions, index, text_features(dataset, settings.text, run, progress))
    model.load_state_dict(found)
    events = event_table(dataset)
    step._admit_cold(model, events, decisions)
    return model.eval(), events, decisions


@contextmanager
def _log_to(path: Path):
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S"))
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        handler.close()
