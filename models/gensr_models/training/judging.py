"""A judge for a network that is trained already and stays as it is."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable

import torch
from torch import nn

from gensr_models.training.batches import EventTable, TrainingWindows, Windowing
from gensr_models.training.divergence import JUDGE, check_finite
from gensr_models.training.judge import judge_loss
from gensr_models.training.objective import Model
from gensr_models.training.recipe import Recipe

WARM_UP = 50
"""Steps over which the learning rate rises; then it falls with a cosine to 5 %."""


def train_judge(
    model: Model,
    events: EventTable,
    rules: Windowing,
    ordered: bool,
    recipe: Recipe,
    tick: Callable[[int], None],
    log: Callable[[str], None],
) -> list[dict]:
    """Trains `model.judge` by `model.judge_recipe` on the training windows of `recipe`; nothing else changes.

    The network answers as on the device, without dropout. No epoch is chosen on valid, where the weight of the judge
    is fitted: the last one counts.

    Returns:
        Loss and seconds of each epoch.

    Raises:
        FloatingPointError: the judge diverged.
    """
    judge, chosen = model.judge, model.judge_recipe
    windows = TrainingWindows(events, rules, ordered, recipe.batch_events)
    matrices = [p for p in judge.parameters() if p.ndim > 1]
    rest = [p for p in judge.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=chosen.rate, betas=(0.9, 0.98))
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
            cosine = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, step / total)))
            for group in optimizer.param_groups:
                group["lr"] = chosen.rate * min(1.0, (step + 1) / WARM_UP) * cosine
            with torch.no_grad():
                outputs, (_, state), _ = model.network.history(model.sequence(batch, fused, codes, queries))
            loss = judge_loss(judge, chosen, batch, outputs, state, fused, shares, recipe.half)
            optimizer.zero_grad()
            loss.backward()
            norm = nn.utils.clip_grad_norm_(judge.parameters(), recipe.clip)
            optimizer.step()
            losses, step = losses + loss.item(), step + 1
            check_finite(epoch, place, loss.item(), norm.item(), JUDGE)
        curve.append({"epoch": epoch + 1, "loss": round(losses / max(1, count), 4)})
        log(json.dumps(curve[-1] | {"seconds": round(time.monotonic() - began, 1)}))
        tick(1)
    judge.eval()
    return curve
