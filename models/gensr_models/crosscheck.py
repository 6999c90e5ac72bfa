"""The Rust engine against the NumPy reference: two programs, one pack, the same answers, evidence included.

The reference knows the words of a query as they stand. What a word may be a beginning or a misspelling of, and what
titles add (docs/search.md), it does not know; both are left out of what it is compared with.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from gensr_models import text as text_encoders
from gensr_models.data import TEST, TRAIN, Dataset
from gensr_models.engine import ranked, users_of, write_tables
from gensr_models.metrics import summary
from gensr_models.pack.format import Pack
from gensr_models.progress import Progress
from gensr_models.reference import Reference
from gensr_models.staging import Index, build_index
from gensr_models.texts import item_texts
from gensr_models.training.batches import SEARCH, EventTable
from gensr_models.training.events import event_table
from gensr_models.training.judge import CANDIDATES
from gensr_models.validate import TASKS, overlap

WITHOUT = ("expansions", "titles")
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
    """What the pack's own text graph says of texts; None each where it has none."""
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
        dense = reference.scores(output)
        if weight := reference.evidence.tasks[TASKS[task]].get("taste", 0.0):
            dense = dense + np.float32(weight) * reference.taste(events, history)
        scores = reference.evidence.fused(dense, events, history, words, TASKS[task])
        wanted, left = scores[target], np.unique(events.item[history])
        if not reference.evidence.tasks[TASKS[task]]["exclude_history"]:
            left = left[:0]
        scores[left] = -np.inf
        weight = reference.evidence.tasks[TASKS[task]].get("judge", 0.0)
        if weight and reference.judge is not None:
            best = np.lexsort((np.arange(len(scores)), -scores))[:CANDIDATES]
            best = best[scores[best] > -np.inf]
            asked = (events, history, queries[searched], task, int(events.time[place]), queries)
            logits = reference.judged(*asked, best)
            scores[best] += np.float32(weight) * (logits - logits.min(initial=np.inf))
            wanted = scores[target] if np.isfinite(scores[target]) else wanted
        order = np.lexsort((np.arange(len(scores)), -scores))[:10]
        tops.append(order[scores[order] > -np.inf])
        scores[target] = -np.inf
        ranks[i] = int((scores >= wanted).sum())
        progress(1)
    return {"ranks": ranks, "top": tops}
