"""Variants of a build that an ablation compares: each changes one thing of its settings, network or signals."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from gensr_models.config.settings import Settings
from gensr_models.data import TASKS, TRAIN, Dataset
from gensr_models.model import Network
from gensr_models.research.two_heads import TwoHeads

FULL = "full"


@dataclass(frozen=True)
class Variant:
    """One row of the table.

    Attributes:
        name: on the command line.
        what: one sentence for the table.
        changes: settings that differ, `part.field` -> value; the network is trained with them.
        without: a part of the finished pack of `full` that is left out, weights fitted again; nothing is trained.
        tasks: those that it answers.
        joint: whether it needs data with both tasks.
        design: its network.
    """

    name: str
    what: str
    changes: dict[str, Any] = field(default_factory=dict)
    without: str = ""
    tasks: tuple[str, ...] = TASKS
    joint: bool = False
    design: type[Network] = Network

    def settings(self, base: Settings) -> Settings:
        """The settings that it is built with."""
        record = base.model_dump()
        for path, value in self.changes.items():
            part, name = path.split(".")
            record[part][name] = value
        return Settings.model_validate(record)

    def skipped(self, dataset: Dataset) -> str | None:
        """Why it does not apply to a data set, or None."""
        missing = [task for task in TASKS if not len(dataset.targets(task, TRAIN))]
        if missing and self.joint:
            return f"the data has one task: there are no train events of {missing[0]}"
        if "training.contrast_query" in self.changes and "search" in missing:
            return "the data has no searches"
        return None


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant(FULL, "Both views, prompts, both tasks trained together, and the signals beside the network."),
        Variant(
            "heads",
            "No task vector in the prompt: each task has its own read-out matrix over the shared network.",
            joint=True,
            design=TwoHeads,
        ),
        Variant(
            "no-collaborative",
            "Items are their texts alone: no learned vector of single items, no collaborative history encoder.",
            {"model.views": "semantic"},
        ),
        Variant(
            "no-semantic",
            "Items are their learned vectors alone: texts say nothing of items, queries keep theirs.",
            {"model.views": "collaborative"},
        ),
        Variant(
            "search-alone",
            "Only searches are learned to be answered; histories keep the events of both tasks.",
            {"training.tasks": "search"},
            tasks=("search",),
            joint=True,
        ),
        Variant(
            "recommend-alone",
            "Only recommendations are learned; histories keep the events of both tasks.",
            {"training.tasks": "recommend"},
            tasks=("recommend",),
            joint=True,
        ),
        Variant(
            "contrast-views",
            "InfoNCE between the collaborative and the semantic encoding of a history is added, weight 0.1.",
            {"training.contrast_views": 0.1},
        ),
        Variant(
            "contrast-query",
            "InfoNCE between a query and the item it wanted is added, weight 0.1.",
            {"training.contrast_query": 0.1},
        ),
        Variant("no-neighbours", "The same network without neighbours of items.", without="neighbours"),
        Variant("no-lexical", "The same network without postings of words.", without="lexical"),
    )
}


def chosen(text: str | None) -> list[Variant]:
    """Variants from a comma list, `full` first; all without one.

    Raises:
        ValueError: a name is unknown.
    """
    names = list(VARIANTS) if text is None else [name.strip() for name in text.split(",") if name.strip()]
    return [named(name) for name in dict.fromkeys([FULL, *names])]


def named(name: str) -> Variant:
    """The variant of a name, one of a contrastive term perhaps with another weight.

    Raises:
        ValueError: the name is unknown.
    """
    plain, _, weight = name.partition("=")
    if plain not in VARIANTS or (weight and not plain.startswith("contrast-")):
        raise ValueError(f"unknown variant {name!r}: choose among {', '.join(VARIANTS)}, contrast-views=WEIGHT")
    variant = VARIANTS[plain]
    if not weight:
        return variant
    (path,) = variant.changes
    what = variant.what.replace("weight 0.1", f"weight {float(weight):g}")
    return replace(variant, name=name, what=what, changes={path: float(weight)})
