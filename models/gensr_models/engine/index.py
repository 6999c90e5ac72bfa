"""Words and postings of items and queries, by the engine's own analyzer (`gensr index`): words are split once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse

from gensr_models.data import TRAIN, Dataset
from gensr_models.engine.calls import call
from gensr_models.model import Words
from gensr_models.pack.format import Section

MAX_WORDS = 50_000


@dataclass(frozen=True)
class Bm25:
    """Parameters of the postings: saturation, normalisation by length, and the weights of two fields.

    `queries` are the searches that led to an item in training: the words that people call it by. The defaults are for
    catalogues that nobody has searched yet: there long texts are no worse than short ones, and titles count twice.
    """

    k1: float = 1.2
    b: float = 0.15
    queries: float = 1.0
    title: float = 2.0

    def record(self) -> dict:
        """For `index.json`."""
        return {"k1": self.k1, "b": self.b, "fields": {"queries": self.queries, "title": self.title}}


@dataclass(frozen=True)
class Postings:
    """Items by word as a pack stores them: of word w the entries `offsets[w]:offsets[w + 1]`, impact = scale * u8."""

    offsets: np.ndarray
    items: np.ndarray
    impacts: np.ndarray
    scale: np.ndarray
    setting: Bm25
    average_length: float

    def manifest(self) -> dict:
        """How they were made, for items that come later."""
        setting = self.setting
        return {"k1": setting.k1, "b": setting.b, "title": setting.title, "average_length": self.average_length}

    def matrix(self, items: int) -> scipy.sparse.csr_array:
        """Impacts [V, items]."""
        values = self.impacts.astype(np.float32) * self.scale[0]
        shape = (len(self.offsets) - 1, items)
        return scipy.sparse.csr_array((values, self.items.astype(np.int64), self.offsets.astype(np.int64)), shape=shape)

    def sections(self) -> list[Section]:
        """For the pack."""
        return [
            Section.of("lexical.posting_offsets", self.offsets),
            Section.of("lexical.posting_items", self.items),
            Section.of("lexical.posting_impacts", self.impacts),
            Section.of("lexical.impact_scale", self.scale),
        ]


@dataclass(frozen=True)
class Index:
    """Output of `gensr index` for a catalogue and its queries."""

    dictionary: bytes  # fst map: word -> id
    words: list[str]  # those with vectors, by id: the frequent ones
    items: Words
    queries: Words
    postings: Postings

    def frequent(self, share: float) -> int:
        """How many of the first words, which are the most frequent, make up this share of all uses of these words."""
        used = np.bincount(np.concatenate([self.items.ids, self.queries.ids]), minlength=len(self.words))
        used = used[: len(self.words)]
        return min(len(used), int(np.searchsorted(np.cumsum(used), share * used.sum())) + 1)


def stage(dataset: Dataset, queries_in_training: np.ndarray, folder: Path) -> None:
    """Writes the texts of a data set for `gensr index`.

    Args:
        dataset: catalogue and queries.
        queries_in_training: bool for each query; only these may add words to the dictionary.
        folder: where the staging files go.
    """
    folder.mkdir(parents=True, exist_ok=True)
    catalogue, searched = dataset.catalogue, _searches(dataset)
    with (folder / "items.jsonl").open("w", encoding="utf-8") as file:
        parts = zip(catalogue.titles, catalogue.texts, catalogue.categories, searched, strict=True)
        for title, text, categories, queries in parts:
            fields = [["title", title], ["text", text], *(["categories", c] for c in categories)]
            fields += [["queries", query] for query in queries]
            file.write(json.dumps({"fields": [f for f in fields if f[1]]}, ensure_ascii=False) + "\n")
    with (folder / "queries.jsonl").open("w", encoding="utf-8") as file:
        for query, fit in zip(dataset.queries, queries_in_training, strict=True):
            file.write(json.dumps({"text": query, "fit": bool(fit)}, ensure_ascii=False) + "\n")


def _searches(dataset: Dataset) -> list[list[str]]:
    """For each item the queries of the train searches that led to it, one entry a search."""
    found: list[list[str]] = [[] for _ in range(len(dataset.catalogue))]
    events = dataset.events
    for place in dataset.targets("search", TRAIN):
        if events.query[place] >= 0:
            found[events.item[place]].append(dataset.queries[events.query[place]])
    return found


def run_index(folder: Path, lexical: Bm25 | None = None, vector_min_count: int = 1) -> Index:
    """Runs `gensr index` on a staged folder and reads what it wrote.

    Args:
        folder: what `stage` wrote.
        lexical: parameters of the postings.
        vector_min_count: a word that is rarer in texts and train queries gets no vector.
    """
    settings = {
        "max_words": MAX_WORDS,
        "vector_min_count": vector_min_count,
        "lexical": (lexical or Bm25()).record(),
    }
    (folder / "index.json").write_text(json.dumps(settings))
    summary = json.loads(call("index", folder, "--json"))
    return read_index(folder, summary["vectors"], lexical)


def read_index(folder: Path, vectors: int, lexical: Bm25 | None = None) -> Index:
    """Reads what `gensr index` wrote.

    Args:
        folder: where it wrote.
        vectors: how many words have a vector, from its summary.
        lexical: the parameters it was run with.
    """
    from safetensors.numpy import load_file

    tensors = load_file(folder / "index.safetensors")
    return Index(
        dictionary=tensors["words.dictionary"].tobytes(),
        words=(folder / "words.txt").read_text(encoding="utf-8").splitlines()[:vectors],
        items=Words(tensors["item_words.offsets"].astype(np.int64), tensors["item_words.ids"].astype(np.int64)),
        queries=Words(tensors["query_words.offsets"].astype(np.int64), tensors["query_words.ids"].astype(np.int64)),
        postings=Postings(
            tensors["lexical.posting_offsets"],
            tensors["lexical.posting_items"],
            tensors["lexical.posting_impacts"],
            tensors["lexical.impact_scale"],
            lexical or Bm25(),
            float(tensors.get("lexical.average_length", [np.nan])[0]),  # absent in earlier releases
        ),
    )


def build_index(dataset: Dataset, queries_in_training: np.ndarray, folder: Path, lexical: Bm25 | None = None) -> Index:
    """Stages the texts, runs `gensr index`, reads what it wrote."""
    stage(dataset, queries_in_training, folder)
    return run_index(folder, lexical)
