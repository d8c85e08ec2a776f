"""Writes the small models that the tests run, beside this script.

usage: models.py        needs onnx==1.23.2 and numpy; the files do not change when it is run again

types.onnx      pixels float16[n][4] and ids int32[n][tokens] → scaled float16[n][4] = pixels × (1, 2, 4, 8),
                sums float16[n][1] = the ids of a row, added up, and states float16[n][4], which nobody asks for
external.onnx   x float32[n][2] → y float32[n][2] = x × (3, 5), whose factors are in external.bin
"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent


def save(name, nodes, inputs, outputs, weights, **options):
    graph = helper.make_graph(nodes, "graph", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, HERE / name, **options)


def value(name, kind, *shape):
    return helper.make_tensor_value_info(name, kind, shape)


half, single = TensorProto.FLOAT16, TensorProto.FLOAT
save("types.onnx", [
    helper.make_node("Mul", ["pixels", "factors"], ["scaled"]),
    helper.make_node("Cast", ["ids"], ["numbers"], to=half),
    helper.make_node("ReduceSum", ["numbers", "axis"], ["sums"], keepdims=1),
    helper.make_node("Add", ["scaled", "sums"], ["states"]),
], [
    value("pixels", half, "n", 4), value("ids", TensorProto.INT32, "n", "tokens"),
], [
    value("scaled", half, "n", 4), value("sums", half, "n", 1), value("states", half, "n", 4),
], [
    numpy_helper.from_array(np.array([1, 2, 4, 8], np.float16), "factors"),
    numpy_helper.from_array(np.array([1], np.int64), "axis"),
])
(HERE / "external.bin").unlink(missing_ok=True)  # the writer appends
save("external.onnx", [helper.make_node("Mul", ["x", "factors"], ["y"])],
     [value("x", single, "n", 2)], [value("y", single, "n", 2)],
     [numpy_helper.from_array(np.array([3, 5], np.float32), "factors")],
     save_as_external_data=True, location="external.bin", size_threshold=0)
