"""Seconds of a training step against items, width and batch, on one thread: what docs/training.md extrapolates from.

    python benches/steps.py [--steps 4] [--points 10000x64x0,100000x128x8192] [--batch 2048]

A point is items x width x negatives (0: full softmax). Data are random: 20 events a user, 12 words an item, texts of
256 numbers; the network has its usual shape. Seconds are those of the processor, so that other work does not count;
`state_mb` is what parameters, gradients and the optimizer have, in every process.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from gensr_models.model import ItemTable, Network, Shape, Words
from gensr_models.training.batches import EventTable, Windowing
from gensr_models.training.loop import Trainer
from gensr_models.training.objective import Model
from gensr_models.training.queries import QueryTable
from gensr_models.training.recipe import Recipe

POINTS = "10000x64x0,10000x128x0,100000x64x0,100000x64x8192,100000x128x8192,1000000x64x8192,1000000x128x8192"
WORDS, WINDOW, TEXT = 50_000, 50, 256
RECIPE = Recipe(12, 2e-3, 2048, 0.05, 0.0, 100, 5.0, False, 0, 1000)


def main() -> None:
    """Measures each point and prints a line of JSON for it."""
    parser = argparse.ArgumentParser(description="Seconds of a training step.")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--points", default=POINTS)
    parser.add_argument("--batch", type=int, default=2048)
    given = parser.parse_args()
    torch.set_num_threads(1)
    for point in given.points.split(","):
        items, dim, negatives = (int(number) for number in point.split("x"))
        recipe = replace(RECIPE, batch_events=given.batch, negatives=negatives)
        print(json.dumps(measured(items, dim, recipe, given.steps)), flush=True)


def measured(items: int, dim: int, recipe: Recipe, steps: int) -> dict:
    """One point: the mean over steps after the first."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    users = (steps + 2) * recipe.batch_events // 20
    count = users * 20
    events = EventTable(
        offsets=np.arange(users + 1, dtype=np.int64) * 20,
        item=((rng.zipf(1.2, count) - 1) % items).astype(np.int32),
        task=rng.integers(0, 2, count).astype(np.int8),
        kind=np.ones(count, np.int16),
        positive=np.ones(count, bool),
        query=np.full(count, -1, np.int32),
        time=np.arange(count),
        split=np.zeros(count, np.int8),
    )
    words = Words(np.arange(items + 1) * 12, rng.integers(0, WORDS, items * 12))
    shape = Shape(dim, 32, 2, 2, WINDOW, TEXT, 2, 32, 0.3)
    table = ItemTable(torch.randn(items, TEXT), words.mean_matrix(WORDS), dim, 32)
    none = Words(np.zeros(1, np.int64), np.zeros(0, np.int64)).mean_matrix(WORDS)
    model = Model(table, Network(shape), QueryTable(torch.zeros(0, TEXT), none))
    trainer = Trainer(model, events, Windowing(WINDOW, 10, False, True, 32), True, recipe, None)
    seconds = [time.process_time()]
    trainer._train_epoch(lambda *_: seconds.append(time.process_time()))
    taken = np.diff(seconds)[1 : steps + 1]
    numbers = sum(p.numel() for p in model.parameters())
    peak = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return {
        "items": items,
        "dim": dim,
        "negatives": recipe.negatives,
        "batch_events": recipe.batch_events,
        "seconds_a_step": round(float(taken.mean()), 3),
        "slowest": round(float(taken.max()), 3),
        "steps": len(taken),
        "state_mb": round(16 * numbers / 1e6),
        "peak_mb_so_far": int(peak[0].split()[1]) // 1024 if peak else None,
    }


if __name__ == "__main__":
    main()
