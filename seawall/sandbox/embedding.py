"""An operator's model is loaded once, before there is a worker, and tried on pictures of our own first."""

import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seawall.errors import OutsideError
from seawall.media.limits import MIB
from seawall.signals.embedding_config import EmbeddingConfig
from seawall.signals.embedding_model import Model


def load(config: EmbeddingConfig) -> Model:
    """
    The model of the settings, which answers in time and tells pictures apart.

    Raises:
        OutsideError: It is missing, too large, broken, too slow or of no use; the sentence says which.

    """
    model = Model(_read(config), config)
    codes = []
    for picture in _pictures(model.side):
        began = time.perf_counter()
        code = model.code(picture)
        took = time.perf_counter() - began
        if code is None:
            raise OutsideError("The embedding model's answer is no number, or nothing but zeros.")
        codes.append(np.frombuffer(code, np.uint8))
    if took > config.max_seconds.total_seconds():  # the last: the first ones warm it up
        raise OutsideError(
            f"The embedding model takes {took:.1f} s for a picture; the limit is"
            f" {config.max_seconds.total_seconds():g} s. Use a smaller one, or raise embedding.max_seconds."
        )
    apart = [int(np.unpackbits(one ^ other).sum()) for one, other in pairwise(codes)]
    if max(apart) <= config.reach:
        raise OutsideError(
            f"The embedding model does not tell unlike pictures apart: their codes differ in at most {max(apart)} bits,"
            f" and embedding.reach is {config.reach}. Are its outputs centred on 0?"
        )
    return model


def _read(config: EmbeddingConfig) -> bytes:
    path = Path(config.model).expanduser()
    try:
        size = path.stat().st_size
        if size > config.max_bytes:
            raise OutsideError(
                f"The embedding model {path} has {size / MIB:.0f} MiB; the limit is {config.max_bytes / MIB:.0f} MiB."
                " Use a smaller one, or raise embedding.max_bytes."
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte in it
        reason = error.strerror if isinstance(error, OSError) else error
        raise OutsideError(f"The embedding model {path} cannot be read: {reason}.") from error


def _pictures(side: int) -> list[NDArray[np.uint8]]:
    """Four that have nothing in common: brighter downwards, brighter to the right, coarse tiles, noise."""
    slope = np.linspace(0, 255, side)
    rng = np.random.default_rng(0)
    tiles = rng.integers(0, 256, (4, 4, 3)).repeat(-(-side // 4), 0).repeat(-(-side // 4), 1)
    made = (
        np.broadcast_to(slope[:, None, None], (side, side, 3)),
        np.broadcast_to(slope[None, :, None], (side, side, 3)),
        tiles[:side, :side],
        rng.integers(0, 256, (side, side, 3)),
    )
    return [picture.astype(np.uint8) for picture in made]
