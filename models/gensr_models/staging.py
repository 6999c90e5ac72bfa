"""Words of items and queries, by the engine's own analyzer (`gensr index`): tokenisation of words exists once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gensr_models.data import Dataset
from gensr_models.model import Words

MAX_WORDS = 50_000


class EngineMissingError(RuntimeError):
    """The `gensr` command line is not there, or failed."""


@dataclass(frozen=True)
class Index:
    """What `gensr index` makes of a catalogue and its queries."""

    dictionary: bytes  # fst map: word -> id
    words: list[str]  # by id
    items: Words
    queries: Words


def engine_binary() -> Path:
    """The `gensr` binary: $GENSR_BIN, else target/{release,debug}/gensr of this repository, else the PATH."""
    if given := os.environ.get("GENSR_BIN"):
        return Path(given)
    root = Path(__file__).resolve().parents[2]
    built = [root / "target" / profile / "gensr" for profile in ("release", "debug")]
    for path in sorted((p for p in built if p.exists()), key=lambda p: p.stat().st_mtime, reverse=True):
        return path
    if found := shutil.which("gensr"):
        return Path(found)
    raise EngineMissingError(
        "the gensr command line is missing: build it with `cargo build --release -p gensr-cli`, or name it in GENSR_BIN"
    )


def build_index(dataset: Dataset, queries_in_training: np.ndarray, folder: Path) -> Index:
    """Stages the texts, runs `gensr index`, reads what it wrote.

    Args:
        dataset: catalogue and queries.
        queries_in_training: bool for each query; only these may add words to the dictionary.
        folder: where the staging files go.
    """
    from safetensors.numpy import load_file

    folder.mkdir(parents=True, exist_ok=True)
    catalogue = dataset.catalogue
    with (folder / "items.jsonl").open("w", encoding="utf-8") as file:
        for title, text, categories in zip(catalogue.titles, catalogue.texts, catalogue.categories, strict=True):
            fields = [["title", title], ["text", text], *(["categories", c] for c in categories)]
            file.write(json.dumps({"fields": [f for f in fields if f[1]]}, ensure_ascii=False) + "\n")
    with (folder / "queries.jsonl").open("w", encoding="utf-8") as file:
        for query, fit in zip(dataset.queries, queries_in_training, strict=True):
            file.write(json.dumps({"text": query, "fit": bool(fit)}, ensure_ascii=False) + "\n")
    (folder / "index.json").write_text(json.dumps({"max_words": MAX_WORDS, "min_count": 1}))
    run = subprocess.run([engine_binary(), "index", folder], capture_output=True, text=True, check=False)
    if run.returncode:
        raise EngineMissingError(f"gensr index failed: {run.stderr.strip() or run.stdout.strip()}")
    tensors = load_file(folder / "index.safetensors")
    return Index(
        dictionary=tensors["words.dictionary"].tobytes(),
        words=(folder / "words.txt").read_text(encoding="utf-8").splitlines(),
        items=Words(tensors["item_words.offsets"].astype(np.int64), tensors["item_words.ids"].astype(np.int64)),
        queries=Words(tensors["query_words.offsets"].astype(np.int64), tensors["query_words.ids"].astype(np.int64)),
    )
