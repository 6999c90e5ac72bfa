"""What an ablation takes away: variants of a build, each one plain change of its settings or of its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from gensr_models.data import TASKS, TRAIN, Dataset
from gensr_models.settings import Settings

FULL = "full"


@dataclass(frozen=True)
class Variant:
    """One row of the table.

    Attributes:
        name: on the command line.
        what: one plain sentence.
        changes: settings that differ, `part.field` -> value; the network is trained with them.
        without: a part of the finished pack of `full` that is left out, weights fitted again; nothing is trained.
        tasks: those that it answers.
        joint: whether it says anything only where there are two tasks.
        beside: whether its network is that of `full`, and what it adds comes after it: the network alone says nothing.
    """

    name: str
    what: str
    changes: dict[str, Any] = field(default_factory=dict)
    without: str = ""
    tasks: tuple[str, ...] = TASKS
    joint: bool = False
    beside: bool = False

    def settings(self, base: Settings) -> Settings:
        """The settings that it is built with."""
        record = base.model_dump()
        for path, value in self.changes.items():
            part, name = path.split(".")
            record[part][name] = value
        return Settings.model_validate(record)

    def skipped(self, dataset: Dataset) -> str | None:
        """Why it says nothing about a data set, or None."""
        missing = [task for task in TASKS if not len(dataset.targets(task, TRAIN))]
        if missing and self.joint:
            return f"the data has one task: there are no train events of {missing[0]}"
        if "training.contrast_query" in self.changes and "search" in missing:
            return "the data has no searches"
        return None


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant(FULL, "Both views, prompts, both tasks trained together, and the evidence beside the network."),
        Variant(
            "heads",
            "No task vector in the prompt: each task has its own read-out matrix over the shared network.",
            {"model.conditioning": "heads"},
            joint=True,
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
        Variant(
            "judge-after",
            "A judge is trained after the network and asked about the best 100 with the weight that valid gives it.",
            {"judge.train": "after"},
            beside=True,
        ),
        Variant(
            "judge-jointly",
            "A judge is trained with the network, a term of its objective, and asked with the weight of valid.",
            {"judge.train": "jointly"},
        ),
        Variant("no-neighbours", "The same network without neighbours of items.", without="neighbours"),
        Variant("no-lexical", "The same network without postings of words.", without="lexical"),
        Variant("no-judge", "The same network and evidence without the judge.", without="judge"),
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
