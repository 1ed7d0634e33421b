"""Good video and sound files of every container and codec, made here, and what a liar's editor does to them."""

import random
import struct
import zlib
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from io import BytesIO

import av
import numpy as np

from seawall.workflows.pictures import landscape

SIZE = (160, 120)
FPS, RATE, SECONDS = 10, 22_050, 3
FILMS = (  # name, muxer, codec of the pictures, codec of the sound, options of the muxer
    ("mp4", "mp4", "libx264", "aac", {}),
    ("fragmented mp4", "mp4", "libx264", "aac", {"movflags": "frag_keyframe+empty_moov"}),
    ("mp4 mpeg4", "mp4", "mpeg4", "libmp3lame", {}),
    ("mov", "mov", "mjpeg", "pcm_s16le", {}),
    ("mkv", "matroska", "ffv1", "flac", {}),
    ("mkv vp8", "matroska", "libvpx", "libopus", {}),
    ("webm", "webm", "libvpx-vp9", "libopus", {}),
    ("avi", "avi", "mpeg4", "libmp3lame", {}),
    ("avi png", "avi", "png", "pcm_s16le", {}),
    ("ts", "mpegts", "libx264", "aac", {}),
    ("mpg", "mpeg", "mpeg2video", "mp2", {}),
    ("flv", "flv", "flv", "libmp3lame", {}),
    ("asf", "asf", "wmv2", "libmp3lame", {}),
    ("silent mp4", "mp4", "libx264", "", {}),
)
SOUNDS = (
    ("mp3", "mp3", "libmp3lame"),
    ("aac", "adts", "aac"),
    ("wav", "wav", "pcm_s16le"),
    ("flac", "flac", "flac"),
    ("opus", "ogg", "libopus"),
    ("ogg flac", "ogg", "flac"),
    ("m4a", "ipod", "aac"),
    ("alac", "ipod", "alac"),
    ("aiff", "aiff", "pcm_s16be"),
    ("w64", "w64", "pcm_s16le"),
    ("tta", "tta", "tta"),
    ("wv", "wv", "wavpack"),
    ("caf", "caf", "pcm_s16le"),
    ("au", "au", "pcm_s16be"),
    ("ac3", "ac3", "ac3"),
    ("mka", "matroska", "flac"),
)
SAY_THEIR_LENGTH = ("mp4", "mov", "mkv", "avi", "wav", "flac", "m4a", "alac", "aiff", "w64", "flv")


@cache
def good() -> dict[str, bytes]:
    """Every good file by name."""
    films = {
        name: film(muxer, video, sound, options) for name, muxer, video, sound, options in FILMS
    }
    return films | {name: film(muxer, "", codec, {}) for name, muxer, codec in SOUNDS}


def film(muxer: str, video: str, sound: str, options: dict[str, str], *, seed: int = 1) -> bytes:
    """Three seconds of a camera that moves, of a melody, or of both."""
    file = BytesIO()
    with av.open(file, "w", format=muxer, options=options) as container:
        tracks = []
        if video:
            pictures = container.add_stream(video, rate=FPS)
            pictures.width, pictures.height = SIZE
            pictures.pix_fmt = {"mjpeg": "yuvj420p", "png": "rgb24"}.get(video, "yuv420p")
            pictures.options = {"g": "10", "threads": "1", **options}
            tracks.append((pictures, _pictures(seed)))
        if sound:
            heard = container.add_stream(
                sound, rate=48_000 if sound in ("libopus", "ac3") else RATE
            )
            heard.codec_context.layout = "mono"
            tracks.append((heard, _melody(seed)))
        for stream, frames in tracks:
            for frame in frames:
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return file.getvalue()


def _pictures(seed: int) -> Iterator[av.VideoFrame]:
    wide = np.asarray(landscape(seed, width=SIZE[0] * 2, height=SIZE[1] * 2).convert("RGB"))
    for number in range(SECONDS * FPS):
        shown = wide[number : number + SIZE[1], number * 2 : number * 2 + SIZE[0]]
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="rgb24")
        frame.pts = number
        yield frame


def _melody(seed: int) -> Iterator[av.AudioFrame]:
    rng = np.random.default_rng(seed)
    pitches = np.repeat(rng.uniform(200, 900, SECONDS * 5), RATE // 5)
    wave = 8000 * np.sin(np.cumsum(pitches) * 2 * np.pi / RATE)
    frame = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None], format="s16", layout="mono")
    frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), 0
    yield frame


def patched(data: bytes, mark: bytes, offset: int, new: bytes) -> bytes:
    """The bytes with others so far behind each place the mark stands at."""
    copy, at = bytearray(data), data.find(mark)
    while at >= 0:
        copy[at + len(mark) + offset : at + len(mark) + offset + len(new)] = new
        at = data.find(mark, at + 1)
    return bytes(copy)


def box(name: bytes, body: bytes) -> bytes:
    """A box of ISO/IEC 14496-12."""
    return struct.pack(">I", len(body) + 8) + name + body


def put_into_track(mp4: bytes, extra: bytes) -> bytes:
    """One more box at the end of the first track; the index must be the last box, or else places are wrong."""
    moov, trak = mp4.rindex(b"moov") - 4, mp4.index(b"trak", mp4.rindex(b"moov")) - 4
    length = int.from_bytes(mp4[trak : trak + 4])
    copy = bytearray(mp4)
    copy[trak : trak + 4] = struct.pack(">I", length + len(extra))
    copy[moov : moov + 4] = struct.pack(">I", int.from_bytes(mp4[moov : moov + 4]) + len(extra))
    copy[trak + length : trak + length] = extra
    return bytes(copy)


def edits(count: int, rng: random.Random, *, lasting: int = 0) -> bytes:
    """An edit list of so many entries that play the same moments again."""
    rows = b"".join(
        struct.pack(
            ">IiI",
            lasting or rng.choice((1, 1000, 0xFFFFFFFF)),
            rng.choice((-1, 0, 5, 1 << 30)),
            0x10000,
        )
        for _ in range(min(count, 1000))
    )
    rows *= count // max(min(count, 1000), 1)
    return box(b"edts", box(b"elst", struct.pack(">II", 0, count) + rows))


def elsewhere(mp4: bytes, where: bytes) -> bytes:
    """A file whose media is said to lie at another address (a data reference)."""
    at = mp4.index(b"dref") - 4
    old = int.from_bytes(mp4[at : at + 4])
    new = box(b"dref", struct.pack(">II", 0, 1) + box(b"url ", bytes(4) + where + b"\0"))
    return mp4[:at] + new + mp4[at + old :]


def packed_index(mp4: bytes, claimed: int) -> bytes:
    """A movie whose index is packed with zlib and claims to unpack to so many bytes (QuickTime's `cmov`)."""
    at = mp4.rindex(b"moov") - 4
    packed = zlib.compress(mp4[at:] + bytes(30_000_000), 9)
    body = box(b"dcom", b"zlib") + box(b"cmvd", struct.pack(">I", claimed) + packed)
    return mp4[:at] + box(b"moov", box(b"cmov", body))


def many_tracks(mp4: bytes, count: int) -> bytes:
    """The same track so many times."""
    moov = mp4.rindex(b"moov") - 4
    trak = mp4.index(b"trak", moov) - 4
    length = int.from_bytes(mp4[trak : trak + 4])
    body = mp4[moov + 8 :] + mp4[trak : trak + length] * count
    return mp4[:moov] + box(b"moov", body)


def ebml_void(count: int) -> bytes:
    """A Matroska of nothing but empty elements, of unknown length."""
    head = good()["mkv"][:4]
    size = good()["mkv"][4]
    start = good()["mkv"][: 5 + (size & 0x7F)] if size & 0x80 else good()["mkv"][:64]
    return (
        head + start[4:] + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" + b"\xec\x80" * count
    )


def wav(rate: int, channels: int, bits: int, claimed: int, seconds: float = 2.0) -> bytes:
    """A WAV whose header says what it likes."""
    body = (
        np.random.default_rng(1).integers(-9999, 9999, int(seconds * RATE)).astype("<i2").tobytes()
    )
    form = struct.pack(
        "<HHIIHH",
        1,
        channels,
        rate,
        (rate * channels * bits // 8) & 0xFFFFFFFF,
        channels * bits // 8 & 0xFFFF,
        bits,
    )
    inside = (
        b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", claimed) + body
    )
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


def bumped(data: bytes, rng: random.Random) -> bytes:
    """Random runs of bytes in the header made largest, zero or noise."""
    copy = bytearray(data)
    for _ in range(rng.choice((1, 2, 5, 20))):
        at, width = rng.randrange(min(len(copy), 2048)), rng.choice((1, 2, 4, 8))
        copy[at : at + width] = rng.choice(
            (b"\xff" * width, bytes(width), rng.randbytes(width), b"\x7f" + b"\xff" * (width - 1))
        )
    return bytes(copy)


def index_bumped(data: bytes, rng: random.Random) -> bytes:
    """The same near the end of the file, where many keep their index."""
    return bumped(data[::-1], rng)[::-1]


def torn(data: bytes, rng: random.Random) -> bytes:
    """Stretches left out, doubled or exchanged."""
    places = sorted(rng.randrange(len(data)) for _ in range(2))
    head, middle, tail = data[: places[0]], data[places[0] : places[1]], data[places[1] :]
    return rng.choice(
        (head + tail, head + middle * 2 + tail, middle + head + tail, head + tail + middle)
    )
