"""Training: an epoch loop that can be killed at any time and goes on where it was, in one process or in several.

Several processes train as one with the same batches: each computes the losses of its windows of a batch, scaled by
their share of the batch's weight, and gradients are summed. Optimizer and parameters are then the same everywhere. The
step is that of one process but for what each process draws for itself, from a seed of its own, and for what only looks
at its own windows: dropout of numbers, views, words and items, sampled negatives (those of the batch are those of the
process), the pairs of contrastive terms.
"""

from __future__ import annotations

import copy
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from gensr_models.metrics import ndcg
from gensr_models.training.batches import Batch, EventTable, TrainingWindows, Windowing
from gensr_models.training.divergence import check_finite
from gensr_models.training.objective import Model
from gensr_models.training.optimiser import adamw, set_rate, share_of_rate
from gensr_models.training.processes import Processes
from gensr_models.training.ranks import ranks_of, valid_places
from gensr_models.training.recipe import Recipe


class Trainer:
    """Runs epochs, keeps the best by valid ndcg@10 (history left out, mean of the tasks), saves after each.

    The model moves to the device of `processes` and stays there. All processes call `run`; the first one alone reads
    and writes `folder` and logs, and ends with the best weights. Where training diverges `run` raises
    `FloatingPointError`; the checkpoint is then that of the epoch before.
    """

    def __init__(
        self,
        model: Model,
        events: EventTable,
        rules: Windowing,
        ordered: bool,
        recipe: Recipe,
        folder: Path | None,
        processes: Processes | None = None,
    ):
        self.processes = processes or Processes()
        self.device = self.processes.device
        self.model, self.events, self.rules, self.recipe = model.to(self.device), events, rules, recipe
        self.parallel = self.processes.parallel(self.model)
        self.folder = folder
        # Parameters, their gradients and the optimizer stay in 32 bits; products run in 16 where the device likes it.
        on_gpu = self.device.type == "cuda"
        self.mixed = recipe.precision == "bfloat16" or (recipe.precision == "auto" and on_gpu)
        self.steps = replace(recipe, half=self.mixed) if on_gpu else recipe
        self.windows = TrainingWindows(events, rules, ordered, recipe.batch_events)
        matrices, rest = [], []
        for name, parameter in model.network.named_parameters():
            (matrices if parameter.ndim > 1 and "table" not in name else rest).append(parameter)
        rest += list(model.items.parameters())
        self.optimizer = adamw(matrices, rest, recipe.learning_rate, recipe.weight_decay)
        self.batches = self.windows.epoch(recipe.seed)[0]
        self.epoch, self.best_score, self.best = 0, -1.0, None
        self.curve: list[dict] = []
        self.valid = [valid_places(events, task, recipe.valid_events, recipe.seed) for task in (0, 1)]

    def run(self, tick: Callable[[int, int, int], None], log: Callable[[str], None]) -> None:
        """Trains to the end from the checkpoint, if there is one; leaves the best weights in the model."""
        self._restore(log)
        if not self.processes.first:
            tick, log = (lambda *_: None), (lambda _: None)
        while self.epoch < self.recipe.epochs:
            # Seeded by epoch, so that a resumed run has the same draws.
            torch.manual_seed(self.recipe.seed * 1_000_003 + self.epoch + 7_919 * self.processes.rank)
            began = time.monotonic()
            losses = self._train_epoch(tick)
            loss = sum(losses.values())
            trained = time.monotonic()
            scores = self.validate()
            score = float(np.mean(list(scores.values()))) if scores else -loss
            self.epoch += 1
            self.curve.append(
                {
                    "epoch": self.epoch,
                    "loss": round(loss, 4),
                    **({f"loss_{k}": round(v, 4) for k, v in losses.items()} if len(losses) > 1 else {}),
                    **{f"valid_ndcg@10_{k}": round(v, 5) for k, v in scores.items()},
                    "seconds": round(trained - began, 1),
                    "valid_seconds": round(time.monotonic() - trained, 1),
                }
            )
            if self.processes.first:
                if self.best is None or score > self.best_score:
                    self.best_score, self.best = score, copy.deepcopy(self.model.state_dict())
                log(json.dumps(self.curve[-1]))
                self._save()
        if self.processes.first:
            self.model.load_state_dict(self.best)
        self.model.eval()

    def _train_epoch(self, tick: Callable[[int, int, int], None]) -> dict[str, float]:
        self.model.train()
        seed, processes = self.recipe.seed * 1_000_003 + self.epoch, self.processes
        count, batches = self.windows.epoch(seed, processes.rank, processes.count)
        totals: dict[str, float] = {}
        for place, batch in enumerate(batches):
            step = self.epoch * self.batches + place
            share = share_of_rate(step, self.batches * self.recipe.epochs, self.recipe.warm_up)
            set_rate(self.optimizer, self.recipe.learning_rate * share)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed):
                losses = self.losses(batch)
            self.optimizer.zero_grad()
            self.backward(losses)
            norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
            self.optimizer.step()
            found = {name: loss.item() for name, loss in losses.items()}
            # The norm is of the summed gradients, the loss of one process: where there are more, all stop at one batch.
            check_finite(self.epoch, place, sum(found.values()) if processes.count == 1 else 0.0, norm.item())
            for name, loss in found.items():
                totals[name] = totals.get(name, 0.0) + loss
            tick(self.epoch, place + 1, count)
        summed = processes.sum(torch.tensor(list(totals.values()), dtype=torch.float64)).tolist()
        return {name: total / max(1, count) for name, total in zip(totals, summed, strict=True)}

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """The terms of the objective on this process's windows of a batch, by their share of its weight."""
        found = self.parallel(batch.to(self.device), self.steps)
        return {name: loss * batch.share for name, loss in found.items()}

    def backward(self, losses: dict[str, Tensor]) -> None:
        """Gradients of the sum over all processes; DistributedDataParallel itself would take the mean."""
        (self.processes.count * sum(losses.values())).backward()

    def validate(self) -> dict[str, float]:
        """Valid ndcg@10 of each task, history left out, in float."""
        self.model.eval()
        found = {}
        for name, places in zip(("recommend", "search"), self.valid, strict=True):
            if len(places):
                ranks = torch.zeros(len(places), dtype=torch.int64)
                own = slice(self.processes.rank, None, self.processes.count)
                ranks[own] = torch.from_numpy(ranks_of(self.model, self.events, self.rules, places[own]))
                found[name] = ndcg(self.processes.sum(ranks).numpy(), 10)
        return found

    def _save(self) -> None:
        path = self.folder / "checkpoint.pt"
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        torch.save(
            {
                "recipe": asdict(self.recipe),
                "epoch": self.epoch,
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "best": self.best,
                "best_score": self.best_score,
                "curve": self.curve,
            },
            temporary,
        )
        temporary.replace(path)

    def _restore(self, log: Callable[[str], None]) -> None:
        saved = None
        if self.processes.first:
            path = self.folder / "checkpoint.pt"
            saved = torch.load(path, weights_only=True, map_location="cpu") if path.exists() else None
            if saved is not None and saved["recipe"] != asdict(self.recipe):
                log("the checkpoint is of another recipe: starting anew")
                saved = None
        saved = self.processes.share(saved)
        if saved is None:
            return
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.epoch, self.best, self.best_score = saved["epoch"], saved["best"], saved["best_score"]
        self.curve = saved["curve"]
        log(f"going on after epoch {self.epoch}")
