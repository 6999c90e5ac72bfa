"""The signals of a pack: collected before training, weighted by the engine's scores of valid events."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from gensr_models.data import TASKS, TRAIN, VALID, Dataset
from gensr_models.engine import dump_features
from gensr_models.engine.index import Index, run_index, stage
from gensr_models.instructions.stage import Learned
from gensr_models.signals import floor, lexical, neighbours
from gensr_models.signals.fusion import Weights, fit, read_features
from gensr_models.signals.histories import EXCLUDES_HISTORY
from gensr_models.signals.parts import Signals

log = logging.getLogger("gensr_models")

MOST_USERS = 4_000
"""Users with valid events that weights are fitted on."""
UNMEASURED_LEXICAL = 5.0
"""Weight of words without valid searches: items with the words come first, ordered by meaning."""


def indexed(dataset: Dataset, folder: Path, vector_min_count: int, seed: int) -> Index:
    """Words and postings of a data set, the parameters of the postings tuned on valid."""
    events = dataset.events
    in_training = np.zeros(len(dataset.queries), bool)
    in_training[events.query[(events.split == TRAIN) & (events.query >= 0)]] = True
    stage(dataset, in_training, folder)
    setting = lexical.tune(dataset, lambda setting: run_index(folder, setting), seed, log.info)
    return run_index(folder, setting, vector_min_count)


def collected(dataset: Dataset, index: Index, ordered: bool, dim: int, seed: int) -> Signals:
    """Neighbours and postings; `dim` is the width of item rows, which neighbours share the bytes of an item with."""
    postings = index.postings if len(index.postings.items) else None
    width = neighbours.width_beside(dim)
    return Signals(neighbours.choose(dataset, index.items, ordered, width, seed, log.info), postings)


def unweighted(learned: dict | None = None) -> dict[str, dict]:
    """Tasks of a manifest without weights of signals; `learned` is what recognises texts without an intent."""
    intent = {"wish": unweighted()["recommend"] | learned} if learned else {}
    return intent | {task: {"exclude_history": EXCLUDES_HISTORY[task], **Weights().record()} for task in TASKS}


def fused(
    dataset: Dataset, pack: Path, signals: Signals, seed: int, learned: Learned | None = None
) -> tuple[dict[str, dict], dict[str, dict]]:
    """Weights of each task, fitted on valid events that the engine scores with an unweighted pack.

    The epoch of the network was chosen on the same events, so its share is seen in a slightly kinder light than the
    signals, which never saw them; holding out a third set would cost training events and is not worth it.

    Args:
        dataset: the events.
        pack: without weights.
        signals: what it holds.
        seed: of the sample of users.
        learned: result of the stage of instructions, with intents of valid events: recommendations beside an intent
            then have weights of their own.

    Returns:
        The tasks of the manifest, and the figures of each fit.
    """
    tasks, figures = unweighted(), {}
    found = {}
    if any(len(dataset.targets(task, VALID)) for task in TASKS):
        found = read_features(dump_features(dataset, pack, VALID, MOST_USERS, seed, pack.parent / "valid"))
    for task in TASKS:
        if task in found:
            weights, figures[task] = fit(found[task], task)
            tasks[task] |= weights.record()
            log.info("%s: weights %s, %s", task, weights, figures[task])
            if task == floor.TASK:
                tasks[task]["floor"], figures[task]["floor"] = floor.calibrate(
                    dataset, pack, weights, found[task], MOST_USERS, seed
                )
        elif task == "search" and signals.postings is not None:
            tasks[task]["lexical"] = UNMEASURED_LEXICAL
            log.info("%s: no valid events, words count with %g", task, UNMEASURED_LEXICAL)
    if learned and learned.intents and "recommend" in found:
        features = dump_features(dataset, pack, VALID, MOST_USERS, seed, pack.parent / "intents", learned.intents)
        found = read_features(features)["recommend"]
        weights, figures["wish"] = fit(found, "recommend")
        tasks["wish"] = tasks["recommend"] | weights.record() | learned.manifest()
        log.info("intent: weights %s, %s", weights, figures["wish"])
    return tasks, figures
