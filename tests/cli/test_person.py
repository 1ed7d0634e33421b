"""`seawall person`, on the home here."""

from seawall.access.person import Limits, Person, Role
from seawall.clock import now
from seawall.errors import InputError, NotFound, WrongState
from seawall.storage.memory import Memory
from tests.cli.run import seawall


def test_somebody_is_invited_shown_changed_and_kept_out(tmp_path):
    """The token is on stdout and nothing else is."""
    invited = seawall(tmp_path, "person", "invite", "Bo@example.org", "--role", "reviewer,lead")
    with_json = seawall(
        tmp_path, "person", "invite", "cy", "--role", "admin", "--territory", "BE", "--json"
    ).lines[0]
    added(tmp_path, "ada", Role.ADMIN)
    added(tmp_path, "bo", Role.REVIEWER)
    changed = seawall(tmp_path, "person", "roles", "bo", "--role", "lead", "--queue", "urgent")
    disabled = seawall(tmp_path, "person", "disable", "bo")
    seawall(tmp_path, "person", "enable", "bo")
    out = seawall(tmp_path, "person", "sign-out", "bo")
    reset = seawall(tmp_path, "person", "reset", "bo")
    waiting = seawall(tmp_path, "person", "invitations", "--json").lines
    taken = seawall(tmp_path, "person", "uninvite", with_json["id"])
    left = seawall(tmp_path, "person", "invitations", "--json").lines
    shown = seawall(tmp_path, "person", "show", "bo", "--json").lines[0]
    listed = seawall(tmp_path, "person", "list", "--json").lines

    assert invited.out.startswith("swp_")
    assert "bo@example.org opens /desk/invitation" in invited.err
    assert with_json["limits"]["territories"] == ["BE"]
    assert (with_json["roles"], with_json["token"][:4]) == (["admin"], "swp_")
    assert "bo is lead from now on" in changed.err
    assert "cannot sign in" in disabled.err
    assert "Sign-ins that ended: 0." in out.err
    assert reset.out.startswith("swp_")
    assert [each["login"] for each in waiting] == ["bo", "cy", "bo@example.org"]
    assert f"{with_json['id']} opens nothing any more" in taken.err
    assert [each["login"] for each in left] == ["bo", "bo@example.org"]
    assert (shown["roles"], shown["limits"]["queues"]) == (["lead"], ["urgent"])
    assert shown["disabled_at"] is None
    assert [each["login"] for each in listed] == ["ada", "bo"]
    assert "urgent" in seawall(tmp_path, "person", "show", "bo").out


def test_what_makes_no_sense_is_refused(tmp_path):
    """With the family of error that the exit code is made of."""
    added(tmp_path, "ada", Role.ADMIN)

    def refused(*words):
        return type(seawall(tmp_path, "person", *words).error)

    assert refused("show", "nobody") is NotFound
    assert refused("invite", "bo", "--role", "emperor") is InputError
    assert refused("invite", "ada", "--role", "admin") is WrongState
    assert refused("disable", "ada") is WrongState


def added(home, login, *roles):
    """Somebody with a password that nobody knows."""
    memory = Memory(f"sqlite:///{home / 'seawall.db'}")
    person = Person(
        id=f"psn_{login}",
        login=login,
        name=login,
        pseudonym=login,
        roles=frozenset(roles),
        limits=Limits(),
        created_at=now(),
        password="kept",
    )
    with memory.transaction() as stores:
        stores.people.add(person)
    memory.close()
