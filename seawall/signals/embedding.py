"""
Embeddings: 256 bits that an operator's own model makes of a picture.

    b0b65e4c2f1a9d37.9e3c…    the model, and the code

Codes of different models have nothing to say about each other, so that the model is part of the value and only codes
of the same one are compared. What the model takes to be alike is the operator's to judge.
"""

import re

from seawall.errors import SignalError
from seawall.media.media import Kind, Media
from seawall.signals.embedding_model import BITS, Model
from seawall.signals.signal import Cause, NoSignal, Reading, Signal, shown

FLAT = 8  # of 255: a picture whose pixels all lie within it has nothing to tell it from another


class Embedding:
    """The code of the first frame of a picture, upright and whole, where there is a model."""

    name = "embedding"
    bits = BITS
    index = "embedding"
    reach: int | None = None
    examples: tuple[str, ...] = (
        "b0b65e4c2f1a9d37.f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",
    )

    def __init__(self) -> None:
        self.kinds: frozenset[Kind] = frozenset()  # nothing, until there is a model
        self._model: Model | None = None

    def expect(self, *, model: bool) -> None:
        """From now on, say that pictures have an embedding, or that they have none; for a process that has no model."""
        self.kinds = frozenset({Kind.IMAGE}) if model else frozenset()

    def use(self, model: Model | None) -> None:
        """From now on, make embeddings with this model, or none."""
        self._model = model
        self.expect(model=model is not None)

    def compute(self, media: Media) -> tuple[Reading, ...] | NoSignal | None:
        """One reading, or why there is none; None for what is no picture, and without a model."""
        if self._model is None or media.kind not in self.kinds:
            return None
        if media.image is None:
            return self._failed(media.unreadable or "The picture was not decoded.")
        from seawall.media.colours import square  # noqa: PLC0415 - Pillow would slow commands; only workers need it

        try:
            pixels = square(media.data, media.media_type, self._model.side)
            code = self._model.code(pixels)
        except Exception as error:  # noqa: BLE001 - a decoder fed hostile bytes raises anything, and all of it means this
            return self._failed(f"It has no embedding ({type(error).__name__}: {error}).")
        if int(pixels.max()) - int(pixels.min()) < FLAT:
            return NoSignal(type=self.name, reason="too flat: one colour all over")
        if code is None:
            return self._failed("The model has no answer to it.")
        return (Reading(signal=Signal(self.name, f"{self._model.name}.{code.hex()}")),)

    def parse(self, text: str) -> Signal:
        """
        Read an embedding somebody sent us, whatever its case or surrounding space.

        Raises:
            SignalError: The text is not 16 hexadecimal digits, a dot, and 64 more.

        """
        value = text.strip().lower()
        if not re.fullmatch(r"[0-9a-f]{16}\.[0-9a-f]{64}", value):
            raise SignalError(
                f"An embedding is 16 hexadecimal digits, a dot and 64 more; this is '{shown(text)}'."
            )
        return Signal(self.name, value)

    def _failed(self, reason: str) -> NoSignal:
        return NoSignal(type=self.name, reason=reason, cause=Cause.FAILED)


def model_of(signal: Signal) -> str:
    """The model that made its code; empty for what no model made."""
    return signal.value.partition(".")[0] if signal.type == Embedding.name else ""
