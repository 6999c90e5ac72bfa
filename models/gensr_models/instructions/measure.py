"""How well a model in training answers when it is told something: valid events again, with an instruction, in float."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gensr_models.training.batches import EventTable, Windowing, collate
from gensr_models.training.objective import Model


@torch.inference_mode()
def ranks_told(
    model: Model, events: EventTable, rules: Windowing, places: np.ndarray, features: Tensor | None, size: int = 256
) -> np.ndarray:
    """Rank (0 = first) of each event's item, as `training.ranks.ranks_of`, each request with features of a text.

    Args:
        model: its network has learned to be told, or `features` is None.
        events: of the data set.
        rules: how histories become windows.
        places: of the events that are asked about.
        features: [len(places), query_dim], or None to say nothing.
        size: events of a batch.
    """
    model.eval()
    fused, semantic = model.items()
    queries = model.queries(model.items.words)
    user = np.searchsorted(events.offsets, places, side="right") - 1
    histories = [np.arange(events.offsets[u], p) for u, p in zip(user, places, strict=True)]
    windows = [np.append(rules.apply(h, events.item), p) for h, p in zip(histories, places, strict=True)]
    order = np.argsort([len(w) for w in windows], kind="stable")
    ranks = np.zeros(len(places), np.int64)
    for start in range(0, len(order), size):
        group = order[start : start + size]
        sequence = model.sequence(collate(events, [windows[i] for i in group], rules, None), fused, semantic, queries)
        outputs, (_, states), _ = model.network.history(sequence)
        last, row = torch.tensor([len(windows[i]) - 1 for i in group]), torch.arange(len(group))
        if features is not None:
            told = torch.zeros(*sequence.task.shape, fused.shape[1])
            told[row, last] = model.network.instruction(features[torch.from_numpy(group)])
            outputs = model.network.instructed(sequence, states, told)
        scores = outputs[row, last] @ fused.t()
        target = torch.from_numpy(events.item[places[group]])
        wanted = scores[row, target]
        lengths = [len(histories[i]) for i in group]
        rows = np.repeat(np.arange(len(group)), lengths)
        scores[rows, events.item[np.concatenate([histories[i] for i in group])]] = float("-inf")
        scores[row, target] = float("-inf")
        ranks[group] = (scores >= wanted[:, None]).sum(dim=1).numpy()
    return ranks
