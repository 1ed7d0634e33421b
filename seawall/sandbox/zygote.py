"""
The nursery's own process: loads everything once, then forks workers and ends them, as the service asks.

It looks at no stranger's byte, has one thread, and ends when the service's end of its channel closes.
"""

import os
import select
import signal
import socket
import sys
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from typing import Any

import orjson
from PIL import Image

from seawall.errors import OutsideError
from seawall.media.limits import MediaLimits
from seawall.sandbox.frames import receive, send
from seawall.sandbox.nursery import END, FORK, READY, UNUSABLE
from seawall.sandbox.worker import How, look_into, serve
from seawall.signals.embedding_config import EmbeddingConfig
from seawall.signals.registry import EMBEDDING

IDLE = 0.3  # seconds without a request, after which nobody waits for workers
_LONGEST_REQUEST = 64  # bytes


def main() -> None:
    """Serve the channel named on the command line until it closes, however abruptly."""
    with suppress(ConnectionError, EOFError):
        _serve_channel(socket.socket(fileno=int(sys.argv[1])))


def _serve_channel(channel: socket.socket) -> None:
    for meant_for_the_service in (signal.SIGINT, signal.SIGTERM):
        signal.signal(meant_for_the_service, signal.SIG_IGN)
    settings = orjson.loads(receive(channel))
    orientations, embedding = settings["orientations"], settings["embedding"]
    limits = MediaLimits.from_numbers(settings["limits"])
    try:
        if embedding is not None:
            _load_model(embedding)
    except OutsideError as error:
        send(channel, UNUSABLE, str(error).encode(errors="replace"))
        return
    Image.init()  # every plug-in now, rather than at a stranger's first WebP
    # What is ordinary loads the rest, once for all workers.
    look_into(_ordinary(), limits, How(orientations=orientations))
    send(channel, READY)
    forked: set[int] = set()  # workers not waited for yet
    if not select.select([channel], [], [], IDLE)[0]:
        import av  # noqa: F401, PLC0415 - an eighth of a second, spared those who wait for the first workers
    while True:
        request, descriptors, _, _ = socket.recv_fds(channel, _LONGEST_REQUEST, 1)
        if request == FORK:
            its = socket.socket(fileno=descriptors[0])
            pid = os.fork()
            if pid == 0:
                channel.close()
                _become_worker(its, limits, orientations=orientations)
            its.close()
            forked.add(pid)
            send(channel, str(pid).encode())
        elif request.startswith(END):
            send(channel, str(_ended(int(request[len(END) :]), forked)).encode())
        else:  # the service is gone
            return


def _load_model(settings: dict[str, Any]) -> None:
    """Load the operator's model, once for all workers."""
    from seawall.sandbox.embedding import load  # noqa: PLC0415 - few have one

    seconds = timedelta(seconds=settings.pop("max_seconds"))
    EMBEDDING.use(load(EmbeddingConfig(**settings, max_seconds=seconds)))


def _ordinary() -> bytes:
    """A JPEG of our own."""
    file = BytesIO()
    Image.linear_gradient("L").save(file, "JPEG")
    return file.getvalue()


def _become_worker(channel: socket.socket, limits: MediaLimits, *, orientations: bool) -> None:
    """Never returns: what a worker leaves undone is not the nursery's to do."""
    status = 1
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stderr.fileno())  # decoders complain about strangers' files
        serve(channel, limits, orientations=orientations)
        status = 0
    finally:
        os._exit(status)


def _ended(pid: int, forked: set[int]) -> int:
    """The exit status of a worker, which dies now if it has not yet; a number we did not fork is left alone."""
    if pid not in forked:
        return -signal.SIGKILL
    forked.remove(pid)
    try:
        os.kill(pid, signal.SIGKILL)  # ours until it is waited for: the number cannot be another's
        _, status = os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):  # whoever waited for it did not tell us
        return -signal.SIGKILL
    return os.waitstatus_to_exitcode(status)
