"""Trains the map of instructions; the network is frozen."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gensr_models.instructions.pool import Pool
from gensr_models.model.network import Instruction
from gensr_models.training.batches import Batch, EventTable, TrainingWindows, Windowing
from gensr_models.training.objective import Model

CLEAR = 0.9
"""Quantile of what queries' map makes of the texts: the length that an intent is given at first."""


@dataclass(frozen=True)
class Recipe:
    """Parameters of the stage."""

    steps: int
    batch_events: int = 512
    learning_rate: float = 1.5e-3
    intents: float = 0.7  # share of prompts with an intent
    faithful: float = 40.0  # weight of the distance to the answer without an instruction, where that should not matter
    others: float = 0.5  # share of intents that are for another item than the one that was chosen next
    negatives: int = 20_000  # most items of a softmax; a sample where the catalogue is larger
    dropout: bool = True

    @classmethod
    def of(cls, events: EventTable) -> Recipe:
        """At most 25 passes over the train events, and few enough steps for a minute or two."""
        passes = 25 * int((events.split == 0).sum()) / cls.batch_events
        return cls(steps=int(np.clip(passes, 40, 400)))


def train(
    model: Model,
    events: EventTable,
    rules: Windowing,
    ordered: bool,
    pool: Pool,
    features: Tensor,
    seed: int,
    tick: Callable[[int], None],
    log: Callable[[str], None],
    recipe: Recipe,
) -> None:
    """Trains `model.network.instruction`, and nothing else.

    At every prompt of a history that was itself never instructed the network is asked again, with an intent (then the
    target is the earlier answer among the items that fit: `granted`) or with a text without an intent (then the
    target is the earlier answer).

    Args:
        model: as trained; its network gets the map.
        events: of the data set; train events are used.
        rules: how histories become windows.
        ordered: whether the order of histories means anything.
        pool: the texts.
        features: of the texts of the pool, [texts, query_dim].
        seed: of all that is drawn.
        tick: called with the number of the step that is done.
        log: takes a line now and then.
        recipe: steps, rates, weights.
    """
    network = model.network
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network.instruction = start(model, features)
        mode = model.training
        model.eval()
        with torch.no_grad():
            fused, semantic = model.items()
            queries = model.queries(model.items.words)
        for parameter in model.parameters():
            parameter.requires_grad_(False)
        for parameter in network.instruction.parameters():
            parameter.requires_grad_(True)
        # Standardised, so that steps are as large along every feature.
        width = features.std(dim=0).clamp_min(1e-4) * features.shape[1] ** 0.5
        features, weight = features / width, network.instruction.linear.weight
        weight.data *= width
        # The least length is fixed: learned, it falls until every text counts.
        length = network.instruction.log_length
        optimizer = torch.optim.AdamW(
            [{"params": [weight], "lr": recipe.learning_rate}, {"params": [length], "lr": 10 * recipe.learning_rate}],
            weight_decay=0.0,
        )
        rates = [group["lr"] for group in optimizer.param_groups]
        totals, since = {"intent": 0.0, "faithful": 0.0}, 0
        batches = _endless(TrainingWindows(events, rules, ordered, recipe.batch_events), seed)
        for step in range(recipe.steps):
            batch = next(batches)
            rate = 0.5 * (1 + math.cos(math.pi * step / recipe.steps)) * min(1.0, (step + 1) / 20)
            for group, most in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = most * rate
            losses = _losses(model, batch, fused, semantic, queries, pool, features, recipe, rng, generator)
            optimizer.zero_grad()
            (losses["intent"] + recipe.faithful * losses["faithful"]).backward()
            nn.utils.clip_grad_norm_(network.instruction.parameters(), 5.0)
            optimizer.step()
            for name, loss in losses.items():
                totals[name] += float(loss.detach())
            since += 1
            tick(step + 1)
            if (step + 1) % 100 == 0 or step + 1 == recipe.steps:
                log(json.dumps({"step": step + 1} | {k: round(v / since, 4) for k, v in totals.items()}))
                totals, since = dict.fromkeys(totals, 0.0), 0
        weight.data /= width
        model.train(mode)
        for parameter in model.parameters():
            parameter.requires_grad_(True)


def start(model: Model, features: Tensor) -> Instruction:
    """A map that begins as the one of queries: an intent is first read as a clear search would be."""
    instruction = Instruction(model.network.shape)
    with torch.no_grad():
        weight = model.network.prompt.query.weight
        lengths = (features @ weight.t()).norm(dim=-1).clamp_min(1e-3)
        instruction.linear.weight.copy_(weight / lengths.median())
        instruction.log_length.copy_(lengths.quantile(CLEAR).log())
        instruction.log_least.fill_(math.log(0.5))
    return instruction


def _endless(windows: TrainingWindows, seed: int) -> Iterator[Batch]:
    epoch = 0
    while True:
        yield from windows.epoch(seed * 1_000_003 + epoch)[1]
        epoch += 1


def _losses(
    model: Model,
    batch: Batch,
    fused: Tensor,
    semantic: Tensor,
    queries: Tensor,
    pool: Pool,
    features: Tensor,
    recipe: Recipe,
    rng: np.random.Generator,
    generator: torch.Generator,
) -> dict[str, Tensor]:
    network = model.network
    sequence = model.sequence(batch, fused, semantic, queries)
    with torch.no_grad():
        # Dropout, because the network fits the histories that it was trained on too well.
        network.train(recipe.dropout)
        states = network.history(sequence)[1][1]
        network.eval()
        plain = network.instructed(sequence, states, torch.zeros(()))
    text, has_intent = _texts(batch, pool, recipe, rng)
    outputs = network.instructed(sequence, states, network.instruction(features[torch.from_numpy(text)]))
    counts = batch.weight > 0
    faithful = (1 - F.cosine_similarity(outputs, plain, dim=-1))[counts & ~torch.from_numpy(has_intent)]
    chosen = counts & torch.from_numpy(has_intent)
    fitting = [pool.fitting[place] for place in text[chosen.numpy()]]
    intent = granted(outputs, plain, fused, batch, chosen, fitting, recipe.negatives, generator)
    return {"intent": intent, "faithful": faithful.mean() if len(faithful) else outputs.sum() * 0.0}


def _texts(batch: Batch, pool: Pool, recipe: Recipe, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The text of each prompt, and whether it is an intent."""
    item = batch.item.numpy()
    text, has_intent = np.zeros(item.shape, np.int64), np.zeros(item.shape, bool)
    draws = rng.random((3, *item.shape))
    other = rng.integers(len(pool.intents), size=item.shape)
    for place in np.ndindex(item.shape):
        own = pool.intents[other[place] if draws[2][place] < recipe.others else item[place]]
        has_intent[place] = draws[0][place] < recipe.intents and len(own)
        among = own if has_intent[place] else pool.empty
        text[place] = among[int(draws[1][place] * len(among))]
    return text, has_intent


def granted(
    outputs: Tensor,
    plain: Tensor,
    fused: Tensor,
    batch: Batch,
    chosen: Tensor,
    fitting: list[np.ndarray],
    most: int,
    generator: torch.Generator,
) -> Tensor:
    """Cross-entropy to the answer without the intent, restricted to the items that fit: `P(item | history)`.

    If people name at random something of what they want next, that is the posterior which Bayes' rule gives.

    Args:
        outputs: output vectors with the intent, [B, n, dim].
        plain: without it.
        fused: item vectors.
        batch: whose history is masked.
        chosen: the prompts that count, [B, n].
        fitting: for each of these rows of items, not empty.
        most: items of the softmax; a sample where the catalogue is larger, half of them among those that fit.
        generator: of the sample.
    """
    flat, items = chosen.flatten(), len(fused)
    if not flat.any():
        return outputs.sum() * 0.0
    row = torch.repeat_interleave(torch.arange(len(fitting)), torch.tensor([len(rows) for rows in fitting]))
    column = torch.from_numpy(np.concatenate(fitting))
    columns = torch.arange(items)
    if items > most:
        drawn = [torch.randint(of, (most // 2,), generator=generator) for of in (items, len(column))]
        columns = torch.unique(torch.cat([drawn[0], column[drawn[1]]]))
    at, place = torch.full((items,), -1), torch.full((len(flat),), -1)
    at[columns], place[flat] = torch.arange(len(columns)), torch.arange(len(fitting))

    def cells(rows: Tensor, columns_of: Tensor, shape: tuple[int, int]) -> Tensor:
        found, there = torch.zeros(shape, dtype=torch.bool), (rows >= 0) & (columns_of >= 0)
        found[rows[there], columns_of[there]] = True
        return found

    shape = (len(fitting), len(columns))
    hidden = cells(place[batch.masked[0]], at[batch.masked[1]], shape)
    fits = cells(row, at[column], shape) & ~hidden
    some, matrix = fits.any(dim=1), fused[columns].t()
    if not some.any():
        return outputs.sum() * 0.0
    with torch.no_grad():
        wanted = (plain.flatten(0, 1)[flat] @ matrix).masked_fill(~fits, float("-inf"))[some].softmax(dim=-1)
    logits = (outputs.flatten(0, 1)[flat] @ matrix).masked_fill(hidden, -1e9)[some]
    return -(wanted * logits.log_softmax(dim=-1)).sum(dim=-1).mean()
