"""All baselines on the test events, with intervals, beside a pack where one is given."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from rich.table import Table

from gensr_models import metrics
from gensr_models.baselines import bm25, linear, neural, popularity, sentence
from gensr_models.baselines.protocol import DEFAULT, Scorer, ranks
from gensr_models.config.progress import Progress
from gensr_models.config.settings import Settings
from gensr_models.data import TASKS, TEST, Dataset
from gensr_models.engine import ranked, users_of, write_tables
from gensr_models.metrics.intervals import intervals
from gensr_models.pack.format import pack_id

PACK = "pack"


@dataclass(frozen=True, eq=False)
class Setting:
    """Inputs of baselines beside the data.

    Attributes:
        settings: of a build: which encoder.
        cache: a folder for what is encoded or trained.
        seed: of everything that is drawn.
        progress: where bars are shown.
        log: gets a line on what was chosen.
        device: what trained ones are trained on.
    """

    cache: Path
    settings: Settings = field(default_factory=Settings)
    seed: int = 0
    progress: Progress = field(default_factory=Progress)
    log: Callable[[str], None] = lambda _: None
    device: torch.device = torch.device("cpu")  # noqa: RUF009 (immutable)


Made = tuple[Scorer, dict] | None


@dataclass(frozen=True)
class Baseline:
    """How a baseline is tuned for a task; `make` returns None where the data does not suit it."""

    tasks: tuple[str, ...]
    make: Callable[[Dataset, str, Setting], Made]
    trained: bool = False


def _sentence(dataset: Dataset, task: str, setting: Setting) -> Made:
    return sentence.tuned_sentence(dataset, task, setting.settings.text, setting.cache, setting.progress)


def _sasrec(dataset: Dataset, task: str, setting: Setting) -> Made:
    return neural.tuned_sasrec(dataset, setting.settings, setting.seed, setting.device)


@lru_cache(maxsize=1)
def _joint_of(dataset: Dataset, setting: Setting) -> Made:
    """One model for both tasks."""
    return neural.trained_joint(
        dataset, setting.settings, setting.seed, setting.cache, setting.progress, setting.device
    )


BASELINES = {
    "popularity": Baseline(TASKS, lambda data, task, _: popularity.tuned_popularity(data, task)),
    "knn": Baseline(("recommend",), lambda data, task, _: linear.tuned_knn(data, task)),
    "ease": Baseline(("recommend",), lambda data, task, _: linear.tuned_ease(data, task)),
    "bm25": Baseline(("search",), lambda data, task, _: bm25.tuned_bm25(data, task)),
    "bm25-standard": Baseline(("search",), lambda data, _, __: bm25.standard_bm25(data)),
    "sentence": Baseline(("search",), _sentence),
    "sasrec": Baseline(("recommend",), _sasrec, trained=True),
    "joint": Baseline(TASKS, lambda data, _, setting: _joint_of(data, setting), trained=True),
}
NAMES = tuple(BASELINES)
FAST = tuple(name for name, baseline in BASELINES.items() if not baseline.trained)


def chosen(text: str) -> tuple[str, ...]:
    """Names from a comma list; `fast` and `all` are lists of their own."""
    names: list[str] = []
    for name in (part.strip() for part in text.split(",")):
        names += {"fast": FAST, "all": NAMES}.get(name, (name,))
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise ValueError(f"unknown baseline {unknown[0]!r}: choose among {', '.join(NAMES)}, fast, all")
    return tuple(dict.fromkeys(names))


def evaluate(
    dataset: Dataset,
    setting: Setting,
    names: tuple[str, ...] = FAST,
    split: int = TEST,
    against: tuple[Path, ...] = (),
    rivals: tuple[Path, ...] = (),
) -> dict[str, dict]:
    """Figures of baselines on a split.

    Args:
        dataset: train makes them, valid tunes them.
        setting: what they need beside it.
        names: which of them.
        split: what they are measured on.
        against: packs that the engine ranks the same (test) events with, runs of one recipe: the mean of them counts.
        rivals: packs that stand among the baselines, each under the name of its file.

    Returns:
        `{task: {baseline: {"default", "history_excluded", "plain", "intervals", and what was tuned}}}`; of packs their
        ids (`packs`) in place of what was tuned.
    """
    packs = _ranks_of_packs(dataset, against, rivals)
    result: dict[str, dict] = {}
    for task in TASKS:
        places = dataset.targets(task, split)
        if not len(places):
            continue
        found: dict[str, dict] = {}
        tuned: dict[str, dict] = {}
        for name in names:
            if task not in BASELINES[name].tasks:
                continue
            made = BASELINES[name].make(dataset, task, setting)
            if made is None:
                setting.log(f"{task}: {name} is left out, the data is not for it")
                continue
            scorer, tuned[name] = made
            found[name] = ranks(dataset, places, scorer)
            setting.log(f"{task}: {name} with {tuned[name]}")
        for name, ranked_by in packs.get(task, {}).items():
            if not all(np.array_equal(one.places, places) for one in ranked_by):
                raise ValueError(f"{task}: {name} ranked other events than the baselines")
            found[name] = {v: np.stack([one.ranks[v] for one in ranked_by]) for v in ranked_by[0].ranks}
            tuned[name] = {"packs": [pack_id(path) for path in (against if name == PACK else _rivals(rivals)[name])]}
        result[task] = {}
        if not found:
            continue
        defaults = {name: one.get("default", one[DEFAULT[task]]) for name, one in found.items()}
        sure = intervals(defaults, dataset.events.user[places], PACK if PACK in found else None, setting.seed)
        for name, one in found.items():
            figures = {variant: metrics.summary(value) for variant, value in one.items()}
            default = metrics.summary(defaults[name])
            result[task][name] = {**figures, "default": default, "intervals": sure[name], **tuned[name]}
    return result


def _rivals(rivals: tuple[Path, ...]) -> dict[str, tuple[Path, ...]]:
    return {rival.stem: (rival,) for rival in rivals}


def _ranks_of_packs(dataset: Dataset, against: tuple[Path, ...], rivals: tuple[Path, ...]) -> dict[str, dict]:
    """The engine's ranks of the test events, by task and name of the system."""
    systems = _rivals(rivals)
    if len(systems) < len(rivals) or PACK in systems:
        raise ValueError(f"rivals stand under the names of their files: they have to differ, and none may be {PACK!r}")
    if against:
        systems[PACK] = against
    found: dict[str, dict] = {task: {} for task in TASKS}
    if not systems:
        return found
    with tempfile.TemporaryDirectory() as folder:
        write_tables(dataset, users_of(dataset, TEST), Path(folder))
        for name, packs in systems.items():
            runs = [ranked(dataset, Path(folder), pack, Path(folder)) for pack in packs]
            for task in TASKS:
                if all(task in run for run in runs):
                    found[task][name] = [run[task] for run in runs]
    return found


def table(task: str, figures: dict[str, dict]) -> Table:
    """The table for the terminal: default figures with their intervals, and how far the pack is ahead."""
    compared = PACK in figures
    shown = Table(title=f"{task}, default answer, {next(iter(figures.values()))['default']['users']:,} events")
    shown.add_column("")
    for metric in ("recall@10", "ndcg@10"):
        shown.add_column(metric, justify="right")
        shown.add_column("95 %", justify="right")
        if compared:
            shown.add_column("pack ahead by (95 %)", justify="right")
    for name, one in figures.items():
        row = [name]
        for metric in ("recall@10", "ndcg@10"):
            sure = one["intervals"][metric]
            row += [f"{one['default'][metric]:.4f}", "{:.4f} to {:.4f}".format(*sure["interval"])]
            if compared:
                gap = sure.get("ahead_interval")
                row.append(f"{sure['ahead']:+.4f} ({gap[0]:+.4f} to {gap[1]:+.4f})" if gap else "")
        shown.add_row(*row)
    return shown
