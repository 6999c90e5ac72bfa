"""Baselines that a model has to beat: popularity for both tasks, BM25 for search.

Every baseline is a function from a chunk of examples to a score for every item; `ranks` turns it into the
ranks of the wanted items under one protocol for all: the full catalogue, ties against the baseline, the
user's own history (all events that stand before the example) left out or not.
"""

import re
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import scipy.sparse

from . import metrics
from .data import TASKS, TEST, TRAIN, VALID, Dataset

WORDS = re.compile(r"\w+")
CHUNK = 1024
"""Examples scored at a time."""

K1 = (0.4, 0.8, 1.2, 2.0)
B = (0.0, 0.15, 0.3, 0.5, 0.75)
"""The grid that BM25 is chosen from, on valid."""

Scorer = Callable[[np.ndarray], np.ndarray]
"""From places of events to scores [examples, items]."""


def popularity(dataset: Dataset, task: str | None = None) -> Scorer:
    """Score by the number of train events of an item, of one task or of all kinds, disliking not counted."""
    events = dataset.events
    counted = [kind.sign > 0 and task in (None, kind.task) for kind in dataset.kinds] or [False]
    places = np.array(counted)[events.kind] & (events.split == TRAIN)
    counts = np.bincount(events.item[places], minlength=len(dataset.catalogue)).astype(np.float32)
    return lambda places: np.broadcast_to(counts, (len(places), len(counts)))


def tuned_popularity(dataset: Dataset, task: str) -> tuple[Scorer, dict[str, str]]:
    """Popularity by the events of the task or by all, whichever has the better ndcg@10 on valid."""
    choices = {"task": popularity(dataset, task), "all": popularity(dataset)}
    counts = max(choices, key=lambda name: _quality(dataset, task, choices[name]))
    return choices[counts], {"counts": counts}


class BM25:
    """Okapi BM25 over title, text and categories.

    Words are lower-case runs of letters and digits. `vocabulary` and `counts` are shared by all settings of
    k1 and b.
    """

    def __init__(self, dataset: Dataset):
        catalogue = dataset.catalogue
        self.events = dataset.events
        self.vocabulary: dict[str, int] = {}
        rows, columns = [], []
        for row, parts in enumerate(zip(catalogue.titles, catalogue.texts, catalogue.categories, strict=True)):
            for word in WORDS.findall(" ".join([parts[0], parts[1], *parts[2]]).lower()):
                rows.append(row)
                columns.append(self.vocabulary.setdefault(word, len(self.vocabulary)))
        shape = (len(catalogue), max(1, len(self.vocabulary)))
        ones = np.ones(len(rows), np.float32)
        # Building from coordinates adds up the occurrences of a word in an item.
        self.counts = scipy.sparse.csr_array((ones, (rows, columns)), shape=shape)
        self.queries = self._queries(dataset.queries)

    def _queries(self, queries: list[str]) -> scipy.sparse.csr_array:
        pairs = [
            (row, self.vocabulary[word])
            for row, query in enumerate(queries)
            for word in WORDS.findall(query.lower())
            if word in self.vocabulary
        ]
        rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
        shape = (len(queries), self.counts.shape[1])
        return scipy.sparse.csr_array((np.ones(len(pairs), np.float32), (rows, columns)), shape=shape)

    def scorer(self, k1: float, b: float) -> Scorer:
        """Score with these parameters; zero for items without a word of the query."""
        lengths = self.counts.sum(axis=1)
        present = np.bincount(self.counts.indices, minlength=self.counts.shape[1])
        items = self.counts.shape[0]
        idf = np.log1p((items - present + 0.5) / (present + 0.5))
        impacts = self.counts.tocoo()
        norm = k1 * (1 - b + b * lengths[impacts.coords[0]] / max(1e-9, lengths.mean()))
        values = idf[impacts.coords[1]] * impacts.data * (k1 + 1) / (impacts.data + norm)
        matrix = scipy.sparse.csr_array(
            (values.astype(np.float32), impacts.coords[::-1]), shape=self.counts.shape[::-1]
        )
        return lambda places: (self.queries[self.events.query[places]] @ matrix).toarray()


def ranks(dataset: Dataset, places: np.ndarray, scorer: Scorer) -> dict[str, np.ndarray]:
    """Ranks (from 0) of the wanted items: `plain`, and `history_excluded`, where one that is in the history is lost."""
    events = dataset.events
    found: dict[str, list[np.ndarray]] = {"plain": [], "history_excluded": []}
    for chunk in _chunks(places):
        scores = scorer(chunk)
        wanted = events.item[chunk]
        rows = np.arange(len(chunk))
        ahead = scores >= scores[rows, wanted][:, None]
        ahead[rows, wanted] = False
        found["plain"].append(ahead.sum(axis=1))
        lost = np.zeros(len(chunk), bool)
        for row, place in enumerate(chunk):
            history = events.item[events.user_offsets[events.user[place]] : place]
            ahead[row, history] = False
            lost[row] = wanted[row] in history
        found["history_excluded"].append(np.where(lost, len(dataset.catalogue), ahead.sum(axis=1)))
    return {name: np.concatenate(parts) if parts else np.zeros(0, int) for name, parts in found.items()}


def _chunks(places: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(places), CHUNK):
        yield places[start : start + CHUNK]


DEFAULT = {"recommend": "history_excluded", "search": "plain"}
"""What the engine answers by default, and so the headline of each task."""


def evaluate(dataset: Dataset, split: int = TEST) -> dict[str, dict]:
    """Figures of all baselines, `{task: {baseline: {"default", "history_excluded", "plain", and what was tuned}}}`."""
    result: dict[str, dict] = {}
    for task in TASKS:
        places = dataset.targets(task, split)
        if not len(places):
            continue
        scorers = {"popularity": tuned_popularity(dataset, task)}
        if task == "search":
            scorers["bm25"] = tuned_bm25(dataset)
        result[task] = {}
        for name, (scorer, settings) in scorers.items():
            found = {key: metrics.summary(value) for key, value in ranks(dataset, places, scorer).items()}
            result[task][name] = {"default": found[DEFAULT[task]], **found, **settings}
    return result


def tuned_bm25(dataset: Dataset) -> tuple[Scorer, dict[str, float]]:
    """BM25 with the k1 and b of the grid that have the best ndcg@10 on valid."""
    index = BM25(dataset)
    k1, b = max(product(K1, B), key=lambda setting: _quality(dataset, "search", index.scorer(*setting)))
    return index.scorer(k1, b), {"k1": k1, "b": b}


def _quality(dataset: Dataset, task: str, scorer: Scorer) -> float:
    """ndcg@10 on valid as the task answers by default."""
    found = ranks(dataset, dataset.targets(task, VALID), scorer)
    return metrics.ndcg(found[DEFAULT[task]], 10)
