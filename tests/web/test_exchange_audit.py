"""`seawall audit exchange` and `seawall audit sample` against a real hub, through its door."""

from pathlib import Path

import pytest

from seawall.app import open_app
from seawall.clock import now
from seawall.exchange.agreement import Role
from seawall.exchange.opinion import Word
from seawall.settings import Settings
from seawall.workflows.acting import Doing
from seawall.workflows.following import follow
from seawall.workflows.hub import hub_key
from seawall.workflows.members import tell_of_member
from seawall.workflows.membership import join
from seawall.workflows.sharing import Told, tell
from tests.cli.run import seawall
from tests.made import pdq
from tests.web.exchange import Hub, hub
from tests.web.serving import Served
from tests.web.test_exchange_samples import say


@pytest.fixture
def place(served: Served) -> Hub:
    """An agreement in which everything has happened that can."""
    made = hub(served)
    acme, beta = (introduced(made, Role.CONTRIBUTE) for _ in range(2))
    say(made, acme, Word.CONFIRM, range(600))
    say(made, beta, Word.CONFIRM, range(50))
    say(made, beta, Word.DISPUTE, range(10))
    say(made, acme, Word.WITHDRAW, range(20, 80))
    with served.door.app.memory.transaction() as stores:
        member = stores.organisations.member(made.agreement, acme)
        for told in (Told(sightings=3), Told(sightings=1, right=2, wrong=1)):
            ids = [each.id for each in stores.records.page(made.agreement, limit=5)]
            counts = dict.fromkeys(ids, told)
            tell(made.agreement, counts, by=member, stores=stores, now=now(), actor="test")
    return made


def introduced(place: Hub, *roles: Role) -> str:
    """A member that the log tells of, as it does when one joins."""
    ident = place.member(*roles)
    with place.served.door.app.memory.transaction() as stores:
        member = stores.organisations.member(place.agreement, ident)
        tell_of_member(
            member, stores=stores, doing=Doing(actor="test", organisation=ident, at=now())
        )
    return ident


def hub_verifier(served: Served) -> str:
    """The hub's public key."""
    settings = served.door.app.settings
    return str(hub_key(settings.home, settings.exchange.hub).verifier)


def test_an_honest_hub_passes_its_audit(place: Hub, tmp_path: Path):
    """Log, snapshot, samples and checkpoints, in one command; an auditor needs the role, and nothing else."""
    auditor = introduced(place, Role.AUDIT)
    key, hub_key_text = place.members[auditor], hub_verifier(place.served)
    at = (place.agreement, "--server", place.served.url, "--key", key)
    assert seawall(tmp_path, "audit", "sample", "draw", *at, "--count", 20).code == 0
    words = ("--key", key, "--hub-key", hub_key_text, "--state", tmp_path / "state", "--json")

    first = seawall(tmp_path, "audit", "exchange", place.served.url, place.agreement, *words)
    assert (first.code, first.lines[-1]["faults"], first.lines[-1]["gaps"]) == (0, 0, 0), first.out
    size = first.lines[-1]["size"]
    assert first.lines[-1]["records"] == 600
    assert f"snapshot at {size}" in first.lines[-1]["compared"]
    assert any(each.startswith("sample sam_") for each in first.lines[-1]["compared"])

    say(place, introduced(place, Role.CONTRIBUTE), Word.CONFIRM, range(3))
    again = seawall(tmp_path, "audit", "exchange", place.served.url, place.agreement, *words)
    assert (again.code, again.lines[-1]["size"]) == (0, size + 4)
    assert f"earlier checkpoint at {size}" in again.lines[-1]["compared"]


def test_a_record_is_proven_with_a_handful_of_hashes(place: Hub, tmp_path: Path):
    """By the real tree."""
    auditor = introduced(place, Role.AUDIT)
    words = ("--key", place.members[auditor], "--hub-key", hub_verifier(place.served))
    ran = seawall(
        *(tmp_path, "audit", "exchange", place.served.url, place.agreement, *words),
        *("--signal", pdq(5), "--json"),
    )

    assert ran.code == 0
    assert 5 < len(ran.lines[0]["hashes"]) < 15
    assert str(pdq(5)) in ran.lines[0]["line"]


def test_a_hub_that_changed_its_database_is_caught(place: Hub, tmp_path: Path):
    """Somebody at the hub writes to a record past the log, and to a line of the log."""
    auditor = introduced(place, Role.AUDIT)
    words = ("--key", place.members[auditor], "--hub-key", hub_verifier(place.served), "--json")
    with place.served.door.app.memory.transaction() as stores:
        first = stores.records.page(place.agreement, limit=1)[0]
        stores.connection.exec_driver_sql(
            f"UPDATE records SET sightings = 1000 WHERE id = '{first.id}'"  # noqa: S608
        )

    ran = seawall(tmp_path, "audit", "exchange", place.served.url, place.agreement, *words)
    assert ran.code == 1
    assert f"The snapshot says of {first.id} what the log does not" in ran.lines[0]["fault"]

    with place.served.door.app.memory.transaction() as stores:
        stores.connection.exec_driver_sql(
            "UPDATE deltas SET line = replace(line, 'confirm', 'dispute') "  # noqa: S608
            f"WHERE agreement = '{place.agreement}' AND number = 5"
        )
    ran = seawall(tmp_path, "audit", "exchange", place.served.url, place.agreement, *words)
    assert ran.code == 1
    assert any("signed another log" in line.get("fault", "") for line in ran.lines)


def test_a_sample_is_reviewed_at_the_terminal(place: Hub, tmp_path: Path):
    """Drawn, reviewed by two, counted."""
    anna, bert = (
        (place.agreement, "--server", place.served.url, "--key", place.members[each])
        for each in (introduced(place, Role.AUDIT), introduced(place, Role.AUDIT))
    )
    sample = seawall(tmp_path, "audit", "sample", "draw", *anna, "--count", 2, "--json").lines[0]
    ident = sample["id"]

    def ask(verb: str, who: tuple[str, ...], *words: object):
        return seawall(tmp_path, "audit", "sample", verb, who[0], *words, *who[1:])

    assert ident in ask("list", anna).out
    first, second = (row["record"] for row in ask("show", anna, ident, "--json").lines)
    assert "Another reviewer has yet to look" in ask("review", anna, ident, first, "--fine").out
    assert ask("review", bert, ident, first, "--exception", "damaged").code == 0
    assert ask("review", bert, ident, second).error is not None
    assert "exchange: damaged" in ask("show", anna, ident).out
    told = ask("results", anna, ident).out
    assert "1 of 2" in told
    assert "because damaged" in told
    assert ask("results", bert, ident, "--json").lines[0]["doubted"]["hits"] == 1


def test_a_member_audits_its_hub_and_its_own_bank(place: Hub, tmp_path: Path):
    """With the key and the hub's key that it has from joining; what was done to its bank is noticed."""
    with place.served.client() as operator:
        wanted = {"organisation": "node-" + place.agreement[-8:], "kind": "platform"}
        made = operator.post(f"{place.path}/invitations", json=wanted | {"roles": ["consume"]})
    with open_app(Settings(home=tmp_path)) as app:
        node = app.node()
        membership = join(
            *(place.served.url, made.json()["token"]),
            name="A node",
            bank=None,
            hub_key=hub_verifier(place.served),
            node=node,
            by="test",
        )
        with node.hub_of(membership) as client:
            while membership.lag or not membership.position:
                membership = follow(membership.id, hub=client, wait=0, node=node) or membership
        with app.memory.reading() as stores:
            entry = stores.entries.page(membership.bank, limit=1)[0]

        well = seawall(tmp_path, "audit", "exchange", place.agreement, "--json")
        assert (well.code, well.lines[-1]["faults"]) == (0, 0), well.out
        assert f"own bank at {membership.position}" in well.lines[-1]["compared"]

        with app.memory.transaction() as stores:
            stores.entries.remove(entry, at=now())
        ill = seawall(tmp_path, "audit", "exchange", place.agreement, "--json")
        assert ill.code == 1
        assert f"The bank lacks the record {entry.shared.record}" in ill.lines[0]["fault"]
