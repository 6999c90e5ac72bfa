"""Writes the graphs that stand in for a pack's own where a test needs a call that is seen while it runs.

    python graphs.py        # needs onnx

endless.onnx: the ports of `decoder`, of any size; never ends.
slow.onnx: the ports of `item` for 64 features; the vectors are the features, and an item takes about 2 ms.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

F32, I64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
port = helper.make_tensor_value_info


def loop(source: str, target: str) -> NodeProto:
    """`target` is `source` with its sign changed `times` times."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Neg", ["value"], ["next"]),
        ],
        "body",
        [port("iteration", I64, []), port("go", BOOL, []), port("value", F32, None)],
        [port("go_on", BOOL, []), port("next", F32, None)],
    )
    return helper.make_node("Loop", ["times", "", source], [target], body=body)


def write(
    name: str,
    nodes: list[NodeProto],
    inputs: list[ValueInfoProto],
    outputs: list[ValueInfoProto],
    constants: dict[str, np.ndarray],
) -> None:
    """Writes NAME.onnx beside this file."""
    tensors = [numpy_helper.from_array(value, key) for key, value in constants.items()]
    graph = helper.make_graph(nodes, name, inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model)
    onnx.save(model, Path(__file__).with_name(f"{name}.onnx"))


write(
    "endless",
    [loop("query", "output")],
    [
        port("query", F32, ["prompts", "features"]),
        port("task", I64, ["prompts"]),
        port("gap", I64, ["prompts"]),
        port("state", F32, ["layers", "kv", "heads", "positions", "head_dim"]),
    ],
    [port("output", F32, ["prompts", "dim"])],
    {"times": np.array(np.iinfo(np.int64).max)},
)
write(
    "slow",
    [loop("features", "fused"), helper.make_node("Slice", ["fused", "begin", "end", "axis"], ["semantic"])],
    [port("features", F32, ["items", "features_of_one"])],
    [port("fused", F32, ["items", "dim"]), port("semantic", F32, ["items", "semantic_dim"])],
    {
        # Even: as often there as back.
        "times": np.array(1_000, np.int64),
        "begin": np.array([0], np.int64),
        "end": np.array([32], np.int64),
        "axis": np.array([1], np.int64),
    },
)
