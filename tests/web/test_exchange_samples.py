"""`/v1/exchange/agreements/{agreement}/samples`: drawn by lot, reviewed by two who do not see each other's finding."""

import httpx
import pytest

from seawall.access.key import Scope
from seawall.clock import now
from seawall.exchange.agreement import Role
from seawall.exchange.opinion import Opinion, Word
from seawall.exchange.organisation import Kind
from seawall.exchange.sample import draw
from seawall.storage.records import Contribution
from seawall.workflows.key import create_key
from seawall.workflows.sharing import share
from tests.made import pdq
from tests.web.exchange import Hub, hub
from tests.web.serving import Served


@pytest.fixture
def place(served: Served) -> Hub:
    """An agreement of its own, with 30 records of one member, one of them withdrawn."""
    made = hub(served)
    source = made.member(Role.CONTRIBUTE)
    say(made, source, Word.CONFIRM, range(30))
    say(made, source, Word.WITHDRAW, [7])
    return made


def say(place: Hub, organisation: str, word: Word, numbers) -> None:
    """The member says its word on these signals."""
    with place.served.door.app.memory.transaction() as stores:
        said: list[Contribution] = [
            (
                pdq(number),
                Opinion(
                    organisation=organisation,
                    kind=Kind.PLATFORM,
                    word=word,
                    at=now(),
                    categories=("terrorist-content",) if word is Word.CONFIRM else (),
                    reason="Not ours." if word is Word.DISPUTE else "",
                ),
                None,
            )
            for number in numbers
        ]
        share(
            place.agreement,
            said,
            by=stores.organisations.member(place.agreement, organisation),
            taxonomy=place.served.door.app.taxonomy,
            stores=stores,
            now=now(),
            actor="test",
        )


def second_key(place: Hub, organisation: str, name: str) -> httpx.Client:
    """A client of another person at the same organisation."""
    with place.served.door.app.memory.transaction() as stores:
        _, text = create_key(
            name,
            owner=organisation,
            scopes=frozenset({Scope.EXCHANGE}),
            stores=stores,
            by="test",
            now=now(),
        )
    place.served.door.app.knowledge.refresh_now()
    return place.served.stranger(Authorization=f"Bearer {text}")


def drawn(place: Hub, client: httpx.Client, count: int = 10) -> str:
    """Where a new sample is."""
    made = client.post(f"{place.path}/samples", json={"count": count})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"{place.path}/samples/{made.json()['id']}"
    return made.headers["location"]


def test_a_sample_is_what_the_log_draws(place: Hub):
    """Everybody who has the records and the root gets the same ones, and what was withdrawn is not among them."""
    with place.client(place.member(Role.AUDIT)) as auditor:
        where = drawn(place, auditor)
        told = auditor.get(where).json()
    with place.served.door.app.memory.reading() as stores:
        root = stores.deltas.root(place.agreement, told["size"])
        page = stores.records.page(place.agreement, limit=100)

    assert root.hex() == told["root"]
    confirmed = [record.id for record in page if record.signal != pdq(7)]
    assert [row["record"] for row in told["records"]] == [*draw(root, confirmed, 10)]
    assert told["results"]["records"] == 10


def test_neither_reviewer_sees_the_others_finding_until_both_are_in(place: Hub):
    """Nor that there is one."""
    anna, bert = (place.client(place.member(Role.AUDIT)) for _ in range(2))
    with anna, bert:
        where = drawn(place, anna)
        first, second = (
            row["record"] for row in anna.get(where, params={"limit": 2}).json()["records"]
        )

        said = anna.post(f"{where}/reviews", json={"record": first, "exception": "damaged"})
        assert (said.status_code, said.json()["reviewed"]) == (201, False)
        mine = anna.get(where, params={"limit": 2}).json()["records"]
        others = bert.get(where, params={"limit": 2}).json()
        assert [row["exception"] for row in mine[0]["findings"]] == ["damaged"]
        assert [row["findings"] for row in others["records"]] == [[], []]
        assert (others["results"]["reviewed"], others["results"]["reasons"]) == (0, {})

        said = bert.post(f"{where}/reviews", json={"record": first, "exception": None})
        assert said.json()["reviewed"]
        for client in (anna, bert):
            rows = client.get(where, params={"limit": 2}).json()["records"]
            assert [row["exception"] for row in rows[0]["findings"]] == ["damaged", None]
            assert rows[1]["record"] == second
            assert rows[1]["findings"] == []


def test_two_people_of_one_organisation_are_two_reviewers(place: Hub):
    """Each with a key of their own, whose name is who they are."""
    organisation = place.member(Role.AUDIT)
    with place.client(organisation) as anna, second_key(place, organisation, "bert") as bert:
        where = drawn(place, anna)
        record = anna.get(where).json()["records"][0]["record"]

        anna.post(f"{where}/reviews", json={"record": record, "exception": None})
        assert bert.get(where).json()["records"][0]["findings"] == []
        assert bert.post(f"{where}/reviews", json={"record": record, "exception": None}).json()[
            "reviewed"
        ]
        assert len(anna.get(where).json()["records"][0]["findings"]) == 2


def test_a_finding_is_final(place: Hub):
    """Said again it is the same; otherwise, or as the third, it is refused."""
    reviewers = [place.client(place.member(Role.AUDIT)) for _ in range(3)]
    anna, bert, carl = reviewers
    where = drawn(place, anna)
    record = anna.get(where).json()["records"][0]["record"]
    fine, damaged = ({"record": record, "exception": each} for each in (None, "damaged"))

    assert anna.post(f"{where}/reviews", json=fine).status_code == 201
    assert anna.post(f"{where}/reviews", json=fine).status_code == 201
    assert anna.post(f"{where}/reviews", json=damaged).status_code == 409
    assert bert.post(f"{where}/reviews", json=damaged).status_code == 201
    assert carl.post(f"{where}/reviews", json=fine).status_code == 409
    for client in reviewers:
        client.close()


def test_nobody_reviews_what_they_have_an_opinion_on(place: Hub):
    """Whoever shared or disputed it is not independent."""
    disputing = place.member(Role.CONTRIBUTE, Role.AUDIT)
    say(place, disputing, Word.DISPUTE, range(30))
    with place.client(disputing) as client:
        where = drawn(place, client, 1)
        record = client.get(where).json()["records"][0]["record"]
        refused = client.post(f"{where}/reviews", json={"record": record, "exception": None})

    assert refused.status_code == 403
    assert "independent" in refused.json()["detail"]


def test_results_count_exceptions_with_their_bounds(place: Hub):
    """By reason, with how far the reviewers agreed."""
    anna, bert = (place.client(place.member(Role.AUDIT)) for _ in range(2))
    with anna, bert:
        where = drawn(place, anna)
        rows = anna.get(where).json()["records"]
        for number, row in enumerate(rows[:4]):
            for client in (anna, bert):
                found = ("damaged" if client is anna else "not-in-scope") if number == 0 else None
                found = "undeterminable" if number == 1 and client is bert else found
                client.post(f"{where}/reviews", json={"record": row["record"], "exception": found})
        anna.post(f"{where}/reviews", json={"record": rows[5]["record"], "exception": None})
        told = bert.get(f"{place.path}/samples").json()["samples"][0]["results"]

    assert (told["records"], told["reviewed"]) == (10, 4)
    assert (told["exceptions"]["hits"], told["exceptions"]["trials"]) == (1, 4)
    assert told["exceptions"]["low"] < 0.25 < told["exceptions"]["high"]
    assert told["doubted"]["hits"] == 2
    assert told["reasons"] == {"damaged": 1, "not-in-scope": 1, "undeterminable": 1}
    assert told["agreed"]["hits"] == 2


def test_what_cannot_be_is_refused(place: Hub):
    """A count of nothing, a record that was not drawn, a reason that is a sentence, a finding left out."""
    with place.client(place.member(Role.AUDIT)) as client:
        where = drawn(place, client, 1)
        record = client.get(where).json()["records"][0]["record"]
        for count in (0, 100_001):
            assert client.post(f"{place.path}/samples", json={"count": count}).status_code == 422
        for wrong in (
            {"record": "rec_0", "exception": None},
            {"record": record, "exception": "It is not in scope."},
            {"record": record},
            {"record": record, "exception": None, "by": "anna"},
        ):
            assert client.post(f"{where}/reviews", json=wrong).status_code == 422
        assert client.get(f"{place.path}/samples/sam_0").status_code == 404
        elsewhere = where.replace(place.agreement, place.other)
        assert client.get(elsewhere).status_code == 404


def test_a_sample_of_nothing_is_none(served: Served):
    """And is not remembered."""
    empty = hub(served)
    with empty.client(empty.member(Role.AUDIT)) as client:
        assert client.post(f"{empty.path}/samples", json={"count": 5}).status_code == 409
        assert client.get(f"{empty.path}/samples").json() == {"samples": []}


def test_a_repeated_request_draws_once(place: Hub):
    """Under the same Idempotency-Key."""
    with place.client(place.member(Role.AUDIT)) as client:
        name = {"Idempotency-Key": "one"}
        made = [
            client.post(f"{place.path}/samples", json={"count": 3}, headers=name).json()["id"]
            for _ in range(2)
        ]
        assert made[0] == made[1]
        assert len(client.get(f"{place.path}/samples").json()["samples"]) == 1


def test_the_operator_draws_and_sees_no_finding(place: Hub):
    """Whoever keeps the database does not review it."""
    with place.served.client() as operator:
        where = drawn(place, operator)
        assert operator.get(where).status_code == 403


def test_a_large_sample_is_read_page_by_page(place: Hub):
    """In the order it was drawn."""
    with place.client(place.member(Role.AUDIT)) as client:
        where = drawn(place, client, 29)
        rows, after = [], 0
        while after is not None:
            page = client.get(where, params={"after": after, "limit": 10}).json()
            rows, after = rows + page["records"], page["next"]

        assert rows == client.get(where).json()["records"]
        assert len(rows) == 29
