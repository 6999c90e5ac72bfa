"""Parameters of the optimisation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Everything that steers the optimisation; decided by `rules` and written to the manifest."""

    epochs: int
    learning_rate: float
    batch_events: int
    weight_decay: float
    word_dropout: float
    warm_up: int
    clip: float
    half: bool
    seed: int
    valid_events: int  # most valid events per task that choose the epoch
    item_dropout: float = 0.0
    contrast_views: float = 0.0  # weight of training/contrast.py's terms, 0 for none
    contrast_query: float = 0.0
    precision: str = "auto"  # of products: auto (bfloat16 on a GPU), float32 or bfloat16; parameters have 32 bits
    negatives: int = 0  # items beside those of a batch that its softmax goes over; 0: over all items
