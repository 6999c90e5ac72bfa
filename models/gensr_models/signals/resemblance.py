"""Which items resemble each other by their words: neighbours that need no user, for items that few have met."""

from __future__ import annotations

import numpy as np
import scipy.sparse

from gensr_models.model import Words

MOST = 64
"""Items that an item may resemble."""
POWER = 3
"""Of the cosine: what shares most words counts, what shares one word does not."""
COMMON = 5_000
"""Words in more items than this are ignored: they discriminate little and cost the square of their number."""
BLOCK = 16_000_000
"""Cells of a block of rows that is compared with all items at a time."""


def resemblance(words: Words) -> scipy.sparse.csr_array:
    """Cosine [N, N] of the items' words, each weighed by its rarity (ln (N / df)), to the power of POWER.

    At most MOST an item, of equal ones the smaller rows; the diagonal is left out.
    """
    vectors = tfidf(words)
    items = vectors.shape[0]
    transposed = vectors.T.tocsr()
    step = max(1, BLOCK // max(1, items))
    blocks = [_closest(vectors[start : start + step] @ transposed, start) for start in range(0, items, step)]
    if not blocks:
        return scipy.sparse.csr_array((0, 0), dtype=np.float32)
    return scipy.sparse.csr_array(scipy.sparse.vstack(blocks, format="csr"))


def tfidf(words: Words) -> scipy.sparse.csr_array:
    """Rows of unit norm [N, V]; a row without a telling word is empty."""
    items, vocabulary = len(words), int(words.ids.max(initial=-1)) + 1
    row = np.repeat(np.arange(items), np.diff(words.offsets))
    keys = np.unique(row * max(1, vocabulary) + words.ids)  # a word counts once an item
    row, word = np.divmod(keys, max(1, vocabulary))
    found = np.bincount(word, minlength=vocabulary)
    rarity = np.where(found <= COMMON, np.log(max(1, items) / np.maximum(1, found)), 0.0)
    value = rarity[word]
    norm = np.sqrt(np.bincount(row, value**2, minlength=items))
    telling = value > 0
    row, word, value = row[telling], word[telling], value[telling]
    return scipy.sparse.csr_array(((value / norm[row]).astype(np.float32), (row, word)), shape=(items, vocabulary))


def _closest(cosines: scipy.sparse.csr_array, first: int) -> scipy.sparse.csr_array:
    """The MOST largest of each row but the diagonal; row 0 is item `first`."""
    found = cosines.tocoo()
    row, column = found.coords[0].astype(np.int64), found.coords[1].astype(np.int64)
    off = row + first != column
    row, column, value = row[off], column[off], found.data[off]
    order = np.lexsort((column, -value, row))
    row, column, value = row[order], column[order], value[order]
    begin = np.searchsorted(row, np.arange(cosines.shape[0]))
    kept = np.arange(len(row)) - begin[row] < MOST
    shape = cosines.shape
    return scipy.sparse.csr_array((value[kept] ** POWER, (row[kept], column[kept])), shape=shape)
