"""Training: an epoch loop that can be killed at any time and goes on where it was."""

from __future__ import annotations

import copy
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from gensr_models.metrics import ndcg
from gensr_models.model import ItemTable, Network, Sequence
from gensr_models.training.batches import Batch, EventTable, TrainingWindows, Windowing, collate
from gensr_models.training.queries import QueryTable
from gensr_models.training.softmax import FullSoftmax


@dataclass(frozen=True)
class Recipe:
    """Everything that steers the optimisation; decided by `rules` and written to the manifest."""

    epochs: int
    learning_rate: float
    batch_events: int
    weight_decay: float
    word_dropout: float
    warm_up: int
    clip: float
    half: bool
    seed: int
    valid_events: int  # most valid events per task that choose the epoch
    item_dropout: float = 0.0


class Model(nn.Module):
    """Items, queries and network: all that is trained."""

    def __init__(self, items: ItemTable, network: Network, queries: QueryTable):
        super().__init__()
        self.items, self.network, self.queries = items, network, queries
        # A code is first read as it is written; training may part the two.
        with torch.no_grad():
            network.views.expand.weight.copy_(items.compress.weight.t())

    def sequence(self, batch: Batch, fused: Tensor, semantic: Tensor, queries: Tensor) -> Sequence:
        """A batch of indices to a batch of vectors."""
        return Sequence(
            fused[batch.item], semantic[batch.item], queries[batch.query], batch.task, batch.kind, batch.gap
        )

    def loss(self, batch: Batch, recipe: Recipe) -> Tensor:
        """Cross-entropy of the next item over the whole catalogue, at every prompt of the batch."""
        fused, semantic = self.items(recipe.word_dropout, recipe.item_dropout)
        queries = self.queries(self.items.words)
        outputs, _, _ = self.network.history(self.sequence(batch, fused, semantic, queries))
        return FullSoftmax.apply(
            outputs.flatten(0, 1),
            fused,
            batch.item.flatten(),
            batch.weight.flatten(),
            batch.masked,
            recipe.half,
        )


class Trainer:
    """Runs epochs, keeps the best by valid ndcg@10 (history left out, mean of the tasks), saves after each."""

    def __init__(self, model: Model, events: EventTable, rules: Windowing, ordered: bool, recipe: Recipe, folder: Path):
        self.model, self.events, self.rules, self.recipe, self.folder = model, events, rules, recipe, folder
        self.windows = TrainingWindows(events, rules, ordered, recipe.batch_events)
        matrices, rest = [], []
        for name, parameter in model.network.named_parameters():
            (matrices if parameter.ndim > 1 and "table" not in name else rest).append(parameter)
        rest += list(model.items.parameters())
        self.optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": recipe.weight_decay},
                {"params": rest, "weight_decay": 0.0},
            ],
            lr=recipe.learning_rate,
            betas=(0.9, 0.98),
        )
        self.batches = self.windows.epoch(recipe.seed)[0]
        self.epoch, self.best_score, self.best = 0, -1.0, None
        self.curve: list[dict] = []
        self.valid = [valid_places(events, task, recipe.valid_events, recipe.seed) for task in (0, 1)]

    def rate(self, step: int) -> float:
        """Share of the learning rate at a step: linear warm-up, then a cosine down to 5 %."""
        total = max(1, self.batches * self.recipe.epochs)
        cosine = 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, step / total)))
        return min(1.0, (step + 1) / self.recipe.warm_up) * cosine

    def run(self, tick: Callable[[int, int, int], None], log: Callable[[str], None]) -> None:
        """Trains to the end from the checkpoint, if there is one; leaves the best weights in the model."""
        self._restore(log)
        while self.epoch < self.recipe.epochs:
            # Seeded by epoch, so that a run that was killed draws what it would have drawn.
            torch.manual_seed(self.recipe.seed * 1_000_003 + self.epoch)
            began = time.monotonic()
            loss = self._train_epoch(tick)
            trained = time.monotonic()
            scores = self.validate()
            score = float(np.mean(list(scores.values()))) if scores else -loss
            self.epoch += 1
            self.curve.append(
                {
                    "epoch": self.epoch,
                    "loss": round(loss, 4),
                    **{f"valid_ndcg@10_{k}": round(v, 5) for k, v in scores.items()},
                    "seconds": round(trained - began, 1),
                    "valid_seconds": round(time.monotonic() - trained, 1),
                }
            )
            if self.best is None or score > self.best_score:
                self.best_score, self.best = score, copy.deepcopy(self.model.state_dict())
            log(json.dumps(self.curve[-1]))
            self._save()
        self.model.load_state_dict(self.best)
        self.model.eval()

    def _train_epoch(self, tick: Callable[[int, int, int], None]) -> float:
        self.model.train()
        count, batches = self.windows.epoch(self.recipe.seed * 1_000_003 + self.epoch)
        total = 0.0
        for place, batch in enumerate(batches):
            for group in self.optimizer.param_groups:
                group["lr"] = self.recipe.learning_rate * self.rate(self.epoch * self.batches + place)
            loss = self.model.loss(batch, self.recipe)
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
            self.optimizer.step()
            total += loss.item()
            tick(self.epoch, place + 1, count)
        return total / max(1, count)

    def validate(self) -> dict[str, float]:
        """Valid ndcg@10 of each task, history left out, in float."""
        self.model.eval()
        with torch.inference_mode():
            ranks = {
                name: ranks_of(self.model, self.events, self.rules, places)
                for name, places in zip(("recommend", "search"), self.valid, strict=True)
                if len(places)
            }
        return {name: ndcg(r, 10) for name, r in ranks.items()}

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
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        saved = torch.load(path, weights_only=True)
        if saved["recipe"] != asdict(self.recipe):
            log("the checkpoint is of another recipe: starting anew")
            return
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.epoch, self.best, self.best_score = saved["epoch"], saved["best"], saved["best_score"]
        self.curve = saved["curve"]
        log(f"going on after epoch {self.epoch}")


def valid_places(events: EventTable, task: int, most: int, seed: int) -> np.ndarray:
    """Places of the valid events of a task; a seeded sample where there are more than `most`."""
    places = np.flatnonzero((events.split == 1) & (events.task == task) & events.positive)
    if len(places) > most:
        places = np.sort(np.random.default_rng(seed).choice(places, most, replace=False))
    return places


def replays(model: Model, events: EventTable, rules: Windowing, places: np.ndarray, size: int):
    """Runs the events at `places` after their histories: yields (group, histories, outputs, gates, fused)."""
    fused, semantic = model.items()
    queries = model.queries(model.items.words)
    user = np.searchsorted(events.offsets, places, side="right") - 1
    histories = [np.arange(events.offsets[u], p) for u, p in zip(user, places, strict=True)]
    windows = [np.append(rules.apply(h, events.item), p) for h, p in zip(histories, places, strict=True)]
    order = np.argsort([len(w) for w in windows], kind="stable")
    for start in range(0, len(order), size):
        group = order[start : start + size]
        batch = collate(events, [windows[i] for i in group], rules, None)
        outputs, _, gates = model.network.history(model.sequence(batch, fused, semantic, queries))
        last = torch.tensor([len(windows[i]) - 1 for i in group])
        index = torch.arange(len(group))
        yield group, [histories[i] for i in group], outputs[index, last], gates[index, last - 1], fused


def ranks_of(model: Model, events: EventTable, rules: Windowing, places: np.ndarray, size: int = 256) -> np.ndarray:
    """Rank (0 = first) of each event's item after its history, over the catalogue without it; ties count against us."""
    ranks = np.zeros(len(places), np.int64)
    for group, histories, outputs, _, fused in replays(model, events, rules, places, size):
        scores = outputs @ fused.t()
        index = torch.arange(len(group))
        target = torch.from_numpy(events.item[places[group]])
        wanted = scores[index, target]
        rows = np.repeat(np.arange(len(group)), [len(h) for h in histories])
        columns = events.item[np.concatenate(histories)] if len(rows) else rows
        scores[rows, columns] = float("-inf")
        scores[index, target] = float("-inf")
        ranks[group] = (scores >= wanted[:, None]).sum(dim=1).numpy()
    return ranks


def gates_of(model: Model, events: EventTable, rules: Windowing, places: np.ndarray, size: int = 256) -> list[float]:
    """Mean gate of the collaborative and of the semantic view at the last event of each history."""
    sums, count = np.zeros(2), 0
    for group, histories, _, gates, _ in replays(model, events, rules, places, size):
        present = torch.tensor([len(h) > 0 for h in histories])
        sums += gates[present].mean(dim=-1).sum(dim=0).double().numpy()
        count += int(present.sum())
        del group
    return (sums / max(1, count)).tolist()
