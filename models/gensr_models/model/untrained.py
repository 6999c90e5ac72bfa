"""A network that needs no training, for catalogues without events.

The same graphs and rows as a trained one, with weights written by hand: an item is its text, a search is its query's
text with a little of the history, a recommendation is the mean of the history's items, recent ones counting more.
"""

from __future__ import annotations

import torch
from torch import nn

from gensr_models.model.item_table import ItemTable
from gensr_models.model.network import Network

QUERY = 3.0
"""Weight of a query against the whole history."""
NOTHING = 1e-4
"""Size of the collaborative share: next to nothing, but an item without text still has a direction."""
CLOSED = -30.0
"""Bias of a gate that lets nothing through."""


@torch.no_grad()
def write_by_hand(items: ItemTable, network: Network, has_text: bool) -> None:
    """Sets all weights of a model.

    Args:
        items: its collaborative share is taken away.
        network: becomes a pass from the prompt to the output, with attention as a mean over the history.
        has_text: whether there is a sentence encoder. With one, word vectors add nothing to the postings; without one
            they are the only features, and stay as they were made from the encoder.
    """
    items.collaborative.copy_(torch.randn_like(items.collaborative) * NOTHING)
    if has_text:
        items.words.zero_()
        project = items.project.weight
        # Text features are sorted by how much they tell apart, so the first ones are kept.
        project.copy_(torch.eye(*project.shape))
    size = items.semantic().norm(dim=-1).mean().clamp_min(1e-6)
    items.collaborative.mul_(size)

    dim = network.shape.dim
    for module in network.modules():
        if isinstance(module, nn.Embedding):
            module.weight.zero_()
        elif isinstance(module, nn.LayerNorm):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
    views = network.views
    views.gate.weight.zero_()
    views.gate.bias.fill_(CLOSED)
    eye = torch.eye(dim)
    for place, block in enumerate(network.blocks):
        for layer in (block.qkv, block.merge, block.up, block.down):
            layer.weight.zero_()
            layer.bias.zero_()
        if place == 0:
            # Queries and keys of zero: attention is the relative bias alone, which starts as a slope.
            block.qkv.weight[2 * dim :].copy_(eye)
            for head in range(block.heads):
                # Of each head the merge reads what it attended to, then the values before; only the former counts.
                own = slice(head * block.width, (head + 1) * block.width)
                read = 2 * head * block.width
                block.merge.weight[own, read : read + block.width].copy_(torch.eye(block.width))
    query = network.prompt.query.weight
    query[:, network.shape.text_dim :].copy_(eye)
    if has_text:
        query[:, : network.shape.text_dim].copy_(items.project.weight)
    query.mul_(QUERY * dim**0.5 / size)
    network.head.weight.copy_(eye)
    network.head.bias.zero_()
