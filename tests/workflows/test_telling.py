"""What a member tells its hub arrives, later where it must, and once."""

import pytest

from seawall.errors import InputError
from seawall.exchange.membership import State
from seawall.workflows.telling import report_outcome, report_sightings, say
from tests.made import pdq
from tests.poisoned_hub import AGREEMENT
from tests.workflows.members import deliver_all, screened


def test_a_word_that_reaches_nobody_is_told_later_and_once(member, hub):
    """Also when the hub has taken it and the answer was lost."""
    opinion = {"word": "confirm", "categories": ["terrorist-content"]}
    hub.faults = {"broken"}
    (kept,) = say(AGREEMENT, [([pdq(50)], opinion)], node=member.node)
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
    opinion = {"word": "confirm", "categories": ["terrorist-content"]}
    say(AGREEMENT, [([pdq(50)], opinion), ([pdq(51)], opinion)], node=member.node)
    hub.faults = {"odd"}
    assert [each.kept for each in deliver_all(member)] == [False, False]

    assert member.events()[-2:] == ["refused", "refused"]
    assert list(deliver_all(member)) == []


@pytest.mark.parametrize("fault", ["locked", "barred"])
def test_a_word_is_kept_while_we_may_not_speak(member, hub, fault):
    """A key is renewed, a suspension ends; what was said before is told then."""
    hub.faults = {fault}
    opinion = {"word": "confirm", "categories": ["terrorist-content"]}
    say(AGREEMENT, [([pdq(50)], opinion), ([pdq(51)], opinion)], node=member.node)
    screened(member, 1)
    report_sightings(member.here, node=member.node)
    assert [each.kept for each in deliver_all(member)] == [True, True]  # one of each kind is asked

    hub.faults = set()
    assert [each.error for each in deliver_all(member)] == [None, None, None]
    assert list(deliver_all(member)) == []


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
