"""Sections of a pack from a catalogue and a trained model."""

from __future__ import annotations

from collections.abc import Sequence as List
from dataclasses import dataclass

import numpy as np

from gensr_models.data import Column
from gensr_models.pack.format import PackError, Section, quantise_halves, quantise_rows, ragged


@dataclass(frozen=True)
class Rows:
    """Vectors of a model, in float."""

    fused: np.ndarray  # [N, d], unit norm
    semantic: np.ndarray  # [N, semantic_dim], codes of the semantic shares
    words: np.ndarray  # [V, d]


def item_sections(ids: List[str], titles: List[str], rows: Rows, popularity: np.ndarray | None) -> list[Section]:
    """Item rows, ids, titles and the prior."""
    encoded = [i.encode() for i in ids]
    if len(set(encoded)) != len(encoded) or any(not 1 <= len(i) <= 256 for i in encoded):
        raise PackError("item ids must be unique and 1 to 256 bytes long")
    order = np.array(sorted(range(len(encoded)), key=encoded.__getitem__), np.uint32)
    sections = []
    fused, scale = quantise_rows(rows.fused)
    sections += [Section.of("items.fused", fused), Section.of("items.fused_scale", scale)]
    semantic, scale = quantise_rows(rows.semantic)
    sections += [Section.of("items.semantic", semantic.ravel()), Section.of("items.semantic_scale", scale)]
    sections += ragged("items.id", encoded)
    sections.append(Section.of("items.id_order", order))
    sections += ragged("items.title", (t.encode() for t in titles))
    if popularity is not None:
        sections.append(Section.of("items.popularity", popularity.astype(np.float32)))
    return sections


def popularity_prior(counts: np.ndarray) -> np.ndarray:
    """Log prior of each item: log((1 + count) / (N + total))."""
    return np.log((1.0 + counts) / (len(counts) + counts.sum()))


def quantise_words(words: np.ndarray, text_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Word vectors as they ship: 4 bits beside a sentence encoder, 8 where they are all that reads a query."""
    return quantise_halves(words) if text_dim else quantise_rows(words)


def word_sections(dictionary: bytes, words: np.ndarray, text_dim: int) -> list[Section]:
    """The dictionary and the vectors of its first words."""
    data, scale = quantise_words(words, text_dim)
    return [
        Section.of("words.dictionary", dictionary),
        Section.of("words.vectors", data.ravel() if text_dim else data),
        Section.of("words.scale", scale),
    ]


def attribute_sections(name: str, column: Column) -> list[Section]:
    """One typed column; `Column` holds its values as a pack stores them."""
    base = f"attr.{name}"
    sections = [Section.of(f"{base}.values", column.values)]
    if column.type == "set":
        sections.insert(0, Section.of(f"{base}.offsets", column.offsets.astype(np.uint32)))
    if column.type in ("string", "set"):
        sections += ragged(f"{base}.dict", (t.encode() for t in column.dictionary))
    return sections


def set_column(values: List[List[str]]) -> Column:
    """Lists of strings as a `set` column."""
    dictionary = sorted({t for v in values for t in v}, key=str.encode)
    code = {t: i for i, t in enumerate(dictionary)}
    coded = [sorted({code[t] for t in v}) for v in values]
    offsets = np.concatenate([[0], np.cumsum([len(c) for c in coded], dtype=np.int64)])
    flat = np.array([c for row in coded for c in row], np.uint32)
    return Column("set", flat, tuple(dictionary), offsets)
