"""The step of a build in which a trained network learns instructions."""

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

from gensr_models.config.progress import Progress
from gensr_models.data import TASKS, VALID, Dataset
from gensr_models.instructions.nothing import Nothing, fit, names_and_searches
from gensr_models.instructions.phrases import Phrases, names, phrases
from gensr_models.instructions.pool import Pool, draw, features, intent, sentences, words_of
from gensr_models.instructions.sayings import Texts
from gensr_models.instructions.teaching import Recipe, start, train
from gensr_models.metrics import ndcg
from gensr_models.text.features import TextFeatures
from gensr_models.training.batches import EventTable
from gensr_models.training.objective import Model
from gensr_models.training.ranks import ranks_of, valid_places
from gensr_models.training.rules import Decisions

log = logging.getLogger("gensr_models")

LEAST_PHRASES = 10
"""Fewest phrases of a catalogue for which the stage runs."""
MEASURED_EVENTS = 1_000


@dataclass(frozen=True)
class Learned:
    """Results of the stage beside the map: figures, and intents that the weights of signals are fitted on.

    Attributes:
        figures: what was drawn, and ndcg@10 on valid without a word, with held-out paraphrases of the task, and with
            held-out templates of intents that name something of the wanted item.
        intents: before valid recommendations, by place of the event, in templates that were trained on.
        nothing: recognises texts without an intent; None where nothing was learned.
    """

    figures: dict = field(default_factory=dict)
    intents: dict[int, str] = field(default_factory=dict)
    nothing: Nothing | None = None

    def manifest(self) -> dict:
        """The manifest's `tasks.wish` without weights; empty where nothing was learned."""
        return self.nothing.manifest() if self.nothing else {}


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
) -> Learned:
    """Trains the network's map of instructions, or reads what an earlier run left.

    Args:
        model: as trained, cold items admitted; gets the map; nothing else changes.
        dataset: items to ask for, and what is staged for the engine's analyzer.
        events: of the data set.
        decisions: window, order.
        encoder: the sentence encoder, or none.
        texts: paraphrases and templates.
        vector_min_count: as in the index of the build, so that word ids are the same.
        seed: of what is drawn.
        run: folder that keeps encoded texts.
        checkpoints: folder that keeps the map.
        progress: where bars are shown.

    Returns:
        Figures and intents; empty where nothing was learned.
    """
    silent = texts.silent(names(dataset.catalogue))
    known = phrases(dataset.catalogue, silent)
    if len(known.texts) < LEAST_PHRASES:
        log.info("instructions: %d phrases are too few to ask for", len(known.texts))
        return Learned()
    pool, recipe = draw(known, texts, seed), Recipe.of(events)
    places = [valid_places(events, task, MEASURED_EVENTS, seed) for task in range(len(TASKS))]
    asked = _held_out(known, texts, events, places, seed)
    spoken = [*pool.texts, *(text for said in asked.values() for text in said)]
    by_words = encoder.graph is None
    others = names_and_searches(dataset, known.texts) if by_words else []
    words, dictionary, named = words_of(dataset, spoken, others, run / "instructions", vector_min_count)
    said = features(sentences(spoken, encoder, run, progress), words, model.items.words.detach())
    drawn = said[: len(pool.texts)]
    _train(model, events, decisions, pool, drawn, recipe, seed, checkpoints, progress)
    empty = np.isin(np.arange(len(drawn)), pool.empty)
    nothing = Nothing.by_words(silent, dictionary, named) if by_words else Nothing(silent, weights=fit(drawn, empty))
    ignored = nothing.says(spoken, said)
    every = phrases(dataset.catalogue, texts.small())
    figures: dict = {
        "phrases": len(known.texts),
        "silent phrases": len(every.texts) - len(known.texts),
        "texts": len(pool.texts),
        "valid": {},
    }
    said = said * torch.from_numpy(~ignored)[:, None]
    model.eval()
    rules, at = decisions.windowing, len(pool.texts)
    for (task, kind), own in asked.items():
        if kind == "paraphrase":
            figures["valid"][TASKS[task]] = {"none": _ndcg(ranks_of(model, events, rules, places[task]))}
        ranks = ranks_of(model, events, rules, places[task], instruction=said[at : at + len(own)])
        asks = np.array([bool(text) for text in own])
        understood = _share(~ignored[at : at + len(own)][asks])
        figures["valid"][TASKS[task]] |= {kind: _ndcg(ranks), f"{kind} heard": understood}
        at += len(own)
    log.info("instructions: %s", json.dumps(figures))
    return Learned(figures, _weighing(known, texts, dataset, seed), nothing)


def _weighing(known: Phrases, texts: Texts, dataset: Dataset, seed: int) -> dict[int, str]:
    rng, places = np.random.default_rng(seed), dataset.targets("recommend", VALID)
    item = dataset.events.item[places]
    named = [(int(p), i) for p, i in zip(places, item, strict=True) if len(known.of_items[i])]
    return {place: intent(known, i, texts.intents.train, rng) for place, i in named}


def _share(of: np.ndarray) -> float:
    return round(float(of.mean()), 4) if len(of) else 0.0


def _ndcg(ranks: np.ndarray) -> float:
    return round(float(ndcg(ranks, 10)), 5)


def _held_out(
    known: Phrases, texts: Texts, events: EventTable, places: list[np.ndarray], seed: int
) -> dict[tuple[int, str], list[str]]:
    """For each task a held-out paraphrase for each valid event, and a held-out intent for what is wanted there."""
    rng, said = np.random.default_rng(seed), {}
    for task, split in enumerate((texts.tasks.recommend, texts.tasks.search)):
        if not len(places[task]):
            continue
        said[task, "paraphrase"] = rng.choice(split.held_out, len(places[task])).tolist()
        said[task, "wish"] = [
            intent(known, item, texts.intents.held_out, rng) if len(known.of_items[item]) else ""
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
