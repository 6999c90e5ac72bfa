"""Do the gradients of the two tasks agree on the weights that they share? Measured while a network is trained.

On a batch the loss is split by task, and the cosine of the two gradients taken: below 0 a step for one task is a step
back for the other (gradient conflict, Yu et al. 2020). Training itself is not touched: batches come from seeds of
their own, the global generator is put back, and no `.grad` is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from gensr_models.training.batches import Batch, EventTable, TrainingWindows
from gensr_models.training.objective import Model
from gensr_models.training.recipe import Recipe
from gensr_models.training.rules import Decisions

TIMES = 4
"""Measurements an epoch, evenly spaced; each costs about two steps of training."""
SEED = 7_919
"""Of the batches that are measured on, so that they are not those of training."""
SHARED = "shared"
"""The group of all weights of the network that both designs share."""


def group_of(name: str) -> str | None:
    """The group of a parameter; None for parts that only one design has, and for read-outs."""
    if name.startswith("items."):
        return "items"
    part = name.removeprefix("network.")
    if part.startswith("blocks."):
        return ".".join(part.split(".")[:2])
    if part.startswith("views."):
        return "views"
    if part.startswith(("prompt.query", "prompt.gap")):
        return "prompt"
    return None


def cosines(model: Model, batch: Batch, recipe: Recipe) -> dict[str, float] | None:
    """Cosine of the gradients of both tasks' losses, by group of weights.

    Args:
        model: its mode, its `.grad` and the global generator are left as they were.
        batch: split by task; both losses see the same dropout.
        recipe: of the training.

    Returns:
        `blocks.0` ..., `views`, `prompt`, `items`, and `shared`: all of the network but what tells tasks apart, the
        read-outs and the items. None where the batch lacks a task.
    """
    names, weights = zip(*((n, p) for n, p in model.named_parameters() if p.requires_grad), strict=True)
    found = []
    training, batch = model.training, batch.to(weights[0].device)
    devices = [weights[0].device] if weights[0].is_cuda else []
    model.train()
    for task in (0, 1):
        own = batch.weight * (batch.task == task)
        if not own.any():
            break
        with torch.random.fork_rng(devices=devices), torch.enable_grad():
            loss = model(replace(batch, weight=own), recipe)["generate"]
            found.append(torch.autograd.grad(loss, weights, allow_unused=True))
    model.train(training)
    if len(found) < 2:
        return None
    groups: dict[str, list[tuple[Tensor, Tensor]]] = {}
    for name, a, b in zip(names, *found, strict=True):
        group = group_of(name)
        if group is None or a is None or b is None:
            continue
        groups.setdefault(group, []).append((a.flatten(), b.flatten()))
        if group != "items":
            groups.setdefault(SHARED, []).append((a.flatten(), b.flatten()))
    return {group: _cosine(pairs) for group, pairs in groups.items()}


def _cosine(pairs: list[tuple[Tensor, Tensor]]) -> float:
    dot = sum(float(a @ b) for a, b in pairs)
    sizes = [sum(float(x @ x) for x in side) for side in zip(*pairs, strict=True)]
    return dot / max((sizes[0] * sizes[1]) ** 0.5, 1e-30)


class Watch:
    """Measures cosines through training and appends them to a file, a line each; a killed run goes on with it."""

    def __init__(self, file: Path):
        self.file = file
        if file.exists() and not file.read_bytes().endswith(b"\n"):
            # Killed while it wrote: what follows is to be a line of its own.
            with file.open("a", encoding="utf-8") as torn:
                torn.write("\n")
        self.epoch, self.batches = -1, iter(())

    def begin(self, model: Model, events: EventTable, decisions: Decisions) -> None:
        """Before the first batch."""
        self.model, self.recipe = model, decisions.recipe
        self.windows = TrainingWindows(events, decisions.windowing, decisions.ordered, decisions.recipe.batch_events)

    def tick(self, epoch: int, batch: int, of: int) -> None:
        """After a batch (from 1) of an epoch (from 0)."""
        due = {max(1, of * time // TIMES) for time in range(1, TIMES + 1)}
        if batch not in due:
            return
        if epoch != self.epoch:
            self.epoch = epoch
            self.batches = self.windows.epoch((self.recipe.seed + 1) * SEED + epoch)[1]
        for chosen in self.batches:
            found = cosines(self.model, chosen, self.recipe)
            if found is not None:
                line = {"epoch": epoch + 1, "batch": batch, **{k: round(v, 5) for k, v in found.items()}}
                with self.file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
                return


def read(file: Path) -> list[dict]:
    """Reads the lines of a watch; of a batch measured twice, because a run was killed in between, the last."""
    if not file.exists():
        return []
    found = {}
    for text in file.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:  # the run was killed while it wrote
            continue
        found[line["epoch"], line["batch"]] = line
    return [found[key] for key in sorted(found)]


def curve(runs: Iterable[list[dict]]) -> list[dict]:
    """Cosines by epoch: the mean over batches and seeds, with Student's 95 % interval over them; groups beside it."""
    lines: dict[int, list[dict]] = {}
    for line in (line for run in runs for line in run):
        lines.setdefault(line["epoch"], []).append(line)
    points = []
    for epoch, found in sorted(lines.items()):
        values = np.array([line[SHARED] for line in found])
        groups = sorted(set(found[0]) - {"epoch", "batch", SHARED})
        points.append(
            {
                "epoch": epoch,
                "cosine": round(float(values.mean()), 4),
                **_interval(values),
                "below_zero": round(float((values < 0).mean()), 4),
                "groups": {group: round(float(np.mean([line[group] for line in found])), 4) for group in groups},
            }
        )
    return points


def difference(ours: dict[int, list[dict]], theirs: dict[int, list[dict]]) -> dict | None:
    """How much higher the cosines of one design are, batch by batch: both designs were measured on the same ones.

    Batches of a run follow one another and are no sample of their own: the interval is over seeds.

    Args:
        ours: what watches wrote of one design, by seed.
        theirs: of the other.

    Returns:
        `{"mean", "low", "high", "per_seed", "higher"}`: the last the share of batches where ours is; the interval is
        None on both sides with one seed. None where they share no batch.
    """
    gaps = []
    for seed in sorted(ours.keys() & theirs.keys()):
        other = {(line["epoch"], line["batch"]): line[SHARED] for line in theirs[seed]}
        shared = [line for line in ours[seed] if (line["epoch"], line["batch"]) in other]
        if shared:
            gaps.append(np.array([line[SHARED] - other[line["epoch"], line["batch"]] for line in shared]))
    if not gaps:
        return None
    means = np.array([gap.mean() for gap in gaps])
    sure = _interval(means) if len(means) > 1 else {"low": None, "high": None}
    return {
        "mean": round(float(means.mean()), 4),
        **sure,
        "per_seed": [round(float(mean), 4) for mean in means],
        "higher": round(float(np.mean(np.concatenate(gaps) > 0)), 4),
    }


def _interval(values: np.ndarray) -> dict[str, float]:
    """Student's 95 % interval of the mean; of one value, that value."""
    half = 0.0
    if len(values) > 1:
        half = float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5)
    return {"low": round(float(values.mean()) - half, 4), "high": round(float(values.mean()) + half, 4)}
