"""The engine in NumPy and ONNX Runtime: small, slow, independent. Exports and the Rust engine are compared with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from gensr_models.pack.format import Pack
from gensr_models.training.batches import EventTable, Windowing


def session(graph: onnx.ModelProto | bytes) -> onnxruntime.InferenceSession:
    """A session on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    data = graph if isinstance(graph, bytes) else graph.SerializeToString()
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


@dataclass(frozen=True)
class Reference:
    """Item rows, graphs and rules of one pack, or of the float model before it.

    Attributes:
        fused, semantic: [N, d] and [N, semantic_dim], as the graphs read them.
        rows, scales: int8 rows and their scales, or None to score in float.
        words: [V, d].
        history, decoder: sessions.
        windowing: how histories become windows.
        text_dim: T.
        signals: what is added to dense scores, or None.
    """

    fused: np.ndarray
    semantic: np.ndarray
    rows: np.ndarray | None
    scales: np.ndarray | None
    words: np.ndarray
    history: onnxruntime.InferenceSession
    decoder: onnxruntime.InferenceSession
    windowing: Windowing
    text_dim: int
    signals: SignalsReference | None = None

    @classmethod
    def of_pack(cls, path: Path) -> Reference:
        """Opens a pack."""
        pack = Pack.read(path)
        model, time, s = pack.manifest["model"], pack.manifest["time"], pack.sections
        return cls(
            fused=pack.rows("items.fused"),
            semantic=pack.rows("items.semantic"),
            rows=s["items.fused"],
            scales=s["items.fused_scale"],
            words=pack.words(),
            history=session(s["graph.history"].tobytes()),
            decoder=session(s["graph.decoder"].tobytes()),
            windowing=Windowing(model["window"], model["slide"], model["dedupe"], time["informative"], time["buckets"]),
            text_dim=pack.manifest["text_encoder"]["dim"],
            signals=SignalsReference(pack),
        )

    def query(self, text: np.ndarray | None, word_ids: np.ndarray) -> np.ndarray:
        """Features of a query: text vector [T] (or None) beside the mean of its words' vectors."""
        word_ids = word_ids[word_ids < len(self.words)]
        mean = self.words[word_ids].mean(axis=0) if len(word_ids) else np.zeros(self.words.shape[1], np.float32)
        head = np.zeros(self.text_dim, np.float32) if text is None else text
        return np.concatenate([head, mean]).astype(np.float32)

    def state(self, events: EventTable, window: np.ndarray, queries: np.ndarray) -> np.ndarray:
        """Decoder state of a window of events; `queries` [Q + 1, T + d] with zeros at the end."""
        views, decoder = (_empty(self.history, name) for name in ("past_views", "past_decoder"))
        if not len(window):
            return decoder
        item = events.item[window]
        _, state = self.history.run(
            None,
            {
                "fused": self.fused[item],
                "semantic": self.semantic[item],
                "query": queries[events.query[window]],
                "task": events.task[window].astype(np.int64),
                "kind": events.kind[window].astype(np.int64),
                "gap": self.windowing.gaps(events.time[window]),
                "past_views": views,
                "past_decoder": decoder,
            },
        )
        return state

    def output(
        self,
        events: EventTable,
        history: np.ndarray,
        query: np.ndarray,
        task: int,
        now: int,
        queries: np.ndarray,
        instruction: np.ndarray | None = None,
    ) -> np.ndarray:
        """Output vector [d] of a request at time `now` after a history (places of events, oldest first).

        `instruction` are features of a text, for packs that read instructions.
        """
        inputs = self._prompt(events, history, query, task, now, queries)
        if self.instructed:
            inputs["instruction"] = (np.zeros_like(query) if instruction is None else instruction)[None]
        return self.decoder.run(None, inputs)[0][0]

    def alone(self, query: np.ndarray) -> np.ndarray:
        """Output vector [d] of a search without a history."""
        inputs = {"query": query[None], "task": np.ones(1, np.int64), "gap": np.zeros(1, np.int64)}
        inputs["state"] = _empty(self.decoder, "state")
        if self.instructed:
            inputs["instruction"] = np.zeros_like(query)[None]
        return self.decoder.run(None, inputs)[0][0]

    def _prompt(self, events: EventTable, history: np.ndarray, query: np.ndarray, task: int, now: int, queries) -> dict:
        """Inputs of the decoder: one prompt over the state of its history."""
        window = self.windowing.apply(history, events.item)
        return {
            "query": query[None],
            "task": np.array([task]),
            "gap": self.windowing.gaps(np.append(events.time[window][-1:], now))[-1:],
            "state": self.state(events, window, queries),
        }

    @property
    def instructed(self) -> bool:
        """Whether the decoder reads instructions."""
        return any(given.name == "instruction" for given in self.decoder.get_inputs())

    def scores(self, output: np.ndarray) -> np.ndarray:
        """Dense score of every item, as docs/pack-format.md section 6 defines it."""
        if self.rows is None:
            return self.fused @ output
        step = np.float32(np.abs(output).max() / np.float32(127))
        ratio = output / step if step > 0 else np.zeros_like(output)
        quantised = (np.sign(ratio) * np.floor(np.abs(ratio) + np.float32(0.5))).astype(np.int32)
        return (self.rows.astype(np.int32) @ quantised).astype(np.float32) * (step * self.scales)


class SignalsReference:
    """Neighbours, words and weights of a pack, added up item by item as docs/pack-format.md section 6 says."""

    def __init__(self, pack: Pack):
        manifest, s = pack.manifest, pack.sections
        self.items, self.tasks = manifest["items"], manifest["tasks"]
        self.liking = np.array([0.0] + [kind["sign"] * kind["strength"] for kind in manifest["kinds"]])
        self.neighbours = manifest.get("neighbours")
        if self.neighbours:
            shape = (self.items, self.neighbours["width"])
            self.ids = s["neighbours.ids"].reshape(shape).astype(np.int64)
            self.weights = s["neighbours.weights"].reshape(shape) * s["neighbours.scale"][:, None]
        self.postings = (
            [s[f"lexical.posting_{part}"] for part in ("offsets", "items", "impacts")]
            if ("lexical.posting_offsets" in s)
            else None
        )
        self.impact_scale = s["lexical.impact_scale"][0] if self.postings else 0.0

    def of_history(self, events: EventTable, history: np.ndarray) -> np.ndarray:
        """K of every item: sum over the neighbours of the last liked items."""
        total = np.zeros(self.items, np.float32)
        if not self.neighbours:
            return total
        liked = [events.item[e] for e in history[::-1] if self.liking[events.kind[e]] >= 0]
        disliked = self.disliked(events, history)
        asked = [item for item in dict.fromkeys(liked) if item not in disliked]
        for age, item in enumerate(asked[: self.neighbours["events"]]):
            known = self.ids[item] < self.items
            weights = self.weights[item][known] * self.neighbours["decay"] ** age
            np.add.at(total, self.ids[item][known], weights.astype(np.float32))
        return total

    def disliked(self, events: EventTable, history: np.ndarray) -> set[int]:
        """Items whose last dislike no later event of the same strength takes back."""
        active: dict[int, float] = {}
        for event in history:
            item, liking = events.item[event], self.liking[events.kind[event]]
            if liking < 0:
                active[item] = liking
            elif liking >= -active.get(item, -np.inf):
                active.pop(item, None)
        return set(active)

    def of_words(self, words: np.ndarray) -> np.ndarray:
        """L of every item: the impacts of the distinct words of a query."""
        total = np.zeros(self.items, np.float32)
        if self.postings is not None:
            offsets, items, impacts = self.postings
            for word in dict.fromkeys(words.tolist()):
                own = slice(offsets[word], offsets[word + 1])
                total[items[own]] += impacts[own] * self.impact_scale
        return total

    def fused(self, dense: np.ndarray, events: EventTable, history: np.ndarray, words: np.ndarray, task: str):
        """Whole score of every item."""
        weights = self.tasks[task]
        known, curve = self.of_history(events, history), weights.get("neighbours_curve", 0.0)
        score = dense + weights.get("neighbours", 0.0) * (np.log1p(curve * known) if curve else known)
        score += weights.get("lexical", 0.0) * self.of_words(words)
        score[np.unique(events.item[history])] += weights["history"]
        return score


def _empty(graph: onnxruntime.InferenceSession, name: str) -> np.ndarray:
    shape = next(i.shape for i in graph.get_inputs() if i.name == name)
    return np.zeros([d if isinstance(d, int) else 0 for d in shape], np.float32)
