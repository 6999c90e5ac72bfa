"""Network to ONNX graphs, and their 8-bit form."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from gensr_models.export.contract import Graph, decoder_graph, history_graph, item_graph
from gensr_models.model import ItemTable, Network, Sequence

BLOCK = 32  # weights that share a scale in MatMulNBits


def export(items: ItemTable, network: Network) -> dict[str, tuple[onnx.ModelProto, onnx.ModelProto]]:
    """Each graph in float and in the form that ships."""
    floats = {"history": export_history(network), "decoder": export_decoder(network)}
    item = export_item(items, network.shape.query_dim)
    return {name: (graph, quantise(graph)) for name, graph in floats.items()} | {"item": (item, item)}


class _History(nn.Module):
    """The history graph: no batch axis."""

    def __init__(self, network: Network):
        super().__init__()
        self.network = network

    def forward(self, fused, semantic, query, task, kind, gap, past_views, past_decoder) -> tuple[Tensor, Tensor]:
        events = Sequence(*(x[None] for x in (fused, semantic, query, task, kind, gap)))
        _, (views, decoder), _ = self.network.history(events, (past_views[None], past_decoder[None]))
        return views[0], decoder[0]


class _Decoder(nn.Module):
    """The decoder graph."""

    def __init__(self, network: Network):
        super().__init__()
        self.network = network

    def forward(self, query, task, gap, state, instruction=None) -> Tensor:
        return self.network.decode(query, task, gap, state, instruction)


class _Item(nn.Module):
    """The item graph: rows of unmet items, from their text alone (model/cold.py)."""

    def __init__(self, items: ItemTable):
        super().__init__()
        self.project, self.compress, self.text_dim = items.project, items.compress, items.text.shape[1]
        self.register_buffer("cold", items.cold)
        self.scale = items.cold_scale
        # Without the semantic view new items have rows of zero.
        self.share = 0.0 if items.views == "collaborative" else 1.0

    def forward(self, features) -> tuple[Tensor, Tensor]:
        semantic = features[:, self.text_dim :]
        if self.project is not None:
            semantic = semantic + self.project(features[:, : self.text_dim])
        if not self.share:
            semantic = semantic * self.share
        raw = semantic + semantic @ self.cold
        inverse = self.scale / raw.norm(dim=-1, keepdim=True).clamp_min(1e-6)
        return raw * inverse, self.compress(semantic * inverse)


def export_item(items: ItemTable, query_dim: int) -> onnx.ModelProto:
    """The item graph. It runs once an item, so it is exact rather than small: weights have 16 bits, sums 32."""
    dim, code = items.compress.in_features, items.compress.out_features
    contract = item_graph(dim, code, query_dim)
    dynamic = [{0: torch.export.Dim("items", min=1, max=4096)}]
    return halved(_export(_Item(items), (torch.randn(3, query_dim),), dynamic, contract))


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Stores the float matrices of a graph in 16 bits; they are widened where they are read."""
    from onnx import helper, numpy_helper

    nodes = []
    for place, tensor in enumerate(model.graph.initializer):
        if tensor.data_type != onnx.TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype("float16"), f"{tensor.name}.half")
        nodes.append(helper.make_node("Cast", [half.name], [tensor.name], to=onnx.TensorProto.FLOAT))
        model.graph.initializer[place].CopyFrom(half)
    rest = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes + rest)
    onnx.checker.check_model(model)
    return model


def export_history(network: Network) -> onnx.ModelProto:
    """The history graph in float."""
    s, new, past = network.shape, 3, 4
    width = s.dim // s.heads
    example = (
        torch.randn(new, s.dim),
        torch.randn(new, s.semantic_dim),
        torch.randn(new, s.query_dim),
        torch.zeros(new, dtype=torch.long),
        torch.zeros(new, dtype=torch.long),
        torch.zeros(new, dtype=torch.long),
        torch.randn(2, 2, s.heads, past, width),
        torch.randn(s.layers, 2, s.heads, 2 * past, width),
    )
    n, m = torch.export.Dim("new", min=1, max=4096), torch.export.Dim("past", min=0, max=4096)
    dynamic = [{0: n}] * 6 + [{3: m}, {3: 2 * m}]
    contract = history_graph(s.dim, s.semantic_dim, s.query_dim, s.layers, s.heads)
    return _export(_History(network), example, dynamic, contract)


def export_decoder(network: Network) -> onnx.ModelProto:
    """The decoder graph in float."""
    s, prompts, events = network.shape, 3, 4
    example = (
        torch.randn(prompts, s.query_dim),
        torch.zeros(prompts, dtype=torch.long),
        torch.zeros(prompts, dtype=torch.long),
        torch.randn(s.layers, 2, s.heads, 2 * events, s.dim // s.heads),
    )
    b, p = torch.export.Dim("prompts", min=1, max=4096), torch.export.Dim("positions", min=0, max=4096)
    dynamic, instructed = [{0: b}, {0: b}, {0: b}, {3: 2 * p}], network.instruction is not None
    if instructed:
        example, dynamic = (*example, torch.randn(prompts, s.query_dim)), [*dynamic, {0: b}]
    contract = decoder_graph(s.dim, s.query_dim, s.layers, s.heads, instructed)
    return _export(_Decoder(network), example, dynamic, contract)


def _export(module: nn.Module, example: tuple, dynamic: list, contract: Graph) -> onnx.ModelProto:
    module.eval()
    with torch.inference_mode(), quiet(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.onnx"
        torch.onnx.export(
            module,
            example,
            path,
            dynamo=True,
            dynamic_shapes=dynamic,
            input_names=[t.name for t in contract.inputs],
            output_names=[t.name for t in contract.outputs],
            opset_version=20,
            external_data=False,
            verbose=False,
        )
        model = onnx.load(path)
    strip(model)
    contract.check(model)
    return model


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps the exporters' remarks (missing torchvision, merged constants) out of the log of a build."""
    names = ("onnxscript", "onnx_ir", "torch.onnx", "transformers", "onnxruntime.quantization", "root")
    loggers = [logging.getLogger(None if n == "root" else n) for n in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def strip(model: onnx.ModelProto) -> None:
    """Removes documentation, metadata (it names local files) and value infos."""
    model.producer_name, model.doc_string = "gensr", ""
    del model.metadata_props[:]
    graph = model.graph
    graph.doc_string = ""
    del graph.metadata_props[:]
    del graph.value_info[:]
    for node in graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*graph.input, *graph.output, *graph.initializer]:
        value.doc_string = ""
        del value.metadata_props[:]


def quantise(model: onnx.ModelProto) -> onnx.ModelProto:
    """Weight-only 8 bit (MatMulNBits, accuracy level 4).

    Activations are quantised in blocks of one row, so a result depends neither on what shares the batch nor on
    whether the state was cached; dynamic int8 would scale them per tensor.
    """
    from onnxruntime.quantization.matmul_nbits_quantizer import (  # heavy
        DefaultWeightOnlyQuantConfig,
        MatMulNBitsQuantizer,
    )

    config = DefaultWeightOnlyQuantConfig(block_size=BLOCK, is_symmetric=True, bits=8, accuracy_level=4)
    copy = onnx.ModelProto()
    copy.CopyFrom(_matmul_form(model))
    with quiet():
        quantizer = MatMulNBitsQuantizer(copy, algo_config=config)
        quantizer.process()
    result = quantizer.model.model
    strip(result)
    return result


def _matmul_form(model: onnx.ModelProto) -> onnx.ModelProto:
    """Gemm nodes (the exporter's form of 2-D linear layers) as MatMul + Add, which the quantiser understands."""
    from onnx import helper, numpy_helper

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    weights = {t.name: t for t in copy.graph.initializer}
    nodes = []
    for node in copy.graph.node:
        if node.op_type != "Gemm" or node.input[1] not in weights:
            nodes.append(node)
            continue
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        weight = numpy_helper.to_array(weights[node.input[1]])
        if attributes.get("transB", 0):
            weight = weight.T.copy()
        name = f"{node.input[1]}.t.{node.output[0]}"
        copy.graph.initializer.append(numpy_helper.from_array(weight, name))
        product = node.output[0] if len(node.input) < 3 else f"{node.output[0]}.product"
        nodes.append(helper.make_node("MatMul", [node.input[0], name], [product], name=f"{node.name}.matmul"))
        if len(node.input) > 2:
            nodes.append(helper.make_node("Add", [product, node.input[2]], list(node.output), name=f"{node.name}.add"))
    del copy.graph.node[:]
    copy.graph.node.extend(nodes)
    used = {i for n in nodes for i in n.input}
    kept = [t for t in copy.graph.initializer if t.name in used]
    del copy.graph.initializer[:]
    copy.graph.initializer.extend(kept)
    return copy
