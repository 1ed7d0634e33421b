"""
A video, a sound and a text that are known, and uploads with a part of each of them: made by our own code.

    known film ─▶ after another, in front of a third     known music ─▶ half a minute of it, noisy
    known text ─▶ re-typed with other characters, in the middle of a longer post
"""

from collections.abc import Iterator
from itertools import chain
from random import Random

import numpy as np

from benchmarks.paragraphs import TONGUES, paragraphs
from seawall.workflows.pictures import Picture
from seawall.workflows.sounds import RATE, encoded, noisy, track
from seawall.workflows.text_alterations import replace_similar_unicode_chars
from seawall.workflows.video_alterations import Film, filmed, pan

SIZE, FPS = (640, 360), 10
SCENE = 6  # seconds
MUSIC = 120  # seconds
EXCERPT = slice(40 * RATE, 70 * RATE)


def known() -> Iterator[tuple[str, bytes]]:
    """Files by name."""
    yield "film.mp4", _film(1, 2)
    yield "music.mp3", encoded(track(5, MUSIC), bit_rate=96_000)
    yield "text.txt", _paragraph(3).encode()


def uploaded() -> Iterator[tuple[str, bytes]]:
    """Each with a part of what is known, by name."""
    yield "video", _film(8, 1, 2, 9)
    excerpt = noisy(track(5, MUSIC)[EXCERPT], 20, np.random.default_rng(1))
    yield "sound", encoded(excerpt, bit_rate=64_000)
    retyped = replace_similar_unicode_chars(_paragraph(3), Random(1))  # noqa: S311 - repeatable, and hides nothing
    yield "text", "\n\n".join((_paragraph(11), retyped, _paragraph(12))).encode()


def _film(*scenes: int) -> bytes:
    def pictures() -> Iterator[Picture]:
        return chain.from_iterable(pan(scene, SIZE, SCENE * FPS) for scene in scenes)

    return filmed(Film(pictures, FPS, len(scenes) * SCENE * FPS))


def _paragraph(number: int) -> str:
    return next(paragraphs(TONGUES[0], Random(number)))  # noqa: S311 - repeatable, and hides nothing
