"""GenSR's network (arXiv 2504.06714), compact: two views, one decoder, a prompt that selects the task."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gensr_models.model.layers import Block, causal_bias


@dataclass(frozen=True)
class Shape:
    """Sizes of a network; they are also in the pack's manifest."""

    dim: int
    semantic_dim: int
    layers: int
    heads: int
    window: int
    text_dim: int
    kinds: int
    buckets: int
    dropout: float

    @property
    def query_dim(self) -> int:
        """Width of query features: sentence encoder and mean word vector side by side."""
        return self.text_dim + self.dim


@dataclass(frozen=True)
class Sequence:
    """Events of B users, n each (padded at the end): the input of the history."""

    fused: Tensor  # [B, n, dim]
    semantic: Tensor  # [B, n, semantic_dim]
    query: Tensor  # [B, n, query_dim], zeros where there was no query
    task: Tensor  # [B, n] 0 recommend, 1 search
    kind: Tensor  # [B, n]
    gap: Tensor  # [B, n]


class Prompt(nn.Module):
    """One position: task vector + time since the last event + projected query."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.task = nn.Embedding(2, shape.dim)
        self.gap = nn.Embedding(shape.buckets, shape.dim)
        self.query = nn.Linear(shape.query_dim, shape.dim, bias=False)
        nn.init.normal_(self.task.weight, std=0.5)
        nn.init.zeros_(self.gap.weight)
        scale = 0.5 * shape.dim**0.5
        with torch.no_grad():
            nn.init.normal_(self.query.weight, std=0.5 / max(shape.text_dim, 1) ** 0.5)
            self.query.weight[:, shape.text_dim :] = torch.eye(shape.dim) * scale

    def forward(self, query: Tensor, task: Tensor, gap: Tensor) -> Tensor:
        """Features [..., query_dim], task and gap [...] -> positions [..., dim]."""
        return self.task(task) + self.gap(gap) + self.query(query)


class Instruction(nn.Module):
    """Maps the features of an instruction to an addition to the prompt; maps zero to zero.

    Trained in a stage of its own over the frozen network (`gensr_models.instructions`). The mean of word vectors
    shrinks with every empty word of a sentence; so the map may silence such words, and the rest is brought to one
    length, unless it is next to zero.
    """

    def __init__(self, shape: Shape):
        super().__init__()
        self.linear = nn.Linear(shape.query_dim, shape.dim, bias=False)
        self.log_length = nn.Parameter(torch.tensor(0.0))  # of the addition of a text with an intent
        self.register_buffer("log_least", torch.tensor(0.0))  # below which a text counts as empty

    def forward(self, features: Tensor) -> Tensor:
        """Features [..., query_dim] -> [..., dim]; of zeros exactly zeros."""
        x = self.linear(features)
        return x * (self.log_length.exp() / (x.square().sum(-1, keepdim=True) + (2 * self.log_least).exp()).sqrt())


class HistoryViews(nn.Module):
    """Two causal one-layer encoders over the items, one per view, joined to the item's own vector by a gate.

    `views` is `both`, or `semantic` or `collaborative` alone. The encoder of an absent view reads no item and adds
    nothing; it keeps its place in the state, so that graphs look the same.
    """

    COLLABORATIVE, SEMANTIC = 0, 1

    def __init__(self, shape: Shape, views: str):
        super().__init__()
        dim = shape.dim
        self.absent = {"semantic": self.COLLABORATIVE, "collaborative": self.SEMANTIC}.get(views)
        self.encoders = nn.ModuleList(Block(dim, shape.heads, 2 * dim, shape.window, shape.dropout) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(2))
        self.expand = nn.Linear(shape.semantic_dim, dim, bias=False)
        nn.init.orthogonal_(self.expand.weight)
        self.gate = nn.Linear(3 * dim, 2 * dim)
        nn.init.constant_(self.gate.bias, -3.0)
        self.kind, self.gap = nn.Embedding(shape.kinds + 1, dim), nn.Embedding(shape.buckets, dim)
        nn.init.normal_(self.kind.weight, std=0.1)
        nn.init.zeros_(self.gap.weight)
        self.scale = nn.Parameter(torch.tensor(0.5 * dim**0.5))
        self.dropout = nn.Dropout(shape.dropout)
        if self.absent is not None:
            for parameter in [*self.encoders[self.absent].parameters(), *self.norms[self.absent].parameters()]:
                parameter.requires_grad_(False)

    def encode(
        self, events: Sequence, extra: Tensor, past: Tensor | None, past_events
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Each view's encoding at every event, [B, n, dim] each, and the states [B, 2, heads, m + n, width].

        `extra` [B, n, dim] is added to every item: kind and gap of the event.
        """
        semantic = self.expand(events.semantic)
        views = (events.fused - semantic, semantic)
        encoded, states = [], []
        for v, encoder in enumerate(self.encoders):
            present = v != self.absent
            x = self.dropout(views[v] * self.scale) + extra if present else extra
            bias = causal_bias(encoder, past_events, x.shape[-2], 1, x.device)
            x, state = encoder(x, bias, None if past is None else past[:, v])
            encoded.append(self.norms[v](x) if present else torch.zeros_like(x))
            states.append(state)
        return encoded, states

    def beside(self, events: Sequence) -> Tensor:
        """Kind and gap of events, embedded [B, n, dim]."""
        return self.kind(events.kind) + self.gap(events.gap)

    def forward(self, events: Sequence, past: Tensor | None, past_events) -> tuple[Tensor, Tensor, Tensor]:
        """Item positions [B, n, dim], state of both views [B, 2, 2, heads, m + n, width], gates [B, n, 2, dim]."""
        extra = self.beside(events)
        encoded, states = self.encode(events, extra, past, past_events)
        own = self.dropout(events.fused * self.scale) + extra
        gate = torch.sigmoid(self.gate(torch.cat([*encoded, own], dim=-1))).unflatten(-1, (2, -1))
        joined = own + self._through(gate[..., 0, :] * encoded[0]) + self._through(gate[..., 1, :] * encoded[1])
        return joined, torch.stack(states, dim=1), gate

    def _through(self, view: Tensor) -> Tensor:
        """Drops a view for half of the histories in training, so that the network does not rely on it."""
        if not self.training:
            return view
        return view * (torch.rand(view.shape[0], 1, 1, device=view.device) < 0.5) * 2.0


class Network(nn.Module):
    """History to state, prompt over state to output vector. Item rows come from `ItemTable` or from a pack."""

    def __init__(self, shape: Shape, views: str = "both"):
        super().__init__()
        self.shape = shape
        self.prompt, self.views = Prompt(shape), HistoryViews(shape, views)
        self.blocks = nn.ModuleList(
            Block(shape.dim, shape.heads, 4 * shape.dim, shape.window, shape.dropout) for _ in range(shape.layers)
        )
        self.norm = nn.LayerNorm(shape.dim)
        self.head = nn.Linear(shape.dim, shape.dim)
        self.log_scale = nn.Parameter(torch.tensor(15.0).log())
        self.instruction: Instruction | None = None  # of networks that read instructions

    def read_out(self, x: Tensor, task: Tensor) -> Tensor:
        """Positions [..., dim] of tasks [...] -> output vectors; the dot product with a unit item row is the logit."""
        return F.normalize(self.heads(self.norm(x), task), dim=-1) * self.log_scale.exp()

    def heads(self, x: Tensor, task: Tensor) -> Tensor:
        """The read-out matrix: one for both tasks, which their prompts tell apart."""
        return self.head(x)

    def history(self, events: Sequence, past: tuple[Tensor, Tensor] | None = None):
        """Runs n new events after the m of `past`.

        Returns:
            Output vectors at each event's prompt [B, n, dim]; (views [B, 2, 2, heads, m + n, width],
            decoder [B, layers, 2, heads, 2(m + n), width]); the gates.
        """
        past_views, past_decoder = past if past is not None else (None, None)
        before = 0 if past_views is None else past_views.shape[-2]
        items, views, gates = self.views(events, past_views, before)
        prompts = self.prompt(events.query, events.task, events.gap)
        x = torch.stack([prompts, items], dim=-2).flatten(-3, -2)  # prompt, item, prompt, item ...
        states = []
        for layer, block in enumerate(self.blocks):
            bias = causal_bias(block, before, items.shape[-2], 2, x.device)
            x, state = block(x, bias, None if past_decoder is None else past_decoder[:, layer])
            states.append(state)
        outputs = self.read_out(x.unflatten(-2, (-1, 2))[..., 0, :], events.task)
        return outputs, (views, torch.stack(states, dim=1)), gates

    def instructed(self, events: Sequence, states: Tensor, instruction: Tensor) -> Tensor:
        """Outputs at each event with an instruction, after a history without any.

        Args:
            events: of B users, n each.
            states: the decoder's, [B, layers, 2, heads, 2n, width], from `history` of the same events.
            instruction: what each prompt is given, [B, n, dim].

        Returns:
            Output vectors [B, n, dim]; with zeros those of `history`.
        """
        x = self.prompt(events.query, events.task, events.gap) + instruction
        for layer, block in enumerate(self.blocks):
            x = block.prompts(x, states[:, layer])
        return self.read_out(x, events.task)

    def decode(
        self, query: Tensor, task: Tensor, gap: Tensor, state: Tensor, instruction: Tensor | None = None
    ) -> Tensor:
        """B prompts over one state [layers, 2, heads, 2m, width] -> output vectors [B, dim].

        `instruction` are features of texts [B, query_dim], for networks with an `Instruction`.
        """
        x = self.prompt(query, task, gap)
        if instruction is not None:
            x = x + self.instruction(instruction)
        x = x[:, None]
        events = state.shape[-2] // 2
        positions = torch.arange(2 * events + 1, device=x.device)
        for layer, block in enumerate(self.blocks):
            bias = block.bias(positions[-1:] // 2, positions // 2)
            x = block.prompt(x, state[layer], bias)
        return self.read_out(x[:, 0], task)
