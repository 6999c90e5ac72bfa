"""A trained model as a build leaves it to later ones, in float and by name (`leave`), and as they read it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gensr_models.text.encoder import Projection
from gensr_models.training.objective import Model

NAME = "trained.pt"
COLLABORATIVE = "items.collaborative"


@dataclass(frozen=True)
class Names:
    """Names of the rows of a model's tables."""

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


def text_of(folder: Path) -> tuple[Projection, str] | None:
    """The text projection of a training, as `Earlier.text`; None where it left none."""
    path = folder / NAME
    return _text(torch.load(path, weights_only=True, map_location="cpu")) if path.exists() else None


def _text(saved: dict) -> tuple[Projection, str] | None:
    parts = {name: value.numpy() for name, value in saved["projection"].items()}
    return (Projection(**parts), saved["text_digest"]) if parts else None


def of_run(folder: Path, not_of: dict[str, str] | None = None) -> Earlier:
    """Reads the model of the latest finished training in a run folder.

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
