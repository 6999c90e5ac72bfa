"""One variant with one seed, all the way: trained, fused on valid, ranked on test by the engine; a file for each step.

Every step that is done is a file; a run that is killed goes on where it was. What depends on data and seed alone is
made once, in the folder of the seed, and shared by all variants.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from gensr_models import build as builds
from gensr_models.config.progress import Progress
from gensr_models.config.settings import InstructionSettings, Settings
from gensr_models.data import TASKS, TEST, VALID, Dataset
from gensr_models.engine import ranked, users_of, write_tables
from gensr_models.pack.format import Pack, Section, write_pack
from gensr_models.research import information, judge_worth
from gensr_models.research.gradients import Watch, read
from gensr_models.research.variants import FULL, VARIANTS, Variant
from gensr_models.signals import collect
from gensr_models.signals.parts import Signals
from gensr_models.training.ranks import ranks_of

log = logging.getLogger("gensr_models")


@dataclass(frozen=True)
class Ablation:
    """Where and of what.

    Attributes:
        dataset: the data.
        folder: of all files.
        base: settings that variants change.
        progress: where bars are shown.
    """

    dataset: Dataset
    folder: Path
    base: Settings
    progress: Progress

    def at(self, seed: int, variant: Variant) -> Path:
        """The folder of a variant with a seed."""
        return self.folder / f"seed-{seed}" / variant.name

    @cached_property
    def _prepared(self) -> dict[int, builds.Prepared]:
        return {}

    def prepared(self, seed: int) -> builds.Prepared:
        """Words, neighbours, postings and text features: of data and seed alone."""
        if seed not in self._prepared:
            self._prepared.clear()  # one seed at a time: features of all texts are large
            shared = self.folder / f"seed-{seed}" / "shared"
            self._prepared[seed] = builds.prepare(self.dataset, shared, self.base, seed, self.progress)
        return self._prepared[seed]

    @cached_property
    def tables(self) -> Path:
        """The test users' events as the engine reads them."""
        folder = self.folder / "test"
        write_tables(self.dataset, users_of(self.dataset, TEST), folder)
        return folder

    def digest(self, seed: int, variant: Variant) -> str:
        """Of everything that a result follows from but the program."""
        # Without defaults, so that a new setting makes no run stale.
        settings = variant.settings(self.base).model_dump(mode="json", exclude_defaults=True)
        facts = [self.dataset.sha256, settings, variant.without, variant.design.__name__, seed]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    def _kept(self, path: Path, digest: str) -> dict | None:
        if not path.exists():
            return None
        found = json.loads(path.read_text())
        return found if found["digest"] == digest else None

    def network(self, seed: int, variant: Variant) -> dict:
        """Trains; ranks valid events with the network alone, bounds its information, and reads the watched gradients.

        Returns:
            `{"parameters", "valid": {task: {"places", "ranks"}}, "information": {task: ...}, "gradients": [...]}`;
            the last two only of networks of both tasks whose design is compared.
        """
        out, digest = self.at(seed, variant) / "pack.gensr", self.digest(seed, variant)
        file = out.with_name("network.json")
        if (found := self._kept(file, digest)) is not None:
            return found
        out.parent.mkdir(parents=True, exist_ok=True)
        both = all(len(self.dataset.targets(task, VALID)) for task in TASKS)
        compared = both and variant.name in (FULL, "heads")
        lines = out.with_name(f"gradients-{digest}.jsonl")
        settings, watch = variant.settings(self.base), Watch(lines) if compared else None
        model, events, decisions, _ = builds.train(
            self.dataset, out, settings, seed, self.progress, self.prepared(seed), watch, variant.design
        )
        result: dict = {"digest": digest, "variant": variant.name, "seed": seed, "valid": {}}
        result["parameters"] = sum(p.numel() for p in model.parameters() if p.requires_grad)
        for task in variant.tasks:
            places = self.dataset.targets(task, VALID)
            if len(places):
                ranks = ranks_of(model, events, decisions.windowing, places)
                result["valid"][task] = {"places": places.tolist(), "ranks": ranks.tolist()}
        if compared:
            count = information.candidates_of(self.dataset)
            bounds = {
                task: information.bound(model, self.dataset, events, decisions, task, count, seed) for task in TASKS
            }
            result["information"] = {"candidates": count} | {task: one.record() for task, one in bounds.items()}
            result["gradients"] = read(lines)
        _write(file, result)
        return result

    def judge(self, seed: int) -> dict:
        """Trains a judge for the network of `full` and measures it: `judge_worth.worth` under "tasks"."""
        full = VARIANTS[FULL]
        out, digest = self.at(seed, full) / "pack.gensr", self.digest(seed, full)
        file = out.with_name("judge.json")
        if (found := self._kept(file, digest)) is not None:
            return found
        # The network is trained already: this reads its checkpoint.
        model, events, decisions, _ = builds.train(
            self.dataset, out, full.settings(self.base), seed, self.progress, self.prepared(seed)
        )
        tasks = judge_worth.worth(model, self.dataset, events, decisions, seed, self.progress, log.info)
        result = {"digest": digest, "seed": seed, "tasks": tasks}
        _write(file, result)
        return result

    def test(self, seed: int, variant: Variant) -> dict:
        """Makes the pack and has the engine rank the test events with it.

        Returns:
            `{"tasks": {task: {"places", "ranks"}}, "lost": {task: share}}`, ranks from 0 of the default answers, and
            what 8 bit costs the network of its ndcg@10 on valid; or `{"skipped": reason}`.
        """
        out, digest = self.at(seed, variant) / "pack.gensr", self.digest(seed, variant)
        file = out.with_name("test.json")
        found = self._kept(file, digest)
        if found is not None and "skipped" not in found:
            return found
        result: dict = {"digest": digest, "variant": variant.name, "seed": seed}
        out.parent.mkdir(parents=True, exist_ok=True)
        if variant.without:
            if not self._leave_out(seed, variant, out):
                result["skipped"] = f"the pack of `{FULL}` has no {variant.without}"
                _write(file, result)
                return result
        else:
            self.network(seed, variant)
            # Instructions change no answer that is compared.
            silent = InstructionSettings(enabled=False)
            settings = variant.settings(self.base).model_copy(update={"instructions": silent})
            prepared = self.prepared(seed)
            # A variant is measured, not shipped: what 8 bit costs it stands beside its ranks.
            report = builds.build(
                *(self.dataset, out, settings, seed, self.progress),
                prepared=prepared,
                at_any_loss=True,
                design=variant.design,
            )
            result["lost"] = {task: figures["lost"] for task, figures in report["valid"].items() if "lost" in figures}
        places = {task: self.dataset.targets(task, TEST) for task in variant.tasks}
        found = ranked(self.dataset, self.tables, out, out.parent)
        result["tasks"] = {
            task: {"places": found[task].places.tolist(), "ranks": found[task].ranks["default"].tolist()}
            for task in variant.tasks
            if task in found and np.array_equal(found[task].places, places[task])
        }
        _write(file, result)
        return result

    def _leave_out(self, seed: int, variant: Variant, out: Path) -> bool:
        """Writes the pack of `full` without a part, its weights fitted again; False where it has no such part."""
        whole = self.at(seed, replace(variant, name=FULL)) / "pack.gensr"
        if not whole.exists():
            raise ValueError(f"`{variant.name}` needs the pack of `{FULL}` with seed {seed}: run that first")
        weight, prefix = variant.without, f"{variant.without}."
        used = Pack.read(whole).manifest["tasks"]
        if not any(task.get(weight) for task in used.values()):
            return False
        # The pack before its weights: with all signals, also that of which a weight of 0 is the best.
        pack = Pack.read(whole.with_name(f"{whole.name}.run") / "unweighted.gensr")
        facts = {name: value for name, value in pack.facts().items() if name != variant.without}
        sections = [Section.of(name, data) for name, data in pack.sections.items() if not name.startswith(prefix)]
        run = out.with_name(f"{out.name}.run")
        run.mkdir(exist_ok=True)
        plain = run / "unweighted.gensr"
        write_pack(plain, facts, sections)
        facts["tasks"], figures = collect.fused(self.dataset, plain, Signals(), seed)
        # A task without valid events keeps the weights that it had.
        facts["tasks"] |= {task: used[task] | {weight: 0.0} for task in used if task not in figures}
        write_pack(out, facts, sections)
        return True


def _write(path: Path, content: dict) -> None:
    """In one step: a reader sees the whole file or none."""
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps(content))
    temporary.replace(path)
