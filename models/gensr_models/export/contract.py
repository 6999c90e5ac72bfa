"""Names, shapes and dtypes of every graph: the one place on the Python side (docs/pack-format.md, section 5)."""

from __future__ import annotations

from dataclasses import dataclass

import onnx

F32, I64 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
_NAMES = {F32: "f32", I64: "i64"}


class GraphError(ValueError):
    """A graph that does not keep the contract."""


@dataclass(frozen=True)
class Tensor:
    """One input or output; a dimension is a number, or a name where it varies."""

    name: str
    dtype: int
    shape: tuple[int | str, ...]


@dataclass(frozen=True)
class Graph:
    """Inputs and outputs of one graph."""

    name: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def check(self, model: onnx.ModelProto) -> None:
        """Raises GraphError with every difference between a model and this contract."""
        problems = []
        for role, wanted, found in (
            ("input", self.inputs, model.graph.input),
            ("output", self.outputs, model.graph.output),
        ):
            names = [value.name for value in found]
            if names != [t.name for t in wanted]:
                problems.append(f"{role}s are {names}, expected {[t.name for t in wanted]}")
                continue
            for tensor, value in zip(wanted, found, strict=True):
                kind = value.type.tensor_type
                if kind.elem_type != tensor.dtype:
                    problems.append(f"{role} {tensor.name} is not {_NAMES[tensor.dtype]}")
                dims = [d.dim_value if d.HasField("dim_value") else None for d in kind.shape.dim]
                fits = len(dims) == len(tensor.shape) and all(
                    isinstance(w, str) or d == w for w, d in zip(tensor.shape, dims, strict=True)
                )
                if not fits:
                    problems.append(f"{role} {tensor.name} has shape {dims}, expected {tensor.shape}")
        if problems:
            raise GraphError(f"graph {self.name}: " + "; ".join(problems))


def text_graph(text_dim: int) -> Graph:
    """The sentence encoder: one unpadded text a call."""
    return Graph("text", (Tensor("input_ids", I64, (1, "tokens")),), (Tensor("text", F32, (1, text_dim)),))


def masked_text_graph(text_dim: int) -> Graph:
    """The sentence encoder for accelerators: one text, padded; `mask` is 1 where a token counts.

    Both axes are `tokens`: the engine fixes them by that name.
    """
    inputs = (Tensor("input_ids", I64, (1, "tokens")), Tensor("mask", I64, (1, "tokens")))
    return Graph("text", inputs, (Tensor("text", F32, (1, text_dim)),))


def item_graph(dim: int, semantic_dim: int, query_dim: int) -> Graph:
    """Features of the texts of items to their rows."""
    return Graph(
        "item",
        (Tensor("features", F32, ("items", query_dim)),),
        (Tensor("fused", F32, ("items", dim)), Tensor("semantic", F32, ("items", semantic_dim))),
    )


def history_graph(dim: int, semantic_dim: int, query_dim: int, layers: int, heads: int) -> Graph:
    """New events and past state to new state."""
    width = dim // heads
    return Graph(
        "history",
        (
            Tensor("fused", F32, ("new", dim)),
            Tensor("semantic", F32, ("new", semantic_dim)),
            Tensor("query", F32, ("new", query_dim)),
            Tensor("task", I64, ("new",)),
            Tensor("kind", I64, ("new",)),
            Tensor("gap", I64, ("new",)),
            Tensor("past_views", F32, (2, 2, heads, "past", width)),
            Tensor("past_decoder", F32, (layers, 2, heads, "past_positions", width)),
        ),
        (
            Tensor("views", F32, (2, 2, heads, "events", width)),
            Tensor("decoder", F32, (layers, 2, heads, "positions", width)),
        ),
    )


def decoder_graph(dim: int, query_dim: int, layers: int, heads: int, instructed: bool = False) -> Graph:
    """Prompts over one state to output vectors; with one more input if the network reads instructions."""
    instruction = (Tensor("instruction", F32, ("prompts", query_dim)),)
    return Graph(
        "decoder",
        (
            Tensor("query", F32, ("prompts", query_dim)),
            Tensor("task", I64, ("prompts",)),
            Tensor("gap", I64, ("prompts",)),
            Tensor("state", F32, (layers, 2, heads, "positions", dim // heads)),
            *(instruction if instructed else ()),
        ),
        (Tensor("output", F32, ("prompts", dim)),),
    )
