"""Which model makes embeddings, and how a picture is handed to it; loads nothing, for every command reads it."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingConfig:
    """A model of your own that says which pictures look alike (ONNX); nothing is downloaded."""

    model: str = ""  # the path of one ONNX file; without one there are no embeddings
    side: int = 224  # pixels: the whole picture is scaled to a square of this side
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)  # of red, green, blue from 0 to 1, subtracted
    std: tuple[float, ...] = (0.229, 0.224, 0.225)  # of red, green, blue, divided by
    output: str = ""  # the name of the output that is the embedding; the first when empty
    projection: bool = True  # onto 256 fixed directions; without, the model has 256 outputs
    reach: int = 16  # bits two codes may differ in, whatever the rules ask for; 0 to 64
    max_bytes: int = 512 * 1024 * 1024  # bytes of the model's file
    max_seconds: timedelta = timedelta(seconds=1)  # for one picture, tried at the start
