"""Softmax over a sample of a large catalogue.

The catalogue is two strata, for each batch anew: items that occur in the batch (its targets among them), which are all
taken, and the rest, of which some are drawn, all alike and none twice. A drawn item stands for as many as there are to
one draw: the log of that number is added to its logit. So the expected denominator of each prompt is the denominator
over the whole catalogue, whatever is in the batch (Horvitz and Thompson 1952; as the log of a proposal's
probability: Bengio and Senécal, "Adaptive importance sampling", 2008; for items of the batch as negatives: Yi et al.,
"Sampling-bias-corrected neural modeling", RecSys 2019, who have to estimate how often an item is in a batch, which is
certain here). The log of an unbiased sum is a little small: the bias vanishes as more are drawn, and when all are drawn
nothing is left of it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from gensr_models.training.batches import Batch


def sampled(batch: Batch, items: int, negatives: int) -> tuple[Batch, Tensor, Tensor]:
    """A batch over a sample of the catalogue.

    Args:
        batch: over the whole catalogue.
        items: how many items the catalogue has.
        negatives: how many items beyond those of the batch are drawn, at most.

    Returns:
        The batch with places in the sample for rows of the catalogue (masked items that were not drawn are no longer
        mentioned); the rows of the sample [S], each once; what is added to their logits [S].
    """
    device = batch.item.device
    place = torch.full((items,), -1, dtype=torch.int64, device=device)
    present = batch.item.unique()
    place[present] = 0
    # A random order without the items of the batch begins with a sample of the rest.
    order = torch.randperm(items, device=device)
    drawn = order[: negatives + len(present)]
    drawn = drawn[place[drawn] < 0][:negatives]
    rows = torch.cat([present, drawn])
    place[rows] = torch.arange(len(rows), device=device)
    stands_for = math.log((items - len(present)) / len(drawn)) if len(drawn) else 0.0
    offset = torch.zeros(len(rows), device=device)
    offset[len(present) :] = stands_for
    prompts, columns = batch.masked[0], place[batch.masked[1]]
    masked = torch.stack([prompts, columns])[:, columns >= 0]
    return replace(batch, item=place[batch.item], masked=masked), rows, offset
