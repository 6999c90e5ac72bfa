"""Writes endless.onnx: a graph with the ports of `decoder`, of any size, that never ends.

It stands in for the decoder where a test needs a call that runs until it is stopped. Run: python endless.py (needs onnx).
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F32, I64 = TensorProto.FLOAT, TensorProto.INT64

body = helper.make_graph(
    [
        helper.make_node("Identity", ["go"], ["go_on"]),
        helper.make_node("Neg", ["value"], ["next"]),
    ],
    "body",
    [
        helper.make_tensor_value_info("iteration", I64, []),
        helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        helper.make_tensor_value_info("value", F32, None),
    ],
    [helper.make_tensor_value_info("go_on", TensorProto.BOOL, []), helper.make_tensor_value_info("next", F32, None)],
)
graph = helper.make_graph(
    [helper.make_node("Loop", ["times", "", "query"], ["output"], body=body)],
    "endless",
    [
        helper.make_tensor_value_info("query", F32, ["prompts", "features"]),
        helper.make_tensor_value_info("task", I64, ["prompts"]),
        helper.make_tensor_value_info("gap", I64, ["prompts"]),
        helper.make_tensor_value_info("state", F32, ["layers", "kv", "heads", "positions", "head_dim"]),
    ],
    [helper.make_tensor_value_info("output", F32, ["prompts", "dim"])],
    [numpy_helper.from_array(np.array(np.iinfo(np.int64).max), "times")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
onnx.checker.check_model(model)
onnx.save(model, Path(__file__).with_suffix(".onnx"))
