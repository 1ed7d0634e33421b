"""What a member tells its hub arrives, later where it must, and once."""

import pytest

from seawall.errors import InputError
from seawall.exchange.membership import State
from seawall.workflows.following import follow
from seawall.workflows.telling import (
    MESSAGES,
    REFUSALS,
    deliver,
    queue_opinion,
    report_outcome,
    report_sightings,
    say,
    tell_now,
)
from tests.made import pdq
from tests.poisoned_hub import AGREEMENT
from tests.workflows.members import deliver_all, screened

CONFIRM = {"word": "confirm", "categories": ["terrorist-content"]}
WITHDRAW = {"word": "withdraw"}
DISPUTE = {"word": "dispute", "reason": "news"}


def queued(member, *said):
    """Words that wait, each the numbers of its signals and an opinion."""
    with member.app.memory.transaction() as stores:
        for numbers, opinion in said:
            signals = [pdq(number) for number in numbers]
            queue_opinion(AGREEMENT, signals, opinion, stores=stores, now=member.node.now())


def test_a_word_that_reaches_nobody_is_told_later_and_once(member, hub):
    """Also when the hub has taken it and the answer was lost."""
    hub.faults = {"broken"}
    (kept,) = say(AGREEMENT, [([pdq(50)], CONFIRM)], node=member.node)
    assert kept.kept
    assert "refused" in kept.error

    hub.faults = {"deaf"}
    assert [each.kept for each in deliver_all(member)] == [True]
    assert [each.error for each in deliver_all(member)] == [None]
    member.ask()

    assert member.here.position == 4
    assert member.entries()[str(pdq(50))].vouchers == ("beta",)
    assert list(deliver_all(member)) == []


def test_a_word_that_is_refused_does_not_keep_others_waiting(member, hub):
    """The refusal is an event, and what is right is told."""
    hub.faults = {"broken"}
    say(AGREEMENT, [([pdq(50)], CONFIRM), ([pdq(51)], CONFIRM)], node=member.node)
    hub.faults = {"odd"}
    assert [each.kept for each in deliver_all(member)] == [False, False]

    assert member.events()[-2:] == ["refused", "refused"]
    assert list(deliver_all(member)) == []


@pytest.mark.parametrize("fault", ["locked", "barred"])
def test_a_word_is_kept_while_we_may_not_speak(member, hub, fault):
    """A key is renewed, a suspension ends; what was said before is told then."""
    hub.faults = {fault}
    say(AGREEMENT, [([pdq(50)], CONFIRM), ([pdq(51)], CONFIRM)], node=member.node)
    screened(member, 1)
    report_sightings(member.here, node=member.node)
    assert [each.kept for each in deliver_all(member)] == [True, True, True]

    hub.faults = set()
    assert [each.error for each in deliver_all(member)] == [None, None, None]
    assert list(deliver_all(member)) == []


@pytest.mark.parametrize("status", [429, 403])
def test_a_word_that_is_not_taken_now_keeps_no_other_waiting(member, hub, status):
    """But for what was said of the same signals since, so that the last word stays the last."""
    contents = [((50,), CONFIRM), ((50, 51), DISPUTE), ((51,), WITHDRAW), ((52,), CONFIRM)]
    queued(member, *contents)
    hub.picky = {str(pdq(50)): status}
    with member.node.hub_of(member.here) as client:
        told = list(deliver(member.here, hub=client, node=member.node))
        assert [(each.message.body["signals"], each.kept) for each in told] == [
            ([str(pdq(50))], True),
            ([str(pdq(52))], False),
        ]
        assert client.pause == 0
        after = follow(member.id, hub=client, wait=0, node=member.node)
    assert (after.state, "troubled" in member.events()) == (State.FOLLOWING, False)

    hub.picky = {}
    told = deliver_all(member)
    assert [each.message.body["word"] for each in told] == ["confirm", "dispute", "withdraw"]


@pytest.mark.parametrize(
    ("database_url", "status"), [("sqlite", 429), ("postgresql", 403)], indirect=["database_url"]
)
def test_a_dispute_does_not_wait_for_a_quarantine_to_be_emptied(member, hub, status):
    """However many confirmations wait, of which a few are tried; nor does a report."""
    confirmed = [((number,), CONFIRM) for number in range(50, 60 + MESSAGES)]
    queued(member, *confirmed, ((2,), DISPUTE), ((55,), WITHDRAW), ((3,), DISPUTE))
    hub.picky = {'"confirm"': status}
    told = deliver_all(member)

    disputed = [each.message.body["signals"] for each in told if not each.kept]
    assert disputed == [[str(pdq(2))], [str(pdq(3))]]
    assert sum(each.kept for each in told) == REFUSALS
    assert deliver_all(member)[0].kept
    hub.picky = {}
    while told := deliver_all(member):
        assert {each.error for each in told} == {None}
        last = told[-1].message.body
    assert last == {"signals": [str(pdq(55))], "word": "withdraw"}


def test_a_hub_that_is_busy_with_words_is_read_on(member, hub):
    """It is left alone with them for as long as it asks."""
    queued(member, ((50,), CONFIRM), ((51,), CONFIRM))
    hub.picky = {"pdq": 503}
    with member.node.hub_of(member.here) as client:
        for _ in range(2):
            (told,) = deliver(member.here, hub=client, node=member.node)
            assert told.kept
            after = follow(member.id, hub=client, wait=0, node=member.node)
            assert after.state is State.FOLLOWING
    assert sum(path.endswith("/opinions") for path in hub.asked) == 1


def test_a_word_behind_many_older_ones_says_so(member):
    """It is kept, and nothing went wrong."""
    queued(member, *(((number,), CONFIRM) for number in range(100, 102 + MESSAGES)))
    (kept,) = say(AGREEMENT, [([pdq(50)], CONFIRM)], node=member.node)
    assert (kept.kept, kept.error) == (True, "Older messages are told first.")


def test_a_word_that_somebody_else_told_gets_the_hub_s_answer(member, hub):
    """Where the hub had refused it and refuses it still, with its sentence; where it takes it now, it is kept."""
    with member.app.memory.transaction() as stores:
        word = queue_opinion(AGREEMENT, [pdq(50)], CONFIRM, stores=stores, now=member.node.now())
    hub.faults = {"odd"}
    deliver_all(member)
    with member.node.hub_of(member.here) as client:
        (refused,) = tell_now(member.here, [word], hub=client, node=member.node)
        assert (refused.kept, refused.error) == (False, f"The hub at {hub.url} refused: No.")
        hub.faults = set()
        (taken,) = tell_now(member.here, [word], hub=client, node=member.node)
    assert (taken.kept, taken.error, len(taken.answer["results"])) == (False, None, 1)
    with member.app.memory.reading() as stores:
        (said,) = stores.memberships.said(member.id, after=0, limit=10)
    assert (said.signal, said.number) == (str(pdq(50)), word.number)


def test_every_match_is_reported_once(member, hub):
    """Counts come from what was written with the uploads, so none is lost and none told twice."""
    for number in (1, 1, 2, 70):
        screened(member, number)
    report_sightings(member.here, node=member.node)
    report_sightings(member.here, node=member.node)
    deliver_all(member)
    screened(member, 1)
    report_sightings(member.here, node=member.node)
    deliver_all(member)

    counts = [sorted(each["sightings"] for each in report.values()) for report in hub.reports]
    assert counts == [[1, 2], [1]]
    member.ask()
    assert member.here.state is State.FOLLOWING


@pytest.mark.parametrize("named_by", ["record", "signal", "entry"])
def test_what_reviews_have_found_becomes_the_record_s_precision(member, hub, named_by):
    """Also when the hub hears of it later; the count comes back to every member."""
    entry = member.entries()[str(pdq(1))]
    what = {"record": entry.shared.record, "signal": str(pdq(1)), "entry": entry.id}[named_by]
    hub.faults = {"broken"}
    assert report_outcome(AGREEMENT, what, right=3, wrong=1, node=member.node).kept
    hub.faults = set()
    assert [each.answer for each in deliver_all(member)] == [{"counted": 1}]
    member.ask()

    shared = member.entries()[str(pdq(1))].shared
    assert (shared.right, shared.wrong, shared.precision.value) == (3, 1, 0.75)


def test_an_outcome_of_no_review_is_refused(member):
    """It would say nothing, and nothing is sent."""
    with pytest.raises(InputError, match="how many"):
        report_outcome(AGREEMENT, str(pdq(1)), right=0, wrong=0, node=member.node)
