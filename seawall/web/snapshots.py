"""
Snapshots, each made once for everybody who asks for it, at the speed of the disk and not of its slowest reader.

    records ─▶ zstandard ─▶ file ─┬─▶ reader
    (one transaction, one thread)  └─▶ reader, who came later

The transaction ends when the file is written, so a member on a thin line keeps nobody from anything. A file without a
name goes when its last reader does.
"""

import asyncio
import os
import tempfile
import threading
import weakref
from collections.abc import AsyncGenerator
from pathlib import Path

import structlog
import zstandard
from starlette.concurrency import run_in_threadpool

from seawall.errors import StorageError
from seawall.storage.memory import Memory
from seawall.workflows.feed import Signer, snapshot

MAKING = 2  # at a time in each worker; who comes then waits
PIECE = 256 * 1024  # bytes sent at once
LOOK_EVERY = 0.02  # seconds until a reader who has all there is looks for more
LEVEL = 3

log = structlog.get_logger("seawall.snapshots")


class _Spool:
    """A snapshot that is written, or has been; its file is closed when nobody has it any more."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.written = 0
        self.done = False
        self.failed: str | None = None
        self.file, path = tempfile.mkstemp()
        Path(path).unlink()
        weakref.finalize(self, os.close, self.file)

    def write(self, piece: bytes) -> None:
        """Add this at the end."""
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(self.file, rest) :]
        self.written += len(piece)


class Snapshots:
    """The newest snapshot of each agreement that somebody has asked for."""

    def __init__(self, memory: Memory, signer: Signer) -> None:
        self._memory = memory
        self._signer = signer
        self._spools: dict[str, _Spool] = {}
        self._lock = threading.Lock()
        self._places = threading.Semaphore(MAKING)
        self._closed = False

    def close(self) -> None:
        """Stop what is being made."""
        self._closed = True

    async def read(self, agreement: str, size: int) -> AsyncGenerator[bytes]:
        """
        The compressed snapshot of an agreement that has this many deltas now.

        Raises:
            StorageError: It could not be made; what was sent of it ends in the middle.

        """
        spool = self._spool(agreement, size)
        at = 0
        while True:
            done = spool.done  # before looking how much there is: nothing is written after it
            if at < spool.written:
                piece = await run_in_threadpool(os.pread, spool.file, PIECE, at)
                at += len(piece)
                yield piece
            elif spool.failed is not None:
                raise StorageError(f"The snapshot could not be made: {spool.failed}")
            elif done:
                return
            else:
                await asyncio.sleep(LOOK_EVERY)

    def _spool(self, agreement: str, size: int) -> _Spool:
        with self._lock:
            spool = self._spools.get(agreement)
            if spool is None or spool.size != size or spool.failed is not None:
                spool = self._spools[agreement] = _Spool(size)
                name = f"snapshot of {agreement}"
                threading.Thread(
                    target=self._make, args=(agreement, spool), name=name, daemon=True
                ).start()
            return spool

    def _make(self, agreement: str, spool: _Spool) -> None:
        try:
            with self._places, self._memory.reading() as stores:
                compressor = zstandard.ZstdCompressor(level=LEVEL).compressobj()
                for piece in snapshot(agreement, signer=self._signer, stores=stores):
                    spool.write(compressor.compress(piece))
                    if self._closed:
                        raise StorageError("the hub is shutting down.")
                spool.write(compressor.flush())
        except Exception as broken:
            log.exception("a snapshot could not be made", agreement=agreement)
            spool.failed = str(broken)
        finally:
            spool.done = True
