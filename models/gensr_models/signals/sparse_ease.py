"""EASE with few weights: the largest of each row, fitted again as they then are.

What was cut away had its part in every weight that stays, so cutting costs ranking that a second fit gets back. It
is SLIM (Ning and Karypis, ICDM 2011) with a given support and a ridge in place of the lasso.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse

from gensr_models.signals.item_models import ease

MOST = 1_000
"""Most items in the regression of one, those with the largest weights; the fit costs the cube of it."""


def largest(counts: np.ndarray, penalty: float, width: int) -> scipy.sparse.csr_array:
    """The largest positive weights of every row of EASE, at most `width`."""
    weights = ease(counts, penalty)
    items = len(weights)
    kept = min(width, items - 1)
    column = np.argpartition(-weights, kept - 1, axis=1)[:, :kept]
    value = np.take_along_axis(weights, column, axis=1)
    row = np.repeat(np.arange(items), kept)
    positive = value.ravel() > 0
    return scipy.sparse.csr_array(
        (value.ravel()[positive], (row[positive], column.ravel()[positive])), shape=weights.shape
    )


def refitted(counts: np.ndarray, support: scipy.sparse.csr_array, penalty: float) -> scipy.sparse.csr_array:
    """Fits every item anew on the items whose row in `support` has it; weights from row to column, positive ones only.

    Args:
        counts: the Gram matrix [N, N].
        support: where weights may be; its values only choose where there are more than MOST in a column.
        penalty: of the ridge.
    """
    columns = scipy.sparse.csc_array(support)
    rows, weights, places = [], [], []
    for item in range(columns.shape[1]):
        own = slice(columns.indptr[item], columns.indptr[item + 1])
        source, value = columns.indices[own], columns.data[own]
        source, value = source[source != item], value[source != item]
        if len(source) > MOST:
            source = np.sort(source[np.argpartition(-value, MOST)[:MOST]])
        if not len(source):
            continue
        system = counts[np.ix_(source, source)].astype(np.float64)
        system[np.diag_indices_from(system)] += penalty
        fitted = np.linalg.solve(system, counts[source, item].astype(np.float64))
        good = fitted > 0
        rows.append(source[good])
        weights.append(fitted[good].astype(np.float32))
        places.append(np.full(int(good.sum()), item))
    if not rows:
        return scipy.sparse.csr_array(support.shape, dtype=np.float32)
    return scipy.sparse.csr_array(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(places))), shape=support.shape
    )
