"""Checks before a build ships: the model in float against the graphs, in float and in 8 bit."""

from __future__ import annotations

import json
import logging

import numpy as np
import torch

from gensr_models.config.progress import Progress
from gensr_models.data import TASKS
from gensr_models.engine.index import Index
from gensr_models.pack.format import quantise_rows, rows_of
from gensr_models.pack.sections import quantise_words
from gensr_models.quality.losses import answers, compare
from gensr_models.quality.reference import Reference, session
from gensr_models.training.batches import EventTable
from gensr_models.training.objective import Model
from gensr_models.training.ranks import gates_of, ranks_of, valid_places
from gensr_models.training.rules import Decisions

log = logging.getLogger("gensr_models")

VALIDATED_EVENTS = 2_000


def validate(
    model: Model,
    events: EventTable,
    decisions: Decisions,
    graphs: dict,
    index: Index,
    vectors: int,
    seed: int,
    progress: Progress,
) -> dict[str, dict]:
    """Figures of float torch, float ONNX and quantised ONNX on valid events of each task; `vectors` words ship."""
    rows = model_rows(model)
    with torch.inference_mode():
        queries_float = model.queries(model.items.words).numpy()
    variants = {}
    for name in ("float", "quantised"):
        int8 = name == "quantised"
        shipped = (*rows[:2], rows[2][:vectors]) if int8 else rows
        variants[name] = _reference(shipped, graphs, decisions, model.network.shape.text_dim, int8)
    figures = {}
    for task, name in enumerate(TASKS):
        places = valid_places(events, task, VALIDATED_EVENTS, seed)
        if not len(places):
            continue
        with torch.inference_mode():
            found: dict[str, dict] = {"torch": {"ranks": ranks_of(model, events, decisions.windowing, places)}}
        for variant, reference in variants.items():
            queries = queries_float.copy()
            queries[:-1, model.network.shape.text_dim :] = _mean_words(reference.words, index)
            with progress.bar(f"validating {name}, {variant}", len(places)) as advance:
                found[f"onnx_{variant}"] = answers(reference, events, places, queries, advance)
        figures[name] = compare(found)
        log.info("%s on valid: %s", name, json.dumps(figures[name]))
    return figures


def model_rows(model: Model) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fused rows, semantic rows and word vectors in float."""
    model.eval()
    with torch.inference_mode():
        fused, semantic = model.items()
    return fused.numpy(), semantic.numpy(), model.items.words.detach().numpy()


def read_gates(model: Model, events: EventTable, decisions: Decisions, most: int = 500) -> dict[str, float]:
    """Mean gate of each history view on valid histories: near 0 means that the view does not pay."""
    places = np.concatenate([valid_places(events, task, most, 0) for task in (0, 1)])
    if not len(places):
        return {}
    with torch.inference_mode():
        means = gates_of(model, events, decisions.windowing, places)
    return {"collaborative": round(means[0], 4), "semantic": round(means[1], 4)}


def _reference(rows, graphs, decisions: Decisions, text_dim: int, int8: bool) -> Reference:
    form = 1 if int8 else 0
    fused, semantic, words = rows
    data = scales = None
    if int8:
        (data, scales), (other, other_scale) = quantise_rows(fused), quantise_rows(semantic)
        fused, semantic = rows_of(data, scales), rows_of(other, other_scale)
        words = rows_of(*quantise_words(words, text_dim))
    return Reference(
        fused=fused.astype(np.float32),
        semantic=semantic.astype(np.float32),
        rows=data,
        scales=scales,
        words=words.astype(np.float32),
        history=session(graphs["history"][form]),
        decoder=session(graphs["decoder"][form]),
        windowing=decisions.windowing,
        text_dim=text_dim,
    )


def _mean_words(words: np.ndarray, index: Index) -> np.ndarray:
    matrix = index.queries.mean_matrix(len(words))
    if not matrix.shape[0]:
        return np.zeros((0, words.shape[1]), np.float32)
    return torch.sparse.mm(matrix, torch.from_numpy(words)).numpy()
