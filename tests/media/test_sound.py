"""What FFmpeg makes of sound files, and of files that only claim to be whole."""

from datetime import timedelta
from fractions import Fraction
from io import BytesIO

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.hostile_containers import film
from seawall.errors import MediaError
from seawall.media.limits import MediaLimits
from seawall.media.media import SAMPLE_RATE, Kind
from seawall.media.mono import Mono
from seawall.media.sound import sound_of
from seawall.media.understand import understand
from seawall.signals.fingerprint import fingerprint
from seawall.workflows.sounds import RATE, encoded, pcm, track

FILES = {  # codec and container
    "audio/mpeg": ("libmp3lame", "mp3"),
    "audio/wave": ("pcm_s16le", "wav"),
    "audio/flac": ("flac", "flac"),
    "audio/mp4": ("aac", "ipod"),
    "audio/aac": ("aac", "adts"),
    "audio/ogg": ("flac", "ogg"),
}
SECONDS = 6


def file(codec: str, container: str) -> bytes:
    """A few seconds of music."""
    return encoded(track(1, SECONDS), codec=codec, container=container)


@pytest.mark.parametrize("name", FILES)
def test_a_sound_file_becomes_samples(name: str) -> None:
    """The kind is told by the bytes; every codec gives the same seconds of one channel."""
    media = understand(file(*FILES[name]), MediaLimits())
    assert (media.kind, media.media_type, media.unreadable) == (Kind.SOUND, name, None)
    assert media.sound is not None
    assert media.sound.samples.dtype == np.int16
    assert media.sound.duration == len(media.sound.samples) / SAMPLE_RATE
    assert media.sound.duration == pytest.approx(SECONDS, abs=0.1)


def test_an_mp3_needs_no_tag() -> None:
    """Many begin with a bare frame."""
    tagged = file("libmp3lame", "mp3")
    bare = tagged[10 + int.from_bytes(tagged[6:10]) :]
    assert not bare.startswith(b"ID3")
    assert understand(bare, MediaLimits()).kind is Kind.SOUND


def test_the_sound_track_of_another_container_is_read() -> None:
    """Sound is taken from whatever holds it, as a video does."""
    sound = sound_of(file("aac", "matroska"), MediaLimits())
    assert sound is not None
    assert sound.duration == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize("name", ["audio/mpeg", "audio/wave", "audio/flac", "audio/mp4"])
def test_half_a_sound_is_not_taken_for_the_whole(name: str) -> None:
    """The header says how much there should be."""
    whole = file(*FILES[name])
    media = understand(whole[: len(whole) // 2], MediaLimits())
    assert media.kind is Kind.SOUND
    assert media.sound is None
    assert media.unreadable
    assert media.unreadable.endswith("send the whole file again.")


def test_a_video_cut_between_two_packets_is_not_taken_for_the_whole() -> None:
    """FLV has no index: only its header knows how long it was."""
    whole = film("flv", "flv", "libmp3lame", {})
    media = understand(whole[: whole.index(b"\x09", len(whole) // 3)], MediaLimits())
    assert media.unheard
    assert "cut short" in media.unheard


def test_a_sound_longer_than_the_limit_is_refused() -> None:
    """What the header claims is enough; nothing is decoded."""
    limits = MediaLimits(max_sound=timedelta(seconds=5))
    for name in (
        "audio/wave",
        "audio/aac",
    ):  # one that declares its duration, and one that does not
        with pytest.raises(MediaError, match="lasts more than 0:00:05, the limit"):
            sound_of(file(*FILES[name]), limits)


def test_a_sound_that_takes_too_long_is_given_up() -> None:
    """A worker answers before it is ended, and what else is in the file keeps its verdict."""
    with pytest.raises(MediaError, match="took longer than 0 seconds"):
        sound_of(file("flac", "flac"), MediaLimits(), patience=0)


def test_a_second_track_is_named() -> None:
    """One is listened to; a known sound must not hide in the other."""
    data = BytesIO()
    with av.open(data, "w", format="matroska") as output:
        streams = [output.add_stream("pcm_s16le", rate=RATE, layout="mono") for _ in range(2)]
        frame = av.AudioFrame.from_ndarray(pcm(track(1, 5))[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        output.mux([packet for stream in streams for packet in stream.encode(frame)])
    found = fingerprint(understand(data.getvalue(), MediaLimits()))
    assert [each.reason for each in found.missing] == ["1 more track of sound not listened to"]
    assert any(reading.signal.type == "chromaprint" for reading in found.readings)


def matroska(*tracks: list[tuple[float, NDArray[np.int16]]], layout: str = "mono") -> bytes:
    """A file with these tracks, each of pieces and the seconds at which they begin."""
    data = BytesIO()
    with av.open(data, "w", format="matroska") as output:
        streams = [output.add_stream("pcm_s16le", rate=RATE, layout=layout) for _ in tracks]
        packets = []
        for stream, pieces in zip(streams, tracks, strict=True):
            for at, samples in pieces:
                frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout=layout)
                frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
                frame.pts = round(at * RATE)
                packets += stream.encode(frame)
        output.mux(sorted(packets, key=lambda packet: packet.pts))
    return data.getvalue()


def test_sound_that_begins_late_or_pauses_keeps_its_times() -> None:
    """A match says when it is heard in the file, also where its track has nothing for half a minute."""
    piece = np.full(2 * RATE, 9_000, np.int16)
    sound = sound_of(matroska([(3.0, piece), (9.0, piece)], [(0.0, piece)]), MediaLimits())

    assert sound is not None
    changes = np.flatnonzero(np.diff(sound.samples > 4_500, prepend=False, append=False))
    assert changes / SAMPLE_RATE == pytest.approx([3, 5, 9, 11], abs=0.05)


def test_a_pause_that_cannot_be_is_no_pause() -> None:
    """A clock that jumps ahead by hours must not cost a sound its verdict, nor a gigabyte of silence."""
    mono = Mono(begins=0.0, most=60.0)
    for at in (3, 40_000):
        frame = av.AudioFrame.from_ndarray(pcm(track(1, 1))[None], format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1), at
        mono.hear(frame)
    mono.end()

    assert (round(mono.seconds, 2), round(mono.heard, 2)) == (5.0, 2.0)


def test_channels_that_cancel_each_other_out_are_heard() -> None:
    """One channel upside down plays as well as before, and mixes to silence."""
    tune = pcm(track(1, 5))
    stereo = [np.stack((tune, other), axis=1).reshape(-1) for other in (tune, -tune)]

    both, against = (
        sound_of(matroska([(0.0, each)], layout="stereo"), MediaLimits()) for each in stereo
    )

    assert both is not None
    assert against is not None
    assert np.array_equal(against.samples, both.samples)


def test_noise_inside_a_file_is_an_error_with_a_sentence() -> None:
    """Damage in the middle is noticed, though the file ends where it should."""
    whole = bytearray(file("flac", "flac"))
    middle = slice(len(whole) // 4, len(whole) // 2)
    whole[middle] = np.random.default_rng(1).bytes(middle.stop - middle.start)
    with pytest.raises(MediaError, match=r"damaged|cut short|cannot be decoded"):
        sound_of(bytes(whole), MediaLimits())


@pytest.mark.parametrize(
    "script",
    [
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0\r\n",
    ],
)
def test_a_playlist_opens_nothing(script: bytes) -> None:
    """FFmpeg would read other files and addresses for whoever sends one."""
    with pytest.raises(MediaError, match="cannot be decoded"):
        sound_of(script, MediaLimits())
