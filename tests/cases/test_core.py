"""What is decided about cases without a database: their order, their life, what joins, what a ruling must say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from seawall.cases.case import Item, ItemKind, ItemMatch, Source, Status, fold, happened, opened
from seawall.cases.config import Act, CasesConfig
from seawall.cases.likeness import alike, marks_of
from seawall.cases.ruling import (
    AccountMeasure,
    Context,
    Decision,
    Ruling,
    checked,
    needing,
    was_right,
)
from seawall.cases.strikes import measure_for
from seawall.cases.urgency import Priority, confidence_of, priority, score, urgency
from seawall.clock import rfc3339
from seawall.errors import InputError
from seawall.policy.ground import Basis, Ground
from tests.made import NOON, flipped, pdq

LAW = Ground(basis=Basis.ILLEGAL, provision="Regulation (EU) 2021/784, Article 2(7)")
REMOVED = Ruling(
    id="rul_1",
    case="case_1",
    decision=Decision.REMOVE,
    by="ann",
    at=NOON,
    policy="terror",
    policy_version=1,
    ground=LAW,
)


def item(name="post 1", *, near=None, distance=0, **fields):
    """An image; `near` is its signal next to the entry `en_1`."""
    match = (
        (ItemMatch(bank="known", entry="en_1", signal=str(near), distance=distance),)
        if near
        else ()
    )
    return Item(id=name, kind=ItemKind.IMAGE, matches=match, **fields)


def first(**fields):
    """The event that opens a case."""
    usual = {
        "source": Source.SCREENING,
        "queue": "matches",
        "category": "terrorist-content",
        "severity": 2,
        "confidence": 1,
        "deadline": None,
        "by": "screening",
        "at": NOON,
    }
    return opened("case_1", item(), **(usual | fields))


@pytest.mark.parametrize(
    ("severity", "confidence", "points", "word"),
    [(7, 3, 10, Priority.HIGH), (3, 1, 4, Priority.MEDIUM), (1, 1, 2, Priority.LOW)],
)
def test_severity_and_confidence_add_up(severity, confidence, points, word):
    """The worked rows of Altitude's documentation, in the notes on regulation, section 1.4."""
    assert score(severity, confidence) == points
    assert priority(points) is word


@pytest.mark.parametrize(
    ("match", "confidence"),
    [
        ({"vouchers": 2, "distance": 9}, 3),
        ({"origins": ("hotline",), "distance": 9}, 3),
        ({"origins": ("authority", "platform"), "distance": 9}, 3),
        ({"origins": ("platform", "flagger"), "distance": 9}, 1),
        ({"distance": 0}, 2),
        ({"distance": 1}, 1),
    ],
)
def test_confidence_is_who_says_so_and_of_what_exactly(match, confidence):
    """Section 1.4 of the notes on regulation: 3 for a trusted source, or for more than one."""
    near = ItemMatch(bank="known", entry="en_1", signal="pdq:0", **match)
    assert confidence_of([item(), replace(item(), matches=(near,))]) == confidence
    assert confidence_of([item()]) == 0


def test_the_queue_goes_by_deadline_then_score_then_reach_then_age():
    """Each only counts where all before it are level."""
    usual = {"deadline": None, "severity": 1, "confidence": 1, "reach": 0, "opened_at": NOON}
    order = [
        {"deadline": NOON + timedelta(hours=1)},
        {"deadline": NOON + timedelta(hours=2), "severity": 7, "confidence": 3},
        {"severity": 7, "confidence": 3},
        {"severity": 3, "reach": 1},
        {"reach": 1_000_000, "opened_at": NOON + timedelta(days=9)},
        {"reach": 1_000},
        {"opened_at": NOON - timedelta(days=1)},
        {},
    ]
    numbers = [urgency(**(usual | each)) for each in order]

    assert numbers == sorted(set(numbers))
    assert max(numbers) < 2**61


def test_a_case_is_its_events():
    """Claimed, held, handed on, ruled, undone, ruled again, carried out; a second source joins meanwhile."""
    events = [first()]

    def then(kind, by="ann", **body):
        events.append(happened(fold(events), kind, by=by, at=NOON, **body))
        return fold(events)

    later = NOON + timedelta(minutes=10)
    assert then("claimed", until=rfc3339(later)).claimed_by == "ann"
    held = then("held", until=rfc3339(later), reason="waits for a translator")
    assert (held.status, held.reason, held.claimed_by) == (
        Status.HELD,
        "waits for a translator",
        None,
    )
    assert then("resumed").status is Status.OPEN
    assert then("handed-off", to="bob").assigned_to == "bob"
    body = first(severity=7, deadline=later, source=Source.RETROACTION).body
    joined = then("joined", **dict(body))
    assert (joined.severity, joined.deadline, len(joined.items)) == (7, later, 1)
    assert joined.sources == (Source.SCREENING, Source.RETROACTION)
    assert then("ruled", ruling="rul_1", until=rfc3339(later)).status is Status.RULED
    assert then("undone").ruling is None
    then("ruled", ruling="rul_2", until=None)
    assert then("carried-out").status is Status.CARRIED_OUT
    assert then("restored").status is Status.CLOSED
    assert fold(events).version == len(events)


def test_two_near_the_same_entry_may_be_far_from_each_other():
    """Then they are two questions; the same signal, or the same name, is one."""
    here = flipped(pdq(), 20, seed=1)
    near, far = flipped(here, 5, seed=2), flipped(pdq(), 30, seed=3)

    def together(one, other):
        return alike(marks_of(one), marks_of(other))

    assert together(item("a", near=here), item("b", near=near))
    assert not together(item("a", near=here), item("b", near=far))
    assert together(item("a", signals=("md5:0",)), item("b", signals=("md5:0",)))
    assert together(item("a"), item("a"))
    assert not together(item("a"), item("b"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"decision": Decision.RESTRICT},
        {"territories": ("DE",)},
        {"policy": None},
        {"ground": None},
        {"ends_at": NOON + timedelta(days=1)},
        {"decision": Decision.LABEL, "ends_at": NOON},
        {"decision": Decision.LABEL, "bank": "own"},
        {"bank": "own", "context": Context.NEWS},
        {"decision": Decision.KEEP, "account": AccountMeasure.WARN},
        {"decision": Decision.KEEP, "share": ("hub",)},
        {"note": "x" * 10_001},
    ],
)
def test_a_ruling_that_contradicts_itself_is_refused(wrong):
    """Whoever is affected is owed a ground, and a bank is no place for what only a context decides."""
    with pytest.raises(InputError):
        checked(replace(REMOVED, **wrong))
    assert checked(REMOVED) == REMOVED


def test_two_persons_where_the_settings_ask_for_them():
    """Sharing outside and removing an account; not where the settings do not."""
    grave = replace(REMOVED, share=("hub",), account=AccountMeasure.REMOVE)

    assert needing(grave, frozenset(Act)) == (Act.SHARE, Act.REMOVE_ACCOUNT)
    assert needing(grave, {Act.SHARE}) == (Act.SHARE,)
    assert needing(grave, ()) == ()
    assert needing(REMOVED, frozenset(Act)) == ()


def test_strikes_come_to_a_measure_once():
    """When a threshold is crossed, and the gravest of them; removal is never automatic."""
    config = CasesConfig(warn_at=2, suspend_at=4)

    assert [measure_for(before, before + 1, config) for before in range(5)] == [
        None,
        AccountMeasure.WARN,
        None,
        AccountMeasure.SUSPEND,
        None,
    ]
    assert measure_for(0, 9, config) is AccountMeasure.SUSPEND
    assert measure_for(0, 9, CasesConfig(warn_at=0, suspend_at=0)) is None


def test_context_excuses_the_item_and_not_the_entry():
    """News may show what it is about: the match was right all the same."""
    kept = replace(REMOVED, decision=Decision.KEEP, policy=None, ground=None)

    assert not was_right(kept)
    assert was_right(replace(kept, context=Context.NEWS))
    assert was_right(REMOVED)


def test_what_cannot_happen_to_a_case_is_refused():
    """A misspelt word must not pass as nothing."""
    for kind in ("skiped", "opened"):
        with pytest.raises(ValueError, match=kind):
            fold([first(), happened(fold([first()]), kind, by="ann", at=NOON)])
