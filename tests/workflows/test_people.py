"""People come in, change and leave; on both databases."""

from datetime import timedelta

import pytest

from seawall.access.person import Limits, Role
from seawall.access.session import token_digest
from seawall.access.totp import code_of, step_at
from seawall.errors import InputError, NotAllowed, NotFound, TooMany, WrongState
from seawall.policy.taxonomy import taxonomy
from seawall.storage.memory import Memory
from seawall.storage.secrets import Vault
from seawall.workflows.people import (
    accept_invitation,
    disable_person,
    enable_person,
    invite_person,
    read_limits,
    reset_person,
    set_roles,
    uninvite_person,
)
from seawall.workflows.signing_in import (
    Asked,
    change_password,
    confirm_totp,
    drop_totp,
    enrol_totp,
    session_person,
    sign_in,
    sign_out,
)
from tests.made import NOON

PASSWORD = "four words do well"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ADMIN, REVIEWER = frozenset({Role.ADMIN}), frozenset({Role.REVIEWER})


class House:
    """A memory with people in it, and short words for what they do."""

    def __init__(self, url, home):
        self.memory, self.vault = Memory(url), Vault(home)

    def invited(self, login, roles=REVIEWER):
        """The token of a new invitation."""
        with self.memory.transaction() as stores:
            return invite_person(
                login,
                roles=roles,
                limits=Limits(),
                expires_at=NOON + DAY,
                stores=stores,
                by="cli",
                now=NOON,
            )[1]

    def accept(self, token, at=NOON, password=PASSWORD):
        """Whoever accepts it."""
        with self.memory.transaction() as stores:
            return accept_invitation(token, name="Ada", password=password, stores=stores, now=at)

    def person(self, login, roles=REVIEWER):
        """Somebody who can sign in."""
        return self.accept(self.invited(login, roles))

    def enter(self, login, password=PASSWORD, *, code="", at=NOON, address="1.2.3.4", instead=None):
        """The secret of a new sign-in."""
        return sign_in(
            Asked(login=login, password=password, code=code, address=address),
            lasts=12 * HOUR,
            memory=self.memory,
            vault=self.vault,
            now=at,
            instead=instead,
        )[1]

    def who(self, token, at=NOON):
        """Whom the secret lets in."""
        return session_person(token, idle=HOUR, memory=self.memory, now=at)

    def act(self, story, ident, **more):
        """A story about one person."""
        with self.memory.transaction() as stores:
            return story(ident, stores=stores, by="cli", now=NOON, **more)

    def actions(self, subject=None):
        """What the audit log tells."""
        with self.memory.reading() as stores:
            found = stores.audit.after(0, limit=1000, subject=subject)
        return [event.happening.action for event in found]


@pytest.fixture
def house(database_url, tmp_path):
    """An empty one."""
    opened = House(database_url, tmp_path)
    yield opened
    opened.memory.close()


def test_an_invitation_makes_a_person_once(house):
    """Used, it opens nothing; the person has what it says, and every act is an event."""
    token = house.invited("Ada@Example.org", ADMIN)
    ada = house.accept(token)

    assert (ada.login, ada.roles, ada.name) == ("ada@example.org", ADMIN, "Ada")
    with pytest.raises(NotAllowed, match="was used"):
        house.accept(token)
    with pytest.raises(WrongState, match="already"):
        house.invited("ada@example.org")
    assert house.who(house.enter("ADA@example.org "))[0].id == ada.id
    assert house.actions(ada.id) == ["person:joined", "person:signed-in"]


def test_an_invitation_expires_and_a_later_one_takes_its_place(house):
    """And one that nobody made is unknown."""
    first = house.invited("bo")
    second = house.invited("bo")

    for token, at, says in (
        (first, NOON, "unknown"),
        ("swp_x", NOON, "unknown"),
        (second, NOON + DAY, "expired"),
    ):
        with pytest.raises(NotAllowed, match=says):
            house.accept(token, at)
    with pytest.raises(InputError):
        house.accept(second, password="too short")
    assert house.accept(second).login == "bo"


def test_an_invitation_is_taken_back(house):
    """Its token opens nothing; one that was used, or taken back, cannot be."""
    token = house.invited("bo")
    with house.memory.reading() as stores:
        (made,) = stores.people.open_invitations(at=NOON, limit=10)
    house.act(uninvite_person, made.id)

    with pytest.raises(NotAllowed, match="unknown"):
        house.accept(token)
    with pytest.raises(NotFound):
        house.act(uninvite_person, made.id)
    assert house.actions(made.id) == ["person:invited", "person:uninvited"]


def test_who_is_disabled_leaves_no_way_in(house):
    """Neither for themselves nor for those they have invited; what others made stays."""
    house.person("boss", ADMIN)
    ada = house.person("ada", ADMIN)
    _, own = house.act(reset_person, ada.id, expires_at=NOON + DAY)
    with house.memory.transaction() as stores:
        _, friends = invite_person(
            "friend",
            roles=ADMIN,
            limits=Limits(),
            expires_at=NOON + DAY,
            stores=stores,
            by=ada.id,
            now=NOON,
        )
    others = house.invited("bo")
    house.act(disable_person, ada.id)

    for token in (own, friends):
        with pytest.raises(NotAllowed, match="unknown"):
            house.accept(token)
    assert house.accept(others).login == "bo"


def test_a_new_password_takes_back_the_way_to_reset_it(house):
    """Whoever has the link of a reset that was asked for before has nothing."""
    ada = house.person("ada")
    by = house.who(house.enter("ada"))[1]
    _, token = house.act(reset_person, ada.id, expires_at=NOON + DAY)
    change_password(by, old=PASSWORD, new="quite another one", memory=house.memory, now=NOON)

    with pytest.raises(NotAllowed, match="unknown"):
        house.accept(token)


def test_a_reset_replaces_password_and_second_factor(house):
    """Once it is accepted; until then nothing changes, then every sign-in is over."""
    ada = house.person("ada")
    token = house.enter("ada")
    _enrolled(house, token)
    _, again = house.act(reset_person, ada.id, expires_at=NOON + DAY)
    assert house.who(token) is not None

    house.accept(again, password="quite another one")

    assert house.who(token) is None
    with pytest.raises(NotAllowed):
        house.enter("ada")
    assert house.who(house.enter("ada", "quite another one", at=NOON + HOUR), NOON + HOUR)


def test_every_reason_has_the_same_answer(house):
    """Unknown, wrong, disabled, without a code: whoever guesses learns nothing."""
    house.person("ada")
    house.act(disable_person, house.person("bo").id)
    cy = house.person("cy")
    _enrolled(house, house.enter("cy"))

    said = set()
    for login, password in (
        ("ada", "wrong"),
        ("nobody", PASSWORD),
        ("bo", PASSWORD),
        ("cy", PASSWORD),
    ):
        with pytest.raises(NotAllowed) as refused:
            house.enter(login, password)
        said.add(str(refused.value))

    assert said == {"Login, password or code is wrong."}
    assert house.actions().count("person:refused") == 4
    assert house.actions(cy.id)[-1] == "person:refused"


@pytest.mark.parametrize("login", ["ada", "nobody"])
def test_guessing_a_password_is_slow(house, login):
    """The right one does not help before the wait is over; a login that is not there is no faster."""
    house.person("ada")
    fail(house, login, 5)

    with pytest.raises(TooMany, match="in 1 seconds"):
        house.enter(login)
    later = NOON + timedelta(seconds=1)
    fail(house, login, 1, at=later)
    with pytest.raises(TooMany, match="in 2 seconds"):
        house.enter(login, at=later)


@pytest.mark.parametrize("login", ["ada", "nobody"])
def test_guessing_from_many_addresses_is_slow(house, login):
    """Fifty, then it waits, wherever the next try comes from."""
    house.person("ada")
    for place in range(50):
        fail(house, login, 1, address=f"10.0.0.{place}")

    with pytest.raises(TooMany):
        house.enter(login, address="10.0.0.99")


def test_one_address_cannot_try_many_logins(house):
    """Thirty, then it waits, whichever login comes next."""
    house.person("ada")
    for number in range(30):
        fail(house, f"guess{number}", 1, address="6.6.6.6")

    with pytest.raises(TooMany):
        house.enter("ada", address="6.6.6.6")
    assert house.enter("ada", address="7.7.7.7")


def test_an_ipv6_network_is_one_address(house):
    """Who has one address of a /64 has them all; the next network is somebody else's."""
    house.person("ada")
    for number in range(30):
        fail(house, f"guess{number}", 1, address=f"2001:db8:0:1::{number:x}")

    with pytest.raises(TooMany):
        house.enter("ada", address="2001:db8:0:1:ffff::1")
    assert house.enter("ada", address="2001:db8:0:2::1")


def test_an_office_behind_one_address_is_let_in_every_day(house):
    """Twenty who know their passwords, one of whom mistypes, a minute apart: nobody waits."""
    for number in range(20):
        house.person(f"p{number}")
    for day in range(3):
        for number in range(20):
            at = NOON + day * DAY + timedelta(minutes=number)
            fail(house, f"p{number}", number % 2, at=at)
            assert house.enter(f"p{number}", at=at)


def test_who_fails_on_purpose_keeps_nobody_out_of_their_office(house):
    """From everywhere, and from the same address with other logins: who was there before is let in, others wait."""
    house.person("ada")
    house.person("bo")
    house.enter("ada")
    for place in range(50):
        fail(house, "ada", 1, address=f"10.0.0.{place}")
    for number in range(30):
        fail(house, f"guess{number}", 1)

    assert house.enter("ada")
    for login, address in (("ada", "10.0.1.1"), ("bo", "1.2.3.4")):
        with pytest.raises(TooMany):
            house.enter(login, address=address)
    fail(house, "ada", 5)
    with pytest.raises(TooMany):
        house.enter("ada")


def test_a_password_of_ones_own_gives_no_more_guesses_at_others(house):
    """Signing in takes back the tries of that login, and nobody else's."""
    house.person("ada")
    for number in range(28):
        fail(house, f"guess{number}", 1)
    for _ in range(3):
        fail(house, "ada", 1)
        house.enter("ada")
    fail(house, "guess28", 1)
    fail(house, "guess29", 1)

    with pytest.raises(TooMany):
        house.enter("guess30")


def test_no_stranger_uses_up_the_tries_of_who_is_signed_in(house):
    """Guessing at the door slows nobody down who changes the password inside; guessing inside is slow too."""
    house.person("ada")
    by = house.who(house.enter("ada"))[1]
    for place in range(50):
        fail(house, "ada", 1, address=f"10.0.0.{place}")
    fail(house, "ada", 5)

    enrol_totp(by, password=PASSWORD, memory=house.memory, vault=house.vault, now=NOON)
    for _ in range(5):
        with pytest.raises(NotAllowed):
            drop_totp(by, password="wrong", memory=house.memory, now=NOON)
    with pytest.raises(TooMany):
        drop_totp(by, password=PASSWORD, memory=house.memory, now=NOON)


def test_old_tries_are_forgotten(house):
    """After a day; from where somebody signs in, after three months."""
    house.person("ada")
    house.enter("ada")
    fail(house, "nobody", 1, address="6.6.6.6")

    def forgotten(at):
        with house.memory.transaction() as stores:
            return stores.people.forget_old_attempts(at=at)

    assert [forgotten(NOON + days * DAY) for days in (1, 2, 89, 91)] == [0, 5, 0, 1]


def test_a_right_password_ends_the_count(house):
    """Somebody who mistypes now and then is never slowed down."""
    house.person("ada")
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(NotAllowed):
                house.enter("ada", "wrong", address="here")
        house.enter("ada", address="here")


def test_a_sign_in_has_a_secret_of_its_own_and_replaces_the_one_before(house):
    """What a browser had before, be it put there by somebody else, is worth nothing afterwards."""
    house.person("ada")
    first = house.enter("ada")
    second = house.enter("ada", instead=first)

    assert first != second
    assert house.who(first) is None
    assert house.who(second) is not None
    with house.memory.reading() as stores:
        assert stores.people.sign_in(token_digest(second)).digest != second.encode()


def test_a_sign_in_is_over_unused_disabled_or_signed_out(house):
    """From the next request on."""
    ada = house.person("ada")
    token = house.enter("ada")
    assert house.who(token, NOON + HOUR) is None
    assert house.who(token, NOON + timedelta(minutes=59))
    assert house.who(token, NOON + 1.5 * HOUR)  # it was used in between

    house.act(disable_person, ada.id)
    assert house.who(token) is None
    house.act(enable_person, ada.id)
    assert house.who(token) is None

    token = house.enter("ada")
    with house.memory.transaction() as stores:
        sign_out(token, stores=stores, now=NOON)
    assert house.who(token) is None


def test_a_new_password_ends_the_other_sign_ins(house):
    """Whoever has stolen one is out; whoever changes it stays."""
    house.person("ada")
    here, elsewhere = house.enter("ada"), house.enter("ada")
    by = house.who(here)[1]
    with pytest.raises(NotAllowed):
        change_password(by, old="wrong", new="quite another one", memory=house.memory, now=NOON)

    change_password(by, old=PASSWORD, new="quite another one", memory=house.memory, now=NOON)

    assert house.who(here)
    assert house.who(elsewhere) is None
    assert house.enter("ada", "quite another one")


def test_a_code_is_asked_for_and_used_once(house):
    """Once the app has proved that it knows the secret."""
    ada = house.person("ada")
    token = house.enter("ada")
    secret = _enrolled(house, token)
    later = NOON + HOUR
    code = code_of(secret, step_at(later))

    with pytest.raises(NotAllowed):
        house.enter("ada", at=later)
    strong = house.enter("ada", code=code, at=later)
    with pytest.raises(NotAllowed):
        house.enter("ada", code=code, at=later)

    assert house.who(strong, later)[1].strong
    with house.memory.reading() as stores:
        assert secret.encode() not in stores.people.find(ada.id).totp
    drop_totp(house.who(strong, later)[1], password=PASSWORD, memory=house.memory, now=later)
    assert house.enter("ada", at=later)


def test_a_wrong_code_confirms_nothing(house):
    """Somebody who mistypes the secret is not locked out."""
    house.person("ada")
    by = house.who(house.enter("ada"))[1]
    enrol_totp(by, password=PASSWORD, memory=house.memory, vault=house.vault, now=NOON)

    with pytest.raises(WrongState, match="wrong"):
        confirm_totp(by, "000000", memory=house.memory, vault=house.vault, now=NOON)
    assert house.enter("ada")


def test_the_last_administrator_stays(house):
    """Not disabled, not demoted; one who cannot sign in does not count."""
    ada = house.person("ada", ADMIN)
    bo = house.person("bo", ADMIN)
    house.act(disable_person, bo.id)

    with pytest.raises(WrongState, match="last administrator"):
        house.act(disable_person, ada.id)
    with pytest.raises(WrongState, match="last administrator"):
        house.act(set_roles, ada.id, roles=REVIEWER, limits=Limits())

    house.act(enable_person, bo.id)
    house.act(set_roles, ada.id, roles=REVIEWER, limits=Limits())
    assert house.actions(ada.id)[-1] == "person:changed"
    assert house.who(house.enter("ada"))[0].roles == REVIEWER


def test_limits_name_what_there_is():
    """A category brings what is part of it, a union its members; a slip is an error."""
    limits = read_limits(
        categories=["terrorist-content"], queues=[], territories=["EEA"], taxonomy=taxonomy()
    )

    assert "terrorist-content" in limits.categories
    assert limits.queues is None
    assert len(limits.territories) == 30
    with pytest.raises(InputError):
        read_limits(categories=["terorist"], queues=[], territories=[], taxonomy=taxonomy())


def fail(house, login, times, **more):
    """So many wrong passwords, each of which was looked at."""
    for _ in range(times):
        with pytest.raises(NotAllowed):
            house.enter(login, "wrong", **more)


def _enrolled(house, token):
    """The secret of a second factor that is asked for from now on."""
    by = house.who(token)[1]
    secret = enrol_totp(by, password=PASSWORD, memory=house.memory, vault=house.vault, now=NOON)
    code = code_of(secret, step_at(NOON))
    confirm_totp(by, code, memory=house.memory, vault=house.vault, now=NOON)
    return secret
