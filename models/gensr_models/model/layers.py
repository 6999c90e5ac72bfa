"""Transformer blocks that run over whole sequences in training and over a cached state on the device."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class RelativeBias(nn.Module):
    """A learned bias for each head and distance, counted in events (T5, Raffel et al. 2020, without buckets).

    Keys and values hold no position, so a cached state stays valid wherever its window begins.
    It starts as a slope of another steepness for each head (ALiBi, Press et al. 2022): recent events count more.
    """

    RATE = 10.0
    """The table holds the bias divided by this, so that it can move as fast as it has to at a common learning rate."""

    def __init__(self, heads: int, window: int):
        super().__init__()
        slopes = 2.0 ** -(2.0 * torch.arange(heads))
        self.table = nn.Parameter(-slopes * torch.arange(window + 1)[:, None] / self.RATE)

    def forward(self, query_events: Tensor, key_events: Tensor) -> Tensor:
        """Event indices [q] and [k] -> bias [heads, q, k]; distances beyond the window share the last entry."""
        return self.of(query_events[:, None] - key_events[None, :]).transpose(0, 1)

    def of(self, distance: Tensor) -> Tensor:
        """Distances [q, k] -> bias [q, heads, k]."""
        distance = distance.clamp(0, self.table.shape[0] - 1)
        return self.table[distance].transpose(1, 2) * self.RATE


class Block(nn.Module):
    """Pre-norm attention and feed-forward; keys and values are one tensor [..., 2, heads, positions, width].

    Beside what it attends to, a position always reads the values of the position before it: a prompt the latest item,
    an item its prompt. A network of this size is slow to learn that from attention alone.
    """

    def __init__(self, dim: int, heads: int, hidden: int, window: int, dropout: float):
        super().__init__()
        self.heads, self.width = heads, dim // heads
        self.norm_attention, self.norm_hidden = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.merge = nn.Linear(2 * dim, dim)
        self.up, self.down = nn.Linear(dim, hidden), nn.Linear(hidden, dim)
        self.bias = RelativeBias(heads, window)
        self.dropout = nn.Dropout(dropout)

    def project(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Positions [..., n, dim] -> queries [..., heads, n, width] and keys-values [..., 2, heads, n, width]."""
        qkv = self.qkv(self.norm_attention(x)).unflatten(-1, (3, self.heads, self.width))
        qkv = qkv.movedim(-4, -2)  # [..., 3, heads, n, width]
        return qkv[..., 0, :, :, :], qkv[..., 1:, :, :, :]

    def finish(self, x: Tensor, attended: Tensor, before: Tensor) -> Tensor:
        """Adds the attention output and the values before, both [..., heads, n, width], and the feed-forward part."""
        read = torch.cat([attended, before], dim=-1).transpose(-3, -2).flatten(-2)
        x = x + self.dropout(self.merge(read))
        return x + self.dropout(self.down(F.gelu(self.up(self.norm_hidden(x)))))

    def forward(self, x: Tensor, bias: Tensor, past: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Runs new positions over past and new ones.

        Args:
            x: new positions [..., n, dim].
            bias: [heads, n, past + n], minus infinity where attention is not allowed.
            past: keys and values [..., 2, heads, past, width], or None.

        Returns:
            The new positions, and keys and values of past and new.
        """
        query, state = self.project(x)
        if past is not None:
            state = torch.cat([past, state], dim=-2)
        keys, values = state[..., 0, :, :, :], state[..., 1, :, :, :]
        logits = query @ keys.transpose(-1, -2) / math.sqrt(self.width) + bias
        before = F.pad(values, (0, 0, 1, 0))[..., -x.shape[-2] - 1 : -1, :]
        return self.finish(x, torch.softmax(logits, dim=-1) @ values, before), state

    def prompt(self, x: Tensor, past: Tensor, bias: Tensor) -> Tensor:
        """Runs B independent prompts [B, 1, dim] over one shared past [2, heads, p, width], bias [heads, 1, p + 1].

        Every prompt sees the past and itself, so the result does not depend on what else is in the batch.
        """
        query, own = self.project(x)
        keys, values = past[0], past[1]
        over_past = query @ keys.transpose(-1, -2)
        over_self = (query * own[:, 0]).sum(-1, keepdim=True)
        logits = torch.cat([over_past, over_self], dim=-1) / math.sqrt(self.width) + bias
        weights = torch.softmax(logits, dim=-1)
        before = F.pad(values, (0, 0, 1, 0))[..., -1:, :].expand_as(query)
        return self.finish(x, weights[..., :-1] @ values + weights[..., -1:] * own[:, 1], before)

    def prompts(self, x: Tensor, states: Tensor) -> Tensor:
        """Runs a prompt at each of n events [B, n, dim] over what came before it.

        `states` [B, 2, heads, 2n, width] are those of prompt, item, prompt, item ...; of them a prompt sees the events
        before its own, and itself in place of the prompt that stands there.
        """
        query, own = self.project(x)
        keys, values = states[:, 0], states[:, 1]
        event, past = torch.arange(x.shape[-2], device=x.device), torch.arange(keys.shape[-2], device=x.device) // 2
        bias = self.bias(event, past).masked_fill(past[None, :] >= event[:, None], float("-inf"))
        over_past = query @ keys.transpose(-1, -2) / math.sqrt(self.width) + bias
        over_self = (query * own[:, 0]).sum(-1, keepdim=True) / math.sqrt(self.width) + self.bias(event[:1], event[:1])
        weights = torch.softmax(torch.cat([over_past, over_self], dim=-1), dim=-1)
        before = F.pad(values[..., 1::2, :], (0, 0, 1, 0))[..., :-1, :]
        return self.finish(x, weights[..., :-1] @ values + weights[..., -1:] * own[:, 1], before)


def causal_bias(block: Block, past: int | Tensor, new: int | Tensor, per_event: int, device: torch.device) -> Tensor:
    """Relative bias and causal mask for `new` events after `past` ones, each `per_event` positions long."""
    query = torch.arange(new * per_event, device=device) + past * per_event
    key = torch.arange((past + new) * per_event, device=device)
    bias = block.bias(query // per_event, key // per_event)
    return bias.masked_fill(key[None, :] > query[:, None], float("-inf"))
