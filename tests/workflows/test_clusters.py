"""What shares a case, who is offered it, and what becomes of what is taken out of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from seawall.access.person import Limits, Role
from seawall.banks.entry import Shared
from seawall.cases.case import Item, ItemKind, ItemMatch, Source, Status
from seawall.cases.ruling import Decision
from seawall.errors import NotAllowed
from seawall.media.media import Kind
from seawall.policy.measure import Measure
from seawall.storage import case_filing
from seawall.storage.sealed import SealedMedia
from seawall.workflows import opening
from seawall.workflows.by_hand import Handed, handed_item
from seawall.workflows.cases import claim, hand_off, remove_from_cluster, skip
from seawall.workflows.ledger import Ledger
from seawall.workflows.opening import open_case
from seawall.workflows.people import (
    accept_invitation,
    disable_person,
    invite_person,
    set_roles,
)
from seawall.workflows.restoring import restore
from seawall.workflows.retroaction import look_back
from seawall.workflows.ruling import Answer
from seawall.workflows.upload import Context as About
from seawall.workflows.upload import remember_upload, screen_upload
from tests.made import NOON, entry, fingerprint, flipped, pdq
from tests.workflows.test_cases import (
    ANYTHING,
    BENCH,
    CONFIG,
    KEEP,
    REMOVE,
    TERROR,
    later,
    memory,
    place,
)

__all__ = ["memory", "place"]  # fixtures
DAY = timedelta(days=1)
HERE = flipped(pdq(1), 12, seed=1)
LABEL = Answer(decision=Decision.LABEL, policy="terror")


@pytest.fixture
def database_url(tmp_path):
    """These stories are told on one kind of database: their queries are tried on both elsewhere."""
    return f"sqlite:///{tmp_path / 'seawall.db'}"


def opened(place, item, **named):
    """The case of this item."""
    named = {"source": Source.HAND, "by": "cli", "now": NOON, **named}
    return place.do(open_case, item, **named)


def kept(place, upload, *, at=NOON):
    """The id of media that was kept of an upload, or of nothing that was uploaded."""
    name = upload or "text"
    media = SealedMedia(
        id=f"med_{name}",
        upload=upload,
        item=None,
        kind=Kind.IMAGE,
        media_type="image/jpeg",
        size=1,
        path=f"file {name}",
        at=at,
        delete_at=at + CONFIG.keep_media_at_most,
        at_most_until=at + CONFIG.keep_media_at_most,
    )
    with place.memory.transaction() as stores:
        stores.sealed.add(media)
    return media.id


def due(place, media):
    """To which case media belongs, and when it is due."""
    with place.memory.reading() as stores:
        found = stores.sealed.find(media)
    return found.case, found.delete_at


def looked_back(place, folder, *entries, at):
    """What was judged otherwise once these entries were known."""
    with place.memory.transaction() as stores:
        stores.entries.add(entries)
    ledger = Ledger(place.memory, folder / "ledger")
    steps = look_back(
        memory=place.memory,
        knowledge=place.knowledge,
        ledger=ledger,
        chance=lambda: 1.0,
        now=lambda: at,
    )
    found = [each for written in steps for each in written]
    ledger.close()
    return [(each.before, each.verdict.measure) for each in found]


def test_two_pictures_of_one_post_are_two_items(place):
    """Both are seen, told, remembered and taken out singly; the same upload told of again is the same item."""
    one, case = place.screened(HERE)
    other, same = place.screened(flipped(pdq(2), 12))
    assert case == same
    items = place.case(case).items
    assert [(item.id, item.upload) for item in items] == [
        ("post 1", one.id),
        ("post 1", other.id),
    ]
    assert set(items[0].signals).isdisjoint(items[1].signals)
    assert items[0].ref != items[1].ref

    again = opened(place, replace(items[1], reach=7), source=Source.RETROACTION)
    assert [item.reach for item in again.items] == [0, 7]

    place.claim(case)
    place.rule(case, REMOVE)
    place.carry_out(at=later(60))
    told = [body["items"][0] for body in place.messages("ruling:made")]
    assert [(each["item"], each["upload"]) for each in told] == [
        ("post 1", one.id),
        ("post 1", other.id),
    ]
    with place.memory.reading() as stores:
        assert stores.rulings.removed([one.id, other.id]) == {one.id, other.id}


def test_a_flood_fills_case_after_case(place, monkeypatch):
    """However many full cases there are: the next copy joins the one with room, and what is known stays where it is."""
    for module in (opening, case_filing):
        monkeypatch.setattr(module, "MOST_ITEMS", 5)
    monkeypatch.setattr(case_filing, "CANDIDATES", 3)

    found = [place.screened(HERE, item=f"post {number}")[1] for number in range(23)]

    assert [found.count(case) for case in dict.fromkeys(found)] == [5, 5, 5, 5, 3]
    first = place.case(found[0]).items[2]
    assert opened(place, replace(first, reach=1)).id == found[0]
    edited = replace(first, upload="up_2", signals=(), matches=())
    assert opened(place, edited).id not in found


def test_the_same_content_counts_before_what_is_only_near(place, monkeypatch):
    """Other things near the same entry do not crowd out the case with the very same signal."""
    monkeypatch.setattr(case_filing, "CANDIDATES", 2)
    monkeypatch.setattr(case_filing, "COMPARED", 1)
    other = [flipped(pdq(1), 25, seed=seed) for seed in (11, 12, 13, 14)]
    crowd = {place.screened(each, item=f"other {at}")[1] for at, each in enumerate(other)}
    alone = Item(id="mine", kind=ItemKind.IMAGE, signals=(str(HERE),))
    mine = opened(place, alone, alone=True).id

    _, case = place.screened(HERE, item="copy")

    assert case == mine
    assert len(crowd) == 4


def test_a_case_that_is_skipped_is_everybodys(place):
    """Also by the one it was handed to: it is offered to others, and to the skipper never again."""
    _, case = place.screened(HERE)
    place.claim(case)
    place.do(hand_off, case, "ann", to="bob", now=NOON)
    assert place.next("cyd") is None
    place.next("bob")
    place.do(skip, case, "bob", now=NOON)

    assert place.next("bob") is None
    assert place.next("cyd").id == case


def somebody(place, login):
    """A reviewer."""
    token = place.do(
        invite_person,
        login,
        roles=frozenset({Role.REVIEWER}),
        limits=Limits(),
        expires_at=later(9),
        by="cli",
        now=NOON,
    )[1]
    return place.do(accept_invitation, token, name=login, password="four words do well", now=NOON)


def test_whoever_is_kept_out_keeps_no_case(place):
    """What was handed to somebody who is disabled, or may not see it any more, is everybody's; the rest stays."""
    ben, eve = somebody(place, "ben"), somebody(place, "eve")
    cases = [place.screened(flipped(pdq(1 + at), 12), item=f"p {at}")[1] for at in (0, 1)]
    other = opened(place, Item(id="spam", kind=ItemKind.TEXT), category="scam").id
    for case, person in zip([*cases, other], (ben, eve, eve), strict=True):
        place.claim(case)
        place.do(hand_off, case, "ann", to=person.id, now=NOON)
    assert place.next("cyd") is None

    place.do(disable_person, ben.id, by="cli", now=NOON)
    assert place.next("cyd").id == cases[0]
    narrow = {"roles": None, "limits": Limits(categories=frozenset({"scam"}))}
    place.do(set_roles, eve.id, **narrow, by="cli", now=NOON)
    assert place.next("cyd").id == cases[1]
    assert place.next("cyd") is None
    assert place.case(other).assigned_to == eve.id
    place.do(set_roles, eve.id, roles=frozenset({Role.AUDITOR}), limits=None, by="cli", now=NOON)
    assert place.next("cyd").id == other


@pytest.mark.parametrize(
    ("limits", "seen"),
    [
        (Limits(territories=frozenset({"IT"})), False),
        (Limits(territories=frozenset({"DE"})), False),
        (Limits(territories=frozenset({"DE", "FR"})), True),
        (Limits(categories=frozenset({"terrorist-content"})), False),
        (Limits(categories=frozenset({"terrorist-content", "scam"})), True),
    ],
)
def test_a_case_is_for_those_who_may_see_all_of_it(place, limits, seen):
    """Every territory and every category of its items counts, wherever it is asked for."""
    match = ItemMatch(bank="known", entry="e", signal="md5:0", distance=0, categories=("scam",))
    item = Item(id="a", kind=ItemKind.TEXT, signals=("md5:0",), territory="DE")
    case = opened(place, item, category="terrorist-content").id
    opened(place, replace(item, id="b", territory="FR", matches=(match,)))

    with place.memory.reading() as stores:
        assert [each.id for each in stores.cases.page(limit=9, limits=limits)] == [case] * seen
        assert sum(stores.cases.waiting(limits).values()) == seen
    if seen:
        assert place.next("ann", limits=limits).id == case
        return
    assert place.next("ann", limits=limits) is None
    with pytest.raises(NotAllowed):
        place.do(claim, case, "ann", limits=limits, config=CONFIG, now=NOON)

    place.claim(case, "eve")
    place.do(remove_from_cluster, case, "text:b", "eve", now=NOON)
    assert place.case(case).within(Limits(categories=frozenset({"terrorist-content"})))
    assert place.case(case).within(Limits(territories=frozenset({"DE"})))


def test_media_goes_with_what_is_taken_out(place):
    """It is kept for its own case however soon the other is closed, and no longer once its own is."""
    _, case = place.screened(HERE, item="a")
    upload, _ = place.screened(HERE, item="b")
    picture, passage = kept(place, upload.id), kept(place, None)
    with place.memory.transaction() as stores:
        stores.sealed.attach(case, uploads=[upload.id], media=[passage])
    place.claim(case)
    text = Item(id="c", kind=ItemKind.TEXT, media=passage, signals=(str(HERE),))
    assert opened(place, text).id == case
    for key in (f"image:{upload.id}", "text:c"):
        place.do(remove_from_cluster, case, key, "ann", now=NOON)
    place.rule(case, REMOVE)
    place.carry_out(at=later(60))

    most = NOON + CONFIG.keep_media_at_most
    for media in (picture, passage):
        own, at = due(place, media)
        assert own != case
        assert at == most
        place.claim(own, at=later(70))
        place.rule(own, KEEP, at=later(70))
        place.carry_out(at=later(130))
        assert due(place, media) == (own, later(130) + CONFIG.keep_media)


def test_what_is_asked_about_again_is_kept_for_it(place, tmp_path):
    """A new case of an upload puts back the date of its media; its first baseline is what was ruled."""
    upload, case = place.screened(HERE)
    media = kept(place, upload.id)
    with place.memory.transaction() as stores:
        stores.sealed.attach(case, uploads=[upload.id])
    place.claim(case)
    place.rule(case, KEEP)
    place.carry_out(at=later(60))
    assert due(place, media)[1] == later(60) + CONFIG.keep_media

    near = entry(flipped(HERE, 3, seed=5))
    found = looked_back(place, tmp_path, near, at=NOON + DAY)

    assert found == [(Measure.ALLOW, Measure.HOLD)]
    own, at = due(place, media)
    assert at == NOON + CONFIG.keep_media_at_most
    assert own != case
    assert (place.case(own).status, place.case(own).sources) == (
        Status.OPEN,
        (Source.RETROACTION,),
    )
    assert [body["case"] for body in place.messages("upload:review-wanted")] == [case, own]


def test_what_was_ruled_on_is_not_asked_again_for_what_was_known(place, tmp_path):
    """An entry that the person had seen changes nothing, also where it is written anew."""
    place.rule(place.claim(place.screened(HERE)[1]).id, KEEP)
    place.carry_out(at=later(60))
    touched = entry(pdq(1), note="written anew")

    assert looked_back(place, tmp_path, touched, at=NOON + DAY) == []
    assert len(place.messages("upload:review-wanted")) == 1


def test_what_was_given_back_is_judged_again_in_the_end(place):
    """Let through unasked while `restored_for` lasts, then by the rules; a later removal or label ends it at once."""
    _, ruling = place.removed(HERE)
    for person in ("ann", "bob"):
        place.do(restore, ruling.id, person, note="satire", bench=BENCH, now=later(100))
    place.knowledge.refresh_now()
    over = later(100) + CONFIG.restored_for

    def judged(at):
        upload, case = place.screened(HERE, item=f"copy {at}", at=at)
        return upload.verdict.measure, case is not None

    assert judged(over - timedelta(seconds=1)) == (Measure.ALLOW, False)
    assert judged(over) == (Measure.HOLD, True)

    told = Handed(item="told", kind=ItemKind.IMAGE, signals=(str(HERE),))
    item = handed_item(told, knowledge=place.knowledge, now=later(200))
    case = opened(place, item, now=later(200), alone=True)
    place.claim(case.id, at=later(200))
    place.rule(case.id, LABEL, at=later(200))
    place.carry_out(at=later(260))
    assert judged(later(300)) == (Measure.HOLD, True)


@pytest.mark.parametrize("kind", ["authority", "hotline"])
def test_the_word_of_a_trusted_source_makes_sure(place, kind):
    """An authority or a hotline alone is as good as two; screened or handed in. A policy's severity makes it high."""
    shared = Shared(record="rec_1", piece="piece_1", origins=(kind,))
    with place.memory.transaction() as stores:
        stores.entries.add([entry(pdq(7), shared=shared), entry(pdq(8))])
    place.knowledge.refresh_now()
    near = flipped(pdq(7), 8)

    _, case = place.screened(near, item="screened")
    handed = Handed(item="handed", kind=ItemKind.IMAGE, signals=(str(near),))
    item = handed_item(handed, knowledge=place.knowledge, now=NOON)
    by_hand = opened(place, item, alone=True)

    assert place.case(case).confidence == by_hand.confidence == 3
    assert place.case(place.screened(flipped(pdq(8), 8), item="own")[1]).confidence == 1


def test_what_more_have_seen_comes_first(place):
    """The reach that came with an upload stays with it and with its item; without one it is not known."""

    def screened(item, signal, reach):
        about = About(item=item, reach=reach)
        upload = screen_upload(
            fingerprint(signal), about, knowledge=place.knowledge, chance=1.0, now=NOON
        )
        with place.memory.transaction() as stores:
            return upload.id, remember_upload(upload, stores=stores, keep_ledger=True)

    _, little = screened("a", flipped(pdq(1), 12), None)
    upload, much = screened("b", flipped(pdq(2), 12), 50_000)

    with place.memory.reading() as stores:
        assert stores.uploads.find(upload).reach == 50_000
    assert [place.next("ann").id, place.next("ann").id] == [much, little]
    assert [place.case(each).reach for each in (much, little)] == [50_000, 0]
    assert TERROR.severity == place.case(much).severity
    assert place.next("ann", limits=ANYTHING) is None
