"""What rulings do about videos, sounds and texts: what comes back, what is let through, what shares a case."""

import json

import pytest

from seawall.cases.likeness import marks_of
from seawall.index.digest import digest
from seawall.media.media import Kind
from seawall.policy.measure import Measure
from seawall.signals.embedding import Embedding
from seawall.signals.registry import parse_signal
from seawall.signals.tlsh import Tlsh
from seawall.storage.documents import verdict_document
from seawall.workflows.opening import item_of
from seawall.workflows.restoring import restore
from seawall.workflows.ruling import confirmation
from seawall.workflows.upload import Context, remember_upload, screen_upload
from tests.made import NOON, entry, fingerprint, flipped, pdq, sound, video, words
from tests.workflows.test_cases import BENCH, KEEP, REMOVE, later, memory, place

__all__ = ["memory", "place"]  # fixtures
FRAMES = [pdq(number) for number in range(100, 120)]
FILM = video(*FRAMES)
PAGE = parse_signal("url:https://example.org/news")
SAMES = [(Kind.VIDEO, FILM), (Kind.SOUND, sound(1)), (Kind.TEXT, words(1))]


@pytest.fixture
def database_url(tmp_path):
    """These stories are told on one kind of database: their queries are tried on both elsewhere."""
    return f"sqlite:///{tmp_path / 'seawall.db'}"


def screened(place, kind, *signals, item="post 1", at=NOON):
    """An upload of this kind, and the case that it is in."""
    upload = screen_upload(
        fingerprint(*signals, kind=kind),
        Context(item=item),
        knowledge=place.knowledge,
        chance=1.0,
        now=at,
    )
    with place.memory.transaction() as stores:
        return upload, remember_upload(upload, stores=stores, keep_ledger=True)


def know(place, *signals, bank="known"):
    """Entries of a bank."""
    with place.memory.transaction() as stores:
        stores.entries.add(
            [entry(each, id=f"en_{n}_{each.type}", bank=bank) for n, each in enumerate(signals)]
        )
    place.knowledge.refresh_now()


def altered(frames=FRAMES, bits=6, seed=1):
    """Another encoding of the same film."""
    return video(*(flipped(frame, bits, seed=seed) for frame in frames))


@pytest.mark.parametrize(("kind", "signal"), SAMES)
def test_what_was_removed_is_blocked_when_it_comes_back(place, kind, signal):
    """The bank of our own rulings has its signal, and blocks an upload of it whatever its bytes."""
    know(place, signal)
    digest = parse_signal("sha256:" + "a" * 64)
    _, case = screened(place, kind, signal, digest)
    place.claim(case)
    place.rule(case, REMOVE)
    assert place.carry_out(at=later(60)) == 1

    again, _ = screened(place, kind, signal, item="again", at=later(90))

    own = [match for match in again.verdict.matches if match.bank == "own-rulings"]
    assert [(match.known.type, match.distance) for match in own] == [(signal.type, 0)]
    assert again.verdict.measure is Measure.BLOCK


@pytest.mark.parametrize(("kind", "signal"), SAMES)
def test_what_was_given_back_is_let_through_when_it_comes_again(place, kind, signal):
    """On its own signal's word; what is only like it is judged as before."""
    know(place, signal)
    _, case = screened(place, kind, signal)
    place.claim(case)
    ruling = place.rule(case, REMOVE)
    place.carry_out(at=later(60))
    for person in ("ann", "bob"):
        place.do(restore, ruling.id, person, note="news", bench=BENCH, now=later(70))
    place.knowledge.refresh_now()

    again, _ = screened(place, kind, signal, item="again", at=later(90))

    assert again.verdict.measure is Measure.ALLOW
    assert {match.withheld for match in again.verdict.matches} == {"restored"}


def signal(text):
    """A signal of some type, filled up with zeros."""
    name, _, start = text.partition(":")
    return parse_signal(f"{name}:{start.ljust({'sha256': 64, 'md5': 32, 'sha1': 40}[name], '0')}")


NEWS, KNOWN = pdq(1), pdq(2)
TLSH = parse_signal(f"tlsh:{Tlsh.examples[0]}")
MODEL = parse_signal(f"embedding:{Embedding.examples[0]}")


@pytest.mark.parametrize(
    ("kind", "signals", "through"),
    [
        (Kind.IMAGE, (NEWS, signal("sha256:a")), True),
        (Kind.IMAGE, (NEWS, signal("sha256:b")), True),  # saved anew
        (Kind.IMAGE, (KNOWN, signal("sha256:a")), True),
        (Kind.IMAGE, (NEWS, KNOWN), False),  # one frame of an animation
        (Kind.IMAGE, (KNOWN, signal("md5:c"), signal("sha256:b")), False),  # MD5s are made alike
        (Kind.OTHER, (signal("md5:c"),), True),  # all that the platform keeps
        (Kind.IMAGE, (KNOWN, MODEL), False),
        (Kind.TEXT, (KNOWN, TLSH), False),
        (Kind.VIDEO, (FILM, KNOWN), False),
        (Kind.IMAGE, (PAGE, KNOWN), False),  # the page shows something else now
        (Kind.LINK, (PAGE,), True),
        (Kind.IMAGE, (parse_signal("url:https://example.org/b"), NEWS), False),
    ],
)
def test_only_the_very_content_is_let_through_on_the_word_of_what_was_given_back(
    place, kind, signals, through
):
    """Something of it among other things is judged as everything is."""
    free = (NEWS, FILM, PAGE, MODEL, TLSH, signal("sha256:a"), signal("md5:c"))
    with place.memory.transaction() as stores:
        stores.rulings.allow(
            [digest(str(each)) for each in free], ruling="rul_1", until=later(24 * 60)
        )
    know(place, *signals)

    again, _ = screened(place, kind, *signals)

    assert (again.verdict.measure is Measure.ALLOW) is through


@pytest.mark.parametrize(
    ("kind", "own", "inside"),
    [(Kind.TEXT, words(1), PAGE), (Kind.IMAGE, pdq(1), PAGE), (Kind.VIDEO, FILM, sound(1))],
)
def test_a_ruling_leaves_alone_what_a_post_only_holds(place, kind, own, inside):
    """Whoever links to the same page, or has the same music under other pictures, has not posted it."""
    know(place, own)
    upload, case = screened(place, kind, own, inside)
    place.claim(case)
    place.rule(case, REMOVE)
    place.carry_out(at=later(60))

    other, _ = screened(place, kind, inside, item="other", at=later(90))

    assert item_of(upload, upload.verdict).signals == (str(own),)
    assert other.verdict.measure is Measure.ALLOW


def test_a_link_that_was_fetched_is_the_post(place):
    """It comes first in its fingerprint, before what its page shows and links to."""
    elsewhere = parse_signal("url:https://example.org/elsewhere")
    upload, _ = screened(place, Kind.IMAGE, PAGE, pdq(1), elsewhere)

    assert item_of(upload, upload.verdict).signals == (str(PAGE), str(pdq(1)))


def test_whole_copies_of_one_known_film_share_a_case_and_excerpts_do_not(place):
    """Each is near the film, so near the other; nobody has ruled on it by ruling on the other."""
    know(place, FILM)
    _, first = screened(place, Kind.VIDEO, altered(seed=1), item="a")
    second, same = screened(place, Kind.VIDEO, altered(seed=2), item="b")
    _, part = screened(place, Kind.VIDEO, video(*FRAMES, *map(pdq, range(300, 330))), item="c")
    assert first == same
    assert part not in (first, None)
    place.claim(first)
    place.rule(first, KEEP)
    place.carry_out(at=later(60))

    _, third = screened(place, Kind.VIDEO, altered(seed=3), item="d", at=later(90))

    assert item_of(second, second.verdict).matches[0].whole
    with place.memory.reading() as stores:
        assert confirmation(stores.cases.find(third), stores) is None


@pytest.mark.parametrize(("kind", "signal"), SAMES)
def test_what_was_ruled_on_can_be_confirmed_when_it_comes_in_other_bytes(place, kind, signal):
    """By its equal signal; nobody has to see it again."""
    know(place, signal)
    one, other = (parse_signal("sha256:" + letter * 64) for letter in "ab")
    _, first = screened(place, kind, signal, one)
    place.claim(first)
    ruling = place.rule(first, KEEP)
    place.carry_out(at=later(60))

    _, second = screened(place, kind, signal, other, item="again", at=later(90))

    with place.memory.reading() as stores:
        confirmed = confirmation(stores.cases.find(second), stores)
    assert confirmed is not None
    assert confirmed.id == ruling.id


def test_long_signals_are_told_in_brief_with_every_match(place):
    """A ten-minute film that is near twenty others keeps its verdict, its case and its ruling small."""
    frames = [pdq(number) for number in range(1_000, 1_600)]
    know(place, *(altered(frames, bits=4, seed=number) for number in range(20)))
    upload, case = screened(place, Kind.VIDEO, altered(frames, bits=4, seed=99))
    assert len(upload.verdict.matches) == 20
    (value,) = {match.signal.value for match in upload.verdict.matches}

    assert value.startswith("sha256-")
    assert len(json.dumps(verdict_document(upload.verdict))) < 30_000
    place.claim(case)
    place.rule(case, KEEP)
    with place.memory.reading() as stores:
        bodies = [json.dumps(dict(event.body)) for event in stores.cases.events(case)]
        kept = sum(len(mark.signal or "") for mark in marks_of(place.case(case).items[0]))
    assert sum(map(len, bodies)) < 60_000
    assert kept < 10_000


def test_what_was_not_compared_for_lack_of_time_is_said_and_held(place):
    """The likest are compared first; of the others nobody knows."""
    parts = [video(*FRAMES[:length]) for length in (8, 12, 20)]
    know(place, *parts)
    photo = pdq(100)

    def verdict(most, *signals):
        return screen_upload(
            fingerprint(*signals, kind=Kind.VIDEO),
            Context(),
            knowledge=place.knowledge,
            chance=1.0,
            now=NOON,
            most_compared=most,
        ).verdict

    every, likest, none = verdict(1 << 20, FILM), verdict(1, FILM), verdict(0, photo)

    assert (len(every.matches), every.not_screened) == (3, ())
    assert [match.distance for match in likest.matches] == [0]
    assert [(each.what, each.cause) for each in likest.not_screened] == [("vpdq", "failed")]
    assert "2 of them were not compared" in likest.not_screened[0].reason
    assert (none.matches, none.measure) == ((), Measure.HOLD)
