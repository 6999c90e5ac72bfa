"""The Rust engine against the NumPy reference: two programs, one pack, the same answers, signals included.

The reference knows neither completions and corrections of words and the title bonus (docs/search.md) nor the terms of a
feed (docs/feed.md): the engine is asked without them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from gensr_models.config.progress import Progress
from gensr_models.data import TASKS, TEST, TRAIN, Dataset
from gensr_models.engine import ranked, users_of, write_tables
from gensr_models.engine.index import Index, build_index
from gensr_models.metrics import summary
from gensr_models.pack.format import Pack
from gensr_models.quality.losses import overlap
from gensr_models.quality.reference import Reference
from gensr_models.text import encoder as text_encoders
from gensr_models.text.features import item_texts
from gensr_models.training.batches import SEARCH, EventTable
from gensr_models.training.event_table import event_table

WITHOUT = ("expansions", "titles", "feed")
"""Parts of the scores that the reference does not know."""


def crosscheck(dataset: Dataset, data: Path, pack: Path, users: int, progress: Progress) -> dict:
    """Test events of each task, answered twice as the engine answers by default.

    Returns:
        For each task the overlap of the first ten, and both programs' metrics.
    """
    events = event_table(dataset)
    reference = Reference.of_pack(pack)
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        queries, index = query_features(dataset, reference, pack, Path(folder), progress)
        if any(data.glob("*.parquet")):  # which the engine does not read
            data = Path(folder) / "data"
            write_tables(dataset, users_of(dataset, TEST), data)
        for name, theirs in ranked(dataset, data, pack, Path(folder), users, WITHOUT).items():
            places = theirs.places
            with progress.bar(f"reference, {name}", len(places)) as advance:
                ours = default_answers(reference, events, places, queries, index, advance)
            figures[name] = {
                "overlap@10": round(overlap(ours["top"], theirs.tops), 4),
                "reference": summary(ours["ranks"]),
                "engine": summary(theirs.ranks["default"]),
            }
    return figures


def query_features(
    dataset: Dataset, reference: Reference, pack: Path, folder: Path, progress: Progress
) -> tuple[np.ndarray, Index]:
    """Features of all queries [Q + 1, T + d] from the pack's own text graph and words, and the words of the data."""
    queries = dataset.queries
    features = np.zeros((len(queries) + 1, reference.text_dim + reference.words.shape[1]), np.float32)
    events = dataset.events
    in_training = np.isin(np.arange(len(queries)), events.query[(events.split == TRAIN) & (events.query >= 0)])
    index = build_index(dataset, in_training, folder)
    for i, vector in enumerate(_text_vectors(queries, reference, pack, progress)):
        words = index.queries.ids[index.queries.offsets[i] : index.queries.offsets[i + 1]]
        features[i] = reference.query(vector, words)
    return features, index


def item_features(
    dataset: Dataset, reference: Reference, pack: Path, index: Index, rows: np.ndarray, progress: Progress
) -> np.ndarray:
    """Features of the texts of items [n, T + d], as the graph `item` reads them."""
    texts = item_texts(dataset)
    vectors = _text_vectors([texts[row] for row in rows], reference, pack, progress)
    words = [index.items.ids[index.items.offsets[row] : index.items.offsets[row + 1]] for row in rows]
    return np.stack([reference.query(v, w) for v, w in zip(vectors, words, strict=True)])


def _text_vectors(texts: list[str], reference: Reference, pack: Path, progress: Progress) -> list[np.ndarray | None]:
    """Vectors of texts by the pack's own text graph; None for each where it has no graph."""
    if not reference.text_dim:
        return [None] * len(texts)
    import onnx

    sections = Pack.read(pack).sections
    tokens = text_encoders.tokenize(sections["text.tokenizer"].tobytes().decode(), texts)
    with progress.bar("encoding texts", len(tokens)) as advance:
        graph = onnx.load_from_string(sections["graph.text"].tobytes())
        return list(text_encoders.run_encoder(graph, tokens, advance))


def default_answers(
    reference: Reference, events: EventTable, places: np.ndarray, queries: np.ndarray, index: Index, progress
) -> dict[str, np.ndarray | list]:
    """Rank of each event's item and the first ten, by whole scores; the history is left out where the pack does so."""
    ranks, tops = np.zeros(len(places), np.int64), []
    user = np.searchsorted(events.offsets, places, side="right") - 1
    for i, place in enumerate(places):
        history, target, query = np.arange(events.offsets[user[i]], place), events.item[place], events.query[place]
        task = int(events.task[place])
        searched = query if task == SEARCH else -1
        output = reference.output(events, history, queries[searched], task, int(events.time[place]), queries)
        bounds = index.queries.offsets[[searched, searched + 1]] if searched >= 0 else (0, 0)
        words = index.queries.ids[slice(*bounds)]
        scores = reference.signals.fused(reference.scores(output), events, history, words, TASKS[task])
        wanted, left = scores[target], np.unique(events.item[history])
        if not reference.signals.tasks[TASKS[task]]["exclude_history"]:
            left = left[:0]
        scores[left] = -np.inf
        order = np.lexsort((np.arange(len(scores)), -scores))[:10]
        tops.append(order[scores[order] > -np.inf])
        scores[target] = -np.inf
        ranks[i] = int((scores >= wanted).sum())
        progress(1)
    return {"ranks": ranks, "top": tops}
