"""The trained parts together, and the objective."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gensr_models.model import ItemTable, Network, Sequence
from gensr_models.training import contrast
from gensr_models.training.batches import Batch
from gensr_models.training.queries import QueryTable
from gensr_models.training.recipe import Recipe
from gensr_models.training.sampling import sampled
from gensr_models.training.softmax import FullSoftmax


class Model(nn.Module):
    """Items, queries and network: all that is trained."""

    def __init__(self, items: ItemTable, network: Network, queries: QueryTable):
        super().__init__()
        self.items, self.network, self.queries = items, network, queries
        # Reading a code starts as the transpose of writing it; training does not tie the two.
        with torch.no_grad():
            network.views.expand.weight.copy_(items.compress.weight.t())

    def sequence(self, batch: Batch, fused: Tensor, semantic: Tensor, queries: Tensor) -> Sequence:
        """A batch of indices to a batch of vectors."""
        return Sequence(
            fused[batch.item], semantic[batch.item], queries[batch.query], batch.task, batch.kind, batch.gap
        )

    def forward(self, batch: Batch, recipe: Recipe) -> dict[str, Tensor]:
        """The terms of the objective by name, weighted: their sum is what training makes small.

        With `recipe.negatives` all of it sees a sample of the catalogue: `batch.item` are places in that.

        `generate`: cross-entropy of the next item over the whole catalogue, at every prompt of the batch.
        `contrast_views`, `contrast_query`: see `contrast`; only where the recipe gives them a weight.
        """
        rows = offset = None
        if recipe.negatives:
            batch, rows, offset = sampled(batch, len(self.items), recipe.negatives)
        fused, semantic = self.items(recipe.word_dropout, recipe.item_dropout, rows)
        queries = self.queries(self.items.words)
        events = self.sequence(batch, fused, semantic, queries)
        outputs, _, _ = self.network.history(events)
        generate = FullSoftmax.apply(
            outputs.flatten(0, 1),
            fused,
            batch.item.flatten(),
            batch.weight.flatten(),
            batch.masked,
            recipe.half,
            offset,
        )
        terms = {"generate": generate}
        if recipe.contrast_views:
            terms["contrast_views"] = recipe.contrast_views * contrast.views_term(self.network, events, batch)
        if recipe.contrast_query:
            terms["contrast_query"] = recipe.contrast_query * contrast.query_term(self.network, fused, queries, batch)
        return terms
