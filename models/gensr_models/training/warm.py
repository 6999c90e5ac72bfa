"""Warm start: a model begins as an earlier one ended, as far as the two have the same items, words, kinds and shapes.

A build leaves what it trained, in float and by name, in its run folder (`leave`). The next one begins with it
(`begin`): rows of items are taken by item id, of words by word, of event kinds by name; everything else where shapes
agree. An item that is new, or that no event had wanted before, begins as a pack shows items without events: with the
collaborative vector that its text predicts (model/cold.py). What is not taken starts as ever; the report says what.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gensr_models.model.cold import prediction
from gensr_models.text import Projection
from gensr_models.training.objective import Model

NAME = "trained.pt"
QUERY, PROJECT, KINDS = "network.prompt.query.weight", "items.project.weight", "network.views.kind.weight"
COLLABORATIVE, WORDS = "items.collaborative", "items.words"


@dataclass(frozen=True)
class Names:
    """What the rows of a model's tables stand for."""

    items: list[str]
    words: list[str]
    kinds: list[str]  # row 0 of their table is none of them


@dataclass(frozen=True)
class Earlier:
    """A trained model and what its parts are called.

    Attributes:
        source: where it was read, for the report.
        identity: hash of what was read.
        names: of its rows; no words where it does not know them.
        state: parameters by name, those that are known.
        met: bool [N], whether some train event wanted the item.
        text: projection of the sentence encoder's vectors and digest of the graph that it is part of, or None.
        fused: whether the item vectors of `state` are those of both shares together.
        remarks: what the source does not hold, for the report.
    """

    source: str
    identity: str
    names: Names
    state: dict[str, Tensor]
    met: np.ndarray
    text: tuple[Projection, str] | None = None
    fused: bool = False
    remarks: list[str] = field(default_factory=list)

    @property
    def dim(self) -> int:
        """Width of its vectors."""
        return self.state[COLLABORATIVE].shape[1]


def leave(
    folder: Path,
    model: Model,
    names: Names,
    met: np.ndarray,
    text: tuple[Projection, str] | None,
    data: dict[str, str],
) -> None:
    """Writes a trained model for later builds to begin with.

    Args:
        folder: where to.
        model: as training left it.
        names: of its rows.
        met: bool [N], whether some train event wants the item.
        text: see `Earlier`.
        data: hashes of the tables, by file.
    """
    projection = {} if text is None else {"mean": text[0].mean, "matrix": text[0].matrix}
    content = {
        "state": {name: value.detach().cpu() for name, value in model.state_dict().items()},
        "names": names.__dict__,
        "met": torch.from_numpy(met),
        "projection": {name: torch.from_numpy(value) for name, value in projection.items()},
        "text_digest": None if text is None else text[1],
        "data": data,
    }
    temporary = folder / f".{NAME}.tmp"
    torch.save(content, temporary)
    temporary.replace(folder / NAME)


def read(path: Path, own_run: Path, data: dict[str, str]) -> Earlier:
    """The model of a run folder or of a pack.

    Args:
        path: either.
        own_run: the run folder of the build that asks.
        data: hashes of the tables that it reads.

    Raises:
        ValueError: there is no model to begin with.
        FileNotFoundError: there is nothing of that name.
    """
    if path.is_dir():
        return of_run(path, data if path.resolve() == own_run.resolve() else None)
    from gensr_models.training.warm_pack import of_pack

    return of_pack(path)


def text_of(folder: Path) -> tuple[Projection, str] | None:
    """The projection that a training read its texts through, as `Earlier.text`; None where it left none."""
    path = folder / NAME
    return _text(torch.load(path, weights_only=True, map_location="cpu")) if path.exists() else None


def _text(saved: dict) -> tuple[Projection, str] | None:
    parts = {name: value.numpy() for name, value in saved["projection"].items()}
    return (Projection(**parts), saved["text_digest"]) if parts else None


def of_run(folder: Path, not_of: dict[str, str] | None = None) -> Earlier:
    """What the latest finished training in a run folder left.

    Args:
        folder: `NAME.gensr.run`.
        not_of: hashes of tables: what was trained on these is passed over, so that a build that goes on in its own
            folder after it was killed does not begin with itself.

    Raises:
        ValueError: there is none.
    """
    for path in sorted(folder.glob(f"*/{NAME}"), key=lambda p: p.stat().st_mtime, reverse=True):
        saved = torch.load(path, weights_only=True, map_location="cpu")
        if saved["data"] == not_of:
            continue
        return Earlier(
            source=f"run {folder.name}",
            identity=hashlib.sha256(path.read_bytes()).hexdigest(),
            names=Names(**saved["names"]),
            state=saved["state"],
            met=saved["met"].numpy(),
            text=_text(saved),
        )
    raise ValueError(
        f"{folder}: no training has finished here (or one of a version that left nothing to begin with); "
        "name the run folder of another build, or its pack"
    )


@torch.no_grad()
def begin(model: Model, earlier: Earlier, names: Names, same_text: bool) -> dict:
    """Sets a new model's parameters to the earlier one's where they mean the same.

    Args:
        model: freshly made; changed in place.
        earlier: what to begin with.
        names: of the rows of `model`.
        same_text: whether text features are made by the same encoder and projection as the earlier model's.

    Returns:
        What was taken, what is new and what was dropped, for log and report.
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
        # With the semantic share as it now begins, they are what they were.
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
    """Gives items that nobody had wanted the vector that their text predicts; returns how many got one."""
    wanted = (own >= 0) & met[own.clip(0)]
    semantic, collaborative = model.eval().items.semantic().numpy(), model.items.collaborative
    fitted = prediction(semantic, collaborative.numpy(), wanted)
    if fitted is None or not collaborative.requires_grad:
        return 0
    rest = np.flatnonzero(~wanted)
    collaborative[torch.from_numpy(rest)] = torch.from_numpy(semantic[rest] @ fitted).to(collaborative)
    return len(rest)
