"""The bars around a video's picture: letterbox, pillarbox, a frame laid around it; plain, whatever their brightness."""

import numpy as np
from numpy.typing import NDArray

from seawall.media.media import Luma

PLAIN = 12  # steps of 255 a bar's brightness may vary by: compression leaves some
MOST_OF_LINE = 0.95  # of a row that must be plain; a channel's sign may stand on it
THINNEST = 0.02  # of a side, both bars together; thinner ones change no fingerprint
LEAST_LEFT = 0.3  # of a side that must remain
STRIP = 16  # rows looked at together: most pictures have no bars, and need only the first


def without_bars(luma: Luma) -> Luma | None:
    """The picture inside the bars; None where there are none, or nothing else."""
    top, bottom = _bars(luma)
    left, right = _bars(luma.T)
    height, width = luma.shape
    taken = (top + bottom) / height, (left + right) / width
    if max(taken) < THINNEST or max(taken) > 1 - LEAST_LEFT:
        return None
    return np.ascontiguousarray(luma[top : height - bottom, left : width - right])


def _bars(luma: Luma) -> tuple[int, int]:
    """How many rows of bar there are at the top and at the bottom, and one more of each for its soft edge."""
    return _rows(luma), _rows(luma[::-1])


def _rows(luma: Luma) -> int:
    shade = int(np.median(luma[0]))
    for top in range(0, len(luma), STRIP):
        strip = luma[top : top + STRIP].astype(np.int16)
        plain: NDArray[np.bool_] = (np.abs(strip - shade) <= PLAIN).mean(axis=1) >= MOST_OF_LINE
        if not plain.all():
            rows = top + int(np.argmin(plain))
            return rows + 1 if rows else 0
    return len(luma)
