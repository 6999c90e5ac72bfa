"""Measures a judge: the best items of the network asked about again, with the weight that valid gives its answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from gensr_models.config.progress import Progress
from gensr_models.data import TASKS, TEST, VALID, Dataset
from gensr_models.metrics import gains
from gensr_models.metrics.intervals import difference
from gensr_models.research.judge import Judge, Prefix
from gensr_models.research.judge_loss import CANDIDATES, JudgeRecipe
from gensr_models.research.judge_training import train_judge
from gensr_models.training.batches import EventTable, Windowing
from gensr_models.training.objective import Model
from gensr_models.training.ranks import hide, replays
from gensr_models.training.rules import Decisions

STEPS = (0.0, *(float(x) for x in 2.0 ** np.arange(-4, 4.5, 0.5)))
"""Weights that are tried, in units of the scores' spread over that of the logits."""
ALIKE = 2e-3
"""Weights whose ndcg differs by less than this share are alike: the smallest is taken."""
CERTAIN = 2.0
"""Standard errors (of the paired difference) that a judge has to gain to have a weight."""


@dataclass(frozen=True)
class Asked:
    """The best `CANDIDATES` items of each event and the judge's logits, [events, candidates].

    `wanted` [events] is the place of the wanted item among them, -1 where it is not. A score of -infinity is of an
    item of the history, which is not asked about.
    """

    scores: np.ndarray
    logits: np.ndarray
    wanted: np.ndarray

    def gains(self, weight: float) -> np.ndarray:
        """Gain at 10 of each event; the judge never moves a candidate behind the rest of the catalogue."""
        lowest = np.where(np.isfinite(self.scores), self.logits, np.inf).min(axis=1, keepdims=True)
        total = self.scores + np.float32(weight) * (self.logits - lowest)
        mark = np.take_along_axis(total, np.maximum(self.wanted, 0)[:, None], axis=1)
        ranks = (total >= mark).sum(axis=1) - 1
        return gains(np.where(self.wanted >= 0, ranks, CANDIDATES), 10)


@torch.inference_mode()
def ask(judge: Judge, model: Model, events: EventTable, rules: Windowing, places: np.ndarray) -> Asked:
    """Asks about the best items for the events at `places`, their histories left out."""
    model.eval(), judge.eval()
    shares = model.network.views.expand(model.items()[1])
    depth = min(CANDIDATES, len(shares))
    scores, logits = (np.zeros((len(places), depth), np.float32) for _ in range(2))
    wanted = np.full(len(places), -1)
    for part in replays(model, events, rules, places, 64):
        every = part.outputs @ part.fused.t()
        target = torch.from_numpy(events.item[places[part.group]].astype(np.int64))
        own = every.gather(1, target[:, None])
        hide(every, events.item, part.histories)
        every.scatter_(1, target[:, None], own)
        best, rows = every.topk(depth, dim=1)
        said = judge(part.fused[rows], shares[rows], Prefix.of_many(part.states, part.last, part.outputs))
        scores[part.group], logits[part.group] = best.numpy(), said.numpy()
        event, place = torch.nonzero(rows == target[:, None], as_tuple=True)
        wanted[part.group[event.numpy()]] = place.numpy()
    return Asked(scores, logits, wanted)


def fit_judge(asked: Asked) -> tuple[float, dict[str, float]]:
    """The smallest weight that is as good as the best, 0 where the best gains no more than chance.

    Returns:
        The weight; its gain, the standard error of that, and `most`: the best weight of all, certain or not.
    """
    there = np.isfinite(asked.scores)
    unit = float(asked.scores[there].std() or 1.0) / float(asked.logits[there].std() or 1.0)
    tried = {round(step * unit, 6): asked.gains(step * unit) for step in STEPS}
    changes = {weight: found - tried[0.0] for weight, found in tried.items()}
    errors = {weight: float(change.std()) / len(change) ** 0.5 for weight, change in changes.items()}
    most = max(tried, key=lambda weight: tried[weight].mean())
    alike = (weight for weight, found in tried.items() if found.mean() >= tried[most].mean() * (1 - ALIKE))
    best = min((weight for weight in alike if changes[weight].mean() > CERTAIN * errors[weight]), default=0.0)
    figures = {"weight": best, "gain": float(changes[best].mean()), "error": errors[best], "most": most}
    return best, {name: round(value, 6) for name, value in figures.items()}


def worth(
    model: Model,
    dataset: Dataset,
    events: EventTable,
    decisions: Decisions,
    seed: int,
    progress: Progress,
    log: Callable[[str], None],
    recipe: JudgeRecipe | None = None,
) -> dict[str, dict]:
    """Trains a judge for a network and measures it.

    Returns:
        For each task the fit on valid, and ndcg@10 on test without the judge, with it, and with the weight `most`;
        `ahead` is the difference of the last two from the first, with its 95 % interval over users.
    """
    recipe = recipe or JudgeRecipe()
    torch.manual_seed(seed)
    judge, rules = Judge(model.network, residual=True), decisions.windowing
    with progress.bar("training the judge", recipe.epochs) as advance:
        train_judge(judge, model, events, rules, decisions.ordered, decisions.recipe, recipe, advance, log)
    found: dict[str, dict] = {}
    for task in TASKS:
        valid, test = (dataset.targets(task, split) for split in (VALID, TEST))
        if not len(valid) or not len(test):
            continue
        weight, fitted = fit_judge(ask(judge, model, events, rules, valid))
        asked, users = ask(judge, model, events, rules, test), dataset.events.user[test]
        plain = asked.gains(0.0)
        figures: dict = {"ndcg@10": round(float(plain.mean()), 5)}
        for name, used in (("judged", weight), ("most", fitted["most"])):
            judged = asked.gains(used)
            mean, (low, high) = difference(judged, plain, users, seed)
            ahead = {"mean": round(mean, 5), "low": round(low, 5), "high": round(high, 5)}
            figures[name] = {"ndcg@10": round(float(judged.mean()), 5), "ahead": ahead}
        found[task] = {"valid": fitted, "test": figures}
        log(f"judge, {task}: {found[task]}")
    return found
