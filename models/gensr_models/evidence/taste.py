"""Weight of the taste: what a user's own events have in common, added to the network's answer (src/generate/taste.rs).

The network has read the same events, so there is often nothing left to say: everything else is fitted first, and the
taste has a weight only where valid says so clearly.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from gensr_models.data import TASKS, VALID, Dataset
from gensr_models.engine import dump_features
from gensr_models.evidence.fusion import ALIKE, DEPTH, STEPS, Features, Ranks, Weights, read_features
from gensr_models.evidence.histories import EXCLUDES_HISTORY
from gensr_models.metrics import gains
from gensr_models.pack.format import Pack

log = logging.getLogger("gensr_models")

CERTAIN = 2.0
"""Standard errors (of the paired difference) that the taste has to gain: it costs a scan, and doing nothing is safe."""


def fit_taste(features: Features, weights: Weights, task: str) -> tuple[float, dict[str, float]]:
    """The smallest weight that is as good as the best, 0 where the best gains no more than chance.

    Args:
        features: of valid events.
        weights: of everything else, fixed.
        task: whose default protocol counts.

    Returns:
        The weight; ndcg@10 with it, the gain and its standard error.
    """
    liked = features.taste[features.taste > 0]
    if not len(liked):
        return 0.0, {"weight": 0.0, "ndcg@10": 0.0, "gain": 0.0, "error": 0.0}
    unit = (float(features.dense.std()) or 1.0) / float(np.median(liked))
    parts = {name: getattr(features, name) for name in ("dense", "neighbours", "lexical")}
    fixed = Ranks.score(parts, features.in_history, weights)
    return smallest(
        {
            weight: gains_of(features, fixed + np.float32(weight) * features.taste, EXCLUDES_HISTORY[task])
            for weight in (round(step * unit, 6) for step in STEPS)
        }
    )


def smallest(tried: dict[float, np.ndarray]) -> tuple[float, dict[str, float]]:
    """Of weights and the gains of every case with them, the smallest that is as good as the best and certain; else 0.

    Returns:
        The weight; ndcg@10 with it, the gain and its standard error.
    """
    changes = {weight: gain - tried[0.0] for weight, gain in tried.items()}
    errors = {weight: float(change.std()) / len(change) ** 0.5 for weight, change in changes.items()}
    most = max(gain.mean() for gain in tried.values())
    alike = (weight for weight, gain in tried.items() if gain.mean() >= most * (1 - ALIKE))
    best = min((weight for weight in alike if changes[weight].mean() > CERTAIN * errors[weight]), default=0.0)
    return best, {
        "weight": best,
        "ndcg@10": round(float(tried[best].mean()), 5),
        "gain": round(float(changes[best].mean()), 5),
        "error": round(errors[best], 5),
    }


def gains_of(features: Features, score: np.ndarray, exclude_history: bool) -> np.ndarray:
    """Gain at DEPTH of every case, by whole scores of the entries."""
    cases, lost = len(features.wanted), features.wanted < 0
    case = np.repeat(np.arange(cases), np.diff(features.offsets))
    place = np.where(lost, 0, features.offsets[:-1] + features.wanted)
    ahead = score >= score[place][case]
    ahead[place[~lost]] = False
    if exclude_history:
        ahead &= ~features.in_history
    return gains(np.where(lost, DEPTH, np.bincount(case[ahead], minlength=cases)), DEPTH)


def adapt(dataset: Dataset, pack: Path, out: Path, folder: Path, most_users: int, seed: int) -> dict[str, dict]:
    """Writes a pack again with weights of the taste that are fitted now; every section stays as it is.

    Args:
        dataset: what the pack was built from.
        pack: a pack.
        out: the new one; may be the same file.
        folder: for tables and features.
        most_users: users that are asked about.
        seed: of their sample.

    Returns:
        What the fit says of each task.
    """
    read = Pack.read(pack)
    manifest = read.facts()
    found = read_features(dump_features(dataset, pack, VALID, most_users, seed, folder / "valid"))
    figures = {}
    for task in (task for task in TASKS if task in found):
        record = manifest["tasks"][task]
        record["taste"], figures[task] = fit_taste(found[task], Weights.of(record), task)
        manifest["provenance"].setdefault("valid", {}).setdefault(task, {})["taste"] = figures[task]
    if not figures:
        raise ValueError("the data has no valid events to fit the taste on")
    read.rewrite(out, manifest)
    return figures
