"""Contrastive terms of the objective: InfoNCE with the other rows of the batch as negatives.

Both are off by default (their weights in the recipe are 0): docs/claims.md has their gains.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from gensr_models.model import Network, Sequence
from gensr_models.training.batches import Batch

TEMPERATURE = 0.1
"""Of both terms, fixed: cosines are divided by it."""


def info_nce(a: Tensor, b: Tensor, false_negatives: Tensor) -> Tensor:
    """Symmetric InfoNCE (van den Oord et al. 2018; both directions as in CLIP, Radford et al. 2021).

    Args:
        a: [n, d]; row i belongs to row i of `b`, every other row is a negative.
        b: [n, d].
        false_negatives: bool [n, n], symmetric: pairs of rows that are no negatives of each other.

    Returns:
        The mean over rows and both directions, 0 for fewer than two rows.
    """
    if len(a) < 2:
        return (a.sum() + b.sum()) * 0.0
    logits = F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).t() / TEMPERATURE
    own = torch.eye(len(a), dtype=torch.bool, device=a.device)
    logits = logits.masked_fill(false_negatives & ~own, float("-inf"))
    target = torch.arange(len(a), device=a.device)
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.t(), target)) / 2


def views_term(network: Network, events: Sequence, batch: Batch) -> Tensor:
    """The two encodings of a history against each other (the dual views of arXiv 2504.06714).

    One pair for each history of the batch, at its last event; histories that end with the same item are no negatives.
    """
    encoded, _ = network.views.encode(events, network.views.beside(events), None, 0)
    row = torch.arange(len(batch.item), device=batch.item.device)
    last = (batch.kind > 0).sum(dim=1) - 1  # padding has kind 0
    item = batch.item[row, last]
    return info_nce(encoded[0][row, last], encoded[1][row, last], item[:, None] == item[None, :])


def query_term(network: Network, fused: Tensor, queries: Tensor, batch: Batch) -> Tensor:
    """A query as the prompt reads it against the item that it led to.

    One pair for each positive search with a query; searches for the same item, or with the same query, are no
    negatives of each other.
    """
    asked = (batch.weight > 0) & (batch.task == 1) & (batch.query < len(queries) - 1)
    item, query = batch.item[asked], batch.query[asked]
    same = (item[:, None] == item[None, :]) | (query[:, None] == query[None, :])
    return info_nce(network.prompt.query(queries[query]), fused[item], same)
