"""Queries that no catalogue should answer, drawn with a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

KINDS = ("letters", "syllables", "shuffled", "foreign")
"""`letters`: random ones. `syllables`: words that can be spoken and mean nothing. `shuffled`: the letters of each word
of a real query in another order. `foreign`: everyday intents of which a catalogue of things or works has no notion."""

_FOREIGN = (
    "income tax return deadline",
    "carburetor gasket torque",
    "file a patent claim",
    "kidney dialysis schedule",
    "mortgage refinancing rate",
    "wisdom tooth extraction",
    "python list comprehension",
    "diesel particulate filter",
    "embassy visa appointment",
    "hdmi splitter adapter",
    "litter box odour",
    "washing machine drum bearing",
    "league standings tonight",
    "quarterly dividend yield",
    "router password reset",
    "symptoms of pneumonia",
    "used tractor gearbox",
    "algebra homework answers",
    "parking fine appeal",
    "boiler pressure too low",
    "divorce lawyer fees",
    "baby vaccination calendar",
    "excel pivot table",
    "asbestos roof removal",
    "currency exchange rupee",
    "sewage pipe blocked",
    "tenant eviction notice",
    "blood glucose chart",
    "concrete mixer rental",
    "passport renewal form",
)
_ALPHABET = list("abcdefghijklmnopqrstuvwxyz")
_CONSONANTS, _VOWELS, _ENDS = list("bdfgklmnprstvz"), list("aeiou"), ["", "n", "r", "s"]


def nonsense(queries: Sequence[str], seed: int) -> tuple[list[str], list[str]]:
    """One nonsense query for each real one, the kinds in turn.

    Returns:
        The queries, and the kind of each.
    """
    random = np.random.default_rng(seed)
    made, kinds = [], []
    for place, query in enumerate(queries):
        kind = KINDS[place % len(KINDS)]
        if kind == "letters":
            made.append(_words(random, 3, lambda: _letters(random)))
        elif kind == "syllables":
            made.append(_words(random, 2, lambda: _syllables(random)))
        elif kind == "shuffled":
            mixed = " ".join("".join(random.permutation(list(word))) for word in query.split())
            made.append(mixed if mixed != query else _letters(random))
        else:
            made.append(_FOREIGN[random.integers(len(_FOREIGN))])
        kinds.append(kind)
    return made, kinds


def _words(random: np.random.Generator, most: int, word) -> str:
    return " ".join(word() for _ in range(random.integers(1, most + 1)))


def _letters(random: np.random.Generator) -> str:
    return "".join(random.choice(_ALPHABET, random.integers(4, 11)))


def _syllables(random: np.random.Generator) -> str:
    pairs = (random.choice(_CONSONANTS) + random.choice(_VOWELS) for _ in range(random.integers(2, 5)))
    return "".join(pairs) + str(random.choice(_ENDS))
