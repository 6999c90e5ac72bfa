"""How sure a figure is: percentile bootstrap over users, paired where two systems answered the same events."""

from __future__ import annotations

import numpy as np

from gensr_models.metrics import gains

RESAMPLES = 1_000
TAILS = (2.5, 97.5)
"""Percentiles between which an interval of 95 % lies."""
METRICS = {
    "recall@10": lambda ranks: (ranks < 10).astype(np.float64),
    "ndcg@10": lambda ranks: gains(ranks, 10),
}


def bootstrap(values: np.ndarray, users: np.ndarray, seed: int = 0, resamples: int = RESAMPLES) -> np.ndarray:
    """Means [resamples, systems] of values [systems, events] over users drawn with replacement.

    All systems see the same draws, so a difference of two columns is paired.
    """
    _, user = np.unique(users, return_inverse=True)
    events = np.bincount(user).astype(np.float64)
    sums = np.stack([np.bincount(user, row) for row in values])
    rng = np.random.default_rng(seed)
    means = np.empty((resamples, len(values)))
    for draw in range(resamples):
        chosen = rng.integers(0, len(events), len(events))
        means[draw] = sums[:, chosen].sum(axis=1) / events[chosen].sum()
    return means


def difference(
    ours: np.ndarray, theirs: np.ndarray, users: np.ndarray, seed: int = 0
) -> tuple[float, tuple[float, float]]:
    """Mean of `ours - theirs` over events, and its interval over users."""
    means = bootstrap(np.stack([theirs, ours]), users, seed)
    low, high = np.percentile(means[:, 1] - means[:, 0], TAILS)
    return float((ours - theirs).mean()), (float(low), float(high))


def intervals(ranks: dict[str, np.ndarray], users: np.ndarray, against: str | None, seed: int = 0) -> dict[str, dict]:
    """For each system and metric the interval, and that of `against` minus the system.

    Args:
        ranks: of the same events, by system: [events], or [runs, events] where a system is the mean of several runs.
        users: of the events.
        against: the system that the others are compared with.
        seed: of the draws.
    """
    names = list(ranks)
    result: dict[str, dict] = {name: {} for name in names}
    for metric, of in METRICS.items():
        values = np.stack([np.atleast_2d(of(ranks[name])).mean(axis=0) for name in names])
        means = bootstrap(values, users, seed)
        for place, name in enumerate(names):
            found = {"interval": _rounded(np.percentile(means[:, place], TAILS))}
            if against is not None and name != against:
                ours = names.index(against)
                found["ahead"] = round(float((values[ours] - values[place]).mean()), 6)
                found["ahead_interval"] = _rounded(np.percentile(means[:, ours] - means[:, place], TAILS))
            result[name][metric] = found
    return result


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 6) for value in values]
