"""The sentence encoder for accelerators: float, with a mask, so that a text may be padded to a fixed number of tokens.

The graph that every pack has is dynamic int8 over one unpadded text: the best that a processor can do, and what no
accelerator takes (its int8 nodes would stay on the processor one by one, docs/providers.md). A variant is the same
encoder before quantisation. Its length is one named axis, `tokens`, which the engine fixes when it makes a session
(ONNX Runtime's free dimension override): one copy of the weights serves every length.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from torch import nn

from gensr_models.config.settings import Precision, TextSettings
from gensr_models.export.contract import masked_text_graph
from gensr_models.export.graphs import halved, quiet, strip
from gensr_models.pack.format import Pack, PackError
from gensr_models.text.encoder import Projection, default_folder

LENGTHS = (16, 64)
"""Tokens that the engine pads texts to (src/text/sentences.rs)."""


class _Masked(nn.Module):
    """Transformer, mean over the tokens that count, unit norm, projection; from the mean on in 32 bits."""

    def __init__(self, transformer: nn.Module, projection: Projection):
        super().__init__()
        self.transformer = transformer
        self.register_buffer("mean", torch.from_numpy(projection.mean))
        self.register_buffer("matrix", torch.from_numpy(projection.matrix))

    def forward(self, input_ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states = self.transformer(input_ids=input_ids, attention_mask=mask).last_hidden_state.float()
        counts = mask.float()
        # A mean as a product of matrices: what accelerators know best.
        pooled = (counts[:, None] @ states)[:, 0] / counts.sum(dim=1, keepdim=True)
        return (nn.functional.normalize(pooled, dim=-1) - self.mean) @ self.matrix


def export_variant(folder: Path, projection: Projection, precision: Precision) -> onnx.ModelProto:
    """The transformer in `folder` (Hugging Face layout) with a projection, to run on an accelerator.

    Args:
        folder: of the transformer that the pack's `text` graph is made of.
        projection: the one at the end of that graph.
        precision: `fp16` computes in 16 bits (Core ML's Neural Engine does nothing else); `fp32` computes in 32 bits
            (XNNPACK, and NNAPI, which narrows by itself), its matrices stored in 16.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    from transformers import AutoModel

    contract = masked_text_graph(projection.matrix.shape[1])
    tokens = torch.export.Dim("tokens", min=2, max=512)
    with torch.inference_mode(), quiet(), tempfile.TemporaryDirectory() as scratch:
        transformer = AutoModel.from_pretrained(folder, attn_implementation="eager")
        model = _Masked(transformer.half() if precision == "fp16" else transformer.float(), projection).eval()
        path = Path(scratch) / "text.onnx"
        torch.onnx.export(
            model,
            (torch.ones(1, 7, dtype=torch.long), torch.ones(1, 7, dtype=torch.long)),
            path,
            dynamo=True,
            dynamic_shapes=[{1: tokens}, {1: tokens}],
            input_names=[t.name for t in contract.inputs],
            output_names=[t.name for t in contract.outputs],
            opset_version=20,
            external_data=False,
            verbose=False,
        )
        graph = onnx.load(path)
    strip(graph)
    contract.check(graph)
    return halved(graph) if precision == "fp32" else graph


def padded(variant: onnx.ModelProto | bytes, length: int) -> onnxruntime.InferenceSession:
    """A session of a variant for texts of exactly `length` tokens, as the engine makes it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    options.add_free_dimension_override_by_name("tokens", length)
    data = variant if isinstance(variant, bytes) else variant.SerializeToString()
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def encode(sessions: dict[int, onnxruntime.InferenceSession], ids: np.ndarray) -> np.ndarray:
    """Vector [T] of a text, padded to the shortest length that it fits into."""
    length = min(length for length in sessions if length >= len(ids))
    inputs = np.zeros((2, 1, length), np.int64)
    inputs[0, 0, : len(ids)], inputs[1, 0, : len(ids)] = ids, 1
    return sessions[length].run(None, {"input_ids": inputs[0], "mask": inputs[1]})[0][0]


def projection_of(pack: Pack) -> Projection:
    """The projection at the end of a pack's `text` graph."""
    if "graph.text" not in pack.sections:
        raise PackError("the pack has no sentence encoder, so there is nothing for an accelerator to run")
    weights = onnx.load_from_string(pack.sections["graph.text"].tobytes()).graph.initializer
    found = {t.name: numpy_helper.to_array(t) for t in weights if t.name.startswith("projection.")}
    return Projection(found["projection.mean"][0], found["projection.matrix"])


def text_variants(settings: TextSettings, projection: Projection) -> dict[str, onnx.ModelProto]:
    """The variants that the settings want, by the names of their graphs."""
    folder = settings.folder or default_folder()
    return {f"text@{p}": export_variant(folder, projection, p) for p in settings.variants}
