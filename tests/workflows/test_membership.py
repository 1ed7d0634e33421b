"""A home joins a hub, renews its key there, and leaves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from seawall.access.key import imprint_of
from seawall.errors import InputError, NotFound, OutsideError, WrongState
from seawall.exchange.membership import State
from seawall.partners.hub import Hub
from seawall.workflows.bank import Filing, add_entries, create_bank
from seawall.workflows.following import follow
from seawall.workflows.membership import join, leave
from seawall.workflows.renewing import renew_key
from tests.made import NOON, pdq
from tests.poisoned_hub import AGREEMENT
from tests.workflows.members import Member, home, named


def test_joining_again_gives_the_membership_its_new_key(member, hub):
    """After a key was lost or taken away, nothing need be read anew."""
    again = join(
        hub.url, "another", name="Beta", bank=None, hub_key=None, node=member.node, by="test"
    )

    assert (again.id, again.position) == (member.id, 3)
    assert imprint_of(member.node.vault.open(member.here.key)) == hub.keys[-1] != hub.keys[0]


def test_a_join_whose_answer_is_lost_is_run_again_with_the_same_key(tmp_path, database_url, hub):
    """Even by another process: the key follows from the token and what only this home has."""

    def joined(folder, token):
        with home(tmp_path / folder, database_url=database_url) as app:
            try:
                return app.node().vault.open(
                    join(
                        *(hub.url, token),
                        name="Beta",
                        bank=None,
                        hub_key=None,
                        node=app.node(),
                        by="test",
                    ).key
                )
            except OutsideError:
                return None

    hub.faults.add("deaf")
    assert joined("home", "token-1") is None
    again = joined("home", "token-1")

    assert imprint_of(again) == hub.keys[0] == hub.keys[1]
    assert again not in str(hub.answered)
    assert imprint_of(joined("home", "token-2")) != hub.keys[0]


def test_a_hub_with_another_key_than_the_one_named_is_refused(tmp_path, hub):
    """Whoever was told the key another way is not fooled by who answers at the address."""
    with home(tmp_path / "home") as app:
        with pytest.raises(OutsideError, match="not the one you named"):
            join(hub.url, "t", name="B", bank=None, hub_key="x+1+y", node=app.node(), by="test")
        with app.memory.reading() as stores:
            assert stores.memberships.all() == []


def test_a_bank_of_our_own_is_not_filled_by_a_hub(tmp_path, hub):
    """Its entries would be taken for the hub's; nothing is sent before that is clear."""
    with home(tmp_path / "home") as app:
        node = app.node()
        for bank in ("mine", AGREEMENT):
            with app.memory.transaction() as stores:
                create_bank(bank, owner="us", stores=stores, by="test", now=NOON)
                add_entries(
                    bank,
                    [(pdq(1), Filing())],
                    taxonomy=app.taxonomy,
                    stores=stores,
                    by="test",
                    now=NOON,
                )
        with pytest.raises(WrongState, match="of your own"):
            join(hub.url, "t", name="B", bank="mine", hub_key=None, node=node, by="test")
        assert hub.asked == []
        joined = join(hub.url, "t", name="B", bank=None, hub_key=None, node=node, by="test")
        assert joined.bank == f"{AGREEMENT}-2"


@pytest.mark.parametrize("keep", [True, False])
def test_leaving_ends_following_and_takes_the_entries_unless_they_are_kept(member, hub, keep):
    """And a member that comes back finds its entries again."""
    before = member.entries()
    leave(
        AGREEMENT,
        contributions="withdraw",
        keep_entries=keep,
        tell_hub=True,
        node=member.node,
        by="test",
    )

    assert "members/beta?contributions=withdraw" in hub.asked[-1]
    assert member.entries().keys() == (named(1, 2, 3) if keep else set())
    assert member.known(2) == keep
    with pytest.raises(NotFound):
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
    assert {each.id for each in again.entries().values()} == {each.id for each in before.values()}


def test_a_key_is_renewed_and_the_new_one_is_used(member, hub):
    """Before the old one ends; following goes on."""
    before = member.here
    with member.node.hub_of(before) as client:
        renew_key(before, hub=client, node=member.node)

    assert imprint_of(member.node.vault.open(member.here.key)) == hub.keys[-1] != hub.keys[0]
    assert member.here.key_at > before.key_at
    assert member.ask().state is State.FOLLOWING


def test_a_renewal_whose_answer_is_lost_asks_for_the_same_key_again(member, hub):
    """The hub has done it already; had the member made another key, it would be refused."""
    before = member.here
    hub.faults.add("deaf")
    for answered in (False, True):
        with member.node.hub_of(member.here) as client:
            if answered:
                renew_key(before, hub=client, node=member.node)
            else:
                with pytest.raises(OutsideError):
                    renew_key(before, hub=client, node=member.node)

    assert hub.keys[-1] == hub.keys[-2] != hub.keys[0]
    assert imprint_of(member.node.vault.open(member.here.key)) == hub.keys[-1]


def test_a_hub_that_was_restored_to_before_a_renewal_is_shown_the_older_key(member, hub):
    """Once: the same key opens there again, and nothing else was lost."""
    old = hub.keys[0].id
    with member.node.hub_of(member.here) as client:
        renew_key(member.here, hub=client, node=member.node)
    hub.opening = {old}
    assert member.ask().state is State.FOLLOWING
    assert hub.opening == {old, hub.keys[1].id}
    assert imprint_of(member.node.vault.open(member.here.key)) == hub.keys[1]
    assert member.events().count("key-regained") == 1

    hub.opening = {old}
    assert member.ask().state is State.LOCKED_OUT


def test_a_home_that_was_off_for_long_after_a_lost_answer_finds_its_new_key(member, hub):
    """The old one has ended meanwhile; a hub that lets nobody in is not asked for ever."""
    hub.faults.add("deaf")
    with member.node.hub_of(member.here) as client, pytest.raises(OutsideError):
        renew_key(member.here, hub=client, node=member.node)
    hub.opening = {hub.keys[1].id}
    assert member.ask().state is State.LOCKED_OUT  # the key was young a moment ago
    member.node = replace(member.node, renew_key=timedelta(0))
    with member.node.hub_of(member.here) as client:
        after = follow(member.id, hub=client, wait=0, node=member.node)
        assert after.state is State.FOLLOWING
        assert follow(member.id, hub=client, wait=0, node=member.node).state is State.FOLLOWING
    assert imprint_of(member.node.vault.open(member.here.key)) == hub.keys[1]
    assert member.events().count("key-regained") == 1

    hub.opening = set()
    asked = len(hub.asked)
    assert member.ask().state is State.LOCKED_OUT
    assert len(hub.asked) - asked <= 3
    assert member.events().count("key-regained") == 1


@pytest.mark.parametrize(
    "url", ["hub.example", "ftp://hub.example", "http://hub.example", "https://a:b@hub.example"]
)
def test_a_key_goes_nowhere_in_the_clear(url):
    """Without TLS only to this machine, and to hosts that were allowed by name."""
    with pytest.raises(InputError):
        Hub(url)


def test_a_host_allowed_by_name_is_spoken_to_without_tls():
    """Behind a proxy or in a laboratory."""
    assert Hub("http://hub.example/", plain_hosts=frozenset({"hub.example"})).url.endswith(
        "example"
    )
