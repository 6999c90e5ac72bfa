"""Phrases that an intent can name: categories, values of attributes, tags and title words that several items share."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from gensr_models.data import Catalogue
from gensr_models.instructions.sayings import words_said

LEAST_ITEMS = 3
"""Items that share a phrase: an intent names a kind of thing."""
MOST_SHARE = 0.3
"""Largest share of the catalogue that a phrase may fit."""
MOST_WORDS = 3
"""Words of a part of a text (between commas, say) that is taken for a tag."""
LEAST_TITLES = 0.01
"""Share of titles from which on a word in them names a kind of thing ("watch") and is no accident ("Days of ...")."""
NAMED = 3.0
"""How much more often an intent names a category, a value or a tag than a mere word."""
_PARTS = re.compile(r"[,;|.:!?()\[\]\n]+")
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True)
class Phrases:
    """Phrases and the items that they fit, in rows of both.

    Attributes:
        texts: the phrases.
        named: bool [P], whether it is a category, a value or a tag, and not only a word.
        fitting: for each phrase the rows of its items, ascending.
        of_items: for each item its phrases.
    """

    texts: list[str]
    named: np.ndarray
    fitting: list[np.ndarray]
    of_items: list[np.ndarray]

    def weights(self, item: int) -> np.ndarray:
        """How likely each phrase of an item is to be named: the rarer, and the more of a name, the likelier."""
        own = self.of_items[item]
        rare = np.log(len(self.of_items) / np.array([len(self.fitting[p]) for p in own]))
        weight = rare * np.where(self.named[own], NAMED, 1.0)
        return weight / weight.sum()

    def fitting_all(self, chosen: np.ndarray) -> np.ndarray:
        """Rows of the items that have all of these phrases, ascending."""
        rows = self.fitting[chosen[0]]
        for phrase in chosen[1:]:
            rows = np.intersect1d(rows, self.fitting[phrase], assume_unique=True)
        return rows

    def common(self, most: int) -> np.ndarray:
        """The named phrases with the most items; words if there are no named ones."""
        sizes = np.array([len(rows) for rows in self.fitting], np.int64)
        pool = np.flatnonzero(self.named) if self.named.any() else np.arange(len(sizes))
        return pool[np.argsort(-sizes[pool], kind="stable")][:most]


def phrases(catalogue: Catalogue, silent: frozenset[str] = frozenset()) -> Phrases:
    """Phrases of a catalogue. Codes (with digits), too common ones and those of `silent` words only are left out."""
    found: dict[str, set[int]] = defaultdict(set)
    names: set[str] = set()
    for item in range(len(catalogue)):
        named, words = _of_item(catalogue, item)
        names |= named
        for text in named | words:
            found[text].add(item)
    most = MOST_SHARE * len(catalogue)
    shared = (text for text, items in found.items() if LEAST_ITEMS <= len(items) <= most)
    texts = sorted(text for text in shared if not silent.issuperset(words_said(text)))
    fitting = [np.array(sorted(found[text]), np.int64) for text in texts]
    of_items: list[list[int]] = [[] for _ in range(len(catalogue))]
    for phrase, rows in enumerate(fitting):
        for row in rows:
            of_items[row].append(phrase)
    named = np.array([text in names for text in texts], bool)
    return Phrases(texts, named, fitting, [np.array(own, np.int64) for own in of_items])


def names(catalogue: Catalogue) -> frozenset[str]:
    """Words that name a kind of thing by themselves, as `words_said` spells them.

    Each alone is a category, a value or a tag of at least `LEAST_ITEMS` items, or stands in at least `LEAST_TITLES` of
    the titles.
    """
    named: Counter[str] = Counter()
    titles: Counter[str] = Counter()
    for item in range(len(catalogue)):
        said = (words_said(text) for text in _of_item(catalogue, item)[0])
        named.update({words[0] for words in said if len(words) == 1})
        titles.update(set(words_said(catalogue.titles[item] or "")))
    enough = max(LEAST_ITEMS, LEAST_TITLES * len(catalogue))
    common = {word for word, count in titles.items() if count >= enough}
    return frozenset({word for word, count in named.items() if count >= LEAST_ITEMS} | common)


def _of_item(catalogue: Catalogue, item: int) -> tuple[set[str], set[str]]:
    """Named phrases and words of an item, in lower case."""
    named = {category.lower() for category in catalogue.categories[item]}
    for column in catalogue.attributes.values():
        if column.type in ("string", "set"):
            value = column.get(item)
            named |= {text.lower() for text in (value if isinstance(value, list) else [value] if value else [])}
    for part in _PARTS.split(catalogue.texts[item].lower()):
        if 0 < len(part.split()) <= MOST_WORDS:
            named.add(" ".join(part.split()))
    # Prose is full of words that name nothing.
    words = set(_WORD.findall((catalogue.titles[item] or catalogue.texts[item]).lower()))
    return {text for text in named if _sayable(text)}, words


def _sayable(text: str) -> bool:
    return bool(_WORD.search(text)) and not any(character.isdigit() for character in text)
