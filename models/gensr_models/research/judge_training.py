"""Trains a judge for a network that is trained already and stays as it is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import torch
from torch import nn

from gensr_models.research.judge import Judge
from gensr_models.research.judge_loss import JudgeRecipe, judge_loss
from gensr_models.training.batches import EventTable, TrainingWindows, Windowing
from gensr_models.training.divergence import check_finite
from gensr_models.training.objective import Model
from gensr_models.training.optimiser import adamw, set_rate, share_of_rate
from gensr_models.training.recipe import Recipe

WARM_UP = 50
"""Steps over which the learning rate rises."""


def train_judge(
    judge: Judge,
    model: Model,
    events: EventTable,
    rules: Windowing,
    ordered: bool,
    recipe: Recipe,
    chosen: JudgeRecipe,
    tick: Callable[[int], None],
    log: Callable[[str], None],
) -> list[dict]:
    """Trains `judge` by `chosen` on the training windows of `recipe`; the model does not change.

    The network answers as on the device, without dropout. The last epoch counts: valid is for the judge's weight.

    Returns:
        Loss and seconds of each epoch.

    Raises:
        FloatingPointError: the judge diverged.
    """
    windows = TrainingWindows(events, rules, ordered, recipe.batch_events)
    parameters = list(judge.parameters())
    matrices, rest = [p for p in parameters if p.ndim > 1], [p for p in parameters if p.ndim <= 1]
    optimizer = adamw(matrices, rest, chosen.rate, recipe.weight_decay)
    model.eval()
    with torch.no_grad():
        fused, codes = model.items()
        queries, shares = model.queries(model.items.words), model.network.views.expand(codes)
    curve, step = [], 0
    total = windows.epoch(recipe.seed)[0] * chosen.epochs
    for epoch in range(chosen.epochs):
        torch.manual_seed(recipe.seed * 1_000_003 + epoch)
        judge.train()
        began, losses = time.monotonic(), 0.0
        count, batches = windows.epoch(recipe.seed * 1_000_003 + epoch)
        for place, batch in enumerate(batches):
            set_rate(optimizer, chosen.rate * share_of_rate(step, total, WARM_UP))
            with torch.no_grad():
                outputs, (_, state), _ = model.network.history(model.sequence(batch, fused, codes, queries))
            loss = judge_loss(judge, chosen, batch, outputs, state, fused, shares, recipe.half)
            optimizer.zero_grad()
            loss.backward()
            norm = nn.utils.clip_grad_norm_(parameters, recipe.clip)
            optimizer.step()
            losses, step = losses + loss.item(), step + 1
            check_finite(epoch, place, loss.item(), norm.item(), "lower the learning rate of its recipe")
        curve.append({"epoch": epoch + 1, "loss": round(losses / max(1, count), 4)})
        log(json.dumps(curve[-1] | {"seconds": round(time.monotonic() - began, 1)}))
        tick(1)
    judge.eval()
    return curve
