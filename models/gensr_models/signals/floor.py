"""The floor of a search: the model's best score below which a query that no item has a word of gets no hits.

Words separate sense from nonsense far better than any score: a query with a word of some item is always answered. For
the others the cost of the floor is bounded on valid first, and then its catch is measured.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from gensr_models.data import VALID, Dataset
from gensr_models.engine import dump_features
from gensr_models.pack.format import Pack
from gensr_models.signals.fusion import Features, Ranks, Weights, read_features
from gensr_models.signals.histories import EXCLUDES_HISTORY
from gensr_models.signals.nonsense import KINDS, nonsense

log = logging.getLogger("gensr_models")

MOST_LOST = 0.02
"""Largest share of the valid searches that may lose their hits."""
MARGIN = 1e-3
"""How far above a nonsense query's best score the floor is that catches it; machines differ by less."""
TASK = "search"


def with_nonsense(dataset: Dataset, seed: int) -> tuple[Dataset, dict[int, str]]:
    """The data set with a nonsense query in place of that of every valid search; what was searched before stays.

    Returns:
        The data set, and the kind of nonsense by place of the event.
    """
    events = dataset.events
    places = dataset.targets(TASK, VALID)
    made, kinds = nonsense([dataset.queries[q] if q >= 0 else "" for q in events.query[places]], seed)
    query = events.query.copy()
    query[places] = len(events.queries) + np.arange(len(places))
    changed = replace(dataset, events=replace(events, query=query, queries=[*events.queries, *made]))
    return changed, dict(zip(places.tolist(), kinds, strict=True))


def best_and_words(features: Features, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """Of each case that has entries the model's best score, and whether any item has a word of the query."""
    there = np.diff(features.offsets) > 0
    if not there.any():
        return np.zeros(0, np.float32), np.zeros(0, bool)
    best = np.maximum.reduceat(features.dense, features.offsets[:-1][there])
    # Without a weight the pack has no postings, and knows of no word.
    return best, features.words[there] & (weights.lexical > 0)


def fit_floor(valid: Features, senseless: Features, weights: Weights) -> tuple[float, dict]:
    """The highest floor that catches nonsense and costs valid searches next to nothing.

    At most `MOST_LOST` of them lose their hits, and none that had the wanted item among the first ten.

    Args:
        valid: of real searches.
        senseless: of the same searches with nonsense in place of their queries.
        weights: of the task.

    Returns:
        The floor, 0 for none; what it costs and catches, as shares of all cases.
    """
    gains = Ranks(valid, EXCLUDES_HISTORY[TASK]).gains(weights)[np.diff(valid.offsets) > 0]
    best, words = best_and_words(valid, weights)
    theirs, known = best_and_words(senseless, weights)
    floor = 0.0
    for mark in np.unique(theirs[~known])[::-1] + MARGIN if len(best) else ():
        lost = ~words & (best < mark)
        if lost.sum() <= MOST_LOST * len(lost) and not gains[lost].any():
            floor = round(float(mark), 4)
            break
    lost = ~words & (best < floor) if floor else np.zeros(len(best), bool)
    caught = ~known & (theirs < floor) if floor else np.zeros(len(theirs), bool)
    return floor, {
        "valid_lost": _share(lost),
        "valid_without_words": _share(~words),
        "nonsense_caught": _share(caught),
        "nonsense_without_words": _share(~known),
        "cases": len(best),
        "_caught": caught,
    }


def calibrate(
    dataset: Dataset, pack: Path, weights: Weights, valid: Features, most_users: int, seed: int
) -> tuple[float, dict]:
    """Asks the engine for the nonsense of a data set and fits the floor.

    Args:
        dataset: the data.
        pack: what scores.
        weights: of searches.
        valid: features of the valid searches of the same users (same seed).
        most_users: users that are asked about.
        seed: of the sample and of what is drawn.
    """
    changed, kinds = with_nonsense(dataset, seed)
    folder = pack.parent / "nonsense"
    senseless = read_features(dump_features(changed, pack, VALID, most_users, seed, folder))[TASK]
    floor, figures = fit_floor(valid, senseless, weights)
    caught = figures.pop("_caught")
    # The engine asks in the order of its table: users ascending, events in their order.
    order = [kinds[p] for p in sorted(kinds)]
    if len(order) == len(caught):
        named = np.array(order)
        figures["caught_by_kind"] = {kind: _share(caught[named == kind]) for kind in KINDS}
    log.info("search: floor %g, %s", floor, figures)
    return floor, figures


def recalibrate(dataset: Dataset, pack: Path, out: Path, folder: Path, most_users: int, seed: int) -> dict:
    """Writes a pack again with a newly fitted floor; its sections do not change.

    Args:
        dataset: what the pack was built from.
        pack: a pack.
        out: the new one; may be the same file.
        folder: for tables and features.
        most_users: users that are asked about.
        seed: of what is drawn.

    Returns:
        The floor and what it costs and catches.
    """
    read = Pack.read(pack)
    manifest = read.facts()
    task = manifest["tasks"][TASK]
    weights = Weights.of(task)
    copy = folder / "pack.gensr"
    copy.symlink_to(pack.resolve())
    valid = read_features(dump_features(dataset, copy, VALID, most_users, seed, folder / "valid")).get(TASK)
    if valid is None:
        raise ValueError("the data has no valid searches to calibrate on")
    task["floor"], figures = calibrate(dataset, copy, weights, valid, most_users, seed)
    manifest["provenance"].setdefault("valid", {}).setdefault(TASK, {})["floor"] = figures
    read.rewrite(out, manifest)
    return {"floor": task["floor"], **figures}


def _share(of: np.ndarray) -> float:
    return round(float(of.mean()), 4) if len(of) else 0.0
