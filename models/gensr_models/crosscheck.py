"""The Rust engine against the NumPy reference: two programs, one pack, the same answers."""

from __future__ import annotations

import csv
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from gensr_models import text as text_encoders
from gensr_models.build import event_table
from gensr_models.data import TEST, TRAIN, Dataset
from gensr_models.metrics import summary
from gensr_models.pack.format import Pack
from gensr_models.progress import Progress
from gensr_models.reference import Reference
from gensr_models.staging import Index, build_index, engine_binary
from gensr_models.validate import TASKS, answers, overlap


def crosscheck(dataset: Dataset, data: Path, pack: Path, users: int, progress: Progress) -> dict:
    """Test events of each task, answered twice, the history left out.

    Returns:
        For each task the overlap of the first ten, and both programs' metrics.
    """
    events, catalogue = event_table(dataset), {item: row for row, item in enumerate(dataset.catalogue.ids)}
    reference = Reference.of_pack(pack)
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        queries, _ = query_features(dataset, reference, pack, Path(folder), progress)
        for name in TASKS:
            places = dataset.targets(name, TEST)[:users]
            if not len(places):
                continue
            with progress.bar(f"reference, {name}", len(places)) as advance:
                ours = answers(reference, events, places, queries, advance)
            ranks, tops = _engine(pack, data, name, len(places), catalogue, Path(folder))
            if len(ranks) != len(places):
                raise ValueError(f"{name}: the engine answered {len(ranks)} events, expected {len(places)}")
            figures[name] = {
                "overlap@10": round(overlap(ours["top"], tops), 4),
                "reference": summary(ours["ranks"]),
                "engine": summary(ranks),
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
    texts: list[np.ndarray | None] = [None] * len(queries)
    if reference.text_dim:
        import onnx

        sections = Pack.read(pack).sections
        tokens = text_encoders.tokenize(sections["text.tokenizer"].tobytes().decode(), queries)
        with progress.bar("encoding queries", len(tokens)) as advance:
            graph = onnx.load_from_string(sections["graph.text"].tobytes())
            texts = list(text_encoders.run_encoder(graph, tokens, advance))
    for i, vector in enumerate(texts):
        words = index.queries.ids[index.queries.offsets[i] : index.queries.offsets[i + 1]]
        features[i] = reference.query(vector, words)
    return features, index


def _engine(pack: Path, data: Path, task: str, users: int, rows: dict[str, int], folder: Path):
    """Ranks (0 = first, history left out) and first ten of `gensr evaluate`."""
    per_user = folder / f"{task}.csv"
    command = [engine_binary(), "evaluate", pack, "--data", data, "--task", task, "--split", "test"]
    command += ["--limit-users", str(users), "--per-user", per_user, "--top", "10", "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise ValueError(f"gensr evaluate failed: {run.stderr.strip()}")
    json.loads(run.stdout)
    ranks, tops = [], []
    with per_user.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            ranks.append(int(row["rank_history_excluded"]) - 1)  # the engine counts from 1
            tops.append(np.array([rows[i] for i in row["top"].split("|") if i], np.int64))
    return np.array(ranks), tops
