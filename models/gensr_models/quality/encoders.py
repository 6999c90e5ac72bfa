"""Adds sentence encoders for accelerators to a finished pack, and measures how they differ from its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx

from gensr_models.config.settings import TextSettings
from gensr_models.pack.format import Pack
from gensr_models.quality.reference import Reference, session
from gensr_models.text.accelerated import LENGTHS, encode, padded, projection_of, text_variants
from gensr_models.text.encoder import tokenize

BEST = 10


def compare(path: Path, variant: onnx.ModelProto, texts: Sequence[str]) -> dict[str, float]:
    """Compares a variant, on the CPU, with the `text` graph of a pack.

    The share of the best ten items is of the decoder's answers to texts as queries, without a history and without
    words: the most that an encoder can change.
    """
    pack, reference = Pack.read(path), Reference.of_pack(path)
    plain, sessions = session(pack.sections["graph.text"].tobytes()), {n: padded(variant, n) for n in LENGTHS}
    tokens = tokenize(pack.sections["text.tokenizer"].tobytes().decode(), texts)
    vectors = [(plain.run(None, {"input_ids": ids[None]})[0][0], encode(sessions, ids)) for ids in tokens]
    cosines = [float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) for a, b in vectors]
    shared = [len(_best(reference, a) & _best(reference, b)) / BEST for a, b in vectors]
    return {
        "texts": len(texts),
        "cosine_mean": float(np.mean(cosines)),
        "cosine_min": min(cosines),
        f"overlap@{BEST}": float(np.mean(shared)),
    }


def add_variants(path: Path, out: Path, settings: TextSettings) -> dict[str, dict]:
    """Writes a pack with the variants of the settings in place of its own; returns the comparison of each.

    Args:
        path: the pack.
        out: where to write it; may be the same file.
        settings: those of the text encoder that it was built with, and the variants to write.
    """
    pack = Pack.read(path)
    projection = projection_of(pack)
    titles = pack.strings("items.title")
    texts = [title for title in titles[:: max(1, len(titles) // 200)] if title.strip()]
    kept = {name: data for name, data in pack.sections.items() if not name.startswith("graph.text@")}
    found = {}
    for name, graph in text_variants(settings, projection).items():
        data = np.frombuffer(graph.SerializeToString(deterministic=True), np.uint8)
        found[name] = {"bytes": len(data), **compare(path, graph, texts)}
        kept[f"graph.{name}"] = data
    found["pack_id"] = Pack(pack.manifest, kept).rewrite(out, pack.facts())
    return found


def _best(reference: Reference, vector: np.ndarray) -> set[int]:
    output = reference.alone(reference.query(vector, np.zeros(0, np.int64)))
    return set(np.argsort(-reference.scores(output), kind="stable")[:BEST].tolist())
