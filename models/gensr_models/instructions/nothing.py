"""Texts that wish for nothing in particular: what a pack is told of them, and the same decision for figures in float.

The engine decides (docs/instructions.md): a text is no wish if all its words are silent, or if a weighted sum of its
features says so. The sum is a logistic regression of the texts that a build draws, wishes against the rest, whose bias
is moved until next to no wish is taken for nothing: what goes unheard is a worse mistake than an answer that moved.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from gensr_models.data import TRAIN, Dataset
from gensr_models.instructions.texts import words_said

UNHEARD = 0.01
"""Share of the drawn wishes that the sum may take for nothing."""
PENALTY = 0.015
"""Of the squared weights, for features of unit variance; chosen on phrases that were held out of Last.fm and Beauty."""
DIGITS = 6
MOST_VAGUE = 4_096
"""What the engine takes."""


@dataclass(frozen=True)
class Nothing:
    """What tells texts that say nothing of what is wanted.

    Attributes:
        silent: words that say nothing.
        naming: words of the dictionary that make a text a wish, and
        vague: the others of it, the most frequent first and no more than the engine takes, where a pack hears nothing
            but words; None and none with a sentence encoder.
        weights: of the features, and the bias; empty where words alone tell.
    """

    silent: frozenset[str]
    naming: frozenset[str] | None = None
    vague: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    @classmethod
    def by_words(cls, silent: frozenset[str], dictionary: Sequence[str], named: Set[str]) -> Nothing:
        """For packs without a sentence encoder: a wish has a word that names something, or that was searched for.

        The mean of a few word vectors tells an everyday word from one of the shop too badly.

        Args:
            silent: words that say nothing.
            dictionary: the words that a pack knows, the most frequent first.
            named: those of them that are in `names_and_searches`.
        """
        vague = [word for word in dictionary if word not in named and word not in silent][:MOST_VAGUE]
        return cls(silent, frozenset(dictionary) - silent - set(vague), vague)

    @classmethod
    def of_manifest(cls, told: dict, dictionary: Sequence[str] | None) -> Nothing:
        """From the manifest's `tasks.wish`; `dictionary` of packs without a sentence encoder."""
        silent, vague = ({w for text in told.get(name, ()) for w in words_said(text)} for name in ("silent", "vague"))
        naming = None if dictionary is None else frozenset(dictionary) - silent - vague
        return cls(frozenset(silent), naming, told.get("vague", []), told.get("nothing", []))

    def manifest(self) -> dict:
        """For the manifest's `tasks.wish`."""
        told = {"silent": sorted(self.silent), "vague": self.vague, "nothing": self.weights}
        return {name: found for name, found in told.items() if found}

    def says(self, texts: Sequence[str], features: Tensor) -> np.ndarray:
        """Whether each text, with these features, says nothing, as the engine decides; bool.

        Words are spelled nearly as the engine's analyzer does.
        """
        silent = np.array([self.words_say(text) for text in texts], bool)
        if self.weights:
            silent |= (features.numpy() @ np.array(self.weights[:-1], np.float32) + self.weights[-1]) > 0
        return silent

    def words_say(self, text: str) -> bool:
        """Whether the words of a text alone say nothing."""
        heard = set(words_said(text)) - self.silent
        return bool(self.silent) and not (heard if self.naming is None else heard & self.naming)


def names_and_searches(dataset: Dataset, phrases: Sequence[str]) -> list[str]:
    """Texts whose words make a wish: titles, categories, values, tags, and the searches before the events that measure.

    Args:
        dataset: catalogue and searches.
        phrases: what wishes of a build name, tags among it.
    """
    catalogue, events = dataset.catalogue, dataset.events
    found = [*phrases, *catalogue.titles, *(category for own in catalogue.categories for category in own)]
    for column in catalogue.attributes.values():
        if column.type in ("string", "set"):
            values = (column.get(item) for item in range(len(catalogue)))
            found += (text for value in values if value for text in (value if isinstance(value, list) else [value]))
    searched = np.unique(events.query[(events.split == TRAIN) & (events.query >= 0)])
    return [text or "" for text in [*found, *(dataset.queries[q] for q in searched)]]


def fit(features: Tensor, empty: np.ndarray) -> list[float]:
    """Weights of features, and a bias, by which texts that say nothing are above 0.

    Args:
        features: of texts, [n, Q].
        empty: bool [n], which of them say nothing; there are some of either kind.
    """
    scale = features.std(dim=0).clamp_min(1e-6)
    x, y = features / scale, torch.from_numpy(empty)
    balance = torch.where(y, 0.5 / y.float().mean(), 0.5 / (~y).float().mean())
    weight = torch.zeros(x.shape[1], requires_grad=True)
    bias = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        found = F.binary_cross_entropy_with_logits(x @ weight + bias, y.float(), balance)
        found = found + 0.5 * PENALTY * weight.square().sum()
        found.backward()
        return found

    optimizer.step(loss)
    with torch.no_grad():
        of_wishes = (x @ weight)[~y]
        threshold = torch.quantile(of_wishes, 1 - UNHEARD)
    found = [*(weight.detach() / scale).tolist(), -float(threshold)]
    return [float(f"{value:.{DIGITS}g}") for value in found]
