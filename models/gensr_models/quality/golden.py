"""Golden values: answers of the NumPy reference on a pack, for the engine's tests.

python -m gensr_models.quality.golden PACK DATA OUT.json
"""

from __future__ import annotations

import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from gensr_models.config.progress import Progress
from gensr_models.data import TASKS, TEST, Dataset, load
from gensr_models.instructions.nothing import Nothing
from gensr_models.pack.format import Pack, quantise_rows
from gensr_models.quality.crosscheck import item_features, query_features
from gensr_models.quality.reference import Reference, session
from gensr_models.text import encoder as text_encoders
from gensr_models.training.event_table import event_table

TOP = 20
REQUESTS = 12
EXTRA_QUERIES = ["", "  ", "Crème BRÛLÉE 42", "unknownwordnobodyuses"]


def golden(dataset: Dataset, pack: Path, requests: int = REQUESTS) -> dict:
    """Tokens, words, query features, output vectors and top lists of the first test events of each task."""
    reference, events = Reference.of_pack(pack), event_table(dataset)
    catalogue = dataset.catalogue
    with tempfile.TemporaryDirectory() as folder:
        features, index = query_features(dataset, reference, pack, Path(folder), Progress())
        items = _items(dataset, reference, pack, index, requests)
    result: dict = {"versions": {p: version(p) for p in ("gensr-models", "onnxruntime")}, "pack": pack.name}
    texts = dataset.queries[: 4 * requests]
    result["words"] = [
        {"text": t, "ids": index.queries.ids[index.queries.offsets[i] : index.queries.offsets[i + 1]].tolist()}
        for i, t in enumerate(texts)
    ]
    if reference.text_dim:
        tokenizer = Pack.read(pack).sections["text.tokenizer"].tobytes().decode()
        probes = [*texts, *EXTRA_QUERIES, "long " * 200]
        ids = text_encoders.tokenize(tokenizer, probes)
        result["tokens"] = [{"text": t, "ids": i.tolist()} for t, i in zip(probes, ids, strict=True)]
    result["items"] = items
    result["queries"] = [{"text": t, "features": _rounded(features[i])} for i, t in enumerate(texts[:requests])]
    silence = np.zeros_like(features[-1])
    intent = Pack.read(pack).manifest["tasks"].get("wish", {})
    nothing = Nothing.of_manifest(intent, None if reference.text_dim else index.words)
    empty = nothing.says(texts, torch.from_numpy(np.asarray(features[: len(texts)], np.float32)))

    def request(place: int, task: int, text: int, as_instruction: bool) -> dict:
        """The answer before an event to text number `text` (-1: none), as a query or as an instruction."""
        user = events.offsets[np.searchsorted(events.offsets, place, side="right") - 1]
        history, time = np.arange(user, place), int(events.time[place])
        query, instruction = (silence, features[text]) if as_instruction else (features[text], None)
        if as_instruction and empty[text]:
            instruction = None
        output = reference.output(events, history, query, task, time, features, instruction)
        scores = reference.scores(output)
        top = np.lexsort((np.arange(len(scores)), -scores))[:TOP]

        return {
            "history": [_event(dataset, e) for e in history],
            "now_ms": time * 1000,
            "output": _rounded(output),
            "top": [{"id": catalogue.ids[i], "score": float(scores[i])} for i in top],
            **({"query": dataset.queries[text]} if text >= 0 else {}),
        }

    for task, name in enumerate(TASKS):
        places = dataset.targets(name, TEST)[:requests]
        result[name] = [request(place, task, events.query[place], as_instruction=False) for place in places]
    asked = zip(dataset.targets(TASKS[0], TEST)[:requests], range(len(texts)), strict=False)
    result["wish"] = [request(place, 0, text, as_instruction=reference.instructed) for place, text in asked]
    return result


def _items(dataset: Dataset, reference: Reference, pack: Path, index, most: int) -> list[dict]:
    """Rows that the graph `item` makes of the texts of some items, spread over the catalogue."""
    graph = Pack.read(pack).sections.get("graph.item")
    if graph is None:
        return []
    catalogue = dataset.catalogue
    rows = np.unique(np.linspace(0, len(catalogue) - 1, most).astype(int))
    features = item_features(dataset, reference, pack, index, rows, Progress())
    fused, semantic = session(graph.tobytes()).run(None, {"features": features})
    (data, scales), (codes, code_scales) = quantise_rows(fused), quantise_rows(semantic)
    return [
        {
            "title": catalogue.titles[row],
            "text": catalogue.texts[row],
            "categories": list(catalogue.categories[row]),
            "features": _rounded(features[i]),
            "fused": data[i].tolist(),
            "fused_scale": float(scales[i]),
            "semantic": codes[i].tolist(),
            "semantic_scale": float(code_scales[i]),
        }
        for i, row in enumerate(rows)
    ]


def _event(dataset: Dataset, place: int) -> dict:
    events = dataset.events
    event = {
        "item_id": dataset.catalogue.ids[events.item[place]],
        "kind": dataset.kinds[events.kind[place]].name,
        "timestamp_ms": int(events.timestamp[place]) * 1000,
    }
    if events.query[place] >= 0:
        event["query"] = dataset.queries[events.query[place]]
    return event


def _rounded(vector: np.ndarray) -> list[float]:
    return [round(float(x), 6) for x in vector]


if __name__ == "__main__":
    pack_path, data_path, out_path = map(Path, sys.argv[1:4])
    out_path.write_text(json.dumps(golden(load(data_path), pack_path), ensure_ascii=False, indent=0))
