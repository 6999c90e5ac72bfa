"""Writes slow.onnx: a graph with the ports of `item`, for 64 features, whose vectors are the features, and which takes its time.

It stands where a test needs a job that is seen while it runs: about 2 ms an item. Run: python slow.py (needs onnx).
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
    [
        helper.make_node("Loop", ["times", "", "features"], ["fused"], body=body),
        helper.make_node("Slice", ["fused", "begin", "end", "axis"], ["semantic"]),
    ],
    "slow",
    [helper.make_tensor_value_info("features", F32, ["items", "features_of_one"])],
    [
        helper.make_tensor_value_info("fused", F32, ["items", "dim"]),
        helper.make_tensor_value_info("semantic", F32, ["items", "semantic_dim"]),
    ],
    [
        # Even: as often there as back.
        numpy_helper.from_array(np.array(1_000, np.int64), "times"),
        numpy_helper.from_array(np.array([0], np.int64), "begin"),
        numpy_helper.from_array(np.array([32], np.int64), "end"),
        numpy_helper.from_array(np.array([1], np.int64), "axis"),
    ],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
onnx.checker.check_model(model)
onnx.save(model, Path(__file__).with_suffix(".onnx"))
