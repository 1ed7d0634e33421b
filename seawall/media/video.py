"""
The frames of a video, decoded as they are read: cheaply, upright, small, and never from anywhere but its own bytes.

    bytes ─▶ container ─▶ packets ──which of them?──▶ decoder ─▶ frames ─▶ upright luma, reduced
                             └─ what they promise          └─ what was not looked at, in sentences

Run it in the sandbox: a decoder may die of what it is fed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, Literal, cast

import numpy as np

from seawall.errors import MediaError
from seawall.media.content import Content, Tell, nobody, reader
from seawall.media.limits import MediaLimits
from seawall.media.media import Frame, Luma, Video, reduction
from seawall.media.sampling import Numbers, Plan, plan, stretch_of, stretches_of

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

# The reader of each type. One that follows addresses (playlists, concat scripts, DASH) is never among them.
DEMUXERS: Final = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
    "video/mp2t": "mpegts",
    "video/mpeg": "mpeg",
    "video/x-flv": "flv",
    "video/ogg": "ogg",
    "video/x-ms-asf": "asf",
}
_TURNING: Final = {"mov", "matroska"}  # formats that can say how a picture is to be turned
_TRUE_TO_HEADER: Final = {
    "mov",
    "matroska",
    "avi",
    "flv",
}  # the others guess a length from their size
_CONFINED: Final = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,ogg,asf",
    "protocol_whitelist": "none",
    "enable_drefs": "0",  # a QuickTime track may name another file
}
_UNPROBED: Final = {"skip_frame": "all"}
LONGEST_STRETCH = 1.0  # seconds of which at least one frame is seen
SHORTEST_STRETCH = 0.2
STRETCHES = (
    64  # a short video is seen in so many, or a known clip of two seconds would be two frames
)
MOST_PACKETS = 1_000_000  # nine hours at 30 frames a second
FIRST_PACKETS = 32  # within which there is a frame to tell how they lie
PATIENCE = (
    0.75  # of `max_seconds`, from when the file is opened; fingerprinting the sound takes the rest
)
MISSING = 1.0  # seconds, or hundredths, a header may promise and not keep: encoders round and pad
MOST_REORDERED = (
    17  # frames by which a packet may come before the one it follows in the file; H.264 allows 16
)
MOST_A_SECOND = 500  # frames; more are not there to be seen, and one a second of them says little
USUAL_RATE = 25  # frames a second, where a file does not say


def video_of(
    data: Content,
    media_type: str,
    limits: MediaLimits,
    *,
    every_frame: bool = False,
    tell: Tell = nobody,
) -> Video | None:
    """
    The video in these bytes, its frames not yet decoded; None where the file has sound alone.

    every_frame: as the published vPDQ numbers them; otherwise every cut that can be told from the packets, and at
    least one frame a second. `tell` hears what share of it has been read, while its frames are.

    Raises:
        MediaError: It is of a kind we cannot decode, larger than the limits, or damaged from its first byte.

    """
    limits.check_bytes(len(data))
    if media_type not in DEMUXERS:
        raise MediaError(
            f"We cannot look into {media_type}; send it as one of {', '.join(sorted(DEMUXERS))}."
        )
    source = Source(data, media_type, limits)
    outline = source.outline()
    if outline is None:
        return None
    left_out: list[str] = []
    return Video(
        width=outline.width,
        height=outline.height,
        duration=outline.duration,
        frames=Frames(source, outline, left_out, every_frame=every_frame, tell=tell),
        left_out=left_out,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What the packets of a video say, before one of them is decoded."""

    width: int  # pixels, upright
    height: int
    duration: float  # seconds, by its packets
    first: float  # seconds: when its first frame is shown
    rate: float  # frames a second
    stretch: float  # seconds of which at least one frame is wanted
    plan: Plan
    shown: frozenset[int]  # the stretches it has frames in
    later: Numbers  # seconds by which each packet is later than it says, where time begins anew inside the file
    left_out: tuple[str, ...]  # sentences


@dataclass(frozen=True, slots=True)
class Source:
    """A file and how it may be read."""

    data: Content
    media_type: str
    limits: MediaLimits
    begun: float = field(default_factory=time.monotonic)

    @contextmanager
    def opened(self, *, again: bool = False) -> Iterator[tuple[InputContainer, VideoStream | None]]:
        """
        The container and its track of pictures, None where there is none.

        FFmpeg decodes a few pictures to learn what the container does not say; `again`, it need not.

        Raises:
            MediaError: The bytes do not go on as they begin.

        """
        import av  # noqa: PLC0415 - loads FFmpeg; only workers need it

        try:
            container = av.open(
                reader(self.data),
                "r",
                format=DEMUXERS[self.media_type],
                options={**_CONFINED, **_UNPROBED} if again else _CONFINED,
                metadata_errors="replace",
            )
        except av.FFmpegError as error:
            raise MediaError(
                f"The bytes begin like {self.media_type} and cannot be read on ({error.strerror});"
                " send the whole file again."
            ) from error
        with container:
            stream = container.streams.best("video")
            cover = stream is not None and "attached_pic" in str(stream.disposition)
            yield container, None if cover else cast("VideoStream", stream)

    def outline(self) -> Outline | None:
        """
        The video as its packets describe it; None where there is no track of pictures.

        Raises:
            MediaError: It is larger than the limits, or has no packet.

        """
        with self.opened() as (container, stream):
            if stream is None:
                return None
            if stream.codec_context is None:
                raise MediaError(
                    "The pictures are of a kind we cannot decode; send them as H.264 or VP9."
                )
            width, height = stream.codec_context.width, stream.codec_context.height
            self.limits.check_pixels(width, height)
            rate = float(stream.average_rate or stream.guessed_rate or USUAL_RATE)
            rows = list(_rows(container, stream, rate))
            if not rows:
                raise MediaError(f"There is no picture in this {self.media_type}; send it again.")
            if self._lies_on_its_side():
                width, height = height, width
            times, sizes, keys, later, hidden = map(np.array, zip(*rows, strict=True))
            first = float(times.min())
            duration = float(times.max()) - first + 1 / rate
            self.limits.check_video(duration)
            stretch = min(max(duration / STRETCHES, SHORTEST_STRETCH), LONGEST_STRETCH)
            return Outline(
                width=width,
                height=height,
                duration=duration,
                first=first,
                rate=rate,
                stretch=stretch,
                plan=plan(times - first, sizes, keys, stretch),
                shown=frozenset(stretches_of(times[~hidden] - first, stretch).tolist()),
                later=later,
                left_out=_unkept(container, stream, duration, len(rows)),
            )

    def _lies_on_its_side(self) -> bool:
        """Whether the first frame that can be decoded says it is to be turned by a quarter."""
        import av  # noqa: PLC0415 - loads FFmpeg; only workers need it

        if DEMUXERS[self.media_type] not in _TURNING:
            return False
        with self.opened(again=True) as (container, stream), suppress(av.FFmpegError):
            if stream is None:
                return False
            stream.thread_count = 1
            stream.codec_context.options = {"max_pixels": str(self.limits.max_pixels)}
            for packet in islice(_packets(container, stream), FIRST_PACKETS):
                for frame in packet.decode():
                    return _quarters(frame) % 2 == 1
        return False


def _unkept(
    container: InputContainer, stream: VideoStream, duration: float, packets: int
) -> tuple[str, ...]:
    """What the headers promise and the packets do not keep, in sentences."""
    said = []
    promised = _promised(container, stream)
    if packets == MOST_PACKETS:
        said.append(f"only the first {MOST_PACKETS} frames were looked at")
    elif promised > duration + max(MISSING, MISSING / 100 * promised):
        said.append(f"it promises {promised:.0f} seconds, and {duration:.0f} are there")
    if packets > MOST_A_SECOND * max(duration, 1.0):
        said.append(
            f"it has {packets} frames in {duration:.1f} seconds, and few of them were looked at"
        )
    others = len(container.streams.video) - 1
    if others:
        said.append(
            f"{others} more {'track' if others == 1 else 'tracks'} of pictures not looked at"
        )
    return tuple(said)


def _promised(container: InputContainer, stream: VideoStream) -> float:
    """Seconds the header says there are; 0 where it says nothing, or speaks of the sound too."""
    if container.format.name.split(",")[0] not in _TRUE_TO_HEADER:
        return 0.0
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    alone = len(container.streams) == 1 and container.duration
    return container.duration / 1_000_000 if alone and container.duration else 0.0


@dataclass(slots=True)
class Frames:
    """The frames of a video, decoded each time they are read; afterwards `left_out` says what was not looked at."""

    source: Source
    outline: Outline
    left_out: list[str]
    every_frame: bool
    tell: Tell
    _damaged: int = field(default=0, init=False)
    _seen: set[int] = field(default_factory=set, init=False)  # stretches

    def __iter__(self) -> Iterator[Frame]:
        """Each wanted frame in the order they are shown, as far as the file is sound and time allows."""
        self._damaged = 0
        self._seen.clear()
        self.left_out[:] = self.outline.left_out
        allowed = PATIENCE * self.source.limits.max_seconds.total_seconds()
        until = self.source.begun + allowed
        with self.source.opened(again=not self.every_frame) as (container, stream):
            if stream is None:
                return
            for number, at, frame in self._wanted(container, stream):
                yield Frame(number=number, at=at, luma=_upright(frame))
                self.tell(min(at / self.outline.duration, 1.0))
                if time.monotonic() > until:
                    self.left_out.append(
                        f"looking stopped {at:.0f} seconds in, of {self.outline.duration:.0f}: it took longer than"
                        f" {allowed:.0f} seconds"
                    )
                    return
        if self._damaged:
            frames = "frame is" if self._damaged == 1 else "frames are"
            self.left_out.append(f"{self._damaged} {frames} damaged and not looked at")
        shown = self.outline.shown
        if unseen := len(shown - self._seen):
            self.left_out.append(
                f"{unseen} of {len(shown)} stretches of {self.outline.stretch:.1f} seconds not seen"
            )

    def _wanted(
        self, container: InputContainer, stream: VideoStream
    ) -> Iterator[tuple[int, float, VideoFrame]]:
        """Frames, their numbers and times: every one, or the first of each stretch and those that are marked."""
        marks: set[int | None] = set()
        for count, frame in enumerate(self._decoded(container, stream, marks)):
            at = _seconds(frame, stream, count / self.outline.rate) - self.outline.first
            stretch = stretch_of(at, self.outline.stretch)
            new = stretch not in self._seen
            self._seen.add(stretch)
            if self.every_frame:
                yield count, max(at, 0.0), frame
            elif new or frame.pts in marks:
                yield round(at * self.outline.rate), max(at, 0.0), frame

    def _decoded(
        self, container: InputContainer, stream: VideoStream, marks: set[int | None]
    ) -> Iterator[VideoFrame]:
        """What the decoder makes of what it is fed, in the order it is shown; what it cannot decode is counted."""
        import av  # noqa: PLC0415 - loads FFmpeg; only workers need it

        context, decided = stream.codec_context, self.outline.plan
        context.thread_count = 1
        options = {"max_pixels": str(self.source.limits.max_pixels)}
        skipped: Literal["BIDIR", "NONREF"] = "BIDIR" if context.name == "h264" else "NONREF"
        if not self.every_frame:
            options["skip_loop_filter"] = (
                "all"  # it smooths the edges of blocks; PDQ averages over larger ones
            )
        context.options = options
        for place, packet in enumerate(chain(_packets(container, stream), [None])):
            if packet is not None and not self.every_frame:
                if not decided.fed[place]:
                    continue
                context.skip_frame = "DEFAULT" if decided.needed[place] else skipped
            if packet is not None and self.outline.later[place]:
                _put_off(packet, stream, self.outline.later[place])
            if packet is not None and decided.marked[place]:
                marks.add(packet.pts)
            try:
                frames = context.decode(packet)
            except av.FFmpegError:
                self._damaged += 1
                continue
            for frame in frames:
                if frame.is_corrupt:
                    self._damaged += 1
                else:
                    yield frame


def _packets(container: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    """The packets of the track, as far as the file can be read."""
    import av  # noqa: PLC0415 - loads FFmpeg; only workers need it

    with suppress(av.FFmpegError):  # cut short: the headers promised more, and `_unkept` says so
        for packet in islice(container.demux(stream), MOST_PACKETS):
            if packet.size:
                yield packet


def _rows(
    container: InputContainer, stream: VideoStream, rate: float
) -> Iterator[tuple[float, int, bool, float, bool]]:
    """
    Of each packet: when it is shown, its bytes, whether it is a key frame, how much later than it says, and if hidden.

    Streams that were joined end to end begin to count again; players show them one after the other. Hidden is what a
    file has and says is not to be shown, as telephones do when they trim.
    """
    later, before = 0.0, -np.inf
    for number, packet in enumerate(_packets(container, stream)):
        shown = _seconds(packet, stream, number / rate)
        if shown < before - MOST_REORDERED / rate:
            later += before - shown + 1 / rate
            before = shown
        before = max(before, shown)
        yield shown + later, packet.size, packet.is_keyframe, later, packet.is_discard


def _put_off(packet: Packet[VideoStream], stream: VideoStream, seconds: float) -> None:
    """Make a packet later."""
    if stream.time_base is None:
        return
    ticks = round(seconds / stream.time_base)
    packet.pts = None if packet.pts is None else packet.pts + ticks
    packet.dts = None if packet.dts is None else packet.dts + ticks


def _seconds(
    timed: Packet[VideoStream] | VideoFrame, stream: VideoStream, otherwise: float
) -> float:
    """When a packet or a frame is shown, by the file; some formats leave it open."""
    moment = timed.dts if timed.pts is None else timed.pts
    if moment is None or stream.time_base is None:
        return otherwise
    return float(moment * stream.time_base)


def _upright(frame: VideoFrame) -> Luma:
    """The frame's brightness, turned as its file says it should be, reduced by averaging."""
    factor = reduction(frame.width, frame.height)
    small = frame.reformat(
        width=max(frame.width // factor, 1),
        height=max(frame.height // factor, 1),
        format="gray",
        interpolation="AREA",
    )
    return np.ascontiguousarray(np.rot90(small.to_ndarray(), _quarters(frame)))


def _quarters(frame: VideoFrame) -> int:
    """How many quarter turns, anticlockwise, the frame's display matrix asks for."""
    return round(frame.rotation / 90) % 4
