"""Every command of a hub's operator, on the home and asked of a server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seawall.access.key import imprint_of, new_text
from seawall.clock import now
from seawall.errors import InputError, NotFound, RuleError
from seawall.exchange.opinion import Opinion, Word
from seawall.exchange.organisation import Kind
from seawall.policy.taxonomy import taxonomy
from seawall.settings import read_settings
from seawall.storage.memory import Memory
from seawall.workflows.invitations import join
from seawall.workflows.sharing import share
from tests.cli.run import Ran, seawall
from tests.made import pdq
from tests.web.serving import serving

Ask = Callable[..., Ran]


@pytest.fixture(params=["home", "server"])
def ask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ask]:
    """Types a command at the machine, or elsewhere with an administrator's key."""
    home = tmp_path / "home"
    admin = seawall(home, "init", "--json").lines[0]["key"]
    if request.param == "home":
        yield lambda *words: seawall(home, *words)
        return
    with serving(home) as served:
        where = ("--server", served.url, "--key", admin)
        yield lambda *words: seawall(tmp_path / "elsewhere", *words, *where)
    assert not (tmp_path / "elsewhere" / "seawall.db").exists()


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    """The hub's database, for what members do."""
    opened = Memory(read_settings(tmp_path / "home", environment={}).database_url())
    yield opened
    opened.close()


def contribute(memory: Memory, organisation: str, *signals: int) -> None:
    """The member confirms these signals under `terror`."""
    with memory.transaction() as stores:
        opinion = Opinion(
            organisation=organisation,
            kind=Kind.PLATFORM,
            word=Word.CONFIRM,
            at=now(),
            categories=("terrorist-content",),
        )
        share(
            "terror",
            [(pdq(signal), opinion, None) for signal in signals],
            by=stores.organisations.member("terror", organisation),
            taxonomy=taxonomy({}),
            stores=stores,
            now=now(),
            actor="test",
        )


def test_an_operator_runs_a_hub_from_the_command_line(ask: Ask, memory: Memory):
    """From the first organisation to the last withdrawal, in the documents of the HTTP door."""
    known = ask("organisation", "add", "lab", "--name", "The Lab", "--kind", "researcher", "--json")
    assert (known.code, known.lines[0]["kind"]) == (0, "researcher")
    made = ask(
        *("agreement", "create", "terror", "--title", "Terrorist content", "--retention", "365d"),
        *("--category", "terrorist-content", "--signal-type", "pdq", "--quota", 3, "--json"),
    ).lines[0]
    assert (made["retention"], made["quota"], made["size"]) == (365 * 86_400.0, 3, 1)

    token = ask(
        *("agreement", "invite", "terror", "acme", "--kind", "platform"),
        *("--role", "contribute,consume", "--expires", "14d"),
    ).out.strip()
    (listed,) = ask("agreement", "invitations", "terror", "--json").lines
    assert (listed["organisation"], "token" in listed) == ("acme", False)
    with memory.transaction() as stores:
        own = imprint_of(new_text(at=now()))
        join(token, "Acme Video", imprint=own, by=None, ours="us", stores=stores, now=now())
    assert "No invitation is open" in ask("agreement", "invitations", "terror").err
    late = ask("agreement", "invite", "terror", "lab", "--role", "audit", "--json").lines[0]
    assert late["id"] in ask("agreement", "uninvite", "terror", late["id"]).err
    assert ask("agreement", "invitations", "terror", "--json").lines == []
    assert [each["id"] for each in ask("organisation", "list", "--json").lines] == ["acme", "lab"]

    contribute(memory, "acme", *range(8))
    (waiting,) = ask("agreement", "quarantine", "terror", "--json").lines
    assert waiting == {"organisation": "acme", "waiting": 5}
    shown = ask("agreement", "show", "terror", "--json").lines[0]
    assert (shown["records"]["active"], shown["size"]) == (3, 5)
    assert "3 active" in ask("agreement", "show", "terror").out
    assert ask("agreement", "release", "terror", "acme", "--json").lines[0]["contributions"] == 5

    member = ("agreement", "member", "terror", "acme")
    changed = ask(*member, "--role", "contribute", "--quota", 100, "--hold", "--json").lines[0]
    assert (changed["roles"], changed["quota"], changed["held"]) == (["contribute"], 100, True)
    changed = ask(*member, "--quota", "none", "--no-hold", "--json").lines[0]
    assert (changed["roles"], changed["quota"], changed["held"]) == (["contribute"], None, False)
    for verb, status in (("suspend", "suspended"), ("resume", "active")):
        assert ask("agreement", verb, "terror", "acme", "--json").lines[0]["status"] == status
    assert ask(*member, "--hold").code == 0
    contribute(memory, "acme", 9)
    assert "1 contribution of acme dropped" in ask("agreement", "drop", "terror", "acme").err

    undone = ask("agreement", "withdraw-source", "terror", "acme", "--json").lines[0]
    assert undone == {"organisation": "acme", "withdrawn": 8}
    left = ask("agreement", "remove", "terror", "acme", "--contributions", "withdraw", "--json")
    assert (left.lines[0]["status"], left.lines[0]["withdrawn"]) == ("left", 0)
    assert [each["status"] for each in ask("agreement", "members", "terror", "--json").lines] == [
        "left"
    ]
    lifted = ask(
        "agreement", "change", "terror", "--quota", "none", "--retention", "none", "--json"
    ).lines[0]
    assert (lifted["quota"], lifted["retention"], lifted["title"]) == (
        None,
        None,
        "Terrorist content",
    )
    assert [each["id"] for each in ask("agreement", "list", "--json").lines] == ["terror"]


def test_what_makes_no_sense_is_said(ask: Ask):
    """With the sentence of the workflow, or of the option."""
    ask("agreement", "create", "terror", "--title", "Terrorist content")
    for words, error, says in (
        (("organisation", "add", "x", "--name", "X", "--kind", "club"), InputError, "kind"),
        (("agreement", "create", "terror", "--title", "Again"), RuleError, "already"),
        (("agreement", "create", "new", "--title", "T", "--quota", "many"), InputError, "quota"),
        (("agreement", "change", "terror", "--retention", "long"), InputError, "span"),
        (("agreement", "change", "terror", "--category", "nonsense"), InputError, "nonsense"),
        (("agreement", "change", "terror", "--leaving", "burn"), InputError, "keep"),
        (("agreement", "show", "nowhere"), NotFound, "nowhere"),
        (("agreement", "members", "nowhere"), NotFound, "nowhere"),
        (("agreement", "quarantine", "nowhere"), NotFound, "nowhere"),
        (("agreement", "invite", "terror", "new", "--role", "king"), InputError, "king"),
        (("agreement", "invite", "terror", "new", "--role", "audit"), InputError, "kind"),
        (("agreement", "uninvite", "terror", "inv_0"), NotFound, "inv_0"),
        (("agreement", "member", "terror", "acme"), InputError, "--role"),
        (("agreement", "suspend", "terror", "acme"), NotFound, "acme"),
        (("agreement", "withdraw-source", "terror", "acme"), NotFound, "acme"),
        (("agreement", "release", "terror", "acme"), NotFound, "waits"),
    ):
        ran = ask(*words)
        assert isinstance(ran.error, error), words
        assert says in str(ran.error), words


def test_empty_lists_say_how_to_fill_them(ask: Ask):
    """A person who begins sees the next command."""
    assert "agreement create" in ask("agreement", "list").err
    ask("agreement", "create", "terror", "--title", "Terrorist content")
    assert "invite" in ask("agreement", "members", "terror").err
    assert "invite" in ask("agreement", "invitations", "terror").err
    assert "Nothing waits" in ask("agreement", "quarantine", "terror").err
