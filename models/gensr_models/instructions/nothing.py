"""Recognises texts without an intent: the manifest's part of it, and the same decision for figures in float.

The engine decides (docs/instructions.md): a text is no intent if all its words are silent, or if a weighted sum of its
features is above 0. The sum is a logistic regression of the texts that a build draws, intents against the rest, whose
bias is moved until next to no intent is ignored: an ignored intent is a worse mistake than an answer that moved.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from gensr_models.data import TRAIN, Dataset
from gensr_models.instructions.sayings import words_said

UNHEARD = 0.01
"""Share of the drawn intents that the sum may ignore."""
PENALTY = 0.015
"""Of the squared weights, for features of unit variance; chosen on phrases that were held out of Last.fm and Beauty."""
DIGITS = 6
MOST_VAGUE = 4_096
"""Most words that the engine accepts."""


@dataclass(frozen=True)
class Nothing:
    """Recognises texts without an intent.

    Attributes:
        silent: words that never make an intent.
        naming: words of the dictionary that make a text an intent, and
        vague: its other words, the most frequent first, at most `MOST_VAGUE`. Both only without a sentence encoder.
        weights: of the features, and the bias; empty where words alone decide.
    """

    silent: frozenset[str]
    naming: frozenset[str] | None = None
    vague: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    @classmethod
    def by_words(cls, silent: frozenset[str], dictionary: Sequence[str], named: Set[str]) -> Nothing:
        """For packs without a sentence encoder: an intent has a word that names something, or that was searched for.

        The mean of a few word vectors hardly separates everyday words from those of the shop.

        Args:
            silent: words that never make an intent.
            dictionary: the words that a pack knows, the most frequent first.
            named: those of them that are in `names_and_searches`.
        """
        vague = [word for word in dictionary if word not in named and word not in silent][:MOST_VAGUE]
        return cls(silent, frozenset(dictionary) - silent - set(vague), vague)

    @classmethod
    def of_manifest(cls, record: dict, dictionary: Sequence[str] | None) -> Nothing:
        """From the manifest's `tasks.wish`; `dictionary` of packs without a sentence encoder."""
        silent, vague = ({w for text in record.get(name, ()) for w in words_said(text)} for name in ("silent", "vague"))
        naming = None if dictionary is None else frozenset(dictionary) - silent - vague
        return cls(frozenset(silent), naming, record.get("vague", []), record.get("nothing", []))

    def manifest(self) -> dict:
        """For the manifest's `tasks.wish`."""
        record = {"silent": sorted(self.silent), "vague": self.vague, "nothing": self.weights}
        return {name: found for name, found in record.items() if found}

    def says(self, texts: Sequence[str], features: Tensor) -> np.ndarray:
        """Whether each text, with these features, has no intent, as the engine decides; bool.

        Words are spelled nearly as the engine's analyzer does.
        """
        silent = np.array([self.words_say(text) for text in texts], bool)
        if self.weights:
            silent |= (features.numpy() @ np.array(self.weights[:-1], np.float32) + self.weights[-1]) > 0
        return silent

    def words_say(self, text: str) -> bool:
        """Whether a text has no intent by its words alone."""
        left = set(words_said(text)) - self.silent
        return bool(self.silent) and not (left if self.naming is None else left & self.naming)


def names_and_searches(dataset: Dataset, phrases: Sequence[str]) -> list[str]:
    """Texts whose words make an intent: titles, categories, values, tags, and the searches of training.

    Args:
        dataset: catalogue and searches.
        phrases: what intents of a build name, tags among it.
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
    """Weights of features, and a bias, by which texts without an intent are above 0.

    Args:
        features: of texts, [n, Q].
        empty: bool [n], which of them have no intent; there are some of either kind.
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
        of_intents = (x @ weight)[~y]
        threshold = torch.quantile(of_intents, 1 - UNHEARD)
    found = [*(weight.detach() / scale).tolist(), -float(threshold)]
    return [float(f"{value:.{DIGITS}g}") for value in found]
