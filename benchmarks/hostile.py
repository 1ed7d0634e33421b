"""
Does anything a stranger can send cost more than its own request?

    python -m benchmarks.hostile [--files 10000]

Truncated, bit-flipped, mislabelled, bombed and empty files of every format are screened over HTTP. Every one must
be answered with a verdict in which whatever could not be read is named and held, none may be lost, and in the end
the server must have as many processes as in the beginning and not much more memory.
"""

import argparse
import io
import random
import struct
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import httpx
from PIL import Image

from benchmarks.crash import create_key
from benchmarks.server import running
from seawall.workflows.pictures import landscape

CLIENTS = 4
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "HEIF")


@dataclass
class Tally:
    """What came of the files."""

    measures: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    open: list[str] = field(
        default_factory=list
    )  # let through although something could not be read
    unnamed: list[str] = field(default_factory=list)  # cannot have been whole, and nobody said so
    never_whole: frozenset[str] = frozenset()  # kinds of which no file is
    memory: list[tuple[int, int]] = field(
        default_factory=list
    )  # bytes of the service, of all below it


def corpus(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many files, each with the name of what is wrong with it."""
    rng = random.Random(seed)
    whole = list(_pictures())
    kinds: list[tuple[str, Callable[[], bytes]]] = [
        ("truncated", lambda: cut(rng.choice(whole), rng)),
        ("bit-flipped", lambda: flipped(rng.choice(whole), rng)),
        ("spliced", lambda: cut(rng.choice(whole), rng) + cut(rng.choice(whole), rng)),
        ("mislabelled", lambda: rng.choice(whole)[:12] + rng.randbytes(rng.randrange(4096))),
        ("noise", lambda: rng.randbytes(rng.randrange(1, 8192))),
        ("empty", lambda: b""),
        (
            "pixel bomb",
            lambda: _png(rng.randrange(20_000, 60_000), rng.randrange(20_000, 60_000), b""),
        ),
        ("zip bomb", lambda: _png(8_000, 8_000, zlib.compress(bytes(64_000_000), 9))),
        (
            "text bomb",
            lambda: _png(8, 8, b"", (b"zTXt", b"a\0\0" + zlib.compress(bytes(30_000_000), 9))),
        ),
        (
            "ICC bomb",
            lambda: _png(8, 8, b"", (b"iCCP", b"a\0\0" + zlib.compress(bytes(30_000_000), 9))),
        ),
        ("frame bomb", lambda: _gif(rng.randrange(2_000, 20_000))),
        ("EXIF bomb", lambda: _exif(rng)),
        ("fine", lambda: rng.choice(whole)),
    ]
    for number in range(count):
        name, make = kinds[number % len(kinds)]
        yield f"{number:05} {name}", make()


def hammer(url: str, key: str, files: Iterator[tuple[str, bytes]], tally: Tally) -> None:
    """Send every file, several at a time, and note what comes back."""
    lock = threading.Lock()

    def client() -> None:
        with httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=120
        ) as http:
            while True:
                with lock:
                    name, data = next(files, ("", b""))
                if not name:
                    return
                try:
                    answer = http.post(
                        "/v1/screen", files={"file": (name, data)}, data={"item_id": name}
                    )
                except httpx.HTTPError as broken:
                    tally.lost.append(f"{name}: {broken!r}")
                    continue
                _note(name, answer, tally)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _note(name: str, answer: httpx.Response, tally: Tally) -> None:
    if answer.status_code != 200:
        if answer.status_code == 422 and answer.json().get("detail"):
            tally.measures["refused"] += 1
        else:
            tally.lost.append(f"{name}: {answer.status_code} {answer.text[:200]}")
        return
    verdict = answer.json()
    tally.measures[verdict["measure"]] += 1
    unread = [absent for absent in verdict["not_screened"] if absent["cause"] != "empty"]
    for absent in unread:
        tally.reasons[f"{name[6:]}: {absent['reason'][:70]}"] += 1
        if not absent["reason"]:
            tally.lost.append(f"{name}: no reason given")
    if unread and verdict["measure"] not in ("hold", "block"):
        tally.open.append(name)
    if name[6:] in tally.never_whole and not unread:
        tally.unnamed.append(name)


def _pictures() -> Iterator[bytes]:
    import pillow_heif  # noqa: PLC0415 - registers HEIF with Pillow, here only

    pillow_heif.register_heif_opener()
    for seed in range(3):
        picture = landscape(seed, width=320, height=240)
        for kind in FORMATS:
            file = io.BytesIO()
            picture.save(file, kind)
            yield file.getvalue()
        file = io.BytesIO()
        frames = [landscape(seed + n, width=64, height=48) for n in range(5)]
        frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
        yield file.getvalue()


def cut(data: bytes, rng: random.Random) -> bytes:
    """Its beginning."""
    return data[: rng.randrange(1, len(data))]


def flipped(data: bytes, rng: random.Random) -> bytes:
    """The bytes with 1 to 30 bits turned."""
    copy = bytearray(data)
    for _ in range(rng.choice((1, 3, 30))):
        copy[rng.randrange(len(copy))] ^= 1 << rng.randrange(8)
    return bytes(copy)


def _png(width: int, height: int, pixels: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    head = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, body in (head, *chunks, (b"IDAT", pixels), (b"IEND", b"")):
        parts.append(
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )
    return b"".join(parts)


def _gif(frames: int) -> bytes:
    file = io.BytesIO()
    Image.new("P", (4, 4)).save(file, "GIF")
    one = file.getvalue()
    picture = one[one.index(b",", 13) : -1]
    return one[: one.index(b",", 13)] + picture * frames + b";"


def _exif(rng: random.Random) -> bytes:
    file = io.BytesIO()
    landscape(1, width=64, height=48).save(file, "JPEG")
    plain = file.getvalue()
    loop = (
        b"Exif\0\0II*\0\x08\0\0\0"
        + struct.pack("<H", 0xFFFF)
        + rng.randbytes(40_000)
        + b"\x08\0\0\0"
    )
    return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(loop) + 2) + loop + plain[2:]


def processes(root: int) -> dict[int, int]:
    """Bytes a process and each below it holds, by process id; what several share counts once among them."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                parent = (folder / "stat").read_text().rsplit(")", 1)[1].split()[1]
                parents.setdefault(int(parent), []).append(int(folder.name))
    found, waiting = {}, [root]
    while waiting:
        process = waiting.pop()
        with suppress(OSError):  # it has ended
            found[process] = _held(process)
            waiting += parents.get(process, [])
    return found


def _held(process: int) -> int:
    """Proportional set size, proc(5), without files it has mapped, which the kernel may drop: such as the indexes."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss_Anon:"))


def _memory(root: int) -> tuple[int, int]:
    """What the service holds, and what all below it do."""
    held = processes(root)
    return held[root], sum(held.values()) - held[root]


def main() -> None:
    """Screen the corpus and report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--files", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    sys.exit(not survived(corpus(13 * 8, seed=2), corpus(chosen.files, chosen.seed), chosen.files))


def survived(
    warming: Iterator[tuple[str, bytes]],
    files: Iterator[tuple[str, bytes]],
    count: int,
    never_whole: frozenset[str] = frozenset(),
) -> bool:
    """Send a server the files, after some that warm every worker, and print what came of them; whether all was well."""
    tally = Tally(never_whole=never_whole)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "home"
        key = create_key(home, {})
        with running(home) as server:
            hammer(server.url, key, warming, Tally())
            before, held = processes(server.process.pid), _memory(server.process.pid)
            start = time.monotonic()
            for _ in range(10):
                hammer(server.url, key, islice(files, count // 10), tally)
                tally.memory.append(_memory(server.process.pid))
            took = time.monotonic() - start
            after = processes(server.process.pid)
    sent = count // 10 * 10
    answered = tally.measures.total()
    print(f"{sent} files in {took:.0f} s: {answered} answered, {len(tally.lost)} lost")
    print(f"let through although something could not be read: {len(tally.open)}")
    print(f"cannot have been whole, and nobody said so: {len(tally.unnamed)}")
    print(f"measures: {dict(tally.measures)}")
    print(f"processes: {len(before)} before, {len(after)} after")
    for place, who in enumerate(("service", "workers")):
        later = ", ".join(f"{memory[place] / 1e6:.0f}" for memory in tally.memory)
        print(f"memory of the {who}: {held[place] / 1e6:.0f} MB before, then {later}")
    for reason, number in tally.reasons.most_common(25):
        print(f"  {number:5} {reason}")
    wrong = (*tally.lost[:20], *tally.open[:20], *tally.unnamed[:20])
    for name in wrong:
        print(f"  ! {name}")
    return not wrong and answered == sent and len(after) <= len(before)


if __name__ == "__main__":
    main()
