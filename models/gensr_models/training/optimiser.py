"""The optimiser and the learning rate over time, the same for everything that is trained by epochs."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn


def adamw(
    matrices: Iterable[nn.Parameter], rest: Iterable[nn.Parameter], rate: float, weight_decay: float
) -> torch.optim.AdamW:
    """AdamW; only matrices decay."""
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": rest, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))


def share_of_rate(step: int, total: int, warm_up: int) -> float:
    """Share of the learning rate at a step: linear warm-up, then a cosine down to 5 %."""
    cosine = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(1, total))))
    return min(1.0, (step + 1) / warm_up) * cosine


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Sets the learning rate of all parameters."""
    for group in optimizer.param_groups:
        group["lr"] = rate
