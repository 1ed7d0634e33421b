"""
Can a video, a sound or a text cost more than its own request, or be let through unread?

    python -m benchmarks.hostile_media [--files 2000]

As `benchmarks.hostile` asks of pictures. The files are cut, torn, looping, huge by their headers, of rates of zero and
times before zero, playlists and references to other files, and random changes of good files of every container and
codec; the texts are invalid, endless, invisible, of a million links, or made to expand. Beside what is asked of
pictures: what cannot have been whole must be named in its verdict.
"""

import argparse
import random
import struct
import sys
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.hostile import cut, flipped, survived
from benchmarks.hostile_containers import (
    SAY_THEIR_LENGTH,
    bumped,
    ebml_void,
    edits,
    elsewhere,
    good,
    index_bumped,
    many_tracks,
    packed_index,
    patched,
    put_into_track,
    torn,
    wav,
)
from benchmarks.hostile_texts import TEXTS

Maker = Callable[[random.Random], bytes]
HUGE = 100_000
LONG = 1000 * 3600  # seconds
MOST = b"\xff\xff\xff\xff"
ELSEWHERE = (
    "file:///etc/passwd",
    "http://127.0.0.1:9/x",
    "/etc/passwd",
    "concat:/etc/passwd|/etc/hosts",
)
PLAYLISTS = (
    "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{0}\n#EXT-X-ENDLIST\n",
    '#EXTM3U\n#EXT-X-MAP:URI="{0}"\n#EXT-X-KEY:METHOD=AES-128,URI="{0}"\n#EXTINF:9,\n{0}\n',
    "ffconcat version 1.0\nfile '{0}'\n",
    '<smil><body><video src="{0}"/></body></smil>',
    '<asx version="3.0"><entry><ref href="{0}"/></entry></asx>',
    "[Reference]\nRef1={0}\n",
    "[playlist]\nFile1={0}\nNumberOfEntries=1\n",
    '<?xml version="1.0"?><MPD type="static"><BaseURL>{0}</BaseURL></MPD>',
    "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
    "RTSPtext\r\n{0}\r\n",
)
NEVER_WHOLE = frozenset({"cut, and says its length"})


def _cut_that_says(rng: random.Random) -> bytes:
    data = good()[rng.choice(SAY_THEIR_LENGTH)]
    return data[: rng.randrange(len(data) // 20, len(data) * 8 // 10)]


def _cut_at_an_edge(rng: random.Random) -> bytes:
    """Just before, in, or after the head of a box, a cluster, a page or a chunk."""
    data = _any(rng)
    marks = [
        b"moov",
        b"mdat",
        b"trak",
        b"\x1fC\xb6u",
        b"OggS",
        b"movi",
        b"idx1",
        b"data",
        b"G@",
        b"\0\0\x01",
    ]
    places = [at for mark in marks if (at := data.find(mark, 1)) > 0] or [len(data) // 2]
    return data[: max(1, rng.choice(places) + rng.choice((-5, -4, 0, 1, 4, 8, 12)))]


def _any(rng: random.Random) -> bytes:
    return good()[rng.choice(list(good()))]


def _two(rng: random.Random, names: tuple[str, ...]) -> bytes:
    """Files joined end to end: time begins again in the middle."""
    return good()[rng.choice(names)] * rng.choice((2, 3, 50))


def _huge(rng: random.Random) -> bytes:
    side = struct.pack(">H", 0xFFFF)
    return rng.choice(
        (
            lambda: patched(good()["avi"], b"strf", 8, struct.pack("<ii", HUGE, HUGE)),
            lambda: patched(good()["avi png"], b"IHDR", 0, struct.pack(">II", HUGE, HUGE)),
            lambda: patched(good()["mov"], b"\xff\xc0", 3, side * 2),
            lambda: patched(good()["mkv"], b"\xb0\x81", 0, b"\xff"),
        )
    )()


def _samples(rng: random.Random) -> bytes:
    """10⁹ samples of a byte, all of them at one place."""
    many = struct.pack(">I", 10**9)
    data = good()[rng.choice(("mp4", "mov", "m4a", "alac"))]
    data = patched(data, b"stsz", 4, struct.pack(">I", rng.choice((1, 64))) + many)
    data = patched(data, b"stts", 8, many)
    return rng.choice((data, patched(data, b"stsc", 12, many)))


def _sound_that_repeats(rng: random.Random) -> bytes:
    """80 million samples that all lie at one place."""
    many = struct.pack(">I", 80_000_000)
    data = patched(good()["mp4"], b"stsz", 4, struct.pack(">I", rng.choice((16, 256))) + many)
    return patched(patched(data, b"stts", 8, many), b"stsc", 12, many)


def _hours(rng: random.Random) -> bytes:
    ticks = struct.pack(">I", LONG * 1000 & 0xFFFFFFFF)
    data = good()[rng.choice(("mp4", "m4a", "silent mp4"))]
    return rng.choice(
        (
            lambda: patched(patched(data, b"mvhd", 16, ticks), b"mdhd", 16, MOST[:3] + b"\0"),
            lambda: patched(good()["mkv"], b"\x44\x89\x88", 0, struct.pack(">d", LONG * 1000.0)),
            lambda: wav(8000, 1, 16, 0x7FFE0000),
        )
    )()


def _rates(rng: random.Random) -> bytes:
    nothing = rng.choice((bytes(4), MOST, b"\x7f\xff\xff\xff", b"\0\0\0\x01"))
    return rng.choice(
        (
            lambda: patched(good()["mp4"], b"mdhd", 12, nothing),
            lambda: patched(good()["mp4"], b"mvhd", 12, nothing),
            lambda: patched(good()["mov"], b"stts", 12, nothing),
            lambda: patched(good()["avi"], b"strh", 24, nothing * 2),
            lambda: patched(good()["avi"], b"avih", 4, nothing),
            lambda: patched(good()["flac"], b"fLaC", 14, nothing),
            lambda: patched(good()["aiff"], b"COMM", 4, nothing * 4),
            lambda: wav(
                int.from_bytes(nothing), rng.choice((0, 1, 65535)), rng.choice((0, 8, 65535)), 99
            ),
        )
    )()


def _times(rng: random.Random) -> bytes:
    """Times before zero, and far apart."""
    odd = rng.choice((b"\x80\0\0\0", b"\xff\xff\xf0\0", b"\x7f\xff\xff\xff"))
    return rng.choice(
        (
            lambda: patched(good()["mp4"], b"ctts", 12, odd),
            lambda: patched(good()["fragmented mp4"], b"tfdt", 4, odd * 2),
            lambda: patched(good()["fragmented mp4"], b"trun", 16, odd),
            lambda: patched(good()["mkv"], b"\x1fC\xb6u", rng.choice((5, 9)), odd),
            lambda: patched(good()["ts"], b"\0\0\x01\xe0", 5, rng.randbytes(5)),
            lambda: patched(good()["flv"], b"\x09\0", 3, odd),
            lambda: patched(good()["opus"], b"OggS", 2, odd * 2),
        )
    )()


def _listed(rng: random.Random) -> bytes:
    """A playlist, by itself or behind the first bytes of a container."""
    text = rng.choice(PLAYLISTS).format(rng.choice(ELSEWHERE)).encode()
    heads = (
        b"",
        b"ID3\x04\0\0\0\0\0\0",
        b"\0\0\0\x18ftypisom",
        b"OggS",
        b"RIFF\xff\xff\xff\x7fAVI ",
        b"\x1aE\xdf\xa3webm",
    )
    return rng.choice(heads) + text


def _elsewhere(rng: random.Random) -> bytes:
    where = rng.choice(ELSEWHERE).encode()
    return rng.choice(
        (
            lambda: elsewhere(good()["mov"], where),
            lambda: (
                b"\0\0\0\x08wide"
                + struct.pack(">I", 40 + len(where))
                + b"moov"
                + struct.pack(">I", 32 + len(where))
                + b"rmra"
                + struct.pack(">I", 24 + len(where))
                + b"rmdardrf"
                + bytes(4)
                + b"url "
                + where
            ),
        )
    )()


def _boxes(rng: random.Random) -> bytes:
    """Boxes within boxes, without an end, or of any length."""
    size = rng.choice((bytes(4), b"\0\0\0\x01", b"\0\0\0\x07", MOST, b"\x7f\xff\xff\xff"))
    head = b"\0\0\0\x14ftypisom\0\0\0\0isom"
    return rng.choice(
        (
            lambda: head + (size + b"moov") * 100_000,
            lambda: head + (size + b"moof" + size + b"traf") * 50_000,
            lambda: (
                head
                + b"".join(struct.pack(">I", 8 * left) + b"trak" for left in range(50_000, 0, -1))
            ),
            lambda: head + (b"\0\0\0\x08free") * 1_000_000,
            lambda: good()["ts"][:188] + (b"G\x1f\xff\x10" + MOST * 46) * 100_000,
            lambda: ebml_void(5_000_000),
            lambda: good()["opus"][:28] + (good()["opus"][:27] + b"\0") * 100_000,
        )
    )()


def corpus(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many files, each with the name of what is wrong with it."""
    rng = random.Random(seed)
    for number in range(count):
        kinds = KINDS if number % 3 else TEXTS
        name, make = (
            kinds[number // 3 % len(kinds)] if kinds is TEXTS else kinds[number % len(kinds)]
        )
        yield f"{number:05} {name}", make(rng)


KINDS: tuple[tuple[str, Maker], ...] = (
    ("cut", lambda rng: cut(_any(rng), rng)),
    ("cut, and says its length", _cut_that_says),
    ("cut at an edge", _cut_at_an_edge),
    ("bit-flipped", lambda rng: flipped(_any(rng), rng)),
    ("header changed", lambda rng: bumped(_any(rng), rng)),
    ("index changed", lambda rng: index_bumped(_any(rng), rng)),
    ("torn", lambda rng: torn(_any(rng), rng)),
    ("two in one", lambda rng: cut(_any(rng), rng) + _any(rng)),
    ("chained Ogg", partial(_two, names=("opus", "ogg flac"))),
    ("joined end to end", partial(_two, names=("ts", "mpg", "flv", "mp3", "aac", "ac3", "mkv"))),
    ("100 000 by 100 000", _huge),
    ("10^9 samples", _samples),
    ("a place again and again", _sound_that_repeats),
    ("1 000 hours", _hours),
    ("rates of nothing", _rates),
    ("odd times", _times),
    (
        "edit list",
        lambda rng: put_into_track(
            good()["silent mp4"], edits(rng.choice((1, 1000, 1_000_000)), rng)
        ),
    ),
    ("playlist", _listed),
    ("elsewhere", _elsewhere),
    ("boxes without an end", _boxes),
    (
        "packed index",
        lambda rng: packed_index(good()["mov"], rng.choice((9, 31_000_000, 0xFFFFFFFF))),
    ),
    ("many tracks", lambda rng: many_tracks(good()["mp4"], rng.choice((3, 300, 3000)))),
    ("fine", _any),
)


def main() -> None:
    """Screen the corpus and report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--files", type=int, default=2_000)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    files = corpus(chosen.files, chosen.seed)
    sys.exit(not survived(corpus(3 * len(TEXTS), seed=2), files, chosen.files, NEVER_WHOLE))


if __name__ == "__main__":
    main()
