"""The instructions of a training run, drawn once, and the features of their texts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from gensr_models.config.progress import Progress
from gensr_models.data import Dataset
from gensr_models.engine.index import run_index, stage
from gensr_models.instructions.phrases import Phrases
from gensr_models.instructions.sayings import Texts, filled, sentences_of, spoken
from gensr_models.model import Words
from gensr_models.text import encoder as text_encoders
from gensr_models.text.features import TextFeatures, save

INTENTS = 16_000
"""About so many intents are drawn in all; each costs the sentence encoder about a millisecond."""
MOST_OF_ITEM = 8
NOTHINGS = 1_500
"""Texts without an intent."""
TWO_THINGS = 0.25
"""Share of intents that name two things."""


@dataclass(frozen=True)
class Pool:
    """Distinct texts, and the items that they fit.

    Attributes:
        texts: the texts.
        intents: for each item the places of texts that ask for it; may be empty.
        fitting: for each text the rows of the items that have all that it names; none where it names nothing.
        empty: places of texts without an intent: paraphrases of both tasks, requests for anything.
    """

    texts: list[str]
    intents: list[np.ndarray]
    fitting: list[np.ndarray]
    empty: np.ndarray


def draw(phrases: Phrases, texts: Texts, seed: int) -> Pool:
    """Draws intents for every item, from templates and paraphrases that are trained on."""
    rng = np.random.default_rng(seed)
    places: dict[str, int] = {}

    def place(text: str) -> int:
        return places.setdefault(text, len(places))

    paraphrases = sentences_of([*texts.tasks.recommend.train, *texts.tasks.search.train], rng)
    anything = sentences_of(texts.anything, rng)
    nothing = [filled(_template(texts.intents.train, rng), str(rng.choice(anything))) for _ in range(NOTHINGS)]
    empty = np.unique([place(text) for text in paraphrases + nothing])
    each = int(np.clip(round(INTENTS / max(1, len(phrases.of_items))), 1, MOST_OF_ITEM))
    intents, fitting = [], dict.fromkeys(empty.tolist(), np.zeros(0, np.int64))
    for item, own in enumerate(phrases.of_items):
        drawn = []
        for _ in range(each if len(own) else 0):
            chosen = _named(phrases, item, rng)
            drawn.append(place(_said(phrases, chosen, texts.intents.train, rng)))
            fitting[drawn[-1]] = phrases.fitting_all(chosen)
        intents.append(np.array(drawn, np.int64))
    return Pool(list(places), intents, [fitting[place] for place in range(len(places))], empty)


def intent(phrases: Phrases, item: int, templates: list[str], rng: np.random.Generator) -> str:
    """An intent that fits an item that has phrases, in one of the lines `templates`: it names one of them, or two."""
    return _said(phrases, _named(phrases, item, rng), templates, rng)


def _named(phrases: Phrases, item: int, rng: np.random.Generator) -> np.ndarray:
    own = phrases.of_items[item]
    count = 2 if len(own) > 1 and rng.random() < TWO_THINGS else 1
    return rng.choice(own, count, replace=False, p=phrases.weights(item))


def _said(phrases: Phrases, chosen: np.ndarray, templates: list[str], rng: np.random.Generator) -> str:
    return filled(_template(templates, rng), " and ".join(phrases.texts[p] for p in chosen))


def _template(templates: list[str], rng: np.random.Generator) -> str:
    return spoken(templates[rng.integers(len(templates))], rng)


def words_of(
    dataset: Dataset, texts: list[str], others: list[str], folder: Path, vector_min_count: int
) -> tuple[Words, list[str], set[str]]:
    """Word ids of texts, as the engine splits them, the dictionary, and its words that are in `others`.

    Neither texts nor others add a word to the dictionary.
    """
    events = dataset.events
    fit = np.zeros(len(dataset.queries), bool)
    fit[events.query[(events.split == 0) & (events.query >= 0)]] = True
    stage(dataset, fit, folder)
    with (folder / "queries.jsonl").open("a", encoding="utf-8") as file:
        for text in [*texts, *others]:
            file.write(json.dumps({"text": text, "fit": False}, ensure_ascii=False) + "\n")
    index = run_index(folder, vector_min_count=vector_min_count)
    offsets, ids = index.queries.offsets[len(fit) :], index.queries.ids
    first, end = offsets[0], offsets[len(texts)]
    said = Words(offsets[: len(texts) + 1] - first, ids[first:end])
    return said, index.words, {index.words[i] for i in np.unique(ids[end:]) if i < len(index.words)}


def sentences(texts: list[str], encoder: TextFeatures, cache: Path, progress: Progress) -> np.ndarray:
    """Vectors of texts by the sentence encoder [n, T]; kept in `cache` by content."""
    if encoder.graph is None or not texts:
        return np.zeros((len(texts), encoder.items.shape[1]), np.float32)
    digest = hashlib.sha256(encoder.graph.SerializeToString(deterministic=True) + "\n".join(texts).encode())
    path = cache / f"instructions-{digest.hexdigest()[:16]}.npy"
    if not path.exists():
        tokens = text_encoders.tokenize(encoder.tokenizer, texts)
        with progress.bar("encoding instructions", len(tokens)) as advance:
            save(path, text_encoders.run_encoder(encoder.graph, tokens, advance))
    return np.load(path)


def features(text: np.ndarray, words: Words, vectors: torch.Tensor) -> torch.Tensor:
    """Features of texts [n, T + d]: what queries have, too."""
    mean = torch.sparse.mm(words.mean_matrix(len(vectors)), vectors)
    return torch.cat([torch.from_numpy(text), mean], dim=1)
