"""Weight of the judge: what its logit counts beside everything else, for the items that it is asked about."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from gensr_models.data import TASKS, VALID, Dataset
from gensr_models.engine import dump_features
from gensr_models.evidence.collect import MOST_USERS
from gensr_models.evidence.fusion import STEPS, Features, read_features
from gensr_models.evidence.histories import EXCLUDES_HISTORY
from gensr_models.evidence.taste import gains_of, smallest
from gensr_models.pack.assemble import Parts

log = logging.getLogger("gensr_models")


def fit_judge(features: Features, task: str) -> tuple[float, dict[str, float]]:
    """The smallest weight that is as good as the best, 0 where the best gains no more than chance.

    As in the engine (src/judge.rs) the item that the judge likes least gains nothing and all others gain, so that what
    it is not asked about stays behind.

    Args:
        features: of valid events, from a pack that has all other weights and a judge.
        task: whose default protocol counts.

    Returns:
        The weight; ndcg@10 with it, the gain and its standard error (of the paired difference), and `most`: the weight
        that is best on these events, certain or not, with what it gains.
    """
    nothing = {"weight": 0.0, "ndcg@10": 0.0, "gain": 0.0, "error": 0.0}
    if features.judge is None or not np.isfinite(features.judge).any():
        return 0.0, nothing
    asked = np.isfinite(features.judge)
    unit = (float(features.score[asked].std()) or 1.0) / (float(features.judge[asked].std()) or 1.0)
    case = np.repeat(np.arange(len(features.wanted)), np.diff(features.offsets))
    lowest = np.full(len(features.wanted), np.inf, np.float32)
    np.minimum.at(lowest, case[asked], features.judge[asked])
    gained = np.where(asked, features.judge - np.where(asked, lowest[case], 0), 0).astype(np.float32)
    tried = {
        weight: gains_of(features, features.score + np.float32(weight) * gained, EXCLUDES_HISTORY[task])
        for weight in (round(step * unit, 6) for step in STEPS)
    }
    weight, figures = smallest(tried)
    most = max(tried, key=lambda weight: tried[weight].mean())
    change = tried[most] - tried[0.0]
    at_most = {"weight": most, "gain": change.mean(), "error": change.std() / len(change) ** 0.5}
    return weight, figures | {"most": {name: round(float(value), 5) for name, value in at_most.items()}}


def weighed(
    dataset: Dataset, parts: Parts, whole: Parts, folder: Path, keep: bool, seed: int
) -> tuple[Parts, dict[str, dict]]:
    """Fits the judge's weights on valid events that the engine scores with all other weights in place.

    Args:
        dataset: the events.
        parts: of the pack without its judge.
        whole: with it.
        folder: for the pack that is asked, and its answers.
        keep: whether a judge without any weight is in the pack all the same.
        seed: of the users that are asked about.

    Returns:
        Of the two what ships, with the weights; and what the fit says of each task.
    """
    pack = folder / "judged.gensr"
    whole.write(pack)
    found = {}
    if any(len(dataset.targets(task, VALID)) for task in TASKS):
        found = read_features(dump_features(dataset, pack, VALID, MOST_USERS, seed, folder / "judged"))
    fitted = {task: fit_judge(found[task], task) for task in TASKS if task in found}
    for task, (_, figures) in fitted.items():
        log.info("%s: judge %s", task, figures)
    figures = {task: said for task, (_, said) in fitted.items()}
    if not keep and not any(weight for weight, _ in fitted.values()):
        return parts, figures
    weights = {task: fitted[task][0] if task in fitted else 0.0 for task in parts.tasks}
    return replace(whole, tasks={t: record | {"judge": weights[t]} for t, record in parts.tasks.items()}), figures
