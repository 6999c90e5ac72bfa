"""From a trained network to a pack: instructions, export, checks, weights of signals, file."""

from __future__ import annotations

import json
import logging
import os
import platform
from dataclasses import replace
from importlib.metadata import version

import numpy as np
import onnx

from gensr_models.build.assemble import Parts
from gensr_models.build.learning import NetworkBuild, Trained
from gensr_models.build.run import Run
from gensr_models.data import TRAIN
from gensr_models.export.graphs import export
from gensr_models.instructions import stage as instructions
from gensr_models.instructions.sayings import Texts
from gensr_models.pack.sections import Rows, popularity_prior
from gensr_models.quality.checks import model_rows, read_gates, validate
from gensr_models.quality.losses import refuse_losses
from gensr_models.signals import collect
from gensr_models.text.accelerated import text_variants
from gensr_models.training.rules import Decisions

log = logging.getLogger("gensr_models")


class PackBuild:
    """The part of a build that begins with a trained network; every method is a step."""

    def __init__(self, network: NetworkBuild, trained: Trained, at_any_loss: bool = False):
        self.run: Run = network.run
        self.at_any_loss = at_any_loss
        self.begun, self.prepared = network.begun, network.prepared
        self.checkpoints = network.checkpoints(trained.decisions)
        self.trained = trained

    def execute(self) -> dict:
        """Writes the pack; returns the report."""
        run, (model, events, decisions, curve) = self.run, self.trained
        index, signals = self.prepared.index, self.prepared.signals
        learned = run.step("instructions", self._instruct)
        graphs = run.step("export", lambda: export(model.items, model.network))
        figures = run.step(
            "validate",
            lambda: validate(model, events, decisions, graphs, index, run.vectors(index), run.seed, run.progress),
        )
        if not self.at_any_loss:
            refuse_losses(figures)
        gates = read_gates(model, events, decisions)
        log.info("mean gates of the history views: %s", json.dumps(gates))
        report = {
            "data": {"name": run.dataset.name, "sha256": run.dataset.sha256},
            "seed": run.seed,
            "settings": run.settings.model_dump(mode="json"),
            "decisions": decisions.record(),
            "gates": gates,
            "valid": figures,
            "instructions": learned.figures,
            "curve": curve,
            **({"warm_start": self.begun} if self.begun else {}),
            "versions": {p: version(p) for p in ("gensr-models", "torch", "onnx", "onnxruntime")},
        }
        parts = self._parts(graphs, report)
        tasks = run.step("fusion", lambda: self._fuse(parts, figures, learned))
        parts = replace(parts, tasks=tasks, signals=signals.weighed(tasks))
        report["pack_id"] = run.step("write", lambda: parts.write(run.out))
        report |= {"bytes": run.out.stat().st_size, "seconds": run.seconds, "machine": platform.machine()}
        (run.folder / "report.json").write_text(json.dumps(report, indent=1))
        log.info("wrote %s, %.1f MB, pack id %s", run.out, report["bytes"] / 1e6, report["pack_id"][:16])
        return report

    def _instruct(self) -> instructions.Learned:
        """Trains the map of instructions over the frozen network."""
        settings, (model, events, decisions, _) = self.run.settings.instructions, self.trained
        if not settings.enabled or not self.run.met().any():
            return instructions.Learned()
        return instructions.learn(
            model,
            self.run.dataset,
            events,
            decisions,
            self.prepared.texts,
            Texts.load(settings.texts),
            self.run.vector_min_count(),
            self.run.seed,
            self.run.folder,
            self.checkpoints,
            self.run.progress,
        )

    def _fuse(self, parts: Parts, figures: dict, learned: instructions.Learned) -> dict:
        """Writes a pack without weights, has the engine score valid events with it, and fits the weights."""
        plain = self.run.folder / "unweighted.gensr"
        replace(parts, tasks=collect.unweighted(learned.manifest())).write(plain)
        tasks, found = collect.fused(self.run.dataset, plain, parts.signals, self.run.seed, learned)
        for task, values in found.items():
            figures.setdefault(task, {}).update(values)
        return tasks

    def _parts(self, graphs: dict[str, tuple[onnx.ModelProto, onnx.ModelProto]], report: dict) -> Parts:
        """Everything that the pack holds, without weights."""
        model, _, decisions, _ = self.trained
        index, signals, texts = self.prepared.index, self.prepared.signals, self.prepared.texts
        shipped = {name: quantised for name, (_, quantised) in graphs.items()}
        if texts.graph is not None:
            shipped["text"] = texts.graph
            shipped |= text_variants(self.run.settings.text, texts.projection)
        events = self.run.dataset.events
        counts = np.bincount(events.item[events.split == TRAIN], minlength=len(self.run.dataset.catalogue))
        fused, semantic, words = model_rows(model)
        return Parts(
            name=self.run.settings.name or self.run.dataset.name,
            catalogue=self.run.dataset.catalogue,
            shape=model.network.shape,
            windowing=decisions.windowing,
            kinds=self.run.kinds,
            rows=Rows(fused, semantic, words[: self.run.vectors(index)]),
            dictionary=index.dictionary,
            graphs=shipped,
            tokenizer=texts.tokenizer,
            tasks=collect.unweighted(),
            signals=signals,
            popularity=popularity_prior(counts),
            data_ms=self._data_ms(decisions),
            provenance={**self.run.settings.provenance, **{k: report[k] for k in report if k != "curve"}},
            licences=self.run.settings.licences,
        )

    def _data_ms(self, decisions: Decisions) -> int | None:
        """The date of the tables: SOURCE_DATE_EPOCH, else the latest event.

        The time of the build would make two builds of the same data differ.
        """
        if stated := os.environ.get("SOURCE_DATE_EPOCH"):
            return int(stated) * 1000
        times = self.run.dataset.events.timestamp
        return int(times.max()) * 1000 if len(times) and decisions.windowing.time_informative else None
