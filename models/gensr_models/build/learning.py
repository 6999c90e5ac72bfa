"""Tables to a trained network, in steps that a killed run does not repeat."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch

from gensr_models.build.run import Run
from gensr_models.data import TASKS
from gensr_models.engine.index import Index
from gensr_models.metrics import ndcg
from gensr_models.model import ItemTable, Network, Shape
from gensr_models.model.cold import admit, remember
from gensr_models.model.untrained import write_by_hand
from gensr_models.quality.checks import VALIDATED_EVENTS
from gensr_models.signals import collect
from gensr_models.signals.parts import Signals
from gensr_models.text.features import TextFeatures, text_features, word_vectors
from gensr_models.training import earlier, warm
from gensr_models.training.batches import EventTable
from gensr_models.training.event_table import event_table
from gensr_models.training.loop import Trainer
from gensr_models.training.objective import Model
from gensr_models.training.processes import Processes
from gensr_models.training.queries import QueryTable
from gensr_models.training.ranks import ranks_of, valid_places
from gensr_models.training.rules import Decisions, decide, warmed
from gensr_models.training.together import lead

log = logging.getLogger("gensr_models")

SEMANTIC_DIM = 32
"""Width of the semantic code of an item, which the history views read."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """Products of the steps before training: they depend on data, seed and encoder, not on the network."""

    index: Index
    signals: Signals
    texts: TextFeatures


class Trained(NamedTuple):
    """A trained network and its inputs."""

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


class NetworkBuild:
    """The part of a build that ends with a trained network; every method is a step."""

    def __init__(
        self,
        run: Run,
        processes: Processes | None = None,
        prepared: Prepared | None = None,
        observer: Observer | None = None,
        warm_start: Path | None = None,
        design: type[Network] = Network,
    ):
        self.run, self.prepared, self.observer, self.design = run, prepared, observer, design
        self.processes = processes or Processes()
        # Read before anything is written: it may be this very folder.
        self.earlier = None if warm_start is None else warm.read(warm_start, run.folder, run.dataset.sha256)
        self.begun: dict = {}

    def prepare(self, decisions: Decisions) -> Prepared:
        """Words, signals and text features."""
        staging, least = self.run.folder / "staging", self.run.vector_min_count()
        dataset, seed = self.run.dataset, self.run.seed
        index = self.run.step("words", lambda: collect.indexed(dataset, staging, least, seed))
        signals = self.run.step(
            "neighbours",
            lambda: collect.collected(dataset, index, decisions.ordered, decisions.dim, seed),
        )
        texts = self.run.step(
            "text",
            lambda: text_features(
                self.run.dataset,
                self.run.settings.text,
                self.run.folder,
                self.run.progress,
                None if self.earlier is None else self.earlier.text,
            ),
        )
        return Prepared(index, signals, texts)

    def network(self) -> Trained:
        """Decides and trains; what comes before is made where it is not there."""
        torch.manual_seed(self.run.seed)
        log.info("build of %s, seed %d", self.run.dataset.name, self.run.seed)
        decisions = decide(self.run.dataset, self.run.settings, self.run.seed)
        if self.earlier is not None and self.earlier.dim == decisions.dim:
            decisions = warmed(decisions, self.run.settings)
        for reason in decisions.reasons:
            log.info("decided: %s", reason)
        self.prepared = self.prepared or self.prepare(decisions)
        model = self.run.step("model", lambda: self.model(decisions, self.prepared.index, self.prepared.texts))
        events = event_table(self.run.dataset)
        self._begin(model)
        curve = self.run.step("train", lambda: self._train(model, events, decisions))
        if curve:
            self._leave(model, self.checkpoints(decisions))
        self.run.step("cold items", lambda: self.admit_cold(model, events, decisions))
        return Trained(model, events, decisions, curve)

    def _names(self) -> earlier.Names:
        """Names of the rows of the model's tables."""
        return earlier.Names(
            self.run.dataset.catalogue.ids, self.prepared.index.words, [kind.name for kind in self.run.kinds]
        )

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
        earlier.leave(folder, model, self._names(), self.run.met(), text, self.run.dataset.sha256)

    def model(self, decisions: Decisions, index: Index, texts: TextFeatures) -> Model:
        """A new network."""
        vocabulary = len(index.words)
        shape = Shape(
            dim=decisions.dim,
            semantic_dim=SEMANTIC_DIM,
            layers=self.run.settings.model.layers,
            heads=self.run.settings.model.heads,
            window=decisions.windowing.window,
            text_dim=texts.items.shape[1],
            kinds=len(self.run.kinds),
            buckets=decisions.windowing.buckets,
            dropout=decisions.dropout,
        )
        initial = None
        if not shape.text_dim:
            start = word_vectors(index.words, decisions.dim, self.run.settings.text, self.run.folder, self.run.progress)
            initial = torch.from_numpy(start)
        chosen = self.run.settings.model
        items = ItemTable(
            torch.from_numpy(texts.items),
            index.items.mean_matrix(vocabulary),
            shape.dim,
            shape.semantic_dim,
            initial,
            chosen.views,
        )
        queries = QueryTable(torch.from_numpy(texts.queries), index.queries.mean_matrix(vocabulary))
        return Model(items, self.design(shape, chosen.views), queries)

    def _train(self, model: Model, events: EventTable, decisions: Decisions) -> list[dict]:
        """Trains, or sets the weights by hand if there are no train events; returns the curve."""
        if not self.run.met().any():
            if self.run.settings.training.tasks != "both":
                raise ValueError(f"training.tasks: the data has no train events of {self.run.settings.training.tasks}")
            log.info("no train events: items are their texts, and nothing is trained")
            write_by_hand(model.items, model.network, model.network.shape.text_dim > 0)
            lead(None, self.processes)
            return []
        # Positives of a task that is not trained are history alone: they neither have a loss nor choose the epoch.
        trained = np.isin(events.task, [TASKS.index(task) for task in self.run.tasks()])
        events = replace(events, positive=events.positive & trained)
        recipe, folder = decisions.recipe, self.checkpoints(decisions)
        work = (model, events, decisions.windowing, decisions.ordered, recipe)
        lead(work, self.processes)
        trainer = Trainer(*work, folder, self.processes)
        log.info("training in %d processes, this one on %s", self.processes.count, self.processes.device)
        if self.observer is not None:
            self.observer.begin(model, events, decisions)
        with self.run.progress.bar("training", trainer.batches * recipe.epochs) as advance:
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
    def admit_cold(self, model: Model, events: EventTable, decisions: Decisions) -> None:
        """Gives items without train events the largest share of their scores that costs the others nothing on valid."""
        met, model = self.run.met(), model.eval()
        remember(model.items, met)
        if met.all() or not met.any():
            return
        tasks = [TASKS.index(task) for task in self.run.tasks()]
        places = [valid_places(events, task, VALIDATED_EVENTS, self.run.seed) for task in tasks]
        places = [found for found in places if len(found)]

        def quality() -> float:
            found = [ndcg(ranks_of(model, events, decisions.windowing, p), 10) for p in places]
            return sum(found) / max(1, len(found))

        share = admit(model.items, met, quality)
        log.info("%d items without train events, admitted at %g of their scores", (~met).sum(), share)

    def checkpoints(self, decisions: Decisions) -> Path:
        """The folder of this data, these settings, this seed and this start."""
        more = [] if self.earlier is None else [self.earlier.identity]
        return self.run.checkpoints(decisions, *more, *([] if self.design is Network else [self.design.__name__]))
