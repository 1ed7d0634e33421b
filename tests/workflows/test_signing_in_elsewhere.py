"""Accounts of a real provider on this machine open the desk, and nothing else does."""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpcore
import pytest
from joserfc.jwk import OctKey, RSAKey

from seawall.access.id_token import public_keys
from seawall.access.identity import Identity
from seawall.access.oidc_config import OidcConfig
from seawall.access.password import hash_password
from seawall.access.person import Limits, Person, Role
from seawall.access.totp import code_of, step_at
from seawall.clock import now
from seawall.errors import FetchError, NotAllowed, TooMany, WrongState
from seawall.partners.identity_provider import AT_ONCE, IdentityProvider
from seawall.storage.memory import Memory
from seawall.storage.secrets import Vault
from seawall.workflows.people import accept_invitation, disable_person, invite_person, reset_person
from seawall.workflows.signing_in import (
    Asked,
    confirm_totp,
    enrol_totp,
    session_person,
    sign_in,
)
from seawall.workflows.signing_in_elsewhere import (
    CodeWanted,
    Returned,
    begin,
    begin_link,
    enter,
    enter_with_code,
    identify,
    link,
    open_provider,
    unlink,
)
from tests.provider import CLIENT, SECRET, providing

PASSWORD = "four words do well"
BACK = "https://seawall.example/desk/sign-in/oidc/back"
ADA = {"sub": "ada-7", "email": "Ada@Example.org", "email_verified": True, "name": "Ada Lovelace"}
REVIEWER = frozenset({Role.REVIEWER})
HOUR = timedelta(hours=1)
HEADER_NONE, HEADER_HS = b'{"alg":"none"}', b'{"alg":"HS256","kid":"rsa"}'
KEPT = hash_password(PASSWORD)


class House:
    """A memory, a provider that its operator trusts, and short words for what people do."""

    def __init__(self, url, home, provider):
        self.memory, self.vault, self.provider = Memory(url), Vault(home), provider
        self.client = open_provider(provider.config, client_secret=SECRET)
        self.now = now()

    def invite(self, login, roles=REVIEWER):
        """The token of an invitation."""
        with self.memory.transaction() as stores:
            return invite_person(
                login,
                roles=roles,
                limits=Limits(),
                expires_at=self.now + HOUR,
                stores=stores,
                by="cli",
                now=self.now,
            )[1]

    def join(self, login):
        """Somebody with a password."""
        person = Person(
            id=f"psn_{login}",
            login=login,
            name="Ada",
            pseudonym=login,
            roles=REVIEWER,
            created_at=self.now,
            password=KEPT,
        )
        with self.memory.transaction() as stores:
            stores.people.add(person)
        return person

    def begin(self):
        """Where the browser goes, and what it keeps."""
        return begin(self.client, back=BACK, page="/desk", vault=self.vault, now=self.now)

    def returned(self, address, **other):
        """What the browser brings back from there."""
        query = parse_qs(urlsplit(self.provider.signed_in(address)).query)
        words = {
            "code": query["code"][0],
            "state": query["state"][0],
            "error": "",
            "issuer": query["iss"][0],
        }
        return Returned(**(words | other), address="1.2.3.4")

    def identify(self, returned, sealed, now=None):
        """Whom the provider vouches for."""
        return identify(
            returned,
            sealed,
            provider=self.client,
            memory=self.memory,
            vault=self.vault,
            now=now or self.now,
        )

    def identity(self, **claims):
        """Whom it vouches for when it says this."""
        self.provider.claims = ADA | claims
        address, sealed = self.begin()
        return self.identify(self.returned(address), sealed)[0]

    def enter(self, identity, **more):
        """What comes of it."""
        return enter(
            identity,
            address="1.2.3.4",
            lasts=12 * HOUR,
            memory=self.memory,
            vault=self.vault,
            now=self.now,
            **more,
        )

    def code(self, sealed, code, now):
        """What comes of a code."""
        return enter_with_code(
            sealed,
            code,
            address="1.2.3.4",
            lasts=12 * HOUR,
            memory=self.memory,
            vault=self.vault,
            now=now,
        )

    def sign_in_of(self, token):
        """The sign-in with this secret."""
        return session_person(token, idle=HOUR, memory=self.memory, now=self.now)[1]

    def events(self):
        """What the audit log tells, and of what."""
        with self.memory.reading() as stores:
            found = stores.audit.after(0, limit=1000, subject=None)
        return [(event.happening.action, event.happening.details) for event in found]


@pytest.fixture(scope="module")
def running():
    """One provider for all."""
    with providing() as provider:
        yield provider


@pytest.fixture
def house(tmp_path, running):
    """An empty one, and a provider that is honest again."""
    running.__init__(url=running.url)
    opened = House(f"sqlite:///{tmp_path / 'seawall.db'}", tmp_path, running)
    yield opened
    opened.memory.close()


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_who_was_invited_comes_in_without_a_password(house, alg):
    """By the e-mail that the provider has verified; from then on by the provider's own name for the account."""
    house.provider.alg = alg
    house.invite("ada@example.org")

    ada, token = house.enter(house.identity())
    again, _ = house.enter(house.identity(email="ada@elsewhere.example"), instead=token)

    assert (ada.login, ada.name, ada.roles, ada.password) == (
        "ada@example.org",
        "Ada Lovelace",
        REVIEWER,
        None,
    )
    assert again.id == ada.id
    assert session_person(token, idle=HOUR, memory=house.memory, now=house.now) is None
    assert [action for action, _ in house.events()] == [
        "person:invited",
        "person:joined",
        "person:signed-in",
        "person:signed-in",
    ]


def test_who_has_a_password_is_linked_by_the_verified_e_mail(house):
    """Once; and an event says so."""
    person = house.join("ada@example.org")

    entered, _ = house.enter(house.identity())

    assert entered.id == person.id
    assert entered.oidc == f"{house.provider.url} ada-7"
    assert ("person:linked", {"issuer": house.provider.url}) in house.events()
    with pytest.raises(NotAllowed, match="does not open"):
        house.enter(house.identity(sub="somebody else with the same e-mail"))


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": None},
        {"email": "\u212aate@example.org"},  # a Kelvin sign, which is a small k when it is folded
        {"email": "bo@example.org"},
    ],
)
def test_nobody_comes_in_by_an_e_mail_that_proves_nothing(house, claims):
    """Not verified, not a login, or one that only looks like it."""
    house.join("ada@example.org")
    house.join("kate@example.org")

    with pytest.raises(NotAllowed):
        house.enter(house.identity(**claims))
    assert house.events()[-1] == ("person:refused", {"address": "1.2.3.4", "via": "oidc"})


def test_who_is_disabled_stays_out(house):
    """Whatever the provider says."""
    person = house.join("ada@example.org")
    house.enter(house.identity())
    with house.memory.transaction() as stores:
        disable_person(person.id, stores=stores, by="cli", now=house.now)

    with pytest.raises(NotAllowed, match="does not open"):
        house.enter(house.identity())


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"nonce": "another sign-in's"}, "nonce"),
        ({"aud": "another client"}, "aud"),
        ({"aud": [CLIENT, "another"]}, "azp"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "azp"),
        ({"iss": "https://elsewhere.example"}, "iss"),
        ({"exp": 1_700_000_000}, "exp"),
        ({"iat": 4_000_000_000}, "iat"),
        ({"nbf": 4_000_000_000}, "nbf"),
        ({"sub": ""}, "nobody"),
        ({"sub": 7}, "sub"),
        ({"nonce": None}, "nonce"),
    ],
)
def test_a_token_for_another_is_not_believed(house, claims, why):
    """Another client, another sign-in, another provider, another time."""
    house.join("ada@example.org")

    with pytest.raises(NotAllowed, match=why):
        house.identity(**claims)
    assert house.events()[-1][0] == "person:refused"


def coded(raw):
    """As it stands in a token."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(token):
    """The same claims, signed with nothing."""
    return f"{coded(HEADER_NONE)}.{token.split('.')[1]}."


def altered(token):
    """Other claims under the same signature."""
    head, claims, signature = token.split(".")
    other = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"sub": "boss"}
    return f"{head}.{coded(json.dumps(other).encode())}.{signature}"


def shared(token, public):
    """The same claims, signed with the public key as if it were a secret."""
    signed = f"{coded(HEADER_HS)}.{token.split('.')[1]}"
    return f"{signed}.{coded(hmac.digest(public, signed.encode(), hashlib.sha256))}"


def test_a_token_that_the_provider_did_not_sign_is_not_believed(house):
    """Signed with nothing, altered, signed with its public key as a shared secret, or with somebody's own key."""
    public = house.provider.published[0].as_pem(private=False)
    own = RSAKey.generate_key(2048, {"kid": "rsa"})
    for lie in (
        {"token": unsigned},
        {"token": altered},
        {"token": lambda _: "no token at all"},
        {"token": lambda token: token + "x" * 20_000},
        {"token": lambda token: shared(token, public)},
        {"key": own},
    ):
        house.provider.__init__(url=house.provider.url, **lie)
        with pytest.raises(NotAllowed, match="cannot be believed"):
            house.identity()


def test_a_shared_secret_among_the_public_keys_signs_nothing():
    """What is no public key is left out, and so is what only encrypts."""
    secret = OctKey.generate_key(256, {"kid": "o"}).as_dict(private=True)
    other = RSAKey.generate_key(2048, {"kid": "e", "use": "enc"}).as_dict(private=False)

    assert not public_keys({"keys": [secret, other, {"kty": "new"}, "nonsense"]})
    assert not public_keys({"keys": "nonsense"})


def test_a_flow_is_of_one_browser_and_used_once(house):
    """A state that was replayed, another browser's, an old one; none reaches the provider."""
    house.provider.claims = ADA
    address, sealed = house.begin()
    _, others = house.begin()
    back = house.returned(address)
    asked = len(house.provider.asked)

    for kept, moment in ((others, house.now), ("", house.now), (sealed, house.now + HOUR)):
        with pytest.raises(NotAllowed, match="did not begin in this browser"):
            house.identify(back, kept, moment)
    assert len(house.provider.asked) == asked
    assert house.identify(back, sealed)[0].subject.endswith(" ada-7")
    with pytest.raises(NotAllowed, match="did not begin in this browser"):
        house.identify(house.returned(address), sealed)


def test_a_code_that_was_stolen_opens_nothing_elsewhere(house):
    """It was given to whoever has the verifier, which is sealed in the browser that began."""
    house.provider.claims = ADA
    address, _ = house.begin()
    stolen = house.returned(address).code
    mine, sealed = house.begin()

    with pytest.raises(NotAllowed, match="does not take this sign-in"):
        house.identify(house.returned(mine, code=stolen), sealed)


def test_what_comes_from_another_provider_is_refused(house):
    """RFC 9207; and so is a refusal of the provider's own."""
    for other in (
        {"issuer": "https://elsewhere.example"},
        {"error": "access_denied"},
        {"code": ""},
    ):
        address, sealed = house.begin()
        with pytest.raises(NotAllowed):
            house.identify(house.returned(address, **other), sealed)


def test_a_second_factor_of_ours_is_asked_for_unless_the_provider_proves_one(house):
    """The code is counted as any other; what waits is over after minutes."""
    person = house.join("ada@example.org")
    _, token = house.enter(house.identity())
    by, hour = house.sign_in_of(token), house.now + HOUR
    secret = enrol_totp(
        by, password=PASSWORD, memory=house.memory, vault=house.vault, now=house.now
    )
    now_code = code_of(secret, step_at(house.now))
    confirm_totp(by, now_code, memory=house.memory, vault=house.vault, now=house.now)

    strong, _ = house.enter(house.identity(amr=["pwd", "mfa"]))
    house.now += timedelta(minutes=2)
    wanted = house.enter(house.identity(amr=["pwd"]))

    assert strong.id == person.id
    assert isinstance(wanted, CodeWanted)
    with pytest.raises(NotAllowed, match="code is wrong"):
        house.code(wanted.sealed, "000000", house.now)
    right = code_of(secret, step_at(house.now))
    entered, token = house.code(wanted.sealed, right, house.now)
    assert entered.id == person.id
    assert house.sign_in_of(token).strong
    for sealed, moment in ((wanted.sealed, hour), ("nonsense", house.now)):
        with pytest.raises(NotAllowed, match="Begin again"):
            house.code(sealed, right, moment)
    for _ in range(5):
        with pytest.raises(NotAllowed):
            house.code(wanted.sealed, right, house.now)
    with pytest.raises(TooMany):
        house.code(wanted.sealed, right, house.now)


def test_an_account_is_linked_by_whoever_is_signed_in(house):
    """With the password, in the same sign-in; unlinked, it opens nothing any more."""
    person = house.join("ada")
    with pytest.raises(NotAllowed):
        house.enter(house.identity())
    token = enter_by_password(house, "ada")
    by = house.sign_in_of(token)
    with pytest.raises(NotAllowed, match="password is wrong"):
        linking(house, by, "wrong")

    address, sealed = linking(house, by, PASSWORD)
    identity, flow = house.identify(house.returned(address), sealed)
    other = house.sign_in_of(enter_by_password(house, "ada"))
    with house.memory.transaction() as stores, pytest.raises(NotAllowed):
        link(identity, flow, other, stores=stores, now=house.now)
    with house.memory.transaction() as stores:
        link(identity, flow, by, stores=stores, now=house.now)

    assert house.enter(house.identity())[0].id == person.id
    unlink(by, password=PASSWORD, memory=house.memory, now=house.now)
    with pytest.raises(NotAllowed):
        house.enter(house.identity())
    assert [action for action, _ in house.events() if "link" in action] == [
        "person:linked",
        "person:unlinked",
    ]


@pytest.mark.parametrize("way", ["unlinked", "reset"])
def test_what_was_unlinked_is_not_linked_by_the_e_mail_again(house, way):
    """Though the login is the very address that the provider verifies; linking it on the page still works."""
    person = house.join("ada@example.org")
    _, token = house.enter(house.identity())
    by = house.sign_in_of(token)
    if way == "unlinked":
        unlink(by, password=PASSWORD, memory=house.memory, now=house.now)
    else:
        with house.memory.transaction() as stores:
            _, token = reset_person(
                person.id, expires_at=house.now + HOUR, stores=stores, by="cli", now=house.now
            )
            accept_invitation(token, name="", password=PASSWORD, stores=stores, now=house.now)

    for claims in ({}, {"sub": "whoever has the mailbox"}):
        with pytest.raises(NotAllowed, match="does not open"):
            house.enter(house.identity(**claims))
    by = house.sign_in_of(enter_by_password(house, person.login))
    address, sealed = linking(house, by, PASSWORD)
    identity, flow = house.identify(house.returned(address), sealed)
    with house.memory.transaction() as stores:
        link(identity, flow, by, stores=stores, now=house.now)
    assert house.enter(house.identity())[0].id == person.id


def test_an_account_opens_one_person(house):
    """It cannot be linked to a second."""
    house.join("ada@example.org")
    house.enter(house.identity())
    house.join("bo")
    by = house.sign_in_of(enter_by_password(house, "bo"))
    address, sealed = linking(house, by, PASSWORD)
    identity, flow = house.identify(house.returned(address), sealed)

    with house.memory.transaction() as stores, pytest.raises(WrongState, match="somebody else's"):
        link(identity, flow, by, stores=stores, now=house.now)


def test_a_reset_takes_the_link_away(house):
    """With password and second factor; whoever had made it may have been a thief."""
    person = house.join("ada")
    address, sealed = linking(house, house.sign_in_of(enter_by_password(house, "ada")), PASSWORD)
    house.provider.claims = ADA
    identity, flow = house.identify(house.returned(address), sealed)
    with house.memory.transaction() as stores:
        by = stores.people.sign_ins(person.id)[0]
        link(identity, flow, by, stores=stores, now=house.now)
    with house.memory.transaction() as stores:
        _, token = reset_person(
            person.id, expires_at=house.now + HOUR, stores=stores, by="cli", now=house.now
        )
        accept_invitation(token, name="", password=PASSWORD, stores=stores, now=house.now)

    with pytest.raises(NotAllowed):
        house.enter(house.identity())


def test_keys_are_asked_for_anew_when_one_is_unknown_and_not_more_often(house):
    """A provider changes its keys; a stranger's token does not make us ask all the time."""
    house.identity()
    fresh = RSAKey.generate_key(2048, {"kid": "fresh", "use": "sig"})
    house.provider.published, house.provider.key = [fresh], fresh

    with pytest.raises(NotAllowed):
        house.identity()
    asked = house.provider.asked.count("/keys")
    house.now += timedelta(minutes=2)

    assert house.identity().subject.endswith("ada-7")
    assert (asked, house.provider.asked.count("/keys")) == (1, 2)
    assert house.provider.asked.count("/.well-known/openid-configuration") == 1


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ({"issuer": "https://elsewhere.example"}, "calls itself"),
        ({"token_endpoint": "http://elsewhere.example/token"}, "not one over https"),
        ({"jwks_uri": "file:///etc/passwd"}, "not one over https"),
        ({"jwks_uri": None}, "not one over https"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "not one over https"),
        ({"padding": "x" * 1_100_000}, "too long"),
    ],
)
def test_a_provider_that_leads_elsewhere_is_not_asked(house, says, why):
    """The very name that the operator wrote, addresses over TLS, and an answer of bounded length."""
    house.provider.says = says

    with pytest.raises(FetchError, match=why):
        house.begin()
    house.provider.says = {}
    with pytest.raises(FetchError):  # what failed is not asked again at once
        house.begin()
    house.now += timedelta(seconds=6)
    assert house.begin()[0].startswith(f"{house.provider.url}/authorize?")


def test_a_provider_inside_our_network_wants_the_operators_word(house):
    """Without allowed_hosts this machine is not asked, as an address to fetch is not."""
    config = replace(house.provider.config, issuer="https://127.0.0.1:9", allowed_hosts=frozenset())

    with pytest.raises(FetchError, match="cannot be asked"):
        open_provider(config, client_secret=None).described(at=house.now)
    assert house.provider.asked == []


class Hanging(httpcore.AsyncNetworkBackend):
    """A network on which everything hangs until it is let go, and then fails."""

    def __init__(self):
        self.asked, self.let_go = threading.Semaphore(0), threading.Event()

    async def connect_tcp(self, *_args, **_more):
        """Nowhere, later."""
        self.asked.release()
        await asyncio.to_thread(self.let_go.wait, 10)
        raise httpcore.ConnectError


def test_a_provider_that_hangs_keeps_nobody_else_waiting(house):
    """One asks; others are told so at once, or get what was known before. So it is with codes beyond a few."""
    network = Hanging()
    new, old = (
        IdentityProvider(house.provider.config, client_secret=None, network=network)
        for _ in range(2)
    )
    old._network = house.client._network
    known = old.described(at=house.now)
    old._network = network
    later = house.now + 2 * HOUR
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        waiting = [pool.submit(each.described, at=later) for each in (new, old)]
        assert all(network.asked.acquire(timeout=5) for _ in waiting)
        with pytest.raises(FetchError, match="few seconds"):
            new.described(at=later)
        assert old.described(at=later) is known
        waiting += [
            pool.submit(old.exchange, "code", back=BACK, verifier="v" * 43, at=house.now)
            for _ in range(AT_ONCE - 1)
        ]
        assert all(network.asked.acquire(timeout=5) for _ in range(AT_ONCE - 1))
        with pytest.raises(FetchError, match="few seconds"):
            old.exchange("code", back=BACK, verifier="v" * 43, at=house.now)
        network.let_go.set()
        for each in waiting:
            with pytest.raises(FetchError, match="does not answer"):
                each.result()


def test_without_an_issuer_there_is_no_provider():
    """Nothing changes for who does not want it."""
    assert open_provider(OidcConfig(), client_secret=None) is None


def test_an_identity_is_read_back_as_it_was_sealed():
    """While a code is waited for."""
    ada = Identity(subject="https://a b", email="a@b.example", name="Ada", strong=True)

    assert Identity.read(ada.document()) == ada


def linking(house, by, password):
    """Where the browser goes to link an account."""
    house.provider.claims = ADA
    return begin_link(
        by,
        password=password,
        provider=house.client,
        back=BACK,
        page="/desk/account",
        memory=house.memory,
        vault=house.vault,
        now=house.now,
    )


def enter_by_password(house, login):
    """The secret of a new sign-in."""
    return sign_in(
        Asked(login=login, password=PASSWORD, code="", address="1.2.3.4"),
        lasts=12 * HOUR,
        memory=house.memory,
        vault=house.vault,
        now=house.now,
    )[1]
