"""What strangers' bytes may do to a worker, and what they may not do to the service."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from seawall.errors import InputError, MediaError, OutsideError
from seawall.media.limits import MediaLimits
from seawall.media.preview import LEVELS, as_jpeg, previewed
from seawall.media.understand import UNHEARD, understand
from seawall.sandbox import nursery as nursery_module
from seawall.sandbox.frames import receive, send
from seawall.sandbox.keeper import TASKS_PER_WORKER
from seawall.sandbox.nursery import Nursery, Worker
from seawall.sandbox.sandbox import LOOKED_AFTER, Sandbox
from seawall.sandbox.wire import BYTES, FOUND, SPENT, read, read_pixels, written
from seawall.signals.fingerprint import Fingerprint, fingerprint
from seawall.signals.signal import Signal
from tests.media.files import picture, png, saved
from tests.media.films import film, scene
from tests.sandbox.processes import alive, nursery, workers

SMALL = MediaLimits(max_seconds=timedelta(seconds=2), max_memory=700 * 1024 * 1024)
SLOW = saved(picture(size=(3000, 2000)), "AVIF", speed=10)  # a tenth of a second and more
LONG = png(12_000, 12_000)  # half a second


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Two workers with little time and memory, shared because they must survive every test."""
    with Sandbox(SMALL, workers=2, orientations=True) as sandbox:
        yield sandbox


@pytest.fixture
def good() -> bytes:
    """A picture like any other."""
    return saved(picture(), "JPEG")


def counts(sandbox: Sandbox) -> tuple[int, int, int]:
    return sandbox.timed_out, sandbox.killed, sandbox.crashed


def assert_only_digests(found: Fingerprint, data: bytes) -> None:
    """The exact digests are there, and what is missing is said to have failed."""
    assert [reading.signal for reading in found.readings] == [
        Signal(name, hashlib.new(name, data).hexdigest()) for name in ("md5", "sha1", "sha256")
    ]
    assert [(missing.type, missing.cause) for missing in found.missing] == [("pdq", "failed")]
    assert found.error == found.missing[0].reason


def test_a_worker_finds_what_we_would_have_found(sandbox: Sandbox, good: bytes):
    """Isolation changes nothing but where it happens."""
    assert sandbox.fingerprint(good) == fingerprint(understand(good, SMALL))


def test_a_file_is_read_by_the_worker(sandbox: Sandbox, good: bytes, tmp_path: Path):
    """The same fingerprint, and its bytes never pass through the service."""
    path = tmp_path / "picture"
    path.write_bytes(good)

    assert sandbox.submit_file(path).result() == sandbox.fingerprint(good)


def test_a_preview_is_pixels_from_a_worker_and_a_jpeg_of_ours(sandbox: Sandbox, good: bytes):
    """The same picture that decoding here would have shown."""
    for level in range(len(LEVELS)):
        assert sandbox.preview(good, level) == as_jpeg(previewed(good, level, SMALL))


def test_what_cannot_be_shown_is_said_and_costs_no_worker(sandbox: Sandbox):
    """A picture by its name only, a bomb, a torn file: each a sentence."""
    before = counts(sandbox)

    for data in (b"<svg onload=alert(1)>", png(40_000, 40_000, rows=b""), SLOW[:999]):
        with pytest.raises(InputError):
            sandbox.preview(data, 0)

    assert counts(sandbox) == before


def test_a_preview_that_takes_too_long_is_stopped():
    """As a fingerprint is, and whoever waits hears why."""
    limits = MediaLimits(max_seconds=timedelta(milliseconds=60))
    with Sandbox(limits, workers=1, orientations=True) as sandbox:
        sandbox.submit(b"").result()
        with pytest.raises(MediaError, match=r"was stopped\. There is no preview\."):
            sandbox.preview(LONG, 0)
        assert sandbox.timed_out == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html><script>alert(1)</script></html>",
        b"\xff\xd8\xff\xe0 a JPEG by its name",
        (1).to_bytes(2) + (1).to_bytes(2) + bytes((1,)),
        (1281).to_bytes(2) + (1).to_bytes(2) + bytes((1,)) + bytes(1281),
        (1).to_bytes(2) + (1).to_bytes(2) + bytes((3,)) + bytes(4),
    ],
)
def test_a_worker_that_was_taken_over_can_only_paint(answer: bytes):
    """Whatever it says instead of pixels is nothing we would serve."""
    with pytest.raises(ValueError):  # noqa: PT011 - whoever raises it, it is not shown
        read_pixels(answer)


def test_a_file_that_cannot_be_read_is_said_so(sandbox: Sandbox, tmp_path: Path):
    """Missing, a folder, or a pipe that would never end: a sentence, and no lost worker."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    before = counts(sandbox)

    for path, said in (
        (tmp_path / "missing", "cannot be read: No such file or directory."),
        (tmp_path, "is not a regular file"),
        (pipe, "is not a regular file"),
    ):
        with pytest.raises(InputError, match=said):
            sandbox.submit_file(path).result()

    assert counts(sandbox) == before


def test_a_file_larger_than_the_limit_keeps_its_digests(tmp_path: Path):
    """It is hashed in pieces and never held in memory; that it was not looked into is said."""
    path = tmp_path / "large"
    data = b"\xff\xd8\xff" + bytes(3_000_000)
    path.write_bytes(data)

    with Sandbox(MediaLimits(max_bytes=1_000_000), workers=1, orientations=True) as sandbox:
        found = sandbox.submit_file(path).result()

    assert_only_digests(found, data)
    assert found.error is not None
    assert found.error.startswith("The file has 2.9 MiB; the limit is 1.0 MiB.")


def test_a_picture_that_takes_too_long_is_stopped():
    """From outside, by the wall clock, whatever the decoder is doing."""
    limits = MediaLimits(max_seconds=timedelta(milliseconds=60))
    with Sandbox(limits, workers=1, orientations=True) as sandbox:
        sandbox.submit(b"").result()

        found = sandbox.fingerprint(SLOW)

        assert_only_digests(found, SLOW)
        assert found.error == "Looking into it took longer than 0.06 seconds and was stopped."
        assert counts(sandbox) == (1, 0, 0)
        assert sandbox.fingerprint(b"next").error is None


def test_a_picture_that_takes_too_much_memory_is_stopped(good: bytes):
    """It claims no more pixels than allowed, and still asks for a gigabyte."""
    tight = MediaLimits(max_memory=100 * 1024 * 1024)

    with Sandbox(tight, workers=1, orientations=True) as sandbox:
        found = sandbox.fingerprint(LONG)

        assert_only_digests(found, LONG)
        assert found.error == (
            "The image/png needs more memory than the 104857600 bytes it may use; send a smaller copy."
        )
        assert sandbox.fingerprint(good).error is None


@pytest.mark.parametrize("death", [signal.SIGSEGV, signal.SIGABRT, signal.SIGXCPU, signal.SIGKILL])
def test_a_worker_that_dies_costs_one_request(death: signal.Signals, good: bytes):
    """A crash in a decoder, a limit of the kernel: the request is answered, and so is the next."""
    with Sandbox(MediaLimits(), workers=1, orientations=True) as sandbox:
        sandbox.fingerprint(b"")
        (worker,) = workers(sandbox)
        answer = sandbox.submit(LONG)
        time.sleep(0.15)
        os.kill(worker, death)

        assert_only_digests(answer.result(), LONG)
        by_limit = death in (signal.SIGXCPU, signal.SIGKILL)
        assert counts(sandbox) == ((0, 1, 0) if by_limit else (0, 0, 1))
        assert sandbox.fingerprint(good).error is None


def test_a_crash_in_the_sound_does_not_cost_the_pictures():
    """Whatever a worker died of in a video, the next one looks at its pictures, and says what it left out."""
    data = film(scene(1, 2), to="mpegts") * 100
    with Sandbox(MediaLimits(), workers=1, orientations=True) as sandbox:
        sandbox.fingerprint(b"")
        (worker,) = workers(sandbox)
        answer = sandbox.submit(data)
        time.sleep(0.1)
        os.kill(worker, signal.SIGSEGV)

        found = answer.result()

        assert [each.type for each in found.missing] == ["chromaprint"]
        assert found.missing[0].reason == UNHEARD
        assert "vpdq" in {reading.signal.type for reading in found.readings}
        assert counts(sandbox) == (0, 0, 1)


def test_a_worker_that_died_idle_costs_nobody_anything(good: bytes):
    """The kernel may choose any process when memory is short; the next request goes to a fresh worker."""
    with Sandbox(MediaLimits(), workers=2, orientations=True) as sandbox:
        sandbox.fingerprint(b"")
        for worker in workers(sandbox):
            os.kill(worker, signal.SIGKILL)
        time.sleep(0.1)

        found = [answer.result() for answer in [sandbox.submit(good) for _ in range(4)]]

        assert [fingerprint.error for fingerprint in found] == [None] * 4
        assert counts(sandbox) == (0, 0, 0)


def test_a_nursery_that_died_is_replaced(good: bytes):
    """Its workers die with it, and the next request waits for a new one."""
    with Sandbox(MediaLimits(), workers=2, orientations=True) as sandbox:
        sandbox.fingerprint(b"")
        orphans = workers(sandbox)
        os.kill(nursery(sandbox), signal.SIGKILL)
        time.sleep(0.2)

        assert [worker for worker in orphans if alive(worker)] == []
        assert sandbox.fingerprint(good).error is None
        assert sandbox.fingerprint(good).error is None


def test_a_worker_is_replaced_after_a_while():
    """No leak in a decoder adds up for ever."""
    with Sandbox(MediaLimits(), workers=1, orientations=True) as sandbox:
        sandbox.fingerprint(b"")
        first = workers(sandbox)

        answers = [sandbox.submit(b"words") for _ in range(TASKS_PER_WORKER + 1)]

        assert {answer.result().error for answer in answers} == {None}
        assert len(workers(sandbox)) == 1
        assert workers(sandbox) != first


def test_a_worker_that_has_grown_says_it_is_spent():
    """What a decoder does not give back goes with its worker; here any size is too large."""
    script = """
        import socket, sys
        from seawall.media.limits import MediaLimits
        from seawall.sandbox import worker

        worker.GROWTH = -(1 << 40)
        worker.serve(socket.socket(fileno=int(sys.argv[1])), MediaLimits(), orientations=True)
    """
    mine, its = socket.socketpair()
    command = [sys.executable, "-c", textwrap.dedent(script), str(its.fileno())]
    with mine, its, subprocess.Popen(command, pass_fds=[its.fileno()]) as worker:
        its.close()
        send(mine, BYTES, b"words")

        assert receive(mine).startswith(SPENT + FOUND)

        mine.close()
        assert worker.wait() == 0


def test_a_worker_that_was_taken_over_is_not_believed():
    """Its answers are read field by field; whatever is no fingerprint is refused."""
    found = fingerprint(understand(saved(picture()), SMALL))
    honest = written(found)
    assert read(honest) == found

    for answer in (b"", b"[]", b"{}", b"null", honest[:-1], honest.replace(b"upright", b"askew")):
        with pytest.raises(ValueError, match=r"."):
            read(answer)


def test_a_worker_knows_no_secrets(monkeypatch: pytest.MonkeyPatch):
    """Whoever takes a worker over finds no key in its environment."""
    monkeypatch.setenv("SEAWALL_DATABASE_PASSWORD", "correct horse")
    assert b"correct horse" in subprocess.check_output(["env"])

    with Sandbox(MediaLimits(), workers=1, orientations=True) as sandbox:
        sandbox.fingerprint(b"")
        environments = [
            Path(f"/proc/{pid}/environ").read_bytes()
            for pid in (nursery(sandbox), *workers(sandbox))
        ]

    assert len(environments) == 2
    assert [b"correct horse" in environment for environment in environments] == [False, False]


def test_bad_requests_do_not_cost_their_neighbours_anything(sandbox: Sandbox, good: bytes):
    """Ten good pictures among ten that are broken, all at once."""
    broken = good[: len(good) // 2]
    answers = [sandbox.submit(data) for data in (good, broken) * 10]

    found = [answer.result() for answer in answers]

    assert [fingerprint.error is None for fingerprint in found] == [True, False] * 10
    assert sandbox.idle


def test_a_worker_may_use_little(sandbox: Sandbox):
    """Processor time, memory and files: the kernel's limits are those we set."""
    sandbox.fingerprint(b"")

    limits = Path(f"/proc/{workers(sandbox)[0]}/limits").read_text()

    lines = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()}
    assert 2 <= int(lines["Max cpu time"][0]) < 10  # this task's seconds on top of those used
    assert lines["Max file size"] == ["0", "0"]
    assert lines["Max core file size"] == ["0", "0"]
    assert lines["Max open files"] == ["64", "64"]
    assert int(lines["Max data size"][0]) - SMALL.max_memory < 300 * 1024 * 1024


def test_workers_do_not_outlive_a_service_that_was_killed(tmp_path: Path):
    """Even one that is busy; an orphan would hold memory until the machine restarts."""
    script = tmp_path / "service.py"
    script.write_text(
        textwrap.dedent("""
            import os, sys, time
            from seawall.media.limits import MediaLimits
            from seawall.sandbox.sandbox import Sandbox
            from tests.sandbox.processes import workers

            sandbox = Sandbox(MediaLimits(), workers=2, orientations=True)
            for _ in range(20):
                sandbox.fingerprint(b"")
            print(*workers(sandbox), flush=True)
            sandbox.submit(open(sys.argv[1], "rb").read())
            time.sleep(0.1)
            os.kill(os.getpid(), 9)
        """)
    )
    busy = tmp_path / "busy.png"
    busy.write_bytes(LONG)

    ended = subprocess.run(
        [sys.executable, str(script), str(busy)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )

    left = [int(pid) for pid in ended.stdout.split()]
    assert len(left) == 2, ended.stderr
    patience = time.monotonic() + 1
    while any(alive(pid) for pid in left) and time.monotonic() < patience:
        time.sleep(0.02)
    assert [pid for pid in left if alive(pid)] == []


def pdq_found(found: Fingerprint) -> bool:
    """Whether the picture itself was looked into."""
    return any(reading.signal.type == "pdq" for reading in found.readings)


def comes_true(what: Callable[[], bool], *, within: float) -> bool:
    """Whether it does, within so many seconds."""
    until = time.monotonic() + within
    while not what() and time.monotonic() < until:
        time.sleep(0.02)
    return what()


def test_nurseries_that_die_again_and_again_cost_only_what_was_in_flight(good: bytes):
    """The old one's workers are unknown to the new one, which must not die of being asked to end them."""
    with Sandbox(MediaLimits(), workers=2, orientations=True) as sandbox:
        for _ in range(3):
            assert comes_true(lambda: sandbox.alive == 2, within=20)
            in_flight = [sandbox.submit(LONG) for _ in range(4)]
            time.sleep(0.15)
            os.kill(nursery(sandbox), signal.SIGKILL)

            for answer in in_flight:
                answer.result(timeout=30)
            after = [sandbox.submit(good) for _ in range(4)]

            assert [pdq_found(answer.result(timeout=10)) for answer in after] == [True] * 4


def test_a_nursery_kills_nobody_elses_process():
    """A number it did not fork is left alone, and the nursery lives on."""
    with (
        subprocess.Popen(["sleep", "60"]) as somebody,
        Sandbox(MediaLimits(), workers=1, orientations=True) as sandbox,
    ):
        sandbox.fingerprint(b"")
        before = nursery(sandbox)
        mine, its = socket.socketpair()
        with its:
            sandbox._nursery.end(Worker(somebody.pid, mine, sandbox._nursery._generation))
            sandbox._nursery.end(Worker(os.getpid(), its, sandbox._nursery._generation - 1))

        assert somebody.poll() is None
        assert sandbox._nursery.fork().alive
        assert nursery(sandbox) == before
        somebody.kill()


def test_the_workers_alive_are_counted_and_come_back_by_themselves(good: bytes):
    """A service that is not ready gets no requests, so none may be needed to make it ready again."""
    with Sandbox(MediaLimits(), workers=2, orientations=True) as sandbox:
        assert comes_true(lambda: sandbox.alive == 2, within=20)

        os.kill(nursery(sandbox), signal.SIGKILL)

        assert comes_true(lambda: sandbox.alive == 0, within=1)
        assert comes_true(lambda: sandbox.alive == 2, within=LOOKED_AFTER + 10)
        assert pdq_found(sandbox.fingerprint(good))
    assert sandbox.alive == 0


def test_running_out_of_files_costs_only_the_requests_meanwhile(tmp_path: Path, good: bytes):
    """Every one of them is answered, and once there are files again, so are the others."""
    script = """
        import os, resource, signal, sys, time
        from seawall.media.limits import MediaLimits
        from seawall.sandbox.sandbox import Sandbox
        from tests.sandbox.processes import workers

        good = open(sys.argv[1], "rb").read()
        with Sandbox(MediaLimits(), workers=2, orientations=True) as sandbox:
            sandbox.fingerprint(good)
            time.sleep(0.5)
            lost = workers(sandbox)
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
            for pid in lost:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.2)
            found = [answer.result(timeout=10) for answer in [sandbox.submit(good) for _ in range(6)]]
            print(*{each.error for each in found}, sandbox.alive, sep="|")
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            found = [answer.result(timeout=10) for answer in [sandbox.submit(good) for _ in range(6)]]
            print(*{each.error for each in found}, sep="|")
    """
    path = tmp_path / "good"
    path.write_bytes(good)

    ended = run(script, str(path))

    assert ended.stdout.splitlines() == [
        "No worker process can be reached: Too many open files.|0",
        "None",
    ], ended.stderr


def test_a_request_nobody_can_make_sense_of_is_answered(good: bytes):
    """Text instead of bytes is a caller's mistake; it hears so, and the thread that served it lives on."""
    with Sandbox(MediaLimits(), workers=1, orientations=True) as sandbox:
        answer = sandbox.submit("text")  # type: ignore[arg-type]

        with pytest.raises(OutsideError, match="No worker could be asked"):
            answer.result(timeout=20)

        assert pdq_found(sandbox.submit(good).result(timeout=20))
        assert sandbox.idle


@pytest.mark.parametrize("settled", [False, True], ids=["before a word", "with words unread"])
def test_a_nursery_whose_service_is_gone_ends_silently(settled: bool):
    """An abrupt end is the service's affair; a traceback of ours would only hide its last words."""
    sandbox = Nursery(MediaLimits(), orientations=True)
    mine, its = socket.socketpair()
    command = [sys.executable, "-c", nursery_module._COMMAND, str(its.fileno())]
    with its, subprocess.Popen(command, pass_fds=[its.fileno()], stderr=subprocess.PIPE) as process:
        if settled:
            send(mine, sandbox._task)
            mine.recv(1, socket.MSG_PEEK)  # it is ready, and nobody has read that
        mine.close()
        its.close()
        _, said = process.communicate(timeout=60)

    assert (process.returncode, said) == (0, b"")


def test_ctrl_c_is_silent(tmp_path: Path):
    """It reaches every process of the terminal's group, also while the nursery still loads."""
    script = tmp_path / "service.py"
    script.write_text(
        textwrap.dedent("""
            import os, signal, time
            from seawall.media.limits import MediaLimits
            from seawall.sandbox.sandbox import Sandbox

            signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
            try:
                with Sandbox(MediaLimits(), workers=2, orientations=True):
                    time.sleep(0.3)
                    os.killpg(0, signal.SIGINT)
                    time.sleep(2)
            except KeyboardInterrupt:
                print("interrupted")
        """)
    )

    ended = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        start_new_session=True,
        timeout=60,
    )

    assert (ended.stdout, ended.stderr) == ("interrupted\n", "")


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a program of ours says."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        timeout=90,
    )


def test_a_closed_sandbox_says_so(good: bytes):
    """Closing answers everybody who waits; then nothing is taken any more."""
    with Sandbox(SMALL, workers=1, orientations=True) as sandbox:
        answers = [sandbox.submit(good) for _ in range(5)]

    assert [answer.result().error for answer in answers] == [None] * 5
    assert sandbox.alive == 0
    with pytest.raises(OutsideError, match="The workers are closed"):
        sandbox.submit(good)
