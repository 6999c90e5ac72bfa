"""Warm start: a model begins as an earlier one ended, as far as the two have the same items, words, kinds and shapes.

A build leaves what it trained, in float and by name, in its run folder (`leave`). The next one begins with it
(`begin`): rows of items are taken by item id, of words by word, of event kinds by name; everything else where shapes
agree. An item that is new, or that no event had wanted before, begins as a pack shows items without events: with the
collaborative vector that its text predicts (model/cold.py). Everything else starts as in a cold build; the report
lists it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gensr_models.model.cold import prediction
from gensr_models.training.earlier import COLLABORATIVE, Earlier, Names, of_run
from gensr_models.training.objective import Model
from gensr_models.training.warm_pack import of_pack

QUERY, PROJECT, KINDS = "network.prompt.query.weight", "items.project.weight", "network.views.kind.weight"
WORDS = "items.words"


def read(path: Path, own_run: Path, data: dict[str, str]) -> Earlier:
    """The model of a run folder or of a pack.

    Args:
        path: either.
        own_run: the run folder of the build that asks.
        data: hashes of the tables that it reads.

    Raises:
        ValueError: there is no model to begin with.
        FileNotFoundError: no such file.
    """
    if path.is_dir():
        return of_run(path, data if path.resolve() == own_run.resolve() else None)
    return of_pack(path)


@torch.no_grad()
def begin(model: Model, earlier: Earlier, names: Names, same_text: bool) -> dict:
    """Sets a new model's parameters to the earlier one's where they mean the same.

    Args:
        model: freshly made; changed in place.
        earlier: what to begin with.
        names: of the rows of `model`.
        same_text: whether text features are made by the same encoder and projection as the earlier model's.

    Returns:
        Counts of rows taken, new and dropped, for log and report.
    """
    found = {"from": earlier.source, "taken": False, "remarks": list(earlier.remarks)}
    width, before = model.items.collaborative.shape[1], earlier.dim
    if width != before:
        found["remarks"].append(f"vectors are {width} wide and were {before}: nothing is taken")
        return found
    cold = [name for name in model.state_dict() if name not in earlier.state]
    by_row = {
        COLLABORATIVE: (names.items, earlier.names.items),
        WORDS: (names.words, earlier.names.words),
        KINDS: (["", *names.kinds], ["", *earlier.names.kinds]),
    }
    own = {}
    for name, parameter in model.state_dict().items():
        if name in cold:
            continue
        value = earlier.state[name].to(parameter)
        if name in by_row:
            own[name] = _rows(parameter, value, *by_row[name])
        elif name.endswith("bias.table") and value.shape[1:] == parameter.shape[1:]:
            # Distances beyond the earlier window had its last entry.
            parameter.copy_(value[torch.arange(len(parameter)).clamp_max(len(value) - 1)])
        elif name == QUERY and not same_text:
            parameter[:, -width:].copy_(value[:, -width:])
            cold.append(f"{name} (text)")
        elif value.shape == parameter.shape and (name != PROJECT or same_text):
            parameter.copy_(value)
        else:
            cold.append(name)
    taken = own[COLLABORATIVE]
    if earlier.fused:
        # With the new semantic share the sum is the old vector.
        known = torch.from_numpy(taken >= 0)
        model.items.collaborative[known] -= model.eval().items.semantic()[known]
    predicted = _predict(model, taken, earlier.met)
    for what, name, now, then in (
        ("items", COLLABORATIVE, names.items, earlier.names.items),
        ("words", WORDS, names.words, earlier.names.words),
        ("kinds", KINDS, names.kinds, earlier.names.kinds),
    ):
        known = int((own[name] >= 0).sum()) - (name == KINDS) if name in own else 0
        found[what] = {"taken": known, "new": len(now) - known, "dropped": len(then) - known}
    found["items"]["from_text"] = predicted
    return found | {"taken": True, "cold": cold}


def _rows(parameter: Tensor, value: Tensor, now: list[str], then: list[str]) -> np.ndarray:
    """Copies rows of the same name; returns where each row was, -1 for new ones."""
    places = {name: place for place, name in enumerate(then)}
    own = np.array([places.get(name, -1) for name in now], np.int64)
    known = torch.from_numpy(np.flatnonzero(own >= 0))
    parameter[known] = value[torch.from_numpy(own[own >= 0])]
    return own


def _predict(model: Model, own: np.ndarray, met: np.ndarray) -> int:
    """Gives items without earlier train events the vector that their text predicts; returns how many got one."""
    wanted = (own >= 0) & met[own.clip(0)]
    semantic, collaborative = model.eval().items.semantic().numpy(), model.items.collaborative
    fitted = prediction(semantic, collaborative.numpy(), wanted)
    if fitted is None or not collaborative.requires_grad:
        return 0
    rest = np.flatnonzero(~wanted)
    collaborative[torch.from_numpy(rest)] = torch.from_numpy(semantic[rest] @ fitted).to(collaborative)
    return len(rest)
