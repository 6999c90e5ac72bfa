"""The two views of an item: collaborative (learned from behaviour) and semantic (from its words)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Words:
    """Words of many texts in compressed rows: text i has the word ids `ids[offsets[i]:offsets[i + 1]]`."""

    offsets: np.ndarray  # int64 [texts + 1]
    ids: np.ndarray  # int64 [*]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def mean_matrix(self, vocabulary: int) -> Tensor:
        """Sparse [texts, vocabulary] matrix whose product with word vectors is each text's mean word vector.

        Words beyond the vocabulary have no vector and do not count.
        """
        known = self.ids < vocabulary
        rows = np.repeat(np.arange(len(self)), np.diff(self.offsets))[known]
        counts = np.bincount(rows, minlength=len(self))
        values = (1.0 / np.maximum(counts, 1)).astype(np.float32)[rows]
        matrix = torch.sparse_coo_tensor(
            torch.from_numpy(np.stack([rows, self.ids[known]])),
            torch.from_numpy(values),
            (len(self), vocabulary),
            check_invariants=True,
        )
        return matrix.coalesce()


class ItemTable(nn.Module):
    """Fused item vectors e = c + s with unit norm; s = text projection + mean of the item's word vectors.

    `text` [N, T] are the features of the sentence encoder (T may be 0). Word vectors are shared with queries. The view
    encoders read the semantic share through a narrow code, which is all that a pack holds of it.

    `views` may leave a share out: with `semantic` e = s and no item has a learned vector, with `collaborative` e = c
    and word vectors are of queries alone.
    """

    def __init__(
        self,
        text: Tensor,
        bag: Tensor,
        dim: int,
        code: int,
        word_vectors: Tensor | None = None,
        views: str = "both",
    ):
        super().__init__()
        self.views = views
        items, vocabulary = bag.shape
        self.register_buffer("text", text, persistent=False)
        self.register_buffer("bag", bag, persistent=False)
        self.register_buffer("bag_transposed", bag.t().coalesce(), persistent=False)
        self.collaborative = nn.Parameter(torch.randn(items, dim) * 0.05)
        if word_vectors is None:
            word_vectors = torch.randn(vocabulary, dim) * 0.05
        self.words = nn.Parameter(word_vectors.clone())
        self.project = nn.Linear(text.shape[1], dim, bias=False) if text.shape[1] else None
        if self.project is not None:
            nn.init.normal_(self.project.weight, std=0.5 / (text.shape[1] * dim) ** 0.5)
        self.register_buffer("scale", torch.ones(items, 1), persistent=False)
        # The map from text to collaborative vector (c = s @ cold), and the norm of items known by their text alone.
        self.register_buffer("cold", torch.zeros(dim, dim), persistent=False)
        self.cold_scale = 1.0
        self.compress = nn.Linear(dim, code, bias=False)
        nn.init.orthogonal_(self.compress.weight)
        # Parameters of an absent view are not trained, but drawn, so that the other draws are the same.
        if views == "semantic":
            self.collaborative.data.zero_()
            self.collaborative.requires_grad_(False)
        if views == "collaborative":
            self.compress.requires_grad_(False)
            if self.project is not None:
                self.project.requires_grad_(False)
        self._starts: Tensor | None = None  # of each item's words in `bag`, made when first needed

    def __len__(self) -> int:
        return len(self.collaborative)

    def forward(
        self, word_dropout: float = 0.0, item_dropout: float = 0.0, rows: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Returns the fused vectors [N, dim], of unit norm, and codes of their semantic shares [N, code].

        With `rows` [S] of these items only; what the others are is not computed.
        """
        fused, semantic = self.vectors(word_dropout, item_dropout, rows)
        return fused, self.compress(semantic)

    def semantic(self, word_dropout: float = 0.0, rows: Tensor | None = None) -> Tensor:
        """Semantic share [N, dim] before normalisation; the words of an item are dropped at random in training."""
        if self.views == "collaborative":
            return torch.zeros_like(self.collaborative if rows is None else self.collaborative[rows])
        if rows is None:
            semantic = SparseMean.apply(self.bag, self.bag_transposed, self.words)
        else:
            semantic = self._mean_words(rows)
        if self.training and word_dropout > 0:
            keep = torch.rand(semantic.shape[0], 1, device=semantic.device) >= word_dropout
            semantic = semantic * keep
        if self.project is not None:
            semantic = semantic + self.project(self.text if rows is None else self.text[rows])
        return semantic

    def _mean_words(self, rows: Tensor) -> Tensor:
        """Mean word vectors of some items [S, dim]."""
        indices, values = self.bag.indices(), self.bag.values()
        if self._starts is None or self._starts.device != rows.device:
            counts = torch.bincount(indices[0], minlength=len(self))
            self._starts = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        begin, lengths = self._starts[rows], self._starts[rows + 1] - self._starts[rows]
        offsets = lengths.cumsum(0) - lengths
        taken = torch.arange(int(lengths.sum()), device=rows.device) + (begin - offsets).repeat_interleave(lengths)
        return F.embedding_bag(indices[1][taken], self.words, offsets, mode="sum", per_sample_weights=values[taken])

    def vectors(
        self, word_dropout: float = 0.0, item_dropout: float = 0.0, rows: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Returns the fused vectors, of norm `scale` (1 but for unmet items), and their semantic shares, both [N, dim].

        `item_dropout` takes the collaborative share of items away at random in training, so that the network meets
        items that are known by their text alone.
        """
        semantic, collaborative, scale = self.semantic(word_dropout, rows), self.collaborative, self.scale
        if rows is not None:
            collaborative, scale = collaborative[rows], scale[rows]
        if self.training and item_dropout > 0:
            keep = torch.rand(len(collaborative), 1, device=collaborative.device) >= item_dropout
            collaborative = collaborative * keep
        raw = semantic if self.views == "semantic" else collaborative + semantic
        inverse = scale / raw.norm(dim=-1, keepdim=True).clamp_min(1e-6)
        return raw * inverse, semantic * inverse


class SparseMean(torch.autograd.Function):
    """Sparse times dense, with the transposed matrix at hand: its gradient is dense and needs no sort."""

    @staticmethod
    def forward(ctx, matrix: Tensor, transposed: Tensor, dense: Tensor) -> Tensor:  # noqa: D102
        ctx.transposed = transposed
        with torch.autocast(dense.device.type, enabled=False):  # there is no sparse product in 16 bits
            return torch.sparse.mm(matrix, dense)

    @staticmethod
    def backward(ctx, gradient: Tensor):  # noqa: D102
        with torch.autocast(gradient.device.type, enabled=False):
            return None, None, torch.sparse.mm(ctx.transposed, gradient.float())
