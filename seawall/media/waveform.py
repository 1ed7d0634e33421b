"""How loud a sound is from its beginning to its end, as a picture: what cannot be seen has a shape, too."""

import numpy as np
from numpy.typing import NDArray

from seawall.media.media import Samples

WIDTH, HEIGHT = 640, 96  # pixels
INK, PAPER = 40, 255


def waveform(samples: Samples) -> NDArray[np.uint8]:
    """Its peaks from left to right, against the loudest; grey (HEIGHT, WIDTH), dark on light."""
    loud = np.abs(samples.astype(np.int32))
    starts = np.linspace(0, len(loud), WIDTH, endpoint=False).astype(np.int64)
    peaks = np.maximum.reduceat(loud, starts)
    heights = np.maximum(peaks / max(int(peaks.max()), 1) * (HEIGHT / 2), 0.5)
    away = np.abs(np.arange(HEIGHT) - (HEIGHT - 1) / 2)
    return np.where(away[:, None] <= heights, INK, PAPER).astype(np.uint8)
