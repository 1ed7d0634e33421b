"""Texts are found again: as a whole, in part, and rewritten."""

import tracemalloc
from base64 import urlsafe_b64encode
from collections import defaultdict
from itertools import islice
from random import Random
from typing import Any

import numpy as np
import pytest

from benchmarks.paragraphs import TONGUES, paragraphs
from seawall.errors import SignalError
from seawall.media.media import Kind, Media
from seawall.media.text import normalised
from seawall.signals.sequence import Hits, Likeness
from seawall.signals.shingles import passages, simhash, weight
from seawall.signals.signal import Cause, NoSignal, Signal
from seawall.signals.text import Text
from seawall.testing.signal_type import SignalTypeContract
from seawall.workflows.text_alterations import EVASIONS, Evasion

TEXTS = {tongue.script: next(paragraphs(tongue, Random(1))) for tongue in TONGUES}
OTHERS = {tongue.script: next(paragraphs(tongue, Random(2))) for tongue in TONGUES}


def media(text: str | None, **more: Any) -> Media:
    """Media that is this text."""
    return Media(kind=Kind.TEXT, media_type="text/plain", text=text, **more)


def signal(text: str) -> Signal:
    """The signal of a text that has one."""
    found = Text().compute(media(text))
    assert isinstance(found, tuple)
    return found[0].signal


def likeness(asked: str, known: str) -> Likeness | None:
    """What a catalogue with one entry would say."""
    one, other = signal(asked), signal(known)
    places: dict[bytes, list[int]] = defaultdict(list)
    for filed in Text().filed(other):
        for code, part in zip(filed.codes, filed.parts.tolist(), strict=True):
            places[filed.name.encode() + code.tobytes()].append(part)
    rows = [
        (part, known_part)
        for filed in Text().asked(one)
        for code, part in zip(filed.codes, filed.parts.tolist(), strict=True)
        for known_part in places[filed.name.encode() + code.tobytes()]
    ]
    hits = np.array(rows, np.int64).reshape(-1, 2)
    return Text().compare(one, other, Hits(hits[:, 0], hits[:, 1], np.zeros(len(hits), np.int64)))


class TestText(SignalTypeContract):
    """What every signal type promises."""

    type = Text()
    media = (
        media(TEXTS["Latin"]),
        media(TEXTS["Thai"]),
        media("too short"),
        media(None, unreadable="Too long."),
    )


@pytest.mark.parametrize("alteration", EVASIONS, ids=lambda each: each.__name__)
def test_a_text_is_found_however_it_is_written(alteration: Evasion):
    """Twenty evasions, six scripts, two of them without spaces."""
    for text in TEXTS.values():
        found = likeness(alteration(text, Random(3)), text)

        assert found is not None
        assert found.distance <= 31


@pytest.mark.parametrize("script", TEXTS)
def test_ordinary_texts_are_strangers(script: str):
    """They share phrases, as all texts of a language do."""
    assert likeness(OTHERS[script], TEXTS[script]) is None


def test_the_same_text_is_at_distance_nought():
    """All of the one is all of the other."""
    found = likeness(TEXTS["Latin"].upper(), TEXTS["Latin"])

    assert found is not None
    assert (found.distance, found.asked_share, found.known_share) == (0, 1.0, 1.0)


def test_a_text_that_says_the_opposite_is_not_the_same():
    """Two words put in, or a sentence that answers it, in forty paragraphs: near, and for a person to look at."""
    text = " ".join(islice(paragraphs(TONGUES[0], Random(1)), 40))
    half = text.index(" ", len(text) // 2)

    for altered in (f"{text[:half]} do not{text[half:]}", f"{text} But this is a lie."):
        found = likeness(altered, text)

        assert found is not None
        assert (found.whole, found.distance) == (True, 1)


@pytest.mark.parametrize("script", TEXTS)
def test_a_text_within_a_longer_one_is_found_with_its_place(script: str):
    """The reviewer sees it marked, in what was written."""
    post = f"{OTHERS[script]} {TEXTS[script]} {OTHERS[script]}"
    found = likeness(post, TEXTS[script])

    assert found is not None
    (segment,) = found.segments
    start, end = normalised(post, leet=True).written(int(segment.start), int(segment.end))
    known_at = post.index(TEXTS[script])
    assert abs(start - known_at) <= 12
    assert abs(end - (known_at + len(TEXTS[script]))) <= 12
    assert found.known_share > 0.9 > found.asked_share
    assert found.distance >= 1


def test_a_quotation_in_a_longer_text_is_no_copy():
    """Who quotes a line of it to argue with it does not spread it."""
    line = TEXTS["Latin"][:90]

    assert (
        likeness(f"{OTHERS['Latin']} They wrote: {line}. {OTHERS['Latin']}", TEXTS["Latin"]) is None
    )


def test_what_only_the_simhash_found_is_decided_by_the_passages_too():
    """A look-up brings 64 places of a passage, and a slogan may stand in a post three hundred times."""
    slogan = TEXTS["Latin"][:60]
    alone = Hits(*(np.array([each], np.int64) for each in (0, 0, 4)))

    found = Text().compare(signal(f"{slogan} " * 280), signal(f"{slogan} " * 300), alone)

    assert found is not None
    assert (found.asked_share, found.known_share) == pytest.approx((1, 280 / 300), abs=0.02)
    assert Text().compare(signal(TEXTS["Latin"]), signal(OTHERS["Latin"]), alone) is None


def test_a_short_text_has_no_signal_and_says_so():
    """A phrase of a few words is written by many people; a Chinese character says as much as two letters."""
    short = Text().compute(media("Only a few words."))

    assert short == NoSignal(type="text", reason="too short: 12 letters, and 83 are needed")
    assert isinstance(Text().compute(media(TEXTS["Han"][:48])), tuple)


def test_a_text_that_could_not_be_read_says_why():
    """A rule for failures answers."""
    assert Text().compute(media(None, unreadable="It is too long.")) == NoSignal(
        type="text", reason="It is too long.", cause=Cause.FAILED
    )


def test_long_texts_that_were_looked_up_are_let_go():
    """Or a service that sees a thousand novels ends by holding them all."""
    rng, one = np.random.default_rng(1), 1 << 20
    tracemalloc.start()
    try:
        for _ in range(30):
            Text().filed(Signal("text", urlsafe_b64encode(rng.bytes(one)).decode().rstrip("=")))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert held < 20 * one


def test_pictures_are_no_texts():
    """Media of another kind is not this type's business."""
    assert (
        Text().compute(Media(kind=Kind.LINK, media_type="text/uri-list", link="https://a.example/"))
        is None
    )


def test_a_value_nobody_could_have_computed_is_refused():
    """Places out of order, steps too wide, letters beyond the end: it came from somewhere else."""
    value = signal(TEXTS["Latin"]).value
    for wrong in (
        value[:-1],
        value + "A",
        value[:60],
        value[:43] + "AAAAA" + value[48:],
        "A" * 64,
        "é" * 64,
    ):
        with pytest.raises(SignalError, match="SimHash"):
            Text().parse(wrong)


def test_whatever_two_texts_share_over_a_window_is_shared_by_a_passage():
    """The guarantee of winnowing, against all pieces of one text."""
    plain = normalised(TEXTS["Cyrillic"], leet=True).text
    whole = set(passages(plain).hashes.tolist())
    for start in range(0, len(plain) - 15, 7):
        assert whole & set(passages(plain[start : start + 15]).hashes.tolist())


def test_simhash_counts_shingles():
    """Against a count of the bits one by one; and a text that differs a little is near."""
    plain = normalised(TEXTS["Latin"], leet=True).text
    near = simhash(plain[:-9])
    far = simhash(normalised(OTHERS["Latin"], leet=True).text)
    apart = [
        (int.from_bytes(simhash(plain)) ^ int.from_bytes(each)).bit_count() for each in (near, far)
    ]

    assert apart[0] < 31 < 80 < apart[1]
    assert weight("ab山か") == 6
