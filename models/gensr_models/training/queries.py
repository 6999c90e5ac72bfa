"""Features of queries: the sentence encoder's vector beside the mean of the query's word vectors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gensr_models.model.item_table import SparseMean


class QueryTable(nn.Module):
    """Features of every query of the data, and a row of zeros at the end for "no query"."""

    def __init__(self, text: Tensor, bag: Tensor):
        """Takes text features [Q, T] and the mean-word matrix [Q, V] (sparse)."""
        super().__init__()
        self.register_buffer("text", torch.cat([text, text.new_zeros(1, text.shape[1])]), persistent=False)
        self.register_buffer("bag", bag, persistent=False)
        self.register_buffer("transposed", bag.t().coalesce(), persistent=False)

    def forward(self, words: Tensor) -> Tensor:
        """Word vectors [V, d] -> features [Q + 1, T + d]."""
        if not self.bag.shape[0]:
            return torch.cat([self.text, words.new_zeros(1, words.shape[1])], dim=1)
        mean = SparseMean.apply(self.bag, self.transposed, words)
        return torch.cat([self.text, torch.cat([mean, mean.new_zeros(1, mean.shape[1])])], dim=1)
