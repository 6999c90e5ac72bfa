"""Features of the items, queries and words of a data set, by the sentence encoder."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from gensr_models.config.progress import Progress
from gensr_models.config.settings import TextSettings
from gensr_models.data import Dataset
from gensr_models.text import encoder as text_encoders
from gensr_models.text.encoder import Encoder, Projection

MOST_TEXT = 2_000
"""Characters of an item's text that the sentence encoder is given; it reads 64 tokens anyway."""


@dataclass(frozen=True)
class TextFeatures:
    """Features of items and queries; empty (width 0) with encoder `static`."""

    items: np.ndarray  # [N, T]
    queries: np.ndarray  # [Q, T]
    graph: onnx.ModelProto | None
    tokenizer: str | None
    projection: Projection | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the graph that makes the features; empty without one."""
        return "" if self.graph is None else digest_of(self.graph)


def digest_of(graph: onnx.ModelProto) -> str:
    """SHA-256 of a graph as a pack stores it."""
    return hashlib.sha256(graph.SerializeToString(deterministic=True)).hexdigest()


def encoder_of(settings: TextSettings, cache: Path) -> Encoder:
    """The encoder that the settings name, exported."""
    return text_encoders.load_encoder(settings.folder or text_encoders.default_folder(), cache)


def text_features(
    dataset: Dataset,
    settings: TextSettings,
    cache: Path,
    progress: Progress,
    earlier: tuple[Projection, str] | None = None,
) -> TextFeatures:
    """Projected features of all items and queries.

    Args:
        dataset: whose.
        settings: which encoder.
        cache: where vectors are kept.
        progress: where a bar is shown.
        earlier: a projection to use again and the digest of the graph that it was part of. It is used where encoder
            and width are still the same: a new fit turns all axes, and weights that read them would have to be new.
    """
    items = len(dataset.catalogue)
    if settings.encoder == "static":
        empty = np.zeros((items + len(dataset.queries), 0), np.float32)
        return TextFeatures(empty[:items], empty[items:], None, None)
    encoder = encoder_of(settings, cache)
    vectors = encoded(encoder, [*item_texts(dataset), *dataset.queries], cache, progress)
    projection = _kept(earlier, encoder, settings.width, items) or Projection.fit(vectors[:items], settings.width)
    graph = text_encoders.with_projection(encoder, projection)
    projected = projection(vectors)
    return TextFeatures(projected[:items], projected[items:], graph, encoder.tokenizer, projection)


def _kept(earlier: tuple[Projection, str] | None, encoder: Encoder, width: int, items: int) -> Projection | None:
    if earlier is None or earlier[0].matrix.shape != (encoder.width, Projection.allowed(width, items, encoder.width)):
        return None
    return earlier[0] if digest_of(text_encoders.with_projection(encoder, earlier[0])) == earlier[1] else None


def encoded(encoder: Encoder, texts: list[str], cache: Path, progress: Progress) -> np.ndarray:
    """Unit vectors of texts [n, e]; kept in `cache` by content."""
    tokens = text_encoders.tokenize(encoder.tokenizer, texts)
    digest = hashlib.sha256(encoder.graph.SerializeToString(deterministic=True))
    for ids in tokens:
        digest.update(ids.tobytes())
    cached = cache / f"text-{digest.hexdigest()[:16]}.npy"
    if cached.exists():
        return np.load(cached)
    with progress.bar("encoding texts", len(tokens)) as advance:
        vectors = text_encoders.run_encoder(encoder.graph, tokens, advance)
    save(cached, vectors)
    return vectors


def save(path: Path, array: np.ndarray) -> None:
    """Writes a file of NumPy's, NAME.npy, in one step: a build that is killed leaves the whole file or none."""
    temporary = path.with_suffix(f".{os.getpid()}.tmp.npy")
    np.save(temporary, array)
    temporary.replace(path)


def word_vectors(words: list[str], dim: int, settings: TextSettings, cache: Path, progress: Progress) -> np.ndarray:
    """Start of the word vectors where they are the only text encoder: the sentence encoder's view of each word."""
    encoder = encoder_of(settings, cache)
    tokens = text_encoders.tokenize(encoder.tokenizer, words)
    with progress.bar("encoding words", len(words)) as advance:
        vectors = text_encoders.run_encoder(encoder.graph, tokens, advance)
    projected = Projection.fit(vectors, dim)(vectors)
    start = np.zeros((len(words), dim), np.float32)
    start[:, : projected.shape[1]] = projected * (0.5 / dim**0.5)
    return start


def item_texts(dataset: Dataset) -> list[str]:
    """Title, text and categories of each item as one text; categories that are codes (a letter and digits) stay out."""
    catalogue = dataset.catalogue
    texts = []
    for title, text, categories in zip(catalogue.titles, catalogue.texts, catalogue.categories, strict=True):
        names = ", ".join(c for c in categories if not any(character.isdigit() for character in c))
        texts.append(". ".join(part for part in (title, text, names) if part)[:MOST_TEXT] or " ")
    return texts
