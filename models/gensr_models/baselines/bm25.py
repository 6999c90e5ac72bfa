"""BM25 for search."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import scipy.sparse

from gensr_models.baselines.protocol import Scorer, quality
from gensr_models.data import TRAIN, Dataset

WORDS = re.compile(r"\w+")
K1 = (0.4, 0.8, 1.2, 2.0)
B = (0.0, 0.15, 0.3, 0.5, 0.75)
SEARCHES = (0.0, 1.0)
"""The grid that BM25 is chosen from, on valid; the last is the weight of a training search in the item it led to."""
STANDARD = (1.2, 0.75, 0.0)
"""Defaults of search libraries such as Lucene."""


class BM25:
    """Okapi BM25 over title, text and categories, and the words of the training searches that led to an item.

    Words are lower-case runs of letters and digits. Vocabulary and counts are shared by all settings.
    """

    def __init__(self, dataset: Dataset):
        catalogue, self.events = dataset.catalogue, dataset.events
        self.vocabulary: dict[str, int] = {}
        parts = zip(catalogue.titles, catalogue.texts, catalogue.categories, strict=True)
        own = [self._words(" ".join([title, text, *categories])) for title, text, categories in parts]
        searched: list[list[int]] = [[] for _ in own]
        for place in dataset.targets("search", TRAIN):
            if self.events.query[place] >= 0:
                searched[self.events.item[place]] += self._words(dataset.queries[self.events.query[place]])
        self.counts, self.searched = self._count(own), self._count(searched)
        known = [
            [word for word in WORDS.findall(query.lower()) if word in self.vocabulary] for query in dataset.queries
        ]
        self.queries = self._count([[self.vocabulary[word] for word in query] for query in known])

    def _words(self, text: str) -> list[int]:
        return [self.vocabulary.setdefault(word, len(self.vocabulary)) for word in WORDS.findall(text.lower())]

    def _count(self, texts: list[list[int]]) -> scipy.sparse.csr_array:
        rows = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
        columns = np.array([word for text in texts for word in text], np.int64)
        shape = (len(texts), max(1, len(self.vocabulary)))
        # Building from coordinates adds up the occurrences of a word in a text.
        return scipy.sparse.csr_array((np.ones(len(columns), np.float32), (rows, columns)), shape=shape)

    def scorer(self, k1: float, b: float, searches: float = 0.0) -> Scorer:
        """Score with these parameters; zero for items without a word of the query."""
        counts = scipy.sparse.csr_array(self.counts + searches * self.searched)
        counts.eliminate_zeros()
        lengths = counts.sum(axis=1)
        present = np.bincount(counts.indices, minlength=counts.shape[1])
        items = counts.shape[0]
        idf = np.log1p((items - present + 0.5) / (present + 0.5))
        impacts = counts.tocoo()
        norm = k1 * (1 - b + b * lengths[impacts.coords[0]] / max(1e-9, lengths.mean()))
        values = idf[impacts.coords[1]] * impacts.data * (k1 + 1) / (impacts.data + norm)
        matrix = scipy.sparse.csr_array((values.astype(np.float32), impacts.coords[::-1]), shape=counts.shape[::-1])
        return lambda places: (self.queries[self.events.query[places]] @ matrix).toarray()


def tuned_bm25(dataset: Dataset, task: str = "search") -> tuple[Scorer, dict[str, float]]:
    """BM25 with the setting of the grid that has the best ndcg@10 on valid."""
    index = BM25(dataset)
    best = max(product(K1, B, SEARCHES), key=lambda setting: quality(dataset, task, index.scorer(*setting)))
    return index.scorer(*best), dict(zip(("k1", "b", "searches"), best, strict=True))


def standard_bm25(dataset: Dataset) -> tuple[Scorer, dict[str, float]]:
    """BM25 as a shop has it that no search is known of: the usual parameters, the texts of the items alone."""
    return BM25(dataset).scorer(*STANDARD), dict(zip(("k1", "b", "searches"), STANDARD, strict=True))
