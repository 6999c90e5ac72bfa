"""The judge: GenSR's question "would this user want this item (for this query)? Yes / No" (arXiv 2504.06714), compact.

The paper asks it with a whole forward pass for each candidate. Here the decoder goes on after the prompt, once: every
candidate is two more positions, its collaborative and its semantic share, which read the keys and values of history and
prompt that are there already, and each other, but never those of another candidate. So all candidates share one prefix,
and what the judge says of one does not depend on which others are asked about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gensr_models.model.layers import Block
from gensr_models.model.network import Network

RARE = 100.0
"""The first guess of P(Yes) is one over this, where generate's score is no part of it: one of so many is wanted."""


@dataclass(frozen=True)
class Prefix:
    """The positions that candidates read: P histories, each up to the prompt that they answer, in k positions.

    Attributes:
        states: keys and values of the network's blocks [P, layers, 2, heads, k, width].
        ages: events between each position and the prompt [P, k].
        later: which positions come after the prompt [P, k].
        before: values of the prompt [P, layers, heads, width].
        output: output vector of the prompt [P, dim].
    """

    states: Tensor
    ages: Tensor
    later: Tensor
    before: Tensor
    output: Tensor

    @classmethod
    def of_many(cls, states: Tensor, event: Tensor, output: Tensor) -> Prefix:
        """Of each of P histories [P, layers, 2, heads, 2n, width] the first `event` [P] events and the prompt after."""
        positions = torch.arange(states.shape[-2], device=states.device)[None]
        before = states[torch.arange(len(states), device=states.device), :, 1, :, 2 * event]
        return cls(states, event[:, None] - positions // 2, positions > 2 * event[:, None], before, output)


class Judge(nn.Module):
    """P(Yes) of candidates after a prefix, as a logit.

    Its blocks begin with the attention of the decoder's; their feed-forward part is `hidden` times as wide as the
    vectors, and starts at zero. Beside the last positions the read-out sees the mass
    of attention on the prefix (its log-sum-exp, for each layer and head): softmax hides how much there was to attend
    to, and for a candidate that is how much the history speaks of it. What generate scores the candidate is added,
    times a learned factor, where the judge is trained to correct it.
    """

    def __init__(self, network: Network, residual: bool, hidden: int = 2):
        super().__init__()
        shape = network.shape
        self.width = shape.dim // shape.heads
        self.blocks = nn.ModuleList(
            Block(shape.dim, shape.heads, hidden * shape.dim, shape.window, shape.dropout) for _ in network.blocks
        )
        # A candidate stands where the next item would stand, and is read the way items are.
        self.collaborative, self.semantic = (nn.Linear(shape.dim, shape.dim) for _ in range(2))
        self.norm = nn.LayerNorm(2 * shape.dim)
        self.answer = nn.Linear(2 * shape.dim, 1)
        self.masses = nn.Linear(2 * shape.heads * shape.layers, 1, bias=False)
        self.dropout = nn.Dropout(shape.dropout)
        self.generate = nn.Parameter(torch.tensor(1.0)) if residual else None
        self._begin(network)

    @torch.no_grad()
    def _begin(self, network: Network) -> None:
        for own, decoders in zip(self.blocks, network.blocks, strict=True):
            same = own.up.weight.shape == decoders.up.weight.shape
            own.load_state_dict(
                {k: v for k, v in decoders.state_dict().items() if same or k[:2] not in ("up", "do")}, strict=False
            )
            if not same:
                nn.init.zeros_(own.down.weight)
                nn.init.zeros_(own.down.bias)
        for part in (self.collaborative, self.semantic):
            part.weight.copy_(torch.eye(len(part.weight)) * network.views.scale)
            nn.init.zeros_(part.bias)
        nn.init.zeros_(self.answer.weight)
        # Logits of the softmax over a catalogue are large; what they sum to is about the largest that there can be.
        nn.init.constant_(
            self.answer.bias, -math.log(RARE) if self.generate is None else -network.log_scale.exp().item()
        )
        nn.init.zeros_(self.masses.weight)

    def forward(self, fused: Tensor, semantic: Tensor, prefix: Prefix) -> Tensor:
        """Logits [P, c] of c candidates for each of P prefixes.

        Args:
            fused: [P, c, dim], item rows.
            semantic: [P, c, dim], their semantic shares, as `HistoryViews.expand` makes them of codes.
            prefix: what they read.
        """
        tokens = torch.stack([self.collaborative(fused - semantic), self.semantic(semantic)], dim=2)
        x = self.dropout(tokens).flatten(1, 2)  # collaborative, semantic, collaborative, semantic ...
        masses = []
        for layer, block in enumerate(self.blocks):
            bias = block.bias.of(prefix.ages)[:, :, None]
            bias = bias.masked_fill(prefix.later[:, None, None], float("-inf"))
            x, mass = self._block(block, x, prefix.states[:, layer], prefix.before[:, layer], bias)
            masses.append(mass)
        ends = x.unflatten(1, (-1, 2)).flatten(-2)  # [P, c, 2 * dim]
        attended = torch.cat(masses, dim=1).unflatten(-1, (-1, 2)).movedim(1, -2).flatten(-2)
        logits = self.answer(self.dropout(self.norm(ends))) + self.masses(attended)
        if self.generate is not None:
            logits = logits + self.generate * (fused * prefix.output[:, None]).sum(-1, keepdim=True)
        return logits.squeeze(-1)

    def _block(self, block: Block, x: Tensor, state: Tensor, prompt: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """One block over pairs of positions [P, 2c, dim]; also the masses of attention [P, heads, 2c]."""
        query, own = block.project(x)
        keys, values = state[:, 0], F.pad(state[:, 1], (0, 1), value=1.0)
        pairs = own.unflatten(-2, (-1, 2))  # [P, 2, heads, c, 2, width]
        pair_keys, pair_values = pairs[:, 0], pairs[:, 1]
        over_prefix = query @ keys.transpose(-1, -2) / math.sqrt(self.width) + bias
        over_pair = (query.unflatten(-2, (-1, 2))[..., :, None, :] * pair_keys[..., None, :, :]).sum(-1)
        here = block.bias.table[0][:, None, None, None] * block.bias.RATE
        over_pair = (over_pair / math.sqrt(self.width) + here).flatten(-3, -2)
        top = torch.maximum(over_prefix.amax(-1, keepdim=True), over_pair.amax(-1, keepdim=True))
        read, mass = ((over_prefix - top).exp() @ values).split([self.width, 1], dim=-1)
        shares = (over_pair - top).exp()
        of_pair = (shares.unflatten(-2, (-1, 2))[..., None] * pair_values[..., None, :, :]).sum(-2).flatten(-3, -2)
        read = (read + of_pair) / (mass + shares.sum(-1, keepdim=True))
        # The position before: the prompt for a collaborative share, the collaborative for a semantic one.
        first = pair_values[..., 0, :]
        before = torch.stack([prompt[:, :, None].expand_as(first), first], dim=-2).flatten(-3, -2)
        return block.finish(x, read, before), (mass.clamp_min(1e-30).log() + top).squeeze(-1)
