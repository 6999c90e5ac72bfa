"""Writes a large pack to measure with: real graphs, sections and postings, invented items.

    python benches/synthetic.py BASE.gensr OUT.gensr [--items 200000] [--seed 1]

Graphs, tokenizer, weights and kinds come from BASE, any pack. Words are made of syllables and used by Zipf's law; an
item has a title of two to six words, a text of twelve or more, one of 200 categories and a popularity. Its vector is
the mean of those of its words with noise; neighbours are drawn. So times and bytes are those of a catalogue of that
size, and words find items; what the model makes of a query or a history means nothing. The same arguments write the
same bytes.

Needs the package of models/ and the `gensr` command line (GENSR_BIN, target/ or PATH).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from gensr_models.engine.index import run_index
from gensr_models.pack.format import Pack, Section, write_pack
from gensr_models.pack.sections import (
    Rows,
    attribute_sections,
    item_sections,
    popularity_prior,
    set_column,
    word_sections,
)

WORDS, CATEGORIES, TITLE, TEXT = 40_000, 200, (2, 7), 12
VECTORS = 20_000
"""Words that have vectors: the most frequent ones."""


def main() -> None:
    """Reads the arguments and writes the pack."""
    parser = argparse.ArgumentParser(description="A large pack of invented items, to measure with.")
    parser.add_argument("base", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    base, random = Pack.read(given.base), np.random.default_rng(given.seed)
    words = vocabulary(random)
    used, title_lengths = uses(given.items, random)
    titles = [" ".join(words[w] for w in own[:n]).title() for own, n in zip(used, title_lengths, strict=True)]
    texts = [" ".join(words[w] for w in own[n:]) for own, n in zip(used, title_lengths, strict=True)]
    categories = [f"{words[c]} things" for c in random.integers(CATEGORIES, size=given.items)]
    with tempfile.TemporaryDirectory() as folder:
        index = staged(Path(folder), titles, texts, categories)
    print(given.out, write(base, given.out, titles, categories, index, random))


def vocabulary(random: np.random.Generator) -> list[str]:
    """Distinct words of two to four syllables."""
    heads, vowels, tails = (
        [*"bcdfghklmnprstvz", "st", "tr", "sh"],
        [*"aeiou"],
        ["", "", "n", "r", "l", "s", "nd"],
    )
    words: dict[str, None] = {}
    while len(words) < WORDS:
        parts = random.integers(2, 5)
        made = zip(
            random.choice(heads, parts),
            random.choice(vowels, parts),
            random.choice(tails, parts),
            strict=True,
        )
        words["".join(head + vowel + tail for head, vowel, tail in made)] = None
    return list(words)


def uses(items: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Places of the words of every item, those of its title first, and how many those are."""
    weights = 1 / np.arange(10, WORDS + 10)
    lengths = random.integers(*TITLE, size=items)
    used = random.choice(WORDS, size=(items, TITLE[1] + TEXT), p=weights / weights.sum())
    return used, lengths


def staged(folder: Path, titles: list[str], texts: list[str], categories: list[str]):
    """Words and postings, by the engine's own index."""
    with (folder / "items.jsonl").open("w", encoding="utf-8") as file:
        for title, text, category in zip(titles, texts, categories, strict=True):
            fields = [["title", title], ["text", text], ["categories", category]]
            file.write(json.dumps({"fields": fields}) + "\n")
    (folder / "queries.jsonl").write_text("")
    return run_index(folder)


def write(
    base: Pack,
    out: Path,
    titles: list[str],
    categories: list[str],
    index,
    random: np.random.Generator,
) -> str:
    """The pack; returns its id."""
    items, dim = len(titles), base.manifest["dim"]
    vectors = random.standard_normal((len(index.words), dim)).astype(np.float32)
    fused = 0.5 * random.standard_normal((items, dim)).astype(np.float32)
    for row, (start, end) in enumerate(zip(index.items.offsets, index.items.offsets[1:], strict=False)):
        fused[row] += vectors[index.items.ids[start:end]].mean(axis=0) * 2
    fused /= np.linalg.norm(fused, axis=1, keepdims=True)
    semantic = random.standard_normal((items, base.manifest.get("semantic_dim", dim))).astype(np.float32)
    popularity = popularity_prior(random.zipf(1.6, items).clip(max=100_000).astype(np.float64))
    ids = [f"s{row}" for row in range(items)]
    sections = item_sections(ids, titles, Rows(fused, semantic, vectors), popularity)
    sections += word_sections(index.dictionary, vectors[:VECTORS], base.manifest["text_encoder"]["dim"])
    sections += attribute_sections("categories", set_column([[category] for category in categories]))
    sections += index.postings.sections()
    manifest = base.facts() | {
        "name": f"synthetic {items}",
        "items": items,
        "attributes": [{"name": "categories", "type": "set"}],
    }
    manifest |= {"provenance": {"made_by": "benches/synthetic.py", "base": base.manifest["name"]}}
    if "neighbours" in manifest:
        drawn = (items, manifest["neighbours"]["width"])
        rows = np.uint16 if items <= 65_535 else np.uint32
        sections += [
            Section.of(
                "neighbours.ids",
                random.integers(items, size=drawn).astype(rows).ravel(),
            ),
            Section.of(
                "neighbours.weights",
                random.integers(1, 256, drawn).astype(np.uint8).ravel(),
            ),
            Section.of("neighbours.scale", np.full(items, 1 / 255, np.float32)),
        ]
    kept = ("text.tokenizer", "graph.")
    sections += [Section.of(name, data) for name, data in base.sections.items() if name.startswith(kept)]
    return write_pack(out, manifest, sections)


if __name__ == "__main__":
    main()
