"""How well a model in training ranks: the events of a split after their histories, in float."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gensr_models.metrics import ahead
from gensr_models.training.batches import EventTable, Windowing, collate
from gensr_models.training.objective import Model

MOST_SCORES = 1 << 26
"""Scores that are made at a time where every item is scored (256 MB); fewer events at a time of larger catalogues."""


def valid_places(events: EventTable, task: int, most: int, seed: int) -> np.ndarray:
    """Places of the valid events of a task; a seeded sample where there are more than `most`."""
    places = np.flatnonzero((events.split == 1) & (events.task == task) & events.positive)
    if len(places) > most:
        places = np.sort(np.random.default_rng(seed).choice(places, most, replace=False))
    return places


def replays(
    model: Model, events: EventTable, rules: Windowing, places: np.ndarray, size: int, told: Tensor | None = None
):
    """Runs the events at `places` after their histories: yields (group, histories, outputs, gates, fused).

    With `told` [len(places), query_dim] each request also carries the features of a text (docs/instructions.md).
    """
    fused, semantic = model.items()
    queries = model.queries(model.items.words)
    user = np.searchsorted(events.offsets, places, side="right") - 1
    histories = [np.arange(events.offsets[u], p) for u, p in zip(user, places, strict=True)]
    windows = [np.append(rules.apply(h, events.item), p) for h, p in zip(histories, places, strict=True)]
    order = np.argsort([len(w) for w in windows], kind="stable")
    for start in range(0, len(order), size):
        group = order[start : start + size]
        batch = collate(events, [windows[i] for i in group], rules, None).to(fused.device)
        sequence = model.sequence(batch, fused, semantic, queries)
        outputs, (_, states), gates = model.network.history(sequence)
        last = torch.tensor([len(windows[i]) - 1 for i in group], device=fused.device)
        index = torch.arange(len(group), device=fused.device)
        if told is not None:
            said = outputs.new_zeros(*sequence.task.shape, fused.shape[1])
            said[index, last] = model.network.instruction(told[torch.from_numpy(group)].to(fused.device))
            outputs = model.network.instructed(sequence, states, said)
        yield group, [histories[i] for i in group], outputs[index, last], gates[index, last - 1], fused


@torch.inference_mode()
def ranks_of(
    model: Model,
    events: EventTable,
    rules: Windowing,
    places: np.ndarray,
    size: int | None = None,
    told: Tensor | None = None,
) -> np.ndarray:
    """Rank (0 = first) of each event's item after its history, over the catalogue without it; ties count against us.

    A score that is no number counts against us as well: a network that has diverged finds nothing. `size` events
    are ranked at a time, by default 256 and fewer where `MOST_SCORES` says so; `told`: as of `replays`.
    """
    ranks, size = np.zeros(len(places), np.int64), size or max(16, min(256, MOST_SCORES // max(1, len(model.items))))
    for group, histories, outputs, _, fused in replays(model, events, rules, places, size, told):
        scores = outputs @ fused.t()
        index = torch.arange(len(group), device=scores.device)
        target = torch.from_numpy(events.item[places[group]].astype(np.int64)).to(scores.device)
        wanted = scores[index, target]
        rows = np.repeat(np.arange(len(group)), [len(h) for h in histories])
        columns = events.item[np.concatenate(histories)] if len(rows) else rows
        rows, columns = (torch.from_numpy(x.astype(np.int64)).to(scores.device) for x in (rows, columns))
        scores[rows, columns] = float("-inf")
        scores[index, target] = float("-inf")
        ranks[group] = ahead(scores, wanted[:, None]).sum(dim=1).cpu().numpy()
    return ranks


def gates_of(model: Model, events: EventTable, rules: Windowing, places: np.ndarray, size: int = 256) -> list[float]:
    """Mean gate of the collaborative and of the semantic view at the last event of each history."""
    sums, count = np.zeros(2), 0
    for group, histories, _, gates, _ in replays(model, events, rules, places, size):
        present = torch.tensor([len(h) > 0 for h in histories], device=gates.device)
        sums += gates[present].mean(dim=-1).sum(dim=0).double().cpu().numpy()
        count += int(present.sum())
        del group
    return (sums / max(1, count)).tolist()
