"""Decisions of a build, from statistics of the data. No rule knows a data set by name or exact count.

Each rule is a line of `Decisions.reasons`; they go to the log and into the manifest.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace

import numpy as np

from gensr_models.config.settings import Settings
from gensr_models.data import TASKS, TRAIN, VALID, Dataset
from gensr_models.data.statistics import order_informative, repeat_rate, timestamps_informative
from gensr_models.training.batches import Windowing
from gensr_models.training.recipe import Recipe

BUCKETS = 32
DENSE_EVENTS_PER_ITEM = 16.0
REPEATS = 0.01
MAIN_TASK = 0.2
"""Least share of the training examples for a task to decide whether order counts."""

MOST_FULL, NEGATIVES = 100_000, 8_192
"""Largest catalogue that the softmax goes over as a whole, and how many items are drawn beside those of the batch where
it is larger. A prompt costs 3 N d multiplications in the softmax and about 1 M in the network: at 100,000 items of 64
numbers the softmax is nearly all of it, and its share only grows (docs/training.md)."""

WARM_EPOCHS, WARM_RATE = 4, 0.5
"""A warm start has one in so many of the epochs of a cold one, and this share of its learning rate."""


@dataclass(frozen=True)
class Decisions:
    """Sizes, learning rates and switches of one build."""

    dim: int
    dropout: float
    ordered: bool
    windowing: Windowing
    recipe: Recipe
    reasons: list[str] = field(default_factory=list)

    def record(self) -> dict:
        """As it goes into the manifest."""
        return asdict(self)

    @classmethod
    def of_record(cls, record: dict) -> Decisions:
        """Reads a record, also of an earlier release; fields that it lacks have their defaults."""

        def known(kind: type, values: dict) -> dict:
            return {one.name: values[one.name] for one in fields(kind) if one.name in values}

        parts = {
            "windowing": Windowing(**known(Windowing, record["windowing"])),
            "recipe": Recipe(**known(Recipe, record["recipe"])),
        }
        return cls(**{**known(cls, record), **parts})


def decide(dataset: Dataset, settings: Settings, seed: int) -> Decisions:
    """Decides what the settings leave open.

    - Width: 64 where an item has few users in training, 128 from 16 user-item pairs an item on: wider tables only
      pay where there is enough behaviour to fill them. Without events 128: nothing is trained, and text fills them.
    - Window: the 90th percentile of train histories (distinct items), between 16 and 50 events.
    - Order: where neighbours of a history resemble each other no more than any two of its items, histories are
      shuffled anew each epoch and the rest of a user's items are no negatives (set completion).
    - Times: gaps enter only where they differ.
    - Repeats: where valid targets are practically never in the history, each item counts once in a window.
    - Learning rate 2e-3; batches of 2,048 events, fewer (a power of two, at least 256) where an epoch would be less
      than 50 of them; epochs for about 1,500 steps, at least 12 and at most 40; a tenth of the steps, at most 100,
      to warm up.
    - Softmax: over all items; above 100,000 over those of the batch and 8,192 drawn ones.
    """
    model, training, reasons = settings.model, settings.training, []
    distinct = distinct_items(dataset)
    pairs = int(distinct.sum())
    per_item = pairs / len(dataset.catalogue)
    dim = model.dim or (128 if per_item >= DENSE_EVENTS_PER_ITEM or not pairs else 64)
    reasons.append(f"dim {dim}: {per_item:.1f} user-item pairs an item")
    present = distinct[distinct > 0]
    percentile = float(np.percentile(present, 90)) if len(present) else 0.0
    window = model.window or int(np.clip(np.ceil(percentile / 10) * 10, 16, 50))
    reasons.append(f"window {window}: 90 % of train histories have at most {percentile:.0f} items")
    examples = {task: len(dataset.targets(task, TRAIN)) for task in TASKS}
    ordered = bool(sum(examples.values()))
    for task, count in examples.items():
        if count >= MAIN_TASK * sum(examples.values()) and count:
            order = order_informative(dataset, task, seed)
            ordered = ordered and order.informative
            reasons.append(
                f"order of {task} informative {order.informative}: gain {order.gain:.3f}, score {order.score:.1f}"
            )
    times = timestamps_informative(dataset)
    reasons.append(f"time gaps {'used' if times else 'carry nothing'}")
    targets = {task: len(dataset.targets(task, VALID)) for task in TASKS}
    repeated = sum(repeat_rate(dataset, task, VALID) * count for task, count in targets.items())
    repeats = repeated / max(1, sum(targets.values()))
    dedupe = repeats < REPEATS
    reasons.append(f"dedupe {dedupe}: {repeats:.3f} of valid targets were in the history")
    dropout = 0.3 if model.dropout is None else model.dropout
    batch = training.batch_events or int(2 ** np.clip(np.round(np.log2(max(1, pairs) / 50)), 8, 11))
    steps = max(1.0, pairs / batch)
    epochs = training.epochs or int(np.clip(round(1500 / steps), 12, 40))
    reasons.append(f"{epochs} epochs of about {steps:.0f} batches of {batch} events")
    negatives = training.negatives
    if negatives is None:
        negatives = NEGATIVES if len(dataset.catalogue) > MOST_FULL else 0
    if negatives:
        reasons.append(f"softmax over the items of a batch and {negatives} of {len(dataset.catalogue)}")
    recipe = Recipe(
        epochs=epochs,
        learning_rate=training.learning_rate or 2e-3,
        batch_events=batch,
        weight_decay=training.weight_decay,
        word_dropout=training.word_dropout,
        warm_up=int(np.clip(0.1 * steps * epochs, 1, 100)),
        clip=5.0,
        half=_bfloat16_is_fast(),
        seed=seed,
        valid_events=training.valid_events,
        item_dropout=training.item_dropout,
        contrast_views=training.contrast_views,
        contrast_query=training.contrast_query,
        precision=training.precision,
        negatives=negatives,
    )
    windowing = Windowing(window, max(1, window // 5), dedupe, times, BUCKETS, len(dataset.queries))
    return Decisions(dim, dropout, ordered, windowing, recipe, reasons)


def distinct_items(dataset: Dataset) -> np.ndarray:
    """How many items each user has train events of, of any kind; int64 [users]."""
    events, items = dataset.events, len(dataset.catalogue)
    found = np.zeros(events.users, np.int64)
    for first, last, part in events.by_users():
        train = events.split[part] == TRAIN
        pairs = np.unique((events.user[part][train].astype(np.int64) - first) * items + events.item[part][train])
        found[first:last] = np.bincount(pairs // items, minlength=last - first)
    return found


def warmed(decisions: Decisions, settings: Settings) -> Decisions:
    """The same decisions for a model that begins as an earlier one ended: a few epochs, in smaller steps.

    A day of events is learned in a fraction of the epochs, and steps as large as in a cold start first undo a
    part of what was learned (tests/test_warm.py shows it on tiny data; `benches/warm_start.py` measures it).
    """
    recipe, training = decisions.recipe, settings.training
    epochs = training.epochs or max(2, -(-recipe.epochs // WARM_EPOCHS))
    rate = training.learning_rate or recipe.learning_rate * WARM_RATE
    steps = recipe.warm_up * epochs // recipe.epochs
    reason = f"warm start: {epochs} epochs in place of {recipe.epochs}, learning rate {rate:g}"
    recipe = replace(recipe, epochs=epochs, learning_rate=rate, warm_up=max(1, steps))
    return replace(decisions, recipe=recipe, reasons=[*decisions.reasons, reason])


def _bfloat16_is_fast() -> bool:
    """Whether this processor multiplies bfloat16 natively."""
    import torch

    capability = torch.backends.cpu.get_cpu_capability()
    return "AVX512" in capability and torch.ops.mkldnn._is_mkldnn_bf16_supported()
