"""Items without train events: vectors predicted from their text, and the share of their scores that counts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from gensr_models.model.item_table import ItemTable

PENALTY = 1.0
"""Ridge penalty in units of the variance of the inputs.

Measured on the 51 valid events of Amazon Beauty that want one of 33 unmet items, ndcg@10 of these / of 3,000 others:
as trained 0 / .0794; penalty 0.1 .013 / .0793; 1 .026 / .0793; 10 .047 / .0789; no collaborative vector .051 / .0785.
From 10 on, unmet items stand in the way of others more often than they are wanted.
"""
SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5, 0.3)
"""Shares of an unmet item's score that are tried. An item that nobody chose is disliked or new; the tables do not tell
which, so valid decides for all of them."""
MOST_COST = 0.01
"""Share of ndcg@10 that unmet items may cost the others."""
LEAST = 20
"""Items with events from which there is something to fit."""


def predicted(semantic: np.ndarray, collaborative: np.ndarray, met: np.ndarray) -> np.ndarray:
    """Collaborative vectors with those of unmet items in place of what training left there.

    Full softmax pushes an item that is never the answer away from every history: its vector says "nobody wants this",
    which nobody has said. A ridge regression from semantic to collaborative vectors, fitted on the items that were
    met, says what items with such a text are like. It has no intercept: what cannot be predicted is nothing, and not
    the mean of all items, which says "rarely wanted". An item whose text says nothing keeps what training left there: a
    row of a pack is never zero.

    Args:
        semantic: [N, d], before normalisation.
        collaborative: [N, d], as trained.
        met: bool [N], whether an item is wanted by any train event.
    """
    predictable, fitted = ~met & semantic.any(axis=1), prediction(semantic, collaborative, met)
    if not predictable.any() or fitted is None:
        return collaborative
    result = collaborative.copy()
    result[predictable] = (semantic[predictable] @ fitted).astype(collaborative.dtype)
    return result


def prediction(semantic: np.ndarray, collaborative: np.ndarray, met: np.ndarray) -> np.ndarray | None:
    """The matrix [d, d] that turns semantic into collaborative vectors; None where too few items were met to fit it."""
    x, y = semantic[met].astype(np.float64), collaborative[met].astype(np.float64)
    if len(x) < LEAST:
        return None
    spread = float(x.var(axis=0).mean()) or 1.0
    system = x.T @ x + PENALTY * spread * len(x) * np.eye(x.shape[1])
    return np.linalg.solve(system, x.T @ y)


def remember(items: ItemTable, met: np.ndarray) -> None:
    """Fits what items that arrive after the build get from their text: the prediction, at full size.

    Args:
        items: as trained, in evaluation mode; its map for cold items is set.
        met: bool [N], whether an item is wanted by any train event.
    """
    fitted = prediction(items.semantic().numpy(), items.collaborative.numpy(), met)
    if fitted is not None:
        items.cold.copy_(torch.from_numpy(fitted))


def admit(items: ItemTable, met: np.ndarray, quality: Callable[[], float]) -> float:
    """Gives unmet items the collaborative vector that their text predicts, and the largest harmless share of the score.

    Args:
        items: in evaluation mode; its collaborative vectors and its scale are changed.
        met: bool [N], whether an item is wanted by any train event.
        quality: valid ndcg@10 with the items as they are.

    Returns:
        The share of its score that an unmet item keeps.
    """
    before = quality()
    vectors = predicted(items.semantic().numpy(), items.collaborative.numpy(), met)
    items.collaborative.copy_(torch.from_numpy(vectors))
    unmet = torch.from_numpy(~met)
    share = SHARES[-1]
    for share in SHARES:
        items.scale[unmet] = share
        if quality() >= (1 - MOST_COST) * before:
            break
    items.cold_scale = share
    return share
