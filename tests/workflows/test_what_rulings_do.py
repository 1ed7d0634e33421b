"""What follows from a ruling, and what leads to one: hubs that are told, ends that come, sources that join one case."""

from dataclasses import replace
from datetime import timedelta

import pytest

from seawall.access.person import Limits
from seawall.cases.case import ItemKind, Source, Status
from seawall.cases.ruling import AccountMeasure, Context, Decision, Ruling
from seawall.errors import InputError, NotAllowed, WrongState
from seawall.policy.category import Taxonomy
from seawall.policy.ground import Basis, Ground
from seawall.policy.interval import Share
from seawall.policy.measure import Measure
from seawall.signals.registry import parse_signal
from seawall.workflows import carrying_out
from seawall.workflows.by_hand import Handed, handed_item, open_by_hand
from seawall.workflows.carrying_out import carry_out_due
from seawall.workflows.cases import claim, remove_from_cluster
from seawall.workflows.ending import end_due
from seawall.workflows.ledger import Ledger
from seawall.workflows.policy import put_policy
from seawall.workflows.restoring import restore
from seawall.workflows.retroaction import look_back
from seawall.workflows.ruling import Answer, approve, confirm, confirmation
from tests.made import NOON, entry, flipped, pdq
from tests.poisoned_hub import AGREEMENT
from tests.workflows.members import deliver_all
from tests.workflows.test_cases import (
    BENCH,
    CONFIG,
    KEEP,
    REMOVE,
    TERROR,
    Place,
    later,
    memory,
    place,
)

__all__ = ["memory", "place"]  # fixtures
DAY = timedelta(days=1)
RESTRICT = Answer(
    decision=Decision.RESTRICT, policy="terror", territories=("DE",), ends_at=NOON + DAY
)


@pytest.fixture
def database_url(tmp_path):
    """These stories are told on one kind of database: their queries are tried on both elsewhere."""
    return f"sqlite:///{tmp_path / 'seawall.db'}"


@pytest.fixture
def guest(member):
    """A member of an agreement that screens, with a policy; and the entry of a record that others share."""
    member.app.knowledge.refresh_now()
    at_home = Place(member.app.memory, member.app.knowledge)
    at_home.do(put_policy, TERROR, taxonomy=BENCH.taxonomy, by="cli", now=NOON)
    return at_home


def ruled(guest, member, signal, answer, *, at=NOON):
    """A case about an upload near a record, ruled on, approved where that is wanted, and carried out."""
    _, case = guest.screened(signal, at=at)
    guest.claim(case, at=at)
    ruling = guest.rule(case, answer, at=at)
    if ruling.needs:
        guest.do(approve, ruling.id, "bob", config=CONFIG, now=at)
    assert carry_out_due(guest.memory, bench=BENCH, now=at + CONFIG.undo) == 1
    answers = [each.answer for each in deliver_all(member)]
    member.ask()
    return case, ruling, answers


def counts(member, number):
    """How often reviews found matches of this record right and wrong, as the hub tells."""
    shared = member.entries()[str(pdq(number))].shared
    return shared.right, shared.wrong


def test_a_removal_confirms_the_record_and_counts_for_it(member, guest):
    """The hub hears both, and what is restored is taken back there, too."""
    share = Answer(decision=Decision.REMOVE, policy="terror", share=(AGREEMENT,))
    _, ruling, answers = ruled(guest, member, pdq(1), share)
    assert {"counted": 1} in answers
    assert counts(member, 1) == (1, 0)
    assert "beta" in member.entries()[str(pdq(1))].vouchers

    for person in ("ann", "bob"):
        guest.do(restore, ruling.id, person, note="satire", bench=BENCH, now=later(100))
    list(deliver_all(member))
    member.ask()
    assert counts(member, 1) == (1, 1)
    assert "beta" not in member.entries()[str(pdq(1))].vouchers


def test_what_is_kept_disputes_the_record_and_counts_against_it(member, guest):
    """With the reason that the person gave; unshared, it only counts."""
    share = Answer(decision=Decision.KEEP, note="a news photo", share=(AGREEMENT,))
    ruled(guest, member, pdq(2), share)
    assert counts(member, 2) == (0, 1)
    assert member.entries()[str(pdq(2))].shared.disputed

    ruled(guest, member, pdq(3), KEEP, at=later(200))
    assert counts(member, 3) == (0, 1)
    assert not member.entries()[str(pdq(3))].shared.disputed


def test_a_restriction_ends_once_when_its_moment_comes(place):
    """Told for each item; the content is let through, and nothing is left to restore."""
    here = flipped(pdq(1), 12, seed=1)
    _, case = place.screened(here)
    place.claim(case)
    ruling = place.rule(case, RESTRICT)
    place.carry_out(at=later(60))
    assert end_due(place.memory, bench=BENCH, now=NOON + DAY - timedelta(seconds=1)) == 0

    assert end_due(place.memory, bench=BENCH, now=NOON + DAY) == 1
    assert end_due(place.memory, bench=BENCH, now=NOON + DAY) == 0
    place.knowledge.refresh_now()

    (told,) = place.messages("ruling:ended")
    assert (told["ruling"], told["items"][0]["territories"]) == (ruling.id, ["DE"])
    assert place.case(case).status is Status.CLOSED
    upload, none = place.screened(here, item="again", at=NOON + DAY)
    assert (upload.verdict.measure, none) == (Measure.ALLOW, None)
    with pytest.raises(WrongState, match="not in force"):
        place.do(restore, ruling.id, "ann", note="", bench=BENCH, now=NOON + 2 * DAY)
    with place.memory.reading() as stores:
        events = stores.audit.after(0, limit=99, subject=ruling.id)
    assert events[-1].happening.action == "ruling:ended"


def test_what_was_restored_or_removed_since_is_not_let_through_by_an_end(place):
    """An undone restriction has no end; and whatever ends, a removal stands."""
    here = flipped(pdq(1), 12, seed=1)
    _, case = place.screened(here)
    place.claim(case)
    undone = place.rule(case, RESTRICT)
    place.carry_out(at=later(60))
    place.do(restore, undone.id, "ann", note="", bench=BENCH, now=later(100))
    assert end_due(place.memory, bench=BENCH, now=NOON + DAY) == 0

    moment = NOON + CONFIG.restored_for + DAY
    _, other = place.screened(here, item="b", at=moment)
    place.claim(other, at=moment)
    until = Answer(decision=Decision.LABEL, policy="terror", ends_at=moment + DAY)
    place.rule(other, until, at=moment)
    place.carry_out(at=moment + CONFIG.undo)
    place.removed(here, at=moment + timedelta(hours=1))

    assert end_due(place.memory, bench=BENCH, now=moment + DAY) == 1
    place.knowledge.refresh_now()
    upload, _ = place.screened(here, item="d", at=moment + DAY)
    assert upload.verdict.measure is Measure.BLOCK


def by_hand(place, handed, at=NOON):
    """The case that this is in."""
    item = handed_item(handed, knowledge=place.knowledge, now=at)
    return place.do(open_by_hand, handed, item, None, taxonomy=BENCH.taxonomy, by="key", now=at)


def test_several_sources_join_one_case_and_one_ruling_covers_it(place, tmp_path):
    """Screening, looking back and a hand; what was taken out of it is not covered, and waits on its own."""
    ledger = Ledger(place.memory, tmp_path)
    before, none = place.screened(pdq(50), item="old")
    assert none is None
    with place.memory.transaction() as stores:
        stores.entries.add([entry(pdq(50))])
    place.knowledge.refresh_now()
    list(
        look_back(
            memory=place.memory,
            knowledge=place.knowledge,
            ledger=ledger,
            chance=lambda: 1.0,
            now=lambda: later(1),
        )
    )
    ledger.close()
    with place.memory.reading() as stores:
        opened = stores.cases.find(stores.cases.of_uploads([before.id])[before.id])
    assert opened.sources == (Source.RETROACTION,)

    _, joined = place.screened(flipped(pdq(50), 4, seed=2), item="new", at=later(2))
    told = Handed(item="told", kind=ItemKind.IMAGE, signals=(str(pdq(50)),))
    case = by_hand(place, told, at=later(3))
    assert (joined, case.id) == (opened.id, opened.id)
    assert case.sources == (Source.RETROACTION, Source.SCREENING, Source.HAND)
    assert [item.id for item in case.items] == ["old", "new", "told"]

    place.claim(case.id, at=later(4))
    _, own = place.do(remove_from_cluster, case.id, "image:told", "ann", now=later(4))
    place.rule(case.id, REMOVE, at=later(5))
    place.carry_out(at=later(65))
    assert [body["items"][0]["item"] for body in place.messages("ruling:made")] == ["old", "new"]
    assert place.case(own.id).status is Status.OPEN


def test_a_link_is_known_however_it_is_spelled_and_a_user_is_no_text(place):
    """What is handed in is screened like an upload; what does not fit is refused."""
    signal = "url:https://bad.example/page"
    with place.memory.transaction() as stores:
        stores.entries.add([entry(parse_signal(signal))])
    place.knowledge.refresh_now()
    spelled = "HTTP://bad.example/page?utm_source=x"
    link = Handed(item="post 7", kind=ItemKind.LINK, link=spelled)

    case = by_hand(place, link)
    assert case.items[0].signals == (signal,)
    assert [match.distance for match in case.items[0].matches] == [0]
    for wrong in (
        Handed(item="user 1", kind=ItemKind.USER, text="hello"),
        Handed(item="post 1", kind=ItemKind.TEXT, link="https://bad.example"),
        Handed(item="post 1", kind=ItemKind.TEXT, text=" "),
        Handed(item="post 1", kind=ItemKind.TEXT, text="x" * 100_001),
        Handed(item="post 1", kind=ItemKind.LINK, link="javascript:alert(1)"),
    ):
        with pytest.raises(InputError):
            by_hand(place, wrong)


def test_a_person_of_some_territories_is_offered_what_is_from_there_or_nowhere(place):
    """What was uploaded elsewhere is nobody's whom it does not concern."""
    for place_name, name in (("DE", "a"), ("US", "b"), (None, "c")):
        handed = Handed(item=name, kind=ItemKind.USER, territory=place_name)
        by_hand(place, handed)
    german = Limits(territories=frozenset({"DE", "FR"}))

    got = [place.next("ann", limits=german) for _ in range(3)]

    assert [case and case.items[0].id for case in got] == ["a", "c", None]
    with place.memory.reading() as stores:
        seen = stores.cases.page(limit=9, limits=german)
        abroad = stores.cases.page(limit=9, limits=Limits(territories=frozenset({"US"})))
    assert len(seen) == 2
    assert [case.territory for case in abroad] == ["US", None]
    with pytest.raises(NotAllowed, match="from a territory"):
        place.do(claim, abroad[0].id, "ann", limits=german, config=CONFIG, now=NOON)


def test_a_bank_that_cannot_be_is_refused_when_it_is_named(place):
    """Not after the answer was given, when nobody can change it any more."""
    _, case = place.screened(flipped(pdq(1), 12))
    place.claim(case)
    with pytest.raises(InputError, match="bank's name"):
        place.rule(case, replace(REMOVE, bank="my bank"))
    assert place.case(case).status is Status.CLAIMED


def test_a_ruling_that_cannot_be_carried_out_keeps_no_other_waiting(place, monkeypatch):
    """It is told with the reason, and carried out once nothing stands in its way."""
    monkeypatch.setattr(carrying_out, "AT_ONCE", 1)
    _, stuck = place.screened(flipped(pdq(1), 12), item="a")
    _, other = place.screened(flipped(pdq(2), 12), item="b")
    for case, answer in ((stuck, REMOVE), (other, KEEP)):
        place.claim(case)
        place.rule(case, answer)
    lacking = replace(BENCH, taxonomy=Taxonomy(()))  # the settings name no category any more
    told = {}

    def carried_out():
        return carry_out_due(place.memory, bench=lacking, now=later(60), on_stuck=told.__setitem__)

    assert (carried_out(), carried_out()) == (1, 0)
    assert list(told) == [stuck]
    assert "terrorist-content" in str(told[stuck])
    assert place.case(other).status is Status.CARRIED_OUT
    assert place.carry_out(at=later(61)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        replace(REMOVE, bank_signals=False),
        replace(REMOVE, bank="own", ground=Ground(basis=Basis.TERMS, provision="House rule 3")),
        RESTRICT,
        Answer(decision=Decision.LABEL, policy="terror", ends_at=NOON + DAY),
    ],
)
def test_what_is_confirmed_by_its_hash_is_the_same_ruling(place, answer):
    """Its ground, its end, and whether and where its signals are banked; nothing is added by default."""
    here = flipped(pdq(1), 12, seed=1)
    _, first = place.screened(here, item="a")
    place.claim(first)
    given = place.rule(first, answer)
    place.carry_out(at=later(60))
    by_hand(place, Handed(item="b", kind=ItemKind.IMAGE, signals=(str(here),)), at=later(61))
    second = place.next("bob", at=later(62))

    again = place.do(confirm, second.id, "bob", limits=Limits(), config=CONFIG, now=later(63))

    own = {"id", "case", "by", "at", "note", "carried_out_at"}
    fields = [name for name in Ruling.__dataclass_fields__ if name not in own]
    assert [getattr(again, name) for name in fields] == [getattr(given, name) for name in fields]


def test_what_has_ended_or_differs_in_its_end_is_not_confirmed(place):
    """Whoever confirms would have to choose, and so must look."""
    here = flipped(pdq(1), 12, seed=1)
    answers = (RESTRICT, replace(RESTRICT, ends_at=NOON + 2 * DAY))
    for name, answer in zip("ab", answers, strict=True):
        case = by_hand(place, Handed(item=name, kind=ItemKind.IMAGE, signals=(str(here),)))
        place.claim(case.id)
        place.rule(case.id, answer)
        place.carry_out(at=later(60))
    handed = Handed(item="c", kind=ItemKind.IMAGE, signals=(str(here),))
    last = by_hand(place, handed, at=later(61)).id

    def confirms():
        with place.memory.reading() as stores:
            found = confirmation(stores.cases.find(last), stores)
        return found and found.ends_at

    assert confirms() is None
    end_due(place.memory, bench=BENCH, now=NOON + DAY)
    assert confirms() == NOON + 2 * DAY
    end_due(place.memory, bench=BENCH, now=NOON + 2 * DAY)
    assert confirms() is None


def restored(place, ruling, *, at, note="satire"):
    """A ruling, restored by one who asks and one who agrees."""
    for person in ("ann", "bob"):
        place.do(restore, ruling.id, person, note=note, bench=BENCH, now=at)
    place.knowledge.refresh_now()


def test_restoring_one_of_two_removals_leaves_the_other_in_force(place):
    """What both removed stays banked on the other's word, and blocked; restored too, it is let through."""
    here = flipped(pdq(1), 12, seed=1)
    _, one = place.removed(here)
    again = by_hand(
        place, Handed(item="b", kind=ItemKind.IMAGE, signals=(str(here),)), at=later(100)
    )
    place.claim(again.id, at=later(100))
    other = place.rule(again.id, REMOVE, at=later(100))
    place.carry_out(at=later(160))

    restored(place, one, at=later(200))

    with place.memory.reading() as stores:
        (banked,) = stores.entries.page("own-rulings", text=None, limit=9)
        assert (banked.source, banked.note) == (f"case {again.id}", other.id)
        assert stores.rulings.allowed() == {}
    upload, _ = place.screened(here, item="c", at=later(201))
    assert upload.verdict.measure is Measure.BLOCK
    restored(place, other, at=later(300))
    upload, _ = place.screened(here, item="d", at=later(301))
    assert upload.verdict.measure is Measure.ALLOW


def test_a_removal_switches_on_again_what_was_switched_off(place):
    """Else what is removed anew would come back; undone, the bank has it no more."""
    here = flipped(pdq(1), 12, seed=1)
    place.removed(here)
    with place.memory.transaction() as stores:
        (banked,) = stores.entries.page("own-rulings", text=None, limit=9)
        stores.entries.save(replace(banked, enabled=False))
    again = by_hand(
        place, Handed(item="b", kind=ItemKind.IMAGE, signals=(str(here),)), at=later(100)
    )
    place.claim(again.id, at=later(100))
    ruling = place.rule(again.id, REMOVE, at=later(100))
    place.carry_out(at=later(160))

    with place.memory.reading() as stores:
        (banked,) = stores.entries.page("own-rulings", text=None, limit=9)
        told = [each.happening for each in stores.audit.all()]
    changes = [each for each in told if each.action == "entry:changed"]
    assert (banked.enabled, banked.source) == (True, f"case {again.id}")
    assert [(each.subject, each.actor) for each in changes] == [(banked.id, ruling.by)]
    upload, _ = place.screened(here, item="c", at=later(161))
    assert upload.verdict.measure is Measure.BLOCK


def test_our_opinion_stands_while_another_removal_does(member, guest):
    """Restoring one of two takes nothing back at the hub but its own count."""
    share = Answer(decision=Decision.REMOVE, policy="terror", share=(AGREEMENT,))
    _, ruling, _ = ruled(guest, member, pdq(1), share)
    again = by_hand(
        guest, Handed(item="b", kind=ItemKind.IMAGE, signals=(str(pdq(1)),)), at=later(100)
    )
    guest.claim(again.id, at=later(100))
    guest.rule(again.id, REMOVE, at=later(100))
    guest.carry_out(at=later(160))
    restored(guest, ruling, at=later(200))
    list(deliver_all(member))
    member.ask()

    assert "beta" in member.entries()[str(pdq(1))].vouchers


def test_a_context_blames_no_entry_even_when_it_is_restored(member, guest):
    """Nobody doubts what the item is; so nothing can be said of its copies to a hub either."""
    news = replace(KEEP, context=Context.NEWS)
    _, ruling, _ = ruled(guest, member, pdq(1), news)
    assert counts(member, 1) == (1, 0)
    guest.do(restore, ruling.id, "ann", note="", bench=BENCH, now=later(100))
    list(deliver_all(member))
    member.ask()

    assert counts(member, 1) == (1, 0)
    with guest.memory.reading() as stores:
        (found,) = stores.quality.precision("entry", since=NOON, limit=9)
    assert found.right == Share(1, 1)
    _, case = guest.screened(pdq(2), at=later(200))
    guest.claim(case, at=later(200))
    for answer in (replace(news, note="a report"), replace(REMOVE, context=Context.ART)):
        with pytest.raises(InputError, match="nothing to tell a hub"):
            guest.rule(case, replace(answer, share=(AGREEMENT,)), at=later(200))


def test_a_user_is_told_of_when_the_measure_is_taken_back(place):
    """Whatever it was that the restored ruling led to: a person's word, or strikes that are forgiven."""
    _, by_strikes = place.removed(flipped(pdq(1), 12))
    case = by_hand(place, Handed(item="user 1", kind=ItemKind.USER), at=later(100)).id
    place.claim(case, at=later(100))
    label = Answer(decision=Decision.LABEL, policy="terror", account=AccountMeasure.SUSPEND)
    by_word = place.rule(case, label, at=later(100))
    place.carry_out(at=later(160))
    place.do(restore, by_word.id, "ann", note="", bench=BENCH, now=later(200))
    restored(place, by_strikes, at=later(300))

    told = [
        (each["user"], each["measure"], each["strikes"], each["ruling"])
        for each in place.messages("user:measured")
    ]
    assert told == [
        ("user 1", "warn", 3, by_strikes.id),
        ("user 1", "suspend", 6, by_word.id),
        ("user 1", None, 3, by_word.id),
        ("user 1", None, 0, by_strikes.id),
    ]
