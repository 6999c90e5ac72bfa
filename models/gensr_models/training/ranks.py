"""How well a model in training ranks: the events of a split after their histories, in float."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

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


class Replay(NamedTuple):
    """Some events as the network sees them after their histories.

    Attributes:
        group: their places in what was asked for.
        histories: places of the events before each.
        outputs: output vectors [n, dim].
        gates: of the history views at the last event of each history [n, 2, dim].
        fused: item rows [N, dim].
        states: keys and values of the decoder's blocks [n, layers, 2, heads, positions, width].
        last: events before each in its window [n].
    """

    group: np.ndarray
    histories: list[np.ndarray]
    outputs: Tensor
    gates: Tensor
    fused: Tensor
    states: Tensor
    last: Tensor


def replays(
    model: Model, events: EventTable, rules: Windowing, places: np.ndarray, size: int, instruction: Tensor | None = None
) -> Iterator[Replay]:
    """Runs the events at `places` after their histories, `size` at a time.

    With `instruction` [len(places), query_dim] each request also carries the features of a text (docs/instructions.md).
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
        if instruction is not None:
            said = outputs.new_zeros(*sequence.task.shape, fused.shape[1])
            said[index, last] = model.network.instruction(instruction[torch.from_numpy(group)].to(fused.device))
            outputs = model.network.instructed(sequence, states, said)
        own = [histories[i] for i in group]
        yield Replay(group, own, outputs[index, last], gates[index, last - 1], fused, states, last)


def hide(scores: Tensor, item: np.ndarray, histories: list[np.ndarray]) -> None:
    """Sets the scores [n, N] of the items of each history to -infinity; `item` is that of every event."""
    rows = np.repeat(np.arange(len(histories)), [len(h) for h in histories])
    columns = item[np.concatenate(histories)] if len(rows) else rows
    rows, columns = (torch.from_numpy(x.astype(np.int64)).to(scores.device) for x in (rows, columns))
    scores[rows, columns] = float("-inf")


@torch.inference_mode()
def ranks_of(
    model: Model,
    events: EventTable,
    rules: Windowing,
    places: np.ndarray,
    size: int | None = None,
    instruction: Tensor | None = None,
) -> np.ndarray:
    """Rank (0 = first) of each event's item after its history, over the catalogue without it; ties count against us.

    NaN counts against us as well: a network that has diverged finds nothing. `size` events
    are ranked at a time, by default 256 and fewer where `MOST_SCORES` says so; `instruction`: as of `replays`.
    """
    ranks, size = np.zeros(len(places), np.int64), size or max(16, min(256, MOST_SCORES // max(1, len(model.items))))
    for part in replays(model, events, rules, places, size, instruction):
        scores = part.outputs @ part.fused.t()
        index = torch.arange(len(scores), device=scores.device)
        target = torch.from_numpy(events.item[places[part.group]].astype(np.int64)).to(scores.device)
        wanted = scores[index, target]
        hide(scores, events.item, part.histories)
        scores[index, target] = float("-inf")
        ranks[part.group] = ahead(scores, wanted[:, None]).sum(dim=1).cpu().numpy()
    return ranks


def gates_of(model: Model, events: EventTable, rules: Windowing, places: np.ndarray, size: int = 256) -> list[float]:
    """Mean gate of the collaborative and of the semantic view at the last event of each history."""
    sums, count = np.zeros(2), 0
    for part in replays(model, events, rules, places, size):
        present = torch.tensor([len(h) > 0 for h in part.histories], device=part.gates.device)
        sums += part.gates[present].mean(dim=-1).sum(dim=0).double().cpu().numpy()
        count += int(present.sum())
    return (sums / max(1, count)).tolist()
