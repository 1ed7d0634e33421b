"""What takes long: it lies in a file, has time of its own, and tells how far it is."""

import mmap
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from seawall.media.content import Mapped, between
from seawall.media.limits import MediaLimits
from seawall.media.media import Kind
from seawall.media.understand import understand
from seawall.sandbox.frames import SO_FAR, receive, send
from seawall.sandbox.nursery import Worker
from seawall.sandbox.sandbox import Sandbox
from seawall.signals.fingerprint import fingerprint
from tests.media.files import picture, saved
from tests.media.films import film, scene

FILM = film(scene(1, 8))
PICTURE = saved(picture(), "JPEG")
SMALL = MediaLimits(max_bytes=min(len(FILM), len(PICTURE)) - 1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One worker with little room for what somebody waits for."""
    with Sandbox(SMALL, workers=1, orientations=False) as opened:
        yield opened


def test_a_video_in_a_file_has_limits_of_its_own_and_tells_how_far_it_is(
    sandbox: Sandbox, tmp_path: Path
):
    """It is never in memory, so it may be larger than what somebody waits for; a picture may not."""
    video, photo = tmp_path / "film", tmp_path / "photo"
    video.write_bytes(FILM)
    photo.write_bytes(PICTURE)
    told: list[float] = []
    seen = sandbox.submit_file(video, tell=told.append).result()
    refused = sandbox.submit_file(photo).result()

    assert seen == fingerprint(understand(FILM, MediaLimits()), orientations=False)
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] < 1
    assert "the limit is" in (refused.error or "")


def test_a_video_that_takes_longer_than_its_own_time_is_stopped(tmp_path: Path):
    """The time of a long task, not that of a picture."""
    path = tmp_path / "film"
    path.write_bytes(FILM)
    limits = MediaLimits(max_long_seconds=timedelta(milliseconds=20))
    with Sandbox(limits, workers=1, orientations=True) as sandbox:
        assert sandbox.fingerprint(PICTURE).error is None
        found = sandbox.submit_file(path).result()

    assert found.kind is Kind.VIDEO
    assert "took longer than 0.02 seconds" in (found.error or "")


def test_a_video_longer_than_the_limit_is_not_decoded():
    """Its packets tell, whatever its header says."""
    media = understand(FILM, MediaLimits(max_video=timedelta(seconds=7)))

    assert "lasts more than 0:00:07" in (media.unreadable or "")


def test_a_text_that_looks_like_a_picture_is_a_text(sandbox: Sandbox):
    """Whoever sends it as a text means one."""
    assert sandbox.submit_text("GIF89a is how it begins").result().kind is Kind.TEXT


@pytest.mark.parametrize("said", [(0,), (100,), (3, 3), (5, 4)])
def test_a_worker_that_goes_in_circles_is_not_listened_to(said: tuple[int, ...]):
    """It could say for ever how far it is; the frame that goes nowhere is its answer, which nobody understands."""
    mine, its = socket.socketpair()
    told: list[float] = []

    def answer() -> None:
        receive(its)
        for share in said:
            send(its, SO_FAR, bytes((share,)))

    with mine, its:
        thread = Thread(target=answer)
        thread.start()
        found = Worker(0, mine, 0).ask(b"task", within=MINUTE, tell=told.append)
        thread.join()

    assert found == SO_FAR + bytes((said[-1],))
    assert told == [share / 100 for share in said[:-1]]


def test_limits_survive_being_numbers():
    """As the nursery is told of them."""
    limits = MediaLimits(max_bytes=7, max_seconds=timedelta(milliseconds=250))

    assert MediaLimits.from_numbers(limits.numbers()) == limits
    assert limits.for_long().max_bytes == limits.max_long_bytes


def test_a_mapped_file_reads_like_any_other(tmp_path: Path):
    """Piece by piece, from anywhere, and not beyond its end."""
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 16)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        one, other = Mapped(content), path.open("rb")
        with other:
            for offset, whence, size in ((5, 0, 7), (10, 1, 300), (-9, 2, 100), (0, 0, -1)):
                assert one.seek(offset, whence) == other.seek(offset, whence)
                assert one.read(size) == other.read(size)
                assert one.tell() == other.tell()


def test_a_step_tells_its_share_of_the_whole():
    """The second half of a task is half done: three quarters of it all."""
    told: list[float] = []

    between(told.append, 0.5, 1)(0.5)

    assert told == [0.75]
