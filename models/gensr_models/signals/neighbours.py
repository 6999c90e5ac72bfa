"""The neighbours of every item: the largest weights of a linear item-item model and of its words, chosen on valid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse

from gensr_models.data import Dataset
from gensr_models.model import Words
from gensr_models.pack.format import Section
from gensr_models.signals.histories import MOST_EVENTS, Cases, quality, valid_cases
from gensr_models.signals.item_models import Cooccurrence, gram, liked_in_training, users_by_items
from gensr_models.signals.resemblance import resemblance
from gensr_models.signals.sparse_ease import largest, refitted

PENALTIES = (100.0, 50.0, 250.0, 500.0)
"""L2 penalties of EASE. The first decides whether the others are worth their time."""
REFITS = (1.0, 0.5, 0.25, 0.1)
"""Penalties of the second fit, as shares of the first one's."""
WORTH = 0.8
"""EASE is fitted again where its first fit has at least this share of the quality of co-occurrence."""
MOST_ITEMS_OF_EASE = {True: 8_000, False: 20_000}
"""Its inverse is dense: at 20,000 items 1.6 GB and over a minute on one thread for each penalty.

Where order counts (True) a model that does not know it has stayed a tenth or more behind on every set we tried; there
it is only tried where it is cheap.
"""
READINGS = ((0.6, 8), (0.7, 8), (0.85, 20), (0.95, 50), (1.0, MOST_EVENTS))
"""How a history is read: decay of an item's age, and the most items."""
ALIKE = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Weight of an item with exactly the same words, in units of LARGE."""
LARGE = 90
"""Percentile of a model's positive weights."""


@dataclass(frozen=True)
class Cooccur:
    """A setting of the co-occurrence family, how much words count beside it, and how a history is read with it."""

    decay: float
    alpha: float
    beta: float
    back: float
    reading: tuple[float, int]
    alike: float = 0.0


# Coordinates are searched from one of two starts: where order counts, what follows an item matters more than what came
# before it; where it does not, both directions are the same.
START = {
    True: Cooccur(0.85, 0.5, 0.1, 0.25, (0.6, 8)),
    False: Cooccur(1.0, 0.5, 0.5, 1.0, (1.0, MOST_EVENTS)),
}
GRID: dict[str, tuple] = {
    "reading": READINGS,
    "decay": (0.7, 0.85, 0.95, 1.0),
    "alpha": (0.3, 0.5, 0.7),
    "beta": (0.1, 0.3, 0.5),
    "back": (0.1, 0.25, 0.5, 1.0),
    "alike": ALIKE,
}
MOST_ITEMS_OF_SEARCH = 200_000
"""Above this many items only the reading is searched: lists for every other setting would take minutes each."""


@dataclass(frozen=True)
class Neighbours:
    """At most K neighbours an item, as a pack stores them.

    Attributes:
        ids: [N, K], rows of the catalogue in descending weight, `none` at the end.
        weights: u8 [N, K].
        scale: f32 [N]; the weight from item j to `ids[j, k]` is `scale[j] * weights[j, k]`.
        decay, events: the score of item i is the sum over the last `events` distinct items j of a history of
            `decay ** age(j) * weight(j -> i)`.
    """

    ids: np.ndarray
    weights: np.ndarray
    scale: np.ndarray
    decay: float
    events: int

    @classmethod
    def of(cls, weights: scipy.sparse.csr_array, decay: float, events: int, width: int) -> Neighbours:
        """Keeps the `width` largest positive weights of a row, of equal ones the smaller rows; no diagonal."""
        items = weights.shape[0]
        none = none_of(items)
        ids = np.full((items, width), none, np.uint16 if none < 2**16 else np.uint32)
        coded, scale = np.zeros((items, width), np.uint8), np.zeros(items, np.float32)
        weights = weights.sorted_indices()
        for row in range(items):
            own = slice(weights.indptr[row], weights.indptr[row + 1])
            column, value = weights.indices[own], weights.data[own]
            good = (value > 0) & (column != row)
            column, value = column[good], value[good]
            if not len(value):
                continue
            best = np.argsort(-value, kind="stable")[:width]
            step = np.float32(value[best[0]] / 255)
            code = np.rint(value[best] / step) if step > 0 else np.zeros(len(best))
            kept = int((code > 0).sum())
            if not kept:
                continue
            scale[row], ids[row, :kept], coded[row, :kept] = step, column[best[:kept]], code[:kept].clip(0, 255)
        return cls(ids, coded, scale, decay, events)

    def matrix(self) -> scipy.sparse.csr_array:
        """[N, N] from row to column, as the engine reads it."""
        items = len(self.ids)
        present = self.weights > 0
        row = np.repeat(np.arange(items), present.sum(axis=1))
        value = (self.scale[:, None] * self.weights.astype(np.float32))[present]
        return scipy.sparse.csr_array((value, (row, self.ids[present].astype(np.int64))), shape=(items, items))

    def scores(self, cases: Cases) -> scipy.sparse.csr_array:
        """K of every item that has any, for each case."""
        return cases.histories(self.decay, self.events) @ self.matrix()

    def sections(self) -> list[Section]:
        """For the pack."""
        return [
            Section.of("neighbours.ids", self.ids.ravel()),
            Section.of("neighbours.weights", self.weights.ravel()),
            Section.of("neighbours.scale", self.scale),
        ]

    def manifest(self) -> dict:
        """For the pack."""
        return {"width": self.ids.shape[1], "decay": self.decay, "events": self.events}


def width_beside(dim: int) -> int:
    """Neighbours of an item: at 3 bytes each fewer where its row is wide, to stay within 400 bytes an item."""
    return 32 if dim <= 64 else 16


def none_of(items: int) -> int:
    """The id of no item: 16 bits as long as they are enough."""
    return 2**16 - 1 if items < 2**16 else 2**32 - 1


def choose(
    dataset: Dataset, words: Words, ordered: bool, width: int, seed: int, log: Callable[[str], None]
) -> Neighbours | None:
    """The neighbours with the best ndcg@10 on valid, alone, under each task's default protocol.

    Args:
        dataset: its train split makes the lists, its valid split chooses among them.
        words: of the items, as `gensr index` splits them.
        ordered: whether the order of a history is informative; where the search begins.
        width: neighbours of an item.
        seed: of the sample of valid events.
        log: gets a line for each family.

    Returns:
        None where no two items share a user. Without valid events, the setting that the search would begin with.
    """
    if not len(liked_in_training(dataset)):
        return None
    cases = valid_cases(dataset, seed)
    pairs = Cooccurrence(dataset)
    alike = _alike(words, pairs.items)
    setting, score, best = _search(pairs, alike, cases, START[ordered], width)
    log(f"co-occurrence: ndcg@10 {score:.4f} with {setting}")
    if cases and 1 < len(dataset.catalogue) <= MOST_ITEMS_OF_EASE[ordered]:
        found, alone = _search_ease(dataset, alike, cases, WORTH * score, width, log)
        if alone > score:
            best = found
    return best if best.weights.any() else None


def _search_ease(
    dataset: Dataset,
    alike: scipy.sparse.csr_array,
    cases: list[tuple[Cases, float]],
    least: float,
    width: int,
    log: Callable[[str], None],
) -> tuple[Neighbours, float]:
    """First the penalty that chooses neighbours, then the one that their weights are fitted again with, then words.

    It ends with the first penalty where that has not `least`.
    """
    counts = gram(users_by_items(dataset))

    def measured(what: str, weights: scipy.sparse.csr_array) -> tuple[Neighbours, float, scipy.sparse.csr_array]:
        lists, score = _read(weights, cases, width)
        log(f"EASE, {what}: ndcg@10 {score:.4f}, read {lists.decay:g} over {lists.events}")
        return lists, score, weights

    def score_of(found: tuple) -> float:
        return found[1]

    penalty = PENALTIES[0]
    best = measured(f"penalty {penalty:g}", largest(counts, penalty, width))
    if best[1] < least:
        return best[:2]
    for other in PENALTIES[1:]:
        found = measured(f"penalty {other:g}", largest(counts, other, width))
        if found[1] > best[1]:
            best, penalty = found, other
    support = best[2]
    again = [
        measured(f"fitted again with {share * penalty:g}", refitted(counts, support, share * penalty))
        for share in REFITS
    ]
    best = max([best, *again], key=score_of)
    mixed = [measured(f"alike {share:g}", _mixed(best[2], alike, share)) for share in ALIKE if share]
    return max([best, *mixed], key=score_of)[:2]


def _alike(words: Words, items: int) -> scipy.sparse.csr_array:
    if items > MOST_ITEMS_OF_SEARCH:
        return scipy.sparse.csr_array((items, items), dtype=np.float32)
    return resemblance(words)


def _mixed(weights: scipy.sparse.csr_array, alike: scipy.sparse.csr_array, share: float) -> scipy.sparse.csr_array:
    """Adds resemblance by words; an item without co-occurrences has neighbours by words alone."""
    positive = weights.data[weights.data > 0]
    if not share or not alike.nnz or not len(positive):
        return weights
    return weights + alike * np.float32(share * np.percentile(positive, LARGE))


def _read(weights: scipy.sparse.csr_array, cases: list[tuple[Cases, float]], width: int) -> tuple[Neighbours, float]:
    """The reading of a history that suits these weights best."""
    lists = Neighbours.of(weights, *READINGS[-1], width)
    matrix = lists.matrix()
    scores = {
        reading: quality(cases, lambda case, reading=reading: case.histories(*reading) @ matrix) for reading in READINGS
    }
    reading = max(scores, key=scores.__getitem__)
    return Neighbours(lists.ids, lists.weights, lists.scale, *reading), scores[reading]


def _search(
    pairs: Cooccurrence,
    alike: scipy.sparse.csr_array,
    cases: list[tuple[Cases, float]],
    start: Cooccur,
    width: int,
) -> tuple[Cooccur, float, Neighbours]:
    """Coordinate search: one field after the other, until a round changes nothing."""
    tried: dict[Cooccur, float] = {}
    lists: dict[tuple, Neighbours] = {}

    def made(setting: Cooccur) -> Neighbours:
        model = (setting.decay, setting.alpha, setting.beta, setting.back)
        key = (*model, setting.alike)
        if key not in lists:
            weights = _mixed(pairs.weights(*model), alike, setting.alike)
            lists[key] = Neighbours.of(weights, *setting.reading, width)
        found = lists[key]
        return Neighbours(found.ids, found.weights, found.scale, *setting.reading)

    def score(setting: Cooccur) -> float:
        if setting not in tried:
            tried[setting] = quality(cases, made(setting).scores)
        return tried[setting]

    grid = GRID if pairs.items <= MOST_ITEMS_OF_SEARCH else {"reading": READINGS}
    best = start
    changed = bool(cases)
    while changed:
        before = best
        for field, values in grid.items():
            # The value at hand wins ties: max() keeps the first of equals.
            options = [best, *(Cooccur(**{**vars(best), field: value}) for value in values)]
            best = max(options, key=score)
        changed = best != before
    return best, score(best) if cases else 0.0, made(best)
