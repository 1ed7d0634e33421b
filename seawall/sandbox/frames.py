"""Frames of bytes over a socket: each its length, then as many bytes. Loads nothing: the nursery starts with it."""

import socket
import time

SO_FAR = b"%"  # a frame before the answer to a long task: this and a byte, of a hundred parts so many are done
HUNDRED = 100
_LENGTH = 8  # bytes of a frame's length
# Bytes. The largest honest answer is of six hours of video with bars: two codes of 79 characters for each of 2 x 21 600
# frames at most, both ways, are 13.7 MB; three hours of sound at eleven pitches are 5.1 MB.
LARGEST_ANSWER = 24 * 1024 * 1024


def send(channel: socket.socket, *parts: bytes) -> None:
    """Send the parts as one frame."""
    channel.sendall(sum(map(len, parts)).to_bytes(_LENGTH))
    for part in parts:
        channel.sendall(part)


def receive(
    channel: socket.socket, *, largest: int | None = None, until: float | None = None
) -> bytearray:
    """
    The next frame, `until` this moment of the monotonic clock at the latest.

    Raises:
        EOFError: The other side is gone, or says it would send more than the largest frame.
        TimeoutError: The moment has passed.

    """
    length = int.from_bytes(_exactly(channel, _LENGTH, until))
    if largest is not None and length > largest:
        raise EOFError
    return _exactly(channel, length, until)


def _exactly(channel: socket.socket, length: int, until: float | None) -> bytearray:
    frame = bytearray(length)
    rest = memoryview(frame)
    while rest:
        if until is not None:
            channel.settimeout(max(0.001, until - time.monotonic()))
        received = channel.recv_into(rest)
        if received == 0:
            raise EOFError
        rest = rest[received:]
        if until is not None and time.monotonic() > until:
            raise TimeoutError
    return frame
