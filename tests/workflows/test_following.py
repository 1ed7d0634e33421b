"""A member follows its hub: what is read, and what becomes of it."""

from datetime import UTC, datetime, timedelta

import pytest

from seawall.errors import WrongState
from seawall.exchange.membership import State
from seawall.exchange.opinion import Word
from seawall.exchange.organisation import Kind
from seawall.partners.hub import Hub
from seawall.workflows import first_copy, following
from seawall.workflows.bank import change_entry, remove_entry
from seawall.workflows.following import follow
from seawall.workflows.membership import start_over
from tests.made import NOON, pdq
from tests.poisoned_hub import AGREEMENT, PoisonedHub
from tests.workflows.members import Member, home, named


def test_records_become_entries_that_say_who_vouches(member):
    """As if somebody had added them to the bank, and with what the exchange says."""
    entries = member.entries()

    assert entries.keys() == named(1, 2, 3)
    entry = entries[str(pdq(1))]
    assert (entry.categories, entry.vouchers) == (("terrorist-content",), ("alpha",))
    assert entry.source == "hub.example/pact"
    assert entry.shared.origins == ("platform",)
    assert member.here.state is State.FOLLOWING
    assert member.here.position == 3


def test_a_page_applied_twice_changes_nothing(member, hub):
    """Whoever starts over ends where he was, entry by entry, without a single write to them."""
    before = member.entries()
    start_over(member.id, node=member.node, by="test")
    member.ask()

    assert member.entries() == before
    assert "snapshot" in hub.asked[-1]


def test_a_dispute_is_counted_until_it_is_withdrawn(member, hub):
    """The figure is that of the bank, kept without counting it anew."""
    hub.give([pdq(1)], by="beta", word=Word.DISPUTE, reason="news")
    assert member.ask().disputed == 1
    assert member.entries()[str(pdq(1))].shared.disputed

    hub.give([pdq(1)], by="beta", word=Word.WITHDRAW)
    assert member.ask().disputed == 0
    assert not member.entries()[str(pdq(1))].shared.disputed


def test_what_is_withdrawn_goes_and_comes_back_as_itself(member, hub):
    """Past verdicts name the entry by its id."""
    before = member.entries()[str(pdq(2))]
    hub.give([pdq(2)], word=Word.WITHDRAW)
    member.ask()
    assert member.entries().keys() == named(1, 3)
    assert member.known(2) == 0

    hub.give([pdq(2)])
    member.ask()
    assert member.entries()[str(pdq(2))].id == before.id
    assert member.known(2) == 1


def test_an_entry_switched_off_here_stays_off(member, hub):
    """What an operator has decided is not undone by a change somewhere else."""
    entry = member.entries()[str(pdq(1))]
    with member.app.memory.transaction() as stores:
        change_entry(
            AGREEMENT,
            entry.id,
            {"enabled": False},
            taxonomy=member.app.taxonomy,
            stores=stores,
            by="test",
            now=NOON,
        )
    hub.give([pdq(1)], by="beta")
    member.ask()

    after = member.entries()[str(pdq(1))]
    assert (after.enabled, after.vouchers) == (False, ("alpha", "beta"))


def test_an_entry_of_a_hub_is_not_removed_here(member):
    """The next delta would bring it back; the refusal says what stays."""
    entry = member.entries()[str(pdq(1))]
    with (
        member.app.memory.transaction() as stores,
        pytest.raises(WrongState, match="enabled=false"),
    ):
        remove_entry(AGREEMENT, entry.id, stores=stores, by="test", now=NOON)

    assert member.entries()[str(pdq(1))] == entry


def test_what_has_expired_is_not_an_entry(member, hub):
    """By this home's clock, whatever the hub's says."""
    soon = datetime.now(UTC) + timedelta(days=1)
    hub.give([pdq(4)], expires_at=soon, at=datetime(2099, 1, 1, tzinfo=UTC))
    hub.give([pdq(5)], expires_at=NOON, at=datetime(1999, 1, 1, tzinfo=UTC))
    after = member.ask()

    assert member.entries().keys() == named(1, 2, 3, 4)
    assert member.entries()[str(pdq(4))].expires_at == soon
    assert abs(after.last_delta_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_first_copy_comes_as_a_snapshot(tmp_path, hub, monkeypatch):
    """From there on, deltas are followed as if all had been read one by one."""
    monkeypatch.setattr(following, "FIRST_COPY", 10)
    monkeypatch.setattr(first_copy, "BATCH", 7)
    hub.give([pdq(number) for number in range(10, 40)])
    hub.give([pdq(10)], by="beta", word=Word.DISPUTE, reason="news")
    with home(tmp_path / "home") as app:
        member = Member(app, hub)
        after = member.ask()
        assert (after.position, after.disputed, after.state) == (34, 1, State.FOLLOWING)
        assert member.events() == ["joined", "copied"]
        hub.give([pdq(99)])
        assert member.ask().position == 35
        assert len(member.entries()) == 34
    assert list((tmp_path / "home" / "exchange").iterdir()) == []


def test_starting_over_removes_what_the_hub_has_no_more(member, hub, tmp_path):
    """A hub that lost its newest records for good is followed as it is now."""
    hub.give([pdq(4)])
    member.ask()
    other = PoisonedHub(tmp_path / "other", key=hub.key)
    other.give([pdq(1), pdq(7)])
    hub.memory, lost = other.memory, hub.memory
    try:
        assert member.ask().state is State.ROLLED_BACK
        start_over(AGREEMENT, node=member.node, by="test")
        assert member.entries().keys() == named(1, 2, 3, 4)  # in force until the new copy is whole
        assert member.ask().state is State.FOLLOWING
        assert member.entries().keys() == named(1, 7)
    finally:
        lost.close()


def test_an_entry_that_an_authority_alone_will_confirm_says_from_when(member, hub):
    """No delta comes when a confirmation ends; the entry knows already."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    hub.give([pdq(7)], kind=Kind.AUTHORITY)
    hub.give([pdq(7)], by="beta", expires_at=tomorrow)
    member.ask()

    shared = member.entries()[str(pdq(7))].shared
    assert (shared.authority_only, shared.authority_only_from) == (False, tomorrow)
    assert not shared.only_authorities(at=tomorrow - timedelta(seconds=1))
    assert shared.only_authorities(at=tomorrow)


@pytest.mark.parametrize("many", [True, False])
def test_an_entry_says_until_when_each_of_several_vouches(member, hub, monkeypatch, many):
    """In bulk as one by one; what ends together with the entry, or never, need not be said."""
    if many:
        monkeypatch.setattr(following, "FIRST_COPY", 0)
        start_over(member.id, node=member.node, by="test")
    day, week = (datetime.now(UTC) + timedelta(days=days) for days in (1, 7))
    hub.give([pdq(7), pdq(8)], expires_at=day)
    hub.give([pdq(7)], by="beta", kind=Kind.HOTLINE, expires_at=week)
    hub.give([pdq(8)], by="beta")
    hub.give([pdq(9)], expires_at=day)
    hub.give([pdq(9)], by="beta", expires_at=day)
    member.ask()
    entries = member.entries()
    seventh, eighth, ninth = (entries[str(pdq(number))] for number in (7, 8, 9))

    assert seventh.shared.vouched_until == eighth.shared.vouched_until == {"alpha": day}
    assert seventh.shared.origins_until == {"platform": day}
    assert (seventh.vouchers_at(day), seventh.shared.origins_at(day)) == (("beta",), ("hotline",))
    assert (eighth.vouchers_at(day), eighth.shared.origins_at(day)) == (("beta",), ("platform",))
    assert (eighth.shared.origins_until, seventh.vouchers_at(NOON)) == ({}, ("alpha", "beta"))
    assert ninth.shared.vouched_until == ninth.shared.origins_until == {}
    assert (seventh.expires_at, eighth.expires_at, ninth.expires_at) == (week, None, day)


class Overtaken(Hub):
    """A client whose first snapshot takes so long that another process of the home has its own meanwhile."""

    def __init__(self, member):
        super().__init__(member.here.hub, key=member.node.vault.open(member.here.key))
        self._member = member

    def snapshot(self, agreement, into):
        """The snapshot, when the other has applied it."""
        super().snapshot(agreement, into)
        assert self._member.ask().position == 3


def test_two_processes_may_take_the_first_copy_at_once(member):
    """Such as a server and `seawall sync --start-over`: neither disturbs the other, and it counts once."""
    before = member.entries()
    start_over(member.id, node=member.node, by="test")
    with Overtaken(member) as client:
        after = follow(member.id, hub=client, wait=0, node=member.node)

    assert (after.state, after.position) == (State.FOLLOWING, 3)
    assert member.entries() == before
    assert member.events().count("copied") == 1
