"""The step of a build that makes a trained network one that can be told something in words."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch

from gensr_models.data import TASKS, VALID, Dataset
from gensr_models.instructions.measure import ranks_told
from gensr_models.instructions.phrases import Phrases, phrases
from gensr_models.instructions.pool import Pool, draw, features, sentences, wish, words_of
from gensr_models.instructions.texts import Texts
from gensr_models.instructions.training import Recipe, start, train
from gensr_models.metrics import ndcg
from gensr_models.progress import Progress
from gensr_models.rules import Decisions
from gensr_models.texts import TextFeatures
from gensr_models.training.batches import EventTable
from gensr_models.training.objective import Model
from gensr_models.training.ranks import valid_places

log = logging.getLogger("gensr_models")

LEAST_PHRASES = 10
"""Phrases below which there is nothing to learn to wish for."""
MEASURED_EVENTS = 1_000
EMPTY = 0.25
"""Share of the wishes that evidence is weighed on that wish for nothing in particular."""


@dataclass(frozen=True)
class Told:
    """What the stage leaves beside the map: figures, and wishes that evidence is weighed on.

    Attributes:
        figures: what was drawn, and ndcg@10 on valid without a word, with held-out paraphrases of the task, and with
            held-out templates of wishes that name something of the wanted item.
        wishes: before valid recommendations, by place of the event, in templates that were trained on; every fourth
            wishes for nothing in particular.
        silent: words of wishes that lead to no item.
    """

    figures: dict = field(default_factory=dict)
    wishes: dict[int, str] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)


def learn(
    model: Model,
    dataset: Dataset,
    events: EventTable,
    decisions: Decisions,
    encoder: TextFeatures,
    texts: Texts,
    vector_min_count: int,
    seed: int,
    run: Path,
    checkpoints: Path,
    progress: Progress,
) -> Told:
    """Trains the network's map of instructions, or reads what an earlier run left.

    Args:
        model: as trained, cold items admitted; gets the map, and changes in nothing else.
        dataset: items to wish for, and what is staged for the engine's analyzer.
        events: of the data set.
        decisions: window, order.
        encoder: the sentence encoder, or none.
        texts: what people say.
        vector_min_count: as in the index of the build, so that word ids are the same.
        seed: of what is drawn.
        run: folder that keeps encoded texts.
        checkpoints: folder that keeps the map.
        progress: where bars are shown.

    Returns:
        Figures and wishes; empty where nothing was learned.
    """
    known = phrases(dataset.catalogue)
    if len(known.texts) < LEAST_PHRASES:
        log.info("instructions: %d phrases are too few to wish for", len(known.texts))
        return Told()
    pool, recipe = draw(known, texts, seed), Recipe.of(events)
    places = [valid_places(events, task, MEASURED_EVENTS, seed) for task in range(len(TASKS))]
    asked = _held_out(known, texts, events, places, seed)
    spoken = [*pool.texts, *(text for said in asked.values() for text in said)]
    words = words_of(dataset, spoken, run / "instructions", vector_min_count)
    said = features(sentences(spoken, encoder, run, progress), words, model.items.words.detach())
    _train(model, events, decisions, pool, said[: len(pool.texts)], recipe, seed, checkpoints, progress)
    figures: dict = {"phrases": len(known.texts), "texts": len(pool.texts), "valid": {}}
    rules, at = decisions.windowing, len(pool.texts)
    for (task, kind), own in asked.items():
        if kind == "paraphrase":
            figures["valid"][TASKS[task]] = {"none": _ndcg(ranks_told(model, events, rules, places[task], None))}
        ranks = ranks_told(model, events, rules, places[task], said[at : at + len(own)])
        figures["valid"][TASKS[task]][kind] = _ndcg(ranks)
        at += len(own)
    log.info("instructions: %s", json.dumps(figures))
    return Told(figures, _weighing(known, texts, dataset, pool, seed), texts.silent())


def _weighing(known: Phrases, texts: Texts, dataset: Dataset, pool: Pool, seed: int) -> dict[int, str]:
    rng, wishes = np.random.default_rng(seed), {}
    for place in dataset.targets("recommend", VALID):
        item = dataset.events.item[place]
        if rng.random() < EMPTY or not len(known.of_items[item]):
            wishes[int(place)] = pool.texts[rng.choice(pool.empty)]
        else:
            wishes[int(place)] = wish(known, item, texts.wishes.train, rng)
    return wishes


def _ndcg(ranks: np.ndarray) -> float:
    return round(float(ndcg(ranks, 10)), 5)


def _held_out(
    known: Phrases, texts: Texts, events: EventTable, places: list[np.ndarray], seed: int
) -> dict[tuple[int, str], list[str]]:
    """For each task a held-out paraphrase for each valid event, and a held-out wish for what is wanted there."""
    rng, said = np.random.default_rng(seed), {}
    for task, split in enumerate((texts.tasks.recommend, texts.tasks.search)):
        if not len(places[task]):
            continue
        said[task, "paraphrase"] = rng.choice(split.held_out, len(places[task])).tolist()
        said[task, "wish"] = [
            wish(known, item, texts.wishes.held_out, rng) if len(known.of_items[item]) else ""
            for item in events.item[places[task]]
        ]
    return said


def _train(
    model: Model,
    events: EventTable,
    decisions: Decisions,
    pool: Pool,
    said: torch.Tensor,
    recipe: Recipe,
    seed: int,
    checkpoints: Path,
    progress: Progress,
) -> None:
    """Trains, unless a run with the same texts, recipe and seed has already."""
    weights = b"".join(p.detach().numpy().tobytes() for p in model.network.parameters())
    key = hashlib.sha256(json.dumps([asdict(recipe), seed, pool.texts]).encode() + weights).hexdigest()[:16]
    path = checkpoints / f"instructions-{key}.pt"
    if path.exists():
        model.network.instruction = start(model, said)
        model.network.instruction.load_state_dict(torch.load(path, weights_only=True))
        log.info("instructions: learned before")
        return
    with progress.bar("instructions", recipe.steps) as advance:
        train(
            model, events, decisions.windowing, decisions.ordered, pool, said, seed, _by_one(advance), log.info, recipe
        )
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    torch.save(model.network.instruction.state_dict(), temporary)
    temporary.replace(path)


def _by_one(advance: Callable[[int], None]) -> Callable[[int], None]:
    return lambda _step: advance(1)
