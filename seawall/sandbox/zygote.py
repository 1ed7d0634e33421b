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
from io import BytesIO

import orjson
from PIL import Image

from seawall.media.limits import MediaLimits
from seawall.sandbox.frames import receive, send
from seawall.sandbox.nursery import END, FORK
from seawall.sandbox.worker import look_into, serve

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
    orientations = settings["orientations"]
    limits = MediaLimits.from_numbers(settings["limits"])
    Image.init()  # every plug-in now, rather than at a stranger's first WebP
    look_into(
        _ordinary(), limits, orientations=orientations
    )  # loads the rest, once for all workers
    send(channel, b"ready")
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
