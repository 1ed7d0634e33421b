"""
An operator's own model, as a function from pixels to a code of 256 bits.

    pixels ──mean, std──▶ model ──▶ numbers ──fixed directions──▶ 256 signs

The directions are the bits of SHAKE-256 of a fixed text, so that everybody who has the model has the same codes.
Source: M. Charikar, "Similarity estimation techniques from rounding algorithms", 2002.
"""

import hashlib
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.errors import OutsideError
from seawall.signals.embedding_config import EmbeddingConfig

BITS = 256
LEAST_OUTPUTS, MOST_OUTPUTS = 8, 16_384
MOST_SIDE = 2048  # pixels
NAMED = 16  # hexadecimal digits of what tells models apart
_DIRECTIONS = b"embedding directions 1"
_COLOURS = 3
_QUIET = 4  # onnxruntime: only what is fatal


class Model:
    """
    A model, loaded: `name` tells it, and how pictures are handed to it, from every other.

    One thread, so that a process that has loaded it can still be forked.
    """

    def __init__(self, data: bytes, config: EmbeddingConfig) -> None:
        """
        Load the content of an ONNX file.

        Raises:
            OutsideError: It cannot be used; the sentence says why.

        """
        _check(config)
        self.side = config.side
        self.sha256 = hashlib.sha256(data).hexdigest()
        self._mean = np.array(config.mean, np.float32)
        self._std = np.array(config.std, np.float32)
        self._session = _session(data, config.model)
        self._input = _input(self._session, config)
        self._output = _output(self._session, config)
        outputs = self._numbers(np.zeros((config.side, config.side, _COLOURS), np.uint8)).size
        self._directions = _directions(outputs, config)
        self.name = _name(self.sha256, self._output, config)

    def code(self, pixels: NDArray[np.uint8]) -> bytes | None:
        """The code, 32 bytes, of a square of RGB (side, side, 3); None where the model has no answer."""
        numbers = self._numbers(pixels)
        if not np.isfinite(numbers).all() or not numbers.any():
            return None
        if self._directions is not None:
            numbers = self._directions @ numbers
        return np.packbits(numbers > 0).tobytes()

    def _numbers(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        normal = (pixels / np.float32(255) - self._mean) / self._std
        planes = np.ascontiguousarray(normal.transpose(2, 0, 1)[np.newaxis], np.float32)
        try:
            (found,) = self._session.run([self._output], {self._input: planes})
        except Exception as error:
            raise OutsideError(
                f"The embedding model cannot be run: {_first_line(error)}"
            ) from error
        return np.asarray(found, np.float64).reshape(-1)


def _check(config: EmbeddingConfig) -> None:
    if not 1 <= config.side <= MOST_SIDE:
        raise OutsideError(f"embedding.side is 1 to {MOST_SIDE} pixels; this is {config.side}.")
    for name, values in (("mean", config.mean), ("std", config.std)):
        if len(values) != _COLOURS:
            raise OutsideError(
                f"embedding.{name} is three numbers, of red, green and blue; these are {len(values)}."
            )
    if 0 in config.std:
        raise OutsideError("embedding.std divides, so that none of its numbers can be 0.")


def _session(data: bytes, path: str) -> Any:  # noqa: ANN401 - onnxruntime has no types
    try:
        import onnxruntime  # noqa: PLC0415 - an extra, and slow to load; only workers need it
    except ImportError as error:
        raise OutsideError(
            "An embedding model needs ONNX Runtime: pip install 'seawall[embedding]'."
        ) from error
    onnxruntime.set_default_logger_severity(_QUIET)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _QUIET
    # Weights in files beside it would not be part of its digest.
    options.add_session_config_entry(
        "session.model_external_initializers_file_folder_path", os.devnull
    )
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise OutsideError(
            f"{path} is no ONNX model that can be loaded by itself: {_first_line(error)}"
        ) from error


def _input(session: Any, config: EmbeddingConfig) -> str:  # noqa: ANN401 - the same
    inputs = session.get_inputs()
    wanted = (1, _COLOURS, config.side, config.side)
    first = inputs[0]
    fits = len(first.shape) == len(wanted) and all(
        not isinstance(has, int) or has == wants
        for has, wants in zip(first.shape, wanted, strict=True)
    )
    if len(inputs) != 1 or first.type != "tensor(float)" or not fits:
        has = "; ".join(f"{each.name}: {each.type} {each.shape}" for each in inputs)
        raise OutsideError(
            f"The embedding model must take one tensor(float) of {list(wanted)}, of embedding.side; it takes {has}."
        )
    return str(first.name)


def _output(session: Any, config: EmbeddingConfig) -> str:  # noqa: ANN401 - the same
    names = [each.name for each in session.get_outputs()]
    if config.output and config.output not in names:
        raise OutsideError(
            f"The embedding model has no output '{config.output}'; it has {', '.join(names)}."
        )
    return config.output or str(names[0])


def _directions(outputs: int, config: EmbeddingConfig) -> NDArray[np.float64] | None:
    """256 directions of -1 and 1, (256, outputs); None where the outputs themselves are the code."""
    if not config.projection:
        if outputs != BITS:
            raise OutsideError(
                f"Without embedding.projection the model must have {BITS} outputs; it has {outputs}."
            )
        return None
    if not LEAST_OUTPUTS <= outputs <= MOST_OUTPUTS:
        raise OutsideError(
            f"An embedding is {LEAST_OUTPUTS} to {MOST_OUTPUTS} numbers; this model has {outputs}."
        )
    drawn = hashlib.shake_256(_DIRECTIONS).digest(BITS * outputs // 8)
    bits = np.unpackbits(np.frombuffer(drawn, np.uint8)).reshape(BITS, outputs)
    return np.where(bits, 1.0, -1.0)


def _name(sha256: str, output: str, config: EmbeddingConfig) -> str:
    """What differs in any of these makes other codes."""
    handed = (sha256, config.side, *config.mean, *config.std, output, int(config.projection))
    text = "\n".join(["embedding 1", *map(str, handed)])
    return hashlib.sha256(text.encode()).hexdigest()[:NAMED]


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
