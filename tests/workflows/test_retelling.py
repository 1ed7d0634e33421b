"""What a hub has acknowledged and then lost in a restoration is told to it again."""

import shutil
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from seawall.errors import WrongState
from seawall.exchange.agreement import Terms
from seawall.exchange.membership import State
from seawall.exchange.opinion import Word
from seawall.exchange.record import record_id
from seawall.exchange.retelling import AGAIN
from seawall.storage.memberships import MembershipStore
from seawall.storage.memory import Memory
from seawall.workflows import membership
from seawall.workflows.follower import Follower
from seawall.workflows.membership import (
    REPORTS_RETOLD,
    leave,
    membership_documents,
    start_over,
)
from seawall.workflows.sharing import release_held
from seawall.workflows.telling import (
    MESSAGES,
    report_outcome,
    report_sightings,
    say,
    share_lines,
)
from tests.made import pdq
from tests.poisoned_hub import AGREEMENT, TAXONOMY
from tests.workflows.members import Member, back_up, deliver_all, screened

CONFIRM = {"word": "confirm", "categories": ["terrorist-content"]}
WITHDRAW = {"word": "withdraw"}
DISPUTE = {"word": "dispute", "reason": "news"}


class Backup:
    """A hub as it was: its database, with the answers it has given."""

    def __init__(self, hub, folder):
        folder.mkdir()
        self.file = folder / "backup.db"
        self.answered = dict(hub.answered)
        back_up(hub, self.file)

    def put_back(self, hub):
        """The hub is as it was."""
        restored = self.file.with_name(f"{len(list(self.file.parent.iterdir()))}.db")
        shutil.copy(self.file, restored)
        hub.memory.close()
        hub.memory = Memory(f"sqlite:///{restored}")
        hub.answered = dict(self.answered)


def tell(member, *said):
    """Words, each a number and an opinion, that the hub takes at once; of several numbers for one content."""
    contents = [
        ([pdq(number) for number in (numbers if isinstance(numbers, tuple) else (numbers,))], word)
        for numbers, word in said
    ]
    told = say(AGREEMENT, contents, node=member.node)
    assert [each.error for each in told] == [None] * len(said)


def told_again(member):
    """What becomes of everything that waits once the member has started over."""
    start_over(AGREEMENT, node=member.node, by="test")
    member.ask()
    return deliver_all(member)


def records(hub):
    """Signal → record without its place in the history, which a restoration changes."""
    with hub.memory.reading() as stores:
        page = stores.records.page(AGREEMENT, after=0, limit=1_000)
    return {str(each.signal): replace(each, number=0, delta=0) for each in page}


def size(hub):
    """How many deltas it has."""
    with hub.memory.reading() as stores:
        return stores.deltas.size(AGREEMENT)


def waiting(member):
    """How many messages are still to be told."""
    with member.app.memory.reading() as stores:
        (document,) = membership_documents(stores)
    return document["waiting"]


def test_a_word_that_the_hub_has_lost_is_told_again(member, hub, tmp_path):
    """It is as old as it was, ends when it did, and belongs to the piece it belonged to."""
    with hub.memory.transaction() as stores:
        stores.organisations.save_terms(AGREEMENT, Terms(title="Pact", retention=timedelta(30)))
    tell(member, (1, CONFIRM), ((20, 21), CONFIRM))
    backup = Backup(hub, tmp_path / "backup")
    tell(
        member, (2, DISPUTE), ((22, 23, 24), CONFIRM), (1, WITHDRAW), (23, WITHDRAW), (20, DISPUTE)
    )
    tell(member, (23, CONFIRM))
    member.ask()
    before = records(hub)
    backup.put_back(hub)
    assert records(hub) != before
    assert member.ask().state is State.ROLLED_BACK

    assert {each.error for each in told_again(member)} == {None}
    assert records(hub) == before
    assert size(hub) == 6 + len((2, 22, 24, 1, 20, 23))  # one delta for each word that still counts
    assert member.ask().state is State.FOLLOWING
    assert waiting(member) == 0
    assert {str(pdq(number)) for number in (21, 22, 23)} <= member.entries().keys()


@pytest.mark.parametrize("answers", ["kept", "forgotten"])
def test_a_hub_that_has_lost_nothing_changes_nothing(member, hub, answers):
    """However long ago it was told; also where words on some of the same signals followed each other."""
    with hub.memory.transaction() as stores:
        terms = Terms(title="Pact", quota=8, retention=timedelta(30))
        stores.organisations.save_terms(AGREEMENT, terms)
    tell(member, ((20, 21), CONFIRM), (21, WITHDRAW), (1, DISPUTE), ((21, 22), CONFIRM))
    tell(member, (22, DISPUTE))
    before = records(hub), size(hub)
    if answers == "forgotten":
        hub.answered.clear()

    again = told_again(member)
    hub.answered.clear()
    assert [each.error for each in told_again(member)] == [None] * len(again)

    assert (records(hub), size(hub)) == before
    assert len(again) == 4
    tell(member, (30, CONFIRM))  # the eighth: what was told again has used up nothing
    assert str(pdq(30)) in records(hub)


def test_what_was_said_since_elsewhere_stands(member, hub):
    """A hub's operator, or another home of ours, may have taken a word back that this home remembers."""
    tell(member, (1, CONFIRM))
    hub.give([pdq(1)], by="beta", word=Word.WITHDRAW)
    before = records(hub)
    hub.answered.clear()

    assert len(told_again(member)) == 1
    assert records(hub) == before


def test_what_was_not_told_yet_is_told_last(member, hub, tmp_path):
    """Starting over twice tells nothing twice, and the last word on a record is the last that was said."""
    backup = Backup(hub, tmp_path / "backup")
    tell(member, (20, CONFIRM), (21, CONFIRM))
    hub.faults = {"broken"}
    (kept,) = say(AGREEMENT, [([pdq(20)], DISPUTE)], node=member.node)
    assert kept.kept
    hub.faults = set()
    backup.put_back(hub)
    start_over(AGREEMENT, node=member.node, by="test")
    assert waiting(member) == 3

    told = told_again(member)

    assert [each.message.body["word"] for each in told] == ["confirm", "confirm", "dispute"]
    assert [AGAIN in each.message.body for each in told] == [True, True, False]
    (opinion,) = records(hub)[str(pdq(20))].opinions
    assert opinion.word is Word.DISPUTE
    assert [each.message.body["word"] for each in told_again(member)] == ["confirm", "dispute"]


def test_what_waits_in_quarantine_waits_there_once(member, hub, tmp_path):
    """A hub that has lost it holds it again; one that has it holds it as before."""
    with hub.memory.transaction() as stores:
        beta = stores.organisations.member(AGREEMENT, "beta")
        stores.organisations.save_member(replace(beta, held=True))
    backup = Backup(hub, tmp_path / "backup")
    tell(member, ((20, 21), CONFIRM))
    for _ in range(3):
        hub.answered.clear()
        assert [each.answer["results"][0]["held"] for each in told_again(member)] == [True]
        with hub.memory.reading() as stores:
            assert stores.records.held(AGREEMENT) == {"beta": 2}
    backup.put_back(hub)
    told_again(member)

    with hub.memory.transaction() as stores:
        given = {"taxonomy": TAXONOMY, "now": datetime.now(UTC), "actor": "test"}
        assert release_held(AGREEMENT, "beta", stores=stores, **given) == (2, 0)
    assert {str(pdq(20)), str(pdq(21))} < records(hub).keys()


def test_counts_that_the_hub_has_lost_are_counted_again_and_others_are_not(member, hub, tmp_path):
    """The answer to a report is lost with its count, or kept with it."""
    screened(member, 1)
    report_sightings(member.here, node=member.node)
    deliver_all(member)
    backup = Backup(hub, tmp_path / "backup")
    report_outcome(AGREEMENT, str(pdq(1)), right=3, wrong=1, node=member.node)
    before = records(hub)
    assert waiting(member) == 0
    told_again(member)
    assert records(hub) == before
    backup.put_back(hub)
    assert records(hub) != before

    assert [each.answer for each in told_again(member)] == [{"counted": 1}] * 2
    assert records(hub) == before


def test_an_old_report_is_forgotten_before_the_hub_forgets_that_it_has_it(member):
    """Told again after that, it would count twice."""
    report_outcome(AGREEMENT, str(pdq(1)), right=1, wrong=0, node=member.node)
    later = datetime.now(UTC) + REPORTS_RETOLD + timedelta(minutes=1)
    member.node = replace(member.node, now=lambda: later)

    assert told_again(member) == []
    report_outcome(AGREEMENT, str(pdq(1)), right=0, wrong=1, node=member.node)
    record = record_id(AGREEMENT, pdq(1))
    bodies = [each.message.body for each in told_again(member)]
    assert bodies == [{"records": {record: {"right": 0, "wrong": 1}}}]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"at": "soon", "results": 7},
        {"at": "0001-01-01T00:00:00+23:00", "results": [7, {"record": {"piece": "x" * 100}}]},
        {"at": None, "results": []},
    ],
)
def test_whatever_a_hub_answers_our_word_is_kept(member, hub, monkeypatch, answer):
    """It is then as old as this home says, and a piece of its own."""
    monkeypatch.setattr(hub, "post", lambda *_: answer)
    tell(member, ((20, 21), CONFIRM))
    (told,) = told_again(member)

    signals = [str(pdq(20)), str(pdq(21))]
    assert sorted(told.message.body.pop("signals")) == sorted(signals)
    moment = datetime.fromisoformat(told.message.body.pop(AGAIN))
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)
    assert told.message.body == CONFIRM


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # it takes its time
def test_a_long_story_is_told_without_a_pause(member):
    """Nothing new comes of it, so the hub has nothing to answer until the question for changes ends."""
    tell(member, *((number, CONFIRM) for number in range(100, 101 + MESSAGES)))
    start_over(AGREEMENT, node=member.node, by="test")
    begun = time.monotonic()
    with closing(Follower(member.node, on_change=lambda: None)):
        while waiting(member):
            assert time.monotonic() - begun < member.node.wait.total_seconds()
            time.sleep(0.02)


def test_a_word_that_was_refused_is_not_told_again(member, hub):
    """The hub never acknowledged it."""
    hub.faults = {"odd"}
    say(AGREEMENT, [([pdq(20)], CONFIRM)], node=member.node)
    hub.faults = set()

    assert told_again(member) == []


def listed(member, *said):
    """What becomes of a list, each line a number and a word; one without a number is a bad line."""
    lines = [f"pdq,{pdq(number).value if number else 0},{word}\n" for number, word in said]
    text = "signal_type,value,word\n" + "".join(lines)
    return list(share_lines(AGREEMENT, [text.encode()], ndjson=False, node=member.node))


@pytest.mark.parametrize("restored_to", ["before", "between"])
def test_what_a_list_has_taken_back_is_not_said_again(member, hub, tmp_path, restored_to):
    """It had been said singly before; after the hub was restored the list is sent again, and has the last word."""
    backup = Backup(hub, tmp_path / "backup")
    tell(member, ((20, 21), CONFIRM), (22, CONFIRM))
    if restored_to == "between":
        backup = Backup(hub, tmp_path / "later")
    withdrawn = [(20, "withdraw"), (None, "withdraw"), (22, "withdraw")]
    assert listed(member, *withdrawn)[-1] == {"added": 2, "unchanged": 0, "held": 0}
    backup.put_back(hub)

    (told,) = told_again(member)
    assert told.message.body["signals"] == [str(pdq(21))]
    listed(member, *withdrawn)
    while deliver_all(member):
        pass
    words = {signal: record.opinions[-1].word for signal, record in records(hub).items()}
    left = {Word.WITHDRAW} if restored_to == "between" else set()
    assert {words[str(pdq(number))] for number in (20, 22) if str(pdq(number)) in words} == left
    assert words[str(pdq(21))] is Word.CONFIRM


def test_what_a_list_did_not_bring_to_the_hub_is_still_said_again(member, hub):
    """A line that the hub refused, a list that it refused whole, what was said after the list."""
    tell(member, (20, CONFIRM), (21, CONFIRM), (22, CONFIRM))
    assert "line" in listed(member, (20, "nonsense"), (21, "withdraw"))[0]
    tell(member, (21, CONFIRM))
    hub.bulk = b'{"error": "It stopped here: no."}\n'
    with pytest.raises(WrongState, match="no"):
        listed(member, (22, "withdraw"))

    again = [each.message.body["signals"] for each in told_again(member)]
    assert again == [[str(pdq(20))], [str(pdq(22))], [str(pdq(21))]]


def test_a_report_that_waited_for_long_is_not_told_again(member):
    """The hub counts from when it was first asked; its answer may be forgotten."""
    report_outcome(AGREEMENT, str(pdq(1)), right=1, wrong=0, node=member.node)
    for days in (13, 15):
        later = datetime.now(UTC) + timedelta(days=days)
        member.node = replace(member.node, now=lambda later=later: later)
        told = told_again(member)
        assert len(told) == (1 if days < REPORTS_RETOLD.days else 0)


def test_many_words_are_told_again_a_page_at_a_time(member, hub, tmp_path, monkeypatch):
    """What was said together stays together; what breaks off half-way is started over again."""
    monkeypatch.setattr(membership, "PAGE", 2)
    backup = Backup(hub, tmp_path / "backup")
    contents = [((20, 21, 22), CONFIRM), (23, CONFIRM), ((24, 25), CONFIRM), (26, CONFIRM)]
    tell(member, *contents)
    before = records(hub)
    hub.faults = {"broken"}
    say(AGREEMENT, [([pdq(number)], DISPUTE) for number in (20, 23, 24)], node=member.node)
    hub.faults = set()
    backup.put_back(hub)
    sent = MembershipStore.send
    pages = [None, None]

    def killed(store, messages):
        pages.pop()
        sent(store, messages)

    with monkeypatch.context() as patched:
        patched.setattr(MembershipStore, "send", killed)
        with pytest.raises(IndexError):
            start_over(AGREEMENT, node=member.node, by="test")
    assert waiting(member) == 3 + 3
    assert "started-over" not in member.events()

    told = told_again(member)
    assert [len(each.message.body["signals"]) for each in told] == [3, 1, 2, 1, 1, 1, 1]
    assert [AGAIN in each.message.body for each in told] == [True] * 4 + [False] * 3
    assert records(hub).keys() == before.keys()
    assert member.said("started-over")[-1]["told_again"] == 4


def test_leaving_forgets_what_was_said(member, hub):
    """Whoever joins again begins anew."""
    tell(member, (20, CONFIRM))
    report_outcome(AGREEMENT, str(pdq(1)), right=1, wrong=0, node=member.node)
    leave(
        AGREEMENT,
        contributions="keep",
        keep_entries=False,
        tell_hub=True,
        node=member.node,
        by="test",
    )
    again = Member(member.app, hub)
    again.ask()

    assert told_again(again) == []
