"""Words as signals: BM25 postings, made by `gensr index`, their parameters tuned on valid searches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import scipy.sparse

from gensr_models.data import VALID, Dataset
from gensr_models.engine.index import Bm25, Index
from gensr_models.signals.histories import quality, valid_cases

MOST_ITEMS = 200_000
"""Above this many items the default is taken: every setting indexes the whole catalogue."""
MOST_CALLS = 20
"""Settings that are indexed at most."""


GRID: dict[str, tuple[float, ...]] = {
    "queries": (0.0, 0.3, 1.0, 3.0),
    "b": (0.0, 0.15, 0.3, 0.75),
    "k1": (0.6, 1.2, 2.5, 6.0),
    "title": (1.0, 2.0),
}


def query_words(offsets: np.ndarray, ids: np.ndarray, vocabulary: int) -> scipy.sparse.csr_array:
    """[Q, V]: 1 where the query has the word, however often."""
    rows = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    shape = (len(offsets) - 1, vocabulary)
    matrix = scipy.sparse.csr_array((np.ones(len(ids), np.float32), (rows, ids)), shape=shape)
    matrix.data[:] = 1
    return matrix


def tune(dataset: Dataset, index_with: Callable[[Bm25], Index], seed: int, log: Callable[[str], None]) -> Bm25:
    """The parameters whose postings alone rank valid searches best (ndcg@10, nothing left out).

    A coordinate search over a coarse grid. The default is taken where the catalogue is large or nobody searches.

    Args:
        dataset: with the valid searches.
        index_with: calls `gensr index` with the parameters.
        seed: of the sample of searches.
        log: gets a line on the outcome.
    """
    if len(dataset.catalogue) > MOST_ITEMS or not len(dataset.targets("search", VALID)):
        return Bm25()
    cases = [(case, 1.0) for case, _ in valid_cases(dataset, seed) if case.task == "search"]
    events, items = dataset.events, len(dataset.catalogue)
    tried: dict[Bm25, float] = {}

    def score(setting: Bm25) -> float:
        if setting not in tried:
            if len(tried) == MOST_CALLS:
                return -1.0
            index = index_with(setting)
            matrix = index.postings.matrix(items)
            words = query_words(index.queries.offsets, index.queries.ids, matrix.shape[0])
            tried[setting] = quality(cases, lambda case: words[events.query[case.places]] @ matrix)
        return tried[setting]

    best, changed = Bm25(), True
    while changed:
        before = best
        for field, values in GRID.items():
            best = max([best, *(replace(best, **{field: value}) for value in values)], key=score)
        changed = best != before
    log(f"words: ndcg@10 {score(best):.4f} with {best}, {tried[Bm25()]:.4f} with the default ({len(tried)} settings)")
    return best
