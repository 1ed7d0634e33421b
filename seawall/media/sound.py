"""
The sound of a file, or of a video's sound track: decoded by FFmpeg (PyAV) to what fingerprints are read off.

    bytes ─▶ container ─▶ first good track ─▶ decoded ─▶ one channel, with its pauses
                                                └──▶ less than the header says: an error, never half a sound

Run it in the sandbox. Memory grows with the sound that is kept, 76 MiB an hour.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seawall.errors import MediaError
from seawall.media.content import Content, Tell, nobody, reader
from seawall.media.limits import MediaLimits
from seawall.media.media import Sound
from seawall.media.mono import Mono

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

SLOWEST = 1_000  # samples a second of a track; fewer carry no sound that has a fingerprint
MOST_TRACKS = 8  # of one file that are tried
PATIENCE = 0.6  # of `max_seconds`, for decoding; fingerprinting and looking up take the rest
PATIENCE_BESIDE_PICTURES = 0.25  # which take the most
MOST_DAMAGED = 0.02  # of the packets; a recording of a broadcast begins with half a packet
MOST_MISSING = 0.02  # of the declared duration, and always a second: encoders round and pad

# What may be opened: files that hold their own sound. Playlists and scripts would make FFmpeg open other addresses.
CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,eac3,flac,flv,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,ogg,"
    "tta,w64,wav,wv"
)
SEVERAL_TRACKS = {"asf", "avi", "flv", "matroska", "mov"}
TRUE_TO_HEADER = SEVERAL_TRACKS | {"aiff", "au", "caf", "flac", "tta", "w64", "wav"}
UNKNOWN_SIZE = 0x7FFF_0000  # bytes: what is written to a pipe claims this or more
PADDING = 8  # bytes a writer may have counted and not written
MP3_COUNTS = (b"Xing", b"Info", b"VBRI")  # without one, an MP3's duration is a guess from its size
MP3_HEAD = 4096  # bytes after the ID3 tag that hold the count


def sound_of(
    data: Content, limits: MediaLimits, *, patience: float = PATIENCE, tell: Tell = nobody
) -> Sound | None:
    """
    The first track of sound that decodes whole; None where the file has no track of sound.

    `patience` is the share of `max_seconds` that it may take; `tell` hears what share of it has been decoded, where
    the header says how long it is.

    Raises:
        MediaError: Every track is cut short, damaged, longer than the limit, or of a kind we cannot decode; or it
            takes too long.

    """
    limits.check_bytes(len(data))
    deadline = Deadline.after(patience * limits.max_seconds.total_seconds())
    _check_all_there(data)
    with _opened(data) as container:
        tracks = len(container.streams.audio)
    troubles = []
    for number in range(min(tracks, MOST_TRACKS)):
        try:
            with _opened(data) as container:
                track = container.streams.audio[number]
                sound = _decoded(container, track, data, limits, deadline, tell)
                return replace(sound, left_out=_unheard(tracks))
        except MediaError as error:
            troubles.append(error)
    if troubles:
        raise troubles[0]
    return None


@contextmanager
def _opened(data: Content) -> Iterator[InputContainer]:
    """
    The file, open for reading, with no way out to other files or addresses.

    Raises:
        MediaError: FFmpeg cannot read it, now or while it is open.

    """
    import av  # noqa: PLC0415 - FFmpeg takes a tenth of a second to load; only workers need it

    inside = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none"}
    try:
        with av.open(reader(data), "r", options=inside, metadata_errors="ignore") as container:
            yield container
    except av.FFmpegError as error:
        raise MediaError(
            f"The sound cannot be decoded ({error.strerror}); send the whole file again."
        ) from None


def _unheard(tracks: int) -> tuple[str, ...]:
    others = tracks - 1
    if not others:
        return ()
    return (f"{others} more {'track' if others == 1 else 'tracks'} of sound not listened to",)


def _decoded(
    container: InputContainer,
    track: AudioStream,
    data: Content,
    limits: MediaLimits,
    deadline: Deadline,
    tell: Tell,
) -> Sound:
    """
    The track, whole.

    Raises:
        MediaError: It is cut short, damaged or too long, takes too long, or nothing here decodes it.

    """
    from av import FFmpegError  # noqa: PLC0415 - as above

    if track.codec_context is None:
        raise MediaError("The sound is of a kind we cannot decode; send it as AAC, MP3 or Opus.")
    if (track.rate or 0) < SLOWEST:
        raise MediaError(f"The sound has {track.rate or 0} samples a second; {SLOWEST} are needed.")
    declared = _declared(container, track, data)
    limits.check_sound(declared or 0)
    track.codec_context.thread_count = 1
    mono = Mono(begins=_microseconds(container.start_time), most=_longest(container, limits))
    packets = damaged = 0
    reached = 0.0  # seconds: the latest end of a packet of any track
    for packet in container.demux():
        deadline.check()
        if packet.pts is not None and packet.time_base is not None:
            reached = max(reached, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        if packet.stream_index != track.index:
            continue
        packets += 1
        damaged += packet.is_corrupt
        try:
            for frame in track.codec_context.decode(packet):
                mono.hear(frame)
        except FFmpegError:
            damaged += 1
        limits.check_sound(mono.seconds)
        tell(min(mono.seconds / declared, 1.0) if declared else 0.0)
    mono.end()
    if not mono.heard or damaged > MOST_DAMAGED * packets + 1:
        raise MediaError(
            f"{damaged} of {packets} packets of the sound are damaged; send the whole file again."
        )
    # Where there are several tracks, or parts that are left out in playing, one of them may end sooner than the file.
    there = max(mono.heard, reached) if _names(container) & SEVERAL_TRACKS else mono.heard
    if declared and declared - there > max(1, MOST_MISSING * declared):
        raise MediaError(
            f"The sound is cut short: {there:.1f} s of {declared:.1f} s are there; send the whole file again."
        )
    return Sound(duration=mono.seconds, samples=mono.samples)


def _longest(container: InputContainer, limits: MediaLimits) -> float:
    """How many seconds the sound may have with its pauses, where its file is to be believed."""
    most = limits.max_sound.total_seconds()
    lasts = _microseconds(container.duration)
    return most if lasts is None else min(most, lasts + 1)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a decoder must have come to its end."""

    seconds: float
    until: float  # of the monotonic clock, which the service's patience goes by too

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """In so many seconds from now."""
        return cls(seconds, time.monotonic() + seconds)

    def check(self) -> None:
        """
        Go on, unless it has passed.

        Raises:
            MediaError: It has.

        """
        if time.monotonic() > self.until:
            raise MediaError(
                f"Listening to the sound took longer than {self.seconds:g} seconds; send it in parts."
            )


def _check_all_there(data: Content) -> None:
    """
    Refuse a WAV or AIFF that ends before its header says; FFmpeg takes what is there for the whole.

    Raises:
        MediaError: It is cut short.

    """
    if data[:4] not in (b"RIFF", b"FORM"):
        return
    claimed = 8 + int.from_bytes(data[4:8], "little" if data[:4] == b"RIFF" else "big")
    if len(data) + PADDING < claimed < UNKNOWN_SIZE:
        raise MediaError(
            f"The sound is cut short: {len(data)} of {claimed} bytes are there; send the whole file again."
        )


def _declared(container: InputContainer, track: AudioStream, data: Content) -> float | None:
    """How many seconds the header promises; None where it makes no promise."""
    names = _names(container)
    if not names & TRUE_TO_HEADER and not ("mp3" in names and _counted(data)):
        return None
    if container.duration is not None:
        return _microseconds(container.duration)
    if track.duration is None or track.time_base is None:
        return None
    return float(track.duration * track.time_base)


def _microseconds(time: int | None) -> float | None:
    """A time of the container's in seconds."""
    return None if time is None else time / 1_000_000


def _names(container: InputContainer) -> set[str]:
    return set(container.format.name.split(","))


def _counted(data: Content) -> bool:
    """Whether an MP3 says how many frames it has."""
    start = 0
    if data[:3] == b"ID3":
        size = [byte & 0x7F for byte in data[6:10]]  # four times seven bits
        start = 10 + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])
    return any(mark in data[start : start + MP3_HEAD] for mark in MP3_COUNTS)
