"""Statistics of order, times and repeats in a data set, on which the rules of the trainer are based.

No rule knows a data set by its name or size; it asks these questions of the train split (for repeats, of
valid).
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse

from .dataset import TRAIN, VALID, Dataset

RANK = 32
ITERATIONS = 6
MOST_USERS = 50_000
LEAST_USERS = 30
SHORTEST, LONGEST = 4, 200
LEAST_GAIN, LEAST_SCORE = 0.02, 4.0
LEAST_VARIETY = 0.01


@dataclass(frozen=True)
class Order:
    """Whether the order of a user's history is informative.

    Attributes:
        informative: the verdict: `gain >= LEAST_GAIN` and `score >= LEAST_SCORE`.
        adjacent: mean similarity of neighbours in a history.
        any_pair: mean similarity of all pairs of the same histories: `adjacent` if the order were random.
        gain: `adjacent - any_pair`, as a share of the similarity that is still possible, `1 - any_pair`.
        score: `adjacent - any_pair` in standard errors over users.
        users: users with a history long enough to ask.
    """

    informative: bool
    adjacent: float
    any_pair: float
    gain: float
    score: float
    users: int


def order_informative(dataset: Dataset, task: str, seed: int = 0) -> Order:
    """Do neighbours in a train history resemble each other more than any two items of the same history?

    Items get vectors from who had them (truncated SVD of the users x items matrix of the train split, rows
    and columns scaled by the square root of their counts), which knows nothing of order. Within each user's
    history of the task (first occurrence of each item; the latest `LONGEST`, at least `SHORTEST`) the mean
    cosine of neighbours is compared with the mean over all pairs, which is its exact expectation in random
    order. The difference of each user is one observation. Order counts as informative when their mean is
    `LEAST_SCORE` standard errors above zero and also `LEAST_GAIN` of what was possible, so that a huge set
    does not make a trifle significant. With fewer than `LEAST_USERS` users it does not.
    """
    events = dataset.events
    places = dataset.targets(task, TRAIN)
    places = _first_occurrences(dataset, places)
    if not len(places):
        return Order(False, 0.0, 0.0, 0.0, 0.0, 0)
    user, item = events.user[places], events.item[places]
    counts = np.bincount(user, minlength=events.users)
    chosen = np.flatnonzero(counts >= SHORTEST)
    if len(chosen) > MOST_USERS:
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, MOST_USERS, replace=False))
    if len(chosen) < LEAST_USERS:
        return Order(False, 0.0, 0.0, 0.0, 0.0, len(chosen))
    vectors = _item_vectors(user, item, counts, len(dataset.catalogue), seed)
    ends = np.cumsum(counts)
    adjacent, any_pair = np.zeros(len(chosen)), np.zeros(len(chosen))
    for place, one in enumerate(chosen):
        rows = vectors[item[max(ends[one] - counts[one], ends[one] - LONGEST) : ends[one]]]
        n = len(rows)
        adjacent[place] = np.einsum("ij,ij->", rows[1:], rows[:-1]) / (n - 1)
        total = rows.sum(axis=0)
        any_pair[place] = (total @ total - np.einsum("ij,ij->", rows, rows)) / (n * (n - 1))
    difference = adjacent - any_pair
    error = float(difference.std(ddof=1)) / np.sqrt(len(chosen))
    score = float(difference.mean() / error) if error > 0 else 0.0
    gain = float(difference.mean() / max(1e-6, 1 - any_pair.mean()))
    verdict = gain >= LEAST_GAIN and score >= LEAST_SCORE
    return Order(verdict, float(adjacent.mean()), float(any_pair.mean()), gain, score, len(chosen))


def _first_occurrences(dataset: Dataset, places: np.ndarray) -> np.ndarray:
    events, found = dataset.events, [places[:0]]
    for first_user, _, part in events.by_users():
        here = places[slice(*np.searchsorted(places, [part.start, part.stop]))]
        keys = (events.user[here].astype(np.int64) - first_user) * len(dataset.catalogue) + events.item[here]
        _, first = np.unique(keys, return_index=True)
        found.append(here[np.sort(first)])
    return np.concatenate(found)


def _item_vectors(user: np.ndarray, item: np.ndarray, counts: np.ndarray, items: int, seed: int) -> np.ndarray:
    """Of pairs that are distinct and in the order of users; `counts` says how many each user has."""
    by_user = (1 / np.sqrt(np.maximum(1, counts))).astype(np.float32)
    by_item = (1 / np.sqrt(np.maximum(1, np.bincount(item, minlength=items)))).astype(np.float32)
    rows = np.concatenate([[0], np.cumsum(counts)])
    scaled = scipy.sparse.csr_array((by_user[user] * by_item[item], item, rows), shape=(len(counts), items))
    rank = min(RANK, min(scaled.shape) - 1)
    if rank < 1:
        return np.zeros((items, 1))
    # Randomised subspace iteration (Halko, Martinsson and Tropp 2011): the leading singular vectors, in a
    # second where Lanczos takes ten, close enough for mean similarities.
    basis = np.random.default_rng(seed).standard_normal((items, min(rank + 10, items)))
    for _ in range(ITERATIONS):
        basis, _ = np.linalg.qr(scaled.T @ (scaled @ basis))
    _, values, right = np.linalg.svd(scaled @ basis, full_matrices=False)
    vectors = basis @ right[:rank].T * values[:rank]
    return vectors / np.maximum(1e-12, np.linalg.norm(vectors, axis=1, keepdims=True))


def timestamps_informative(dataset: Dataset) -> bool:
    """Whether the gaps between a user's events differ.

    False where timestamps are positions (0, 1, 2, ...) or all the same: gaps enter the model in buckets of
    powers of two, and when all but `LEAST_VARIETY` of them fall into one bucket there is nothing to learn
    from them.
    """
    events = dataset.events
    counts = np.zeros(65, np.int64)  # a gap is an int64
    for _, _, part in events.by_users():
        gaps = np.diff(events.timestamp[part])[np.diff(events.user[part]) == 0]
        buckets = np.floor(np.log2(1 + np.maximum(0, gaps.astype(np.float64)))).astype(int)
        counts += np.bincount(buckets, minlength=len(counts))
    return bool(counts.any() and 1 - counts.max() / counts.sum() > LEAST_VARIETY)


def repeat_rate(dataset: Dataset, task: str, split: int = VALID) -> float:
    """Share of the examples of a split whose item the same user had before in any event; 0 without any."""
    events = dataset.events
    targets = dataset.targets(task, split)
    if not len(targets):
        return 0.0
    repeats = 0
    for first_user, _, part in events.by_users():
        here = targets[slice(*np.searchsorted(targets, [part.start, part.stop]))] - part.start
        keys = (events.user[part].astype(np.int64) - first_user) * len(dataset.catalogue) + events.item[part]
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        repeats += int((first[inverse[here]] < here).sum())
    return repeats / len(targets)
