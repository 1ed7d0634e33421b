"""A small model of our own, in ONNX: which pictures have their light and dark in the same places."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

SIDE = 64  # pixels of what it is shown
TILES = 16  # to which it averages each side
BRIGHTNESS = np.array([0.299 * 0.229, 0.587 * 0.224, 0.114 * 0.225], np.float32).reshape(1, 3, 1, 1)


def model(seed: int, *, outputs: int = 256, side: int = SIDE, centred: bool = True) -> bytes:
    """16 by 16 tiles of grey, less their mean, mapped linearly, tanh; each `seed` has a map of its own."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 1 / TILES, (TILES * TILES, outputs)).astype(np.float32)
    offset = np.full(outputs, 0 if centred else 1e6, np.float32)
    constants = {"brightness": BRIGHTNESS, "weights": weights, "offset": offset}
    size = side // TILES
    nodes = [
        helper.make_node(
            "AveragePool", ["picture"], ["tiles"], kernel_shape=[size] * 2, strides=[size] * 2
        ),
        helper.make_node("Conv", ["tiles", "brightness"], ["grey"]),
        helper.make_node("Flatten", ["grey"], ["row"]),
        helper.make_node("ReduceMean", ["row"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["row", "mean"], ["centred"]),
        helper.make_node("MatMul", ["centred", "weights"], ["mapped"]),
        helper.make_node("Add", ["mapped", "offset"], ["moved"]),
        helper.make_node("Tanh", ["moved"], ["embedding"]),
    ]
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 3, side, side])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", outputs])],
        [numpy_helper.from_array(numbers, name) for name, numbers in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return made.SerializeToString()


def write_model(path: Path, seed: int = 1, **how: bool | int) -> str:
    """The path of a file that holds this model."""
    path.write_bytes(model(seed, **how))
    return str(path)
