"""Fusion weights of a task, fitted on valid from the features that the engine dumps.

score = dense + a * f(K) + b * L + h * [in the history], with f(K) = K or ln(1 + s * K). Everything is counted in ranks
within flat arrays: no item is scored twice by another program.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from gensr_models.metrics import gains
from gensr_models.signals.histories import EXCLUDES_HISTORY

DEPTH = 10
STEPS = (0.0, *(float(x) for x in 2.0 ** np.arange(-4, 4.5, 0.5)))
"""Weights that are tried: in units of the dense scores' spread over the typical size of the feature."""
CURVES = (0.0, 0.5, 2.0, 8.0, 32.0, 128.0)
"""Curves that are tried, in units of one over the typical K; 0 is the straight line."""
HISTORY = tuple(float(s * x) for x in (0.0, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24) for s in ((1, -1) if x else (1,)))
REFINED = (2.0**-0.25, 2.0**0.25)
ALIKE = 2e-3
"""Settings whose ndcg differs by less than this share are alike: the smaller weight is taken."""
CERTAIN = 1.0
"""Standard errors (of the paired difference) that a part has to gain to have a weight at all."""


@dataclass(frozen=True)
class Weights:
    """Weights of a task in the manifest."""

    neighbours: float = 0.0
    neighbours_curve: float = 0.0
    lexical: float = 0.0
    history: float = 0.0

    @classmethod
    def of(cls, record: dict) -> Weights:
        """From the manifest; what is absent is 0."""
        return cls(**{name: record.get(name, 0.0) for name in cls.__annotations__})

    def record(self) -> dict[str, float]:
        """For the manifest."""
        return {name: round(value, 6) for name, value in asdict(self).items()}


@dataclass(frozen=True, eq=False)
class Features:
    """Entries of the cases of one task, end to end; entries of case i are `offsets[i]:offsets[i + 1]`.

    Attributes:
        offsets: [cases + 1].
        wanted: [cases], place of the wanted item among its case's entries, -1 where the pack lacks it.
        dense, neighbours, lexical: f32, raw.
        in_history: bool.
        words: bool [cases], whether any item has a word of the query, or one that it may stand for.
    """

    offsets: np.ndarray
    wanted: np.ndarray
    dense: np.ndarray
    neighbours: np.ndarray
    lexical: np.ndarray
    in_history: np.ndarray
    words: np.ndarray | None = None


def read_features(path: Path) -> dict[str, Features]:
    """Reads the file of `gensr evaluate --dump-features`, by task."""
    from safetensors.numpy import load_file

    tensors = load_file(path)
    found = {}
    for task in EXCLUDES_HISTORY:
        if f"{task}.offsets" not in tensors or len(tensors[f"{task}.offsets"]) < 2:
            continue
        part = {name: tensors.get(f"{task}.{name}") for name in Features.__annotations__}
        if lacking := [name for name, value in part.items() if value is None]:
            raise ValueError(f"{path}: the features of {task} lack {', '.join(lacking)}")
        offsets, entries = part["offsets"].astype(np.int64), len(part["dense"])
        whole = offsets[0] == 0 and offsets[-1] == entries and (np.diff(offsets) >= 0).all()
        inside = len(part["wanted"]) == len(offsets) - 1 and (part["wanted"] < np.diff(offsets)).all()
        same = all(len(part[name]) == entries for name in ("neighbours", "lexical", "in_history"))
        same &= len(part["words"]) == len(part["wanted"])
        if not (whole and inside and same):
            raise ValueError(f"{path}: the features of {task} do not fit together")
        part |= {"offsets": offsets, "in_history": part["in_history"].astype(bool), "words": part["words"].astype(bool)}
        found[task] = Features(**part)
    return found


class Ranks:
    """Ranks of the wanted items for any weights >= 0, from the entries that can matter.

    An entry that is below the wanted one in every feature can never pass it, and one that is above in every feature
    always does: both are settled beforehand. Where the history is left out its entries are dropped; else those of the
    history are kept, whatever they score.
    """

    def __init__(self, features: Features, exclude_history: bool):
        cases = len(features.wanted)
        case = np.repeat(np.arange(cases), np.diff(features.offsets))
        lost = features.wanted < 0
        place = features.offsets[:-1] + np.maximum(features.wanted, 0)
        place = np.where(lost, 0, place)
        self.parts = ("dense", "neighbours", "lexical")
        values = {name: getattr(features, name) for name in self.parts}
        self.mark = {name: np.where(lost, 0, value[place]) for name, value in values.items()}
        self.mark_history = ~lost & features.in_history[place]
        other = np.ones(len(case), bool)
        other[place[~lost]] = False
        other &= ~lost[case]
        if exclude_history:
            other &= ~features.in_history
            self.mark_history = np.zeros(cases, bool)
        above = np.ones(len(case), bool)
        below = np.zeros(len(case), bool)
        for name, value in values.items():
            # Equal in everything is a tie, and a tie counts against us: `above`.
            above &= value >= self.mark[name][case]
            below |= value >= self.mark[name][case]
        free = features.in_history | self.mark_history[case]
        self.always = np.bincount(case[other & above & ~free], minlength=cases)
        # A case that is lost, or whose first places are all taken, cannot change: its entries go too.
        self.dead = lost | (self.always >= DEPTH)
        kept = other & ~self.dead[case] & ((below & ~above) | free)
        self.case, self.history = case[kept], features.in_history[kept]
        self.values = {name: value[kept] for name, value in values.items()}

    def gains(self, weights: Weights) -> np.ndarray:
        """Gain at DEPTH of every case."""
        score = self.score(self.values, self.history, weights)
        mark = self.score(self.mark, self.mark_history, weights)
        ahead = np.bincount(self.case[score >= mark[self.case]], minlength=len(self.always))
        return gains(np.where(self.dead, DEPTH, self.always + ahead), DEPTH)

    @staticmethod
    def score(values: dict[str, np.ndarray], history: np.ndarray, weights: Weights) -> np.ndarray:
        """Whole scores from the parts of entries."""
        score = values["dense"].astype(np.float32, copy=True)
        if weights.neighbours:
            raw, curve = values["neighbours"], np.float32(weights.neighbours_curve)
            score += np.float32(weights.neighbours) * (np.log1p(curve * raw) if curve else raw)
        if weights.lexical:
            score += np.float32(weights.lexical) * values["lexical"]
        if weights.history:
            score += np.float32(weights.history) * history
        return score


def fit(features: Features, task: str) -> tuple[Weights, dict[str, float]]:
    """The weights with the best ndcg@10 on these features, under the task's default protocol.

    A coordinate search over grids in units of the data, from nothing; neighbours and their curve are one coordinate. A
    part has to gain more than noise, the smallest weight that is as good is taken, and nothing is taken that does not
    beat the dense scores alone.

    Returns:
        The weights; ndcg@10 without and with them, and the number of cases.
    """
    excluded = EXCLUDES_HISTORY[task]
    if not len(features.dense):
        return Weights(), {"ndcg@10_dense": 0.0, "ndcg@10_fused": 0.0, "cases": len(features.wanted)}
    ranks = Ranks(features, excluded)
    tried: dict[Weights, np.ndarray] = {}

    def gain(weights: Weights) -> np.ndarray:
        if weights not in tried:
            tried[weights] = ranks.gains(weights)
        return tried[weights]

    def score(weights: Weights) -> float:
        return float(gain(weights).mean())

    grids = _grids(features, excluded)
    best, changed = Weights(), True
    while changed:
        before = best
        for grid in grids:
            best = max([best, *(replace(best, **step) for step in grid)], key=score)
        changed = best != before
    best = _refine(best, score)
    best = _thrifty(best, gain)
    if score(best) <= score(Weights()):
        best = Weights()
    return best, {
        "ndcg@10_dense": round(score(Weights()), 5),
        "ndcg@10_fused": round(score(best), 5),
        "cases": len(features.wanted),
    }


def _grids(features: Features, exclude_history: bool) -> list[list[dict[str, float]]]:
    """Steps of each coordinate."""
    spread = float(features.dense.std()) or 1.0

    def typical(values: np.ndarray) -> float:
        positive = values[values > 0]
        return float(np.median(positive)) if len(positive) else 0.0

    grids: list[list[dict[str, float]]] = []
    if size := typical(features.neighbours):
        steps = []
        for curve in CURVES:
            # At a typical K every curve gives the same, so the weights of all curves mean the same.
            unit = spread / (float(np.log1p(curve)) if curve else size)
            steps += [{"neighbours": s * unit, "neighbours_curve": curve / size} for s in STEPS if s]
        grids.append([{"neighbours": 0.0, "neighbours_curve": 0.0}, *steps])
    if size := typical(features.lexical):
        grids.append([{"lexical": s * spread / size} for s in STEPS])
    if not exclude_history and features.in_history.any():
        grids.append([{"history": h} for h in HISTORY])
    return grids


def _refine(best: Weights, score) -> Weights:
    """Smaller steps around the best of the grid."""
    for _ in range(4):
        before = best
        for name in Weights.__annotations__:
            value = getattr(best, name)
            options = [replace(best, **{name: value * factor}) for factor in REFINED] if value else []
            best = max([best, *options], key=score)
        if best == before:
            break
    return best


def _thrifty(best: Weights, gain) -> Weights:
    """Drops what gains no more than noise, then takes the smallest weights that are as good."""
    for name, dropped in (
        ("history", {"history": 0.0}),
        ("lexical", {"lexical": 0.0}),
        ("neighbours", {"neighbours": 0.0, "neighbours_curve": 0.0}),
    ):
        if not getattr(best, name):
            continue
        without = replace(best, **dropped)
        difference = gain(best) - gain(without)
        error = difference.std() / max(1, len(difference)) ** 0.5
        if difference.mean() <= CERTAIN * error:
            best = without
    most = gain(best).mean()
    for name in ("history", "lexical", "neighbours"):
        value = getattr(best, name)
        for share in (0.25, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9):
            smaller = replace(best, **{name: value * share})
            if value and gain(smaller).mean() >= most * (1 - ALIKE):
                best = smaller
                break
    return best
