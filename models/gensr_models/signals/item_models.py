"""Linear item-item models of the train split: weights from an item of the history to every other.

EASE: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019. Item-kNN: Deshpande and Karypis,
"Item-Based Top-N Recommendation Algorithms", TOIS 2004, with the shrinkage of Bell and Koren (2007).
"""

from __future__ import annotations

import itertools
import logging

import numpy as np
import scipy.linalg
import scipy.sparse

from gensr_models.data import TRAIN, Dataset
from gensr_models.signals.histories import latest, positive_kinds

log = logging.getLogger("gensr_models")

LONGEST = 300
"""Items of a user that take part in co-occurrence."""
MOST_PAIRS = 30_000_000
"""Pairs of items of one user, all users together; beyond, fewer items of each user are read."""
MOST_COMMON, BLOCK = 100_000_000, 10_000_000
"""Pairs of items of one user, in both orders, that item-kNN sums at most (0.8 GB of weights), and about so many at a
time."""


def liked_in_training(dataset: Dataset) -> np.ndarray:
    """Places of the train events whose kind has a positive sign, of any task."""
    events = dataset.events
    return np.flatnonzero((events.split == TRAIN) & positive_kinds(dataset)[events.kind])


def users_by_items(dataset: Dataset) -> scipy.sparse.csr_array:
    """Binary matrix [U, N]: user liked item in training."""
    events, places = dataset.events, liked_in_training(dataset)
    shape = (events.users, len(dataset.catalogue))
    matrix = scipy.sparse.csr_array(
        (np.ones(len(places), np.float32), (events.user[places], events.item[places])), shape=shape
    )
    matrix.data[:] = 1
    return matrix


def gram(matrix: scipy.sparse.csr_array) -> np.ndarray:
    """Dense [N, N]: how many users liked both."""
    return (matrix.T @ matrix).toarray().astype(np.float32)


def ease(counts: np.ndarray, penalty: float) -> np.ndarray:
    """Weights [N, N], from row to column, of the regression of every item on all others with this L2 penalty.

    `counts` (the Gram matrix) is not changed. Single precision and one triangle: half the time and memory of the plain
    inverse.
    """
    system = counts.copy(order="F")
    system[np.diag_indices_from(system)] += np.float32(penalty)
    factor, failed = scipy.linalg.lapack.spotrf(system, lower=1, overwrite_a=1)
    if not failed:
        inverse, failed = scipy.linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise ValueError(f"the item-item system has no inverse at penalty {penalty}")
    weights = np.tril(inverse, -1)
    weights += weights.T
    weights /= -np.diag(inverse)[None, :]
    return weights


def bounded(dataset: Dataset, most: int = MOST_COMMON) -> scipy.sparse.csr_array:
    """As `users_by_items`, but of each user only so many of the latest items that `knn` sums at most `most` pairs."""
    matrix = users_by_items(dataset)
    sizes = np.diff(matrix.indptr).astype(np.int64)
    longest = widest = int(sizes.max(initial=0))
    while (np.minimum(sizes, longest) ** 2).sum() > most and longest > 1:
        longest //= 2
    if longest == widest:
        return matrix
    log.info("item-kNN reads the latest %d items of each user: all would be %d pairs", longest, (sizes**2).sum())
    events, places = dataset.events, liked_in_training(dataset)
    bounds = np.searchsorted(events.user[places], np.arange(events.users + 1))
    kept = [latest(events.item[places[begin:end]], longest) for begin, end in itertools.pairwise(bounds)]
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in kept])])
    columns = np.concatenate(kept)
    return scipy.sparse.csr_array((np.ones(len(columns), np.float32), columns, offsets), shape=matrix.shape)


def knn(matrix: scipy.sparse.csr_array, shrinkage: float) -> scipy.sparse.csr_array:
    """Cosine of items [N, N] times common / (common + shrinkage), without the diagonal.

    Made some rows at a time: beside the result (8 bytes for each pair of items that someone has both of) little is
    held.
    """
    by_item = matrix.T.tocsr()
    items, count = by_item.shape[0], np.asarray(matrix.sum(axis=0)).ravel()
    summed = np.cumsum(by_item @ np.diff(matrix.indptr).astype(np.int64))  # pairs that rows up to this one sum over
    cuts = np.searchsorted(summed, np.arange(BLOCK, summed[-1] if items else 0, BLOCK))
    parts = []
    for begin, end in itertools.pairwise(np.unique([0, *cuts, items])):
        common = scipy.sparse.coo_array(by_item[begin:end] @ matrix)
        row, column = common.coords
        value = common.data / np.sqrt(count[row + begin] * count[column]) * common.data / (common.data + shrinkage)
        off = row + begin != column
        coordinates = (value[off].astype(np.float32), (row[off], column[off]))
        parts.append(scipy.sparse.csr_array(coordinates, shape=common.shape))
    return scipy.sparse.csr_array(scipy.sparse.vstack(parts, format="csr"))


class Cooccurrence:
    """How often item b follows item a in one user's training events, by their distance.

    Reads the latest occurrence of each item, at most the last LONGEST. All settings share the pairs.
    """

    def __init__(self, dataset: Dataset, longest: int = LONGEST, most_pairs: int = MOST_PAIRS):
        events, places = dataset.events, liked_in_training(dataset)
        self.items = len(dataset.catalogue)
        self.counts = np.bincount(events.item[places], minlength=self.items)
        bounds = np.searchsorted(events.user[places], np.arange(events.users + 1))
        rows = [
            latest(events.item[places[begin:end]], longest)
            for begin, end in itertools.pairwise(bounds)
            if end - begin > 1
        ]
        sizes = np.array([len(row) for row in rows] or [0])
        while (kept := np.minimum(sizes, longest)) @ (kept - 1) // 2 > most_pairs and longest > 2:
            longest //= 2
        self.longest = longest
        keys, distances = [np.zeros(0, np.int64)], [np.zeros(0, np.int16)]
        for row in rows:
            recent = row[:longest].astype(np.int64)
            later, earlier = np.triu_indices(len(recent), 1)  # the most recent comes first
            keys.append(recent[earlier] * self.items + recent[later])
            distances.append((earlier - later).astype(np.int16))
        key, distance = np.concatenate(keys), np.concatenate(distances)
        order = np.argsort(key, kind="stable")
        key, self._distance = key[order], distance[order]
        self._start = np.flatnonzero(np.diff(key, prepend=-1))
        self._row, self._column = np.divmod(key[self._start], self.items)

    def weights(self, decay: float, alpha: float, beta: float, back: float) -> scipy.sparse.csr_array:
        """From row to column: `decay ** (distance - 1)` forwards, `back` times that backwards, summed over users.

        Divided by (1 + count of the row)^alpha and (1 + count of the column)^beta.
        """
        shape = (self.items, self.items)
        if not len(self._start):
            return scipy.sparse.csr_array(shape, dtype=np.float32)
        steps = decay ** np.arange(-1, self.longest + 1, dtype=np.float64)
        value = np.add.reduceat(steps[self._distance], self._start)
        value /= (1.0 + self.counts[self._row]) ** alpha * (1.0 + self.counts[self._column]) ** beta
        forwards = scipy.sparse.csr_array((value.astype(np.float32), (self._row, self._column)), shape=shape)
        if not back:
            return forwards
        scaled = (1.0 + self.counts) ** (beta - alpha)  # the two counts change sides
        mirror = scipy.sparse.csr_array(
            (
                (back * value * scaled[self._column] / scaled[self._row]).astype(np.float32),
                (self._column, self._row),
            ),
            shape=shape,
        )
        return forwards + mirror
