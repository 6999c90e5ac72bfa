"""The loss of the judge: which candidates it is asked about, and what its answers cost.

At some prompts of a batch it is asked about the wanted item, about items that generate itself ranks high there, and
about some of the whole catalogue. The user's own items are no candidates, as on the device.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from gensr_models.research.judge import Judge, Prefix
from gensr_models.training.batches import Batch

CANDIDATES = 100
"""Best items of the network that the judge is asked about, and that hard negatives are drawn from."""


@dataclass(frozen=True)
class JudgeRecipe:
    """How the judge is trained.

    Attributes:
        prompts: most prompts of a batch that it is asked at.
        hard: negatives drawn from the best `CANDIDATES` of generate.
        random: negatives drawn from the whole catalogue.
        epochs: passes over the training histories.
        rate: learning rate.
        listwise: share of the cross-entropy over the candidates of a prompt in the loss; the rest is the binary one.
    """

    prompts: int = 128
    hard: int = 12
    random: int = 4
    epochs: int = 8
    rate: float = 1e-3
    listwise: float = 0.5


def judge_loss(
    judge: Judge,
    recipe: JudgeRecipe,
    batch: Batch,
    outputs: Tensor,
    state: Tensor,
    fused: Tensor,
    semantic: Tensor,
    half: bool,
) -> Tensor:
    """The loss of the judge on some prompts of a batch, drawn with torch's generator.

    The binary cross-entropy weighs a hard negative by how many of the best `CANDIDATES` it stands for, so that P(Yes)
    is calibrated for that list: an item among these, after a user who wants one of them. Random negatives count once:
    they bound the answer for items that are never asked about.

    Args:
        judge: trained.
        recipe: how.
        batch: windows of users.
        outputs: [B, n, dim], output vectors at every prompt.
        state: [B, layers, 2, heads, 2n, width], keys and values of the decoder's blocks.
        fused: [N, dim], item rows.
        semantic: [N, dim], their semantic shares.
        half: whether matrix products run in bfloat16.
    """
    length = batch.item.shape[1]
    asked = torch.nonzero(batch.weight.flatten() > 0).squeeze(1)
    asked = asked[torch.randperm(len(asked), device=asked.device)[: recipe.prompts]].sort().values
    row, event = asked // length, asked % length
    target, output = batch.item[row, event], outputs[row, event]
    candidates, weight = draw(output, fused, target, of_prompts(batch.masked, asked), recipe)
    with torch.autocast(fused.device.type, torch.bfloat16, enabled=half):
        logits = judge(fused[candidates], semantic[candidates], Prefix.of_many(state[row], event, output)).float()
    # A batch may have no prompt with a wanted item, and a mean over none is NaN.
    prompts = max(1, len(asked))
    listing = logits.masked_fill(weight == 0, float("-inf"))
    listwise = F.cross_entropy(listing, torch.zeros_like(target), reduction="sum") / prompts
    wanted = torch.zeros_like(logits)
    wanted[:, 0] = 1
    binary = F.binary_cross_entropy_with_logits(logits, wanted, weight, reduction="sum") / prompts
    return recipe.listwise * listwise + (1 - recipe.listwise) * binary


def of_prompts(pairs: Tensor, asked: Tensor) -> Tensor:
    """Of (flat prompt, item) pairs [2, P], sorted by prompt, those of the `asked` prompts, which become 0, 1, 2 ..."""
    low, high = torch.searchsorted(pairs[0], asked), torch.searchsorted(pairs[0], asked, right=True)
    rows = torch.repeat_interleave(torch.arange(len(asked), device=asked.device), high - low)
    starts = torch.repeat_interleave(low - F.pad((high - low).cumsum(0), (1, 0))[:-1], high - low)
    return torch.stack([rows, pairs[1, torch.arange(len(rows), device=asked.device) + starts]])


@torch.no_grad()
def draw(output: Tensor, fused: Tensor, target: Tensor, masked: Tensor, recipe: JudgeRecipe) -> tuple[Tensor, Tensor]:
    """Candidates [P, 1 + hard + random], the wanted one first, and their weights (0: not to be asked about).

    Args:
        output: [P, dim].
        fused: [N, dim].
        target: [P].
        masked: [2, M] pairs of prompt and item that are no candidates.
        recipe: how many are drawn.
    """
    device = fused.device
    scores, prompts = output @ fused.t(), torch.arange(len(output), device=device)
    scores[masked[0], masked[1]] = float("-inf")
    scores[prompts, target] = float("-inf")
    depth = min(CANDIDATES, len(fused))
    best, rows = scores.topk(depth, dim=1)
    chosen = torch.rand(len(output), depth, device=device).argsort(dim=1)[:, : recipe.hard]
    hard = rows.gather(1, chosen)
    usable = best.gather(1, chosen) > float("-inf")
    random = torch.randint(len(fused), (len(output), recipe.random), device=device)
    candidates = torch.cat([target[:, None], hard, random], dim=1)
    weight = torch.cat(
        [
            torch.ones(len(output), 1, device=device),
            usable * (depth / max(1, hard.shape[1])),
            (scores.gather(1, random) > float("-inf")).float(),
        ],
        dim=1,
    )
    return candidates, weight
