"""`seawall share`, `dispute`, `withdraw`, `outcome` and lists of words, at the home and asked of its server."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from seawall.clock import now
from seawall.errors import InputError, NotAllowed, NotFound, OutsideError, WrongState
from seawall.exchange.agreement import Role, Status, Terms
from seawall.exchange.organisation import Kind
from seawall.settings import ExchangeConfig
from seawall.workflows.agreements import make_agreement
from seawall.workflows.invitations import invite
from seawall.workflows.pictures import ALTERATIONS, jpeg, landscape
from tests.cli.run import Ran, seawall
from tests.made import pdq
from tests.poisoned_hub import poisoned_hub
from tests.web.exchange import doing
from tests.web.serving import Served, serving

Ask = Callable[..., Ran]
HEADER = "signal_type,value,word,categories,reason"
HUB = {"exchange": ExchangeConfig(hub="hub.example")}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Served]:
    """A hub with one agreement."""
    with serving(tmp_path / "hub", **HUB) as served:
        with served.door.app.memory.transaction() as stores:
            make_agreement(
                "terror",
                Terms(title="Terrorist content"),
                taxonomy=served.door.app.taxonomy,
                stores=stores,
                doing=doing(),
            )
        yield served


@pytest.fixture
def home(tmp_path: Path, hub: Served) -> Path:
    """A home that is a member."""
    with hub.door.app.memory.transaction() as stores:
        _, token = invite(
            "terror",
            "acme",
            kind=Kind.PLATFORM,
            roles=frozenset({Role.CONTRIBUTE, Role.CONSUME}),
            expires_at=now().replace(year=now().year + 1),
            ours="hub",
            stores=stores,
            doing=doing(),
        )
    joined = seawall(tmp_path / "home", "join", hub.url, "--token", token, "--name", "Acme")
    assert joined.code == 0, joined.error
    return tmp_path / "home"


@pytest.fixture(params=["home", "server"])
def ask(request: pytest.FixtureRequest, home: Path, tmp_path: Path) -> Iterator[Ask]:
    """Types a command at the member's machine, or elsewhere with a key of its server."""
    if request.param == "home":
        yield lambda *words: seawall(home, *words)
        return
    with serving(home) as served:
        _, key = served.key()
        where = ("--server", served.url, "--key", key)
        yield lambda *words: seawall(tmp_path / "elsewhere", *words, *where)
    assert not (tmp_path / "elsewhere" / "seawall.db").exists()


def line(number: int, *, word: str = "confirm", category: str = "terrorist-content") -> str:
    """A line of CSV."""
    return f"pdq,{pdq(number).value},{word},{category},"


def records(hub: Served) -> dict[str, str]:
    """Signal → the one organisation's word on it, as the hub has it."""
    with hub.door.app.memory.reading() as stores:
        found = stores.records.page("terror", after=0, limit=1000)
    return {str(each.signal): each.opinions[0].word for each in found}


def test_every_word_can_be_said_at_home_and_from_elsewhere(ask: Ask, hub: Served, tmp_path: Path):
    """In the same documents; a hub's refusal is told with the others' success."""
    (tmp_path / "photo.jpg").write_bytes(jpeg(landscape(1)))
    (tmp_path / "copy.jpg").write_bytes(ALTERATIONS["mirrored"](landscape(1)))
    shared = ask(
        *("share", "terror", tmp_path / "photo.jpg", str(pdq(1)), "--json"),
        *("--category", "terrorist-content", "--severity", 5),
    )
    assert shared.code == 0, shared.err
    assert [len(each["results"]) for each in shared.lines] == [1, len(shared.lines[1]["signals"])]
    assert [(each["kept"], each["error"]) for each in shared.lines] == [(False, None)] * 2

    bad = ask("share", "terror", str(pdq(2)), "--category", "no-such-thing", "--json")
    assert (bad.code, bad.lines[0]["kept"]) == (3, False)
    assert "no-such-thing" in bad.lines[0]["error"]

    told = ask("outcome", "terror", str(pdq(1)), "--right", 3, "--wrong", 1, "--json")
    assert (told.code, told.lines[0]["counted"]) == (0, 1)
    assert ask("outcome", "terror", str(pdq(9)), "--right", 1).code == 3

    assert ask("withdraw", "terror", str(pdq(1))).code == 0
    assert records(hub)[str(pdq(1))] == "withdraw"


def test_a_file_that_was_matched_can_be_disputed_from_elsewhere(
    home: Path, hub: Served, tmp_path: Path
):
    """Also mirrored; what is disputed is what its server knows of it."""
    (tmp_path / "photo.jpg").write_bytes(jpeg(landscape(1)))
    (tmp_path / "copy.jpg").write_bytes(ALTERATIONS["mirrored"](landscape(1)))
    seawall(home, "share", "terror", tmp_path / "photo.jpg", "--category", "terrorist-content")
    assert seawall(home, "sync").code == 0
    words = ("dispute", "terror", tmp_path / "copy.jpg", "--reason", "A landscape.", "--json")
    with serving(home) as served:
        _, key = served.key()
        where = ("--server", served.url, "--key", key)
        disputed = seawall(tmp_path / "elsewhere", *words, *where)
        assert disputed.code == 0, disputed.error
        nowhere = seawall(tmp_path / "elsewhere", "dispute", "nowhere", *words[2:], *where)
        assert isinstance(nowhere.error, NotFound)
    (told,) = disputed.lines
    assert "dispute" in {records(hub)[signal] for signal in told["signals"]}


def test_a_list_is_shared_line_by_line_and_bad_lines_are_named(
    home: Path, hub: Served, tmp_path: Path
):
    """Good lines are taken; the same list again changes nothing."""
    listed = tmp_path / "list.csv"
    lines = [HEADER, line(1), "pdq,nonsense,confirm,terrorist-content,", line(2), line(3, word="x")]
    listed.write_text("\n".join(lines) + "\n")

    shared = seawall(home, "share", "terror", "--from", listed, "--json")
    assert shared.code == 3
    *bad, total = shared.lines
    assert [each["line"] for each in bad] == [3, 5]
    assert "confirm" in bad[1]["error"]
    assert total == {
        "agreement": "terror",
        "added": 2,
        "unchanged": 0,
        "held": 0,
        "bad": 2,
        "error": None,
    }
    assert records(hub) == {str(pdq(1)): "confirm", str(pdq(2)): "confirm"}

    again = seawall(home, "share", "terror", "--from", listed)
    assert again.code == 3
    assert again.out == "0 lines added, 2 unchanged, 0 in the hub's quarantine, 2 refused.\n"
    assert "line 3: " in again.err


def test_a_list_comes_from_standard_input_in_either_format(home: Path, hub: Served):
    """Its first character tells which."""
    words = ("share", "terror", "--from", "-", "--json")
    ndjson = json.dumps(
        {"signal_type": "pdq", "value": pdq(1).value, "categories": ["terrorist-content"]}
    )
    assert seawall(home, *words, stdin=f"\n{ndjson}\n").lines[-1]["added"] == 1
    assert seawall(home, *words, stdin=f"{HEADER}\n{line(2)}\n").lines[-1]["added"] == 1
    assert len(records(hub)) == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from", "list.csv", "pdq:00"), "name only it"),
        (("--from", "list.csv", "--severity", 3), "name only it"),
        (("--from", "list.csv", "--server", "http://x", "--key", "y"), "leave out --server"),
        ((), "--from"),
        (("pdq:00",), "--category"),
        (("--from", "nowhere.csv"), "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_said(tmp_path: Path, monkeypatch, words, says):
    """Before anything is sent."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text(HEADER)
    ran = seawall(tmp_path / "home", "share", "terror", *words)
    assert isinstance(ran.error, InputError)
    assert says in str(ran.error)


def test_a_list_that_is_refused_whole_says_why(home: Path, hub: Served, tmp_path: Path):
    """Columns nobody knows, and a member that may not speak, however long its list is."""
    (tmp_path / "wrong.csv").write_text("hash\nabc\n")
    wrong = seawall(home, "share", "terror", "--from", tmp_path / "wrong.csv")
    assert isinstance(wrong.error, InputError)
    assert "signal_type" in str(wrong.error)

    with hub.door.app.memory.transaction() as stores:
        member = stores.organisations.member("terror", "acme")
        stores.organisations.save_member(replace(member, status=Status.SUSPENDED))
    long = tmp_path / "long.csv"
    long.write_text("\n".join((HEADER, *(line(number) for number in range(200_000)))))
    refused = seawall(home, "share", "terror", "--from", long)
    assert isinstance(refused.error, NotAllowed)
    assert "suspended" in str(refused.error)


def test_a_hub_that_goes_away_in_the_middle_is_told_with_what_it_took(tmp_path: Path):
    """Running the command again is safe, and the sentence says so."""
    home, listed = tmp_path / "home", tmp_path / "list.csv"
    listed.write_text(f"{HEADER}\n{line(1)}\n")
    with poisoned_hub(tmp_path / "hub") as hub:
        hub.bulk = b'{"line":2,"error":"No."}\n{"added":2000,"unchanged":3,"held":0}\n{"add'
        assert seawall(home, "join", hub.url, "--token", "t").code == 0
        ran = seawall(home, "share", "pact", "--from", listed, "--json")
        assert isinstance(ran.error, OutsideError)
        assert "2003 lines had been taken" in str(ran.error)
        assert "again" in str(ran.error)
        assert ran.lines[-1] | {"error": ""} == {
            "agreement": "pact",
            "added": 2000,
            "unchanged": 3,
            "held": 0,
            "bad": 1,
            "error": "",
        }
        hub.bulk = b'{"added":2000,"unchanged":0,"held":0}\n{"error":"It stopped here: full."}\n'
        stopped = seawall(home, "share", "pact", "--from", listed)
        assert isinstance(stopped.error, WrongState)
        assert "full. 2000 lines had been taken by then." in str(stopped.error)
        assert "again" not in str(stopped.error)
        for answer, says in (
            (b'{"added":"many"}\n', "not what became of lines"),
            (b"x" * (2 << 20), "without end"),
        ):
            hub.bulk = answer
            ran = seawall(home, "share", "pact", "--from", listed)
            assert isinstance(ran.error, OutsideError)
            assert says in str(ran.error)
