"""
Signing in with an account of one's organisation (OpenID Connect: a code, PKCE, state and nonce).

    begin ─▶ flow, sealed in the browser ─▶ the provider ─▶ back with a code ─▶ identity
    identity ─┬─ linked to somebody, or its verified e-mail is a login ───┬─ ours is asked for ─▶ code ─┬─▶ signed in
              ├─ its verified e-mail was invited ─▶ somebody new          └─────────────────────────────┘
              └─ nobody is expected ─▶ refused, and an event

What is sealed is of one home and one browser, and over after minutes; a flow is used once. While the provider is asked
no transaction is open.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from seawall.access.attempts import FREE_AT_PLACE, another
from seawall.access.identity import Identity
from seawall.access.oidc_config import OidcConfig
from seawall.access.person import Person
from seawall.access.session import SignIn, new_token, token_digest
from seawall.audit.event import Happening
from seawall.errors import NotAllowed, StorageError, WrongState
from seawall.sandbox.guarded_network import GuardedNetwork, resolve_name
from seawall.storage.memory import Memory, Stores
from seawall.storage.secrets import Vault
from seawall.workflows.people import join_by_identity
from seawall.workflows.signing_in import (
    code_step,
    confirmed,
    count_try,
    refuse,
    signed_in,
)

if TYPE_CHECKING:
    from seawall.partners.identity_provider import IdentityProvider

AWAY = timedelta(minutes=10)  # how long somebody may be at the provider
CODE_WAITS = timedelta(minutes=5)
AGAIN = "This sign-in did not begin in this browser, or is over. Begin again from the sign-in page."
VIA = "oidc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One way to the provider and back, as it is sealed in the browser."""

    state: str
    nonce: str
    verifier: str
    back: str  # the address the provider sends the browser to
    page: str  # where to go afterwards
    link: str | None  # the digest of the sign-in whose person asked for it, to be linked
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What the browser brings from the provider, and from where."""

    code: str
    state: str
    error: str
    issuer: str
    address: str


@dataclass(frozen=True, slots=True)
class CodeWanted:
    """The provider vouches for somebody whose second factor is here: a code is asked for, then `enter_with_code`."""

    sealed: str


def open_provider(config: OidcConfig, *, client_secret: str | None) -> "IdentityProvider | None":
    """The provider of these settings, asked over a network that leads outside, and to the hosts allowed by name."""
    if not config.issuer:
        return None
    from seawall.partners.identity_provider import IdentityProvider  # noqa: PLC0415 - JOSE is for those who use it

    network = GuardedNetwork(allowed_hosts=config.allowed_hosts, resolve=resolve_name)
    return IdentityProvider(config, client_secret=client_secret, network=network)


def begin(
    provider: "IdentityProvider",
    *,
    back: str,
    page: str,
    vault: Vault,
    now: datetime,
    link: SignIn | None = None,
) -> tuple[str, str]:
    """
    Where the browser goes, and what it keeps meanwhile.

    Raises:
        FetchError: The provider cannot be reached, or what it says is not usable.

    """
    flow = Flow(
        state=new_token(),
        nonce=new_token(),
        verifier=new_token(),
        back=back,
        page=page,
        link=link.digest.hex() if link else None,
        until=(now + AWAY).isoformat(),
    )
    address = provider.address(
        back=back, state=flow.state, nonce=flow.nonce, verifier=flow.verifier, at=now
    )
    return address, _seal("flow", asdict(flow), vault)


def identify(
    returned: Returned,
    sealed: str,
    *,
    provider: "IdentityProvider",
    memory: Memory,
    vault: Vault,
    now: datetime,
) -> tuple[Identity, Flow]:
    """
    Whom the provider vouches for, and the flow that is over with it.

    Raises:
        NotAllowed: The flow is not this browser's, over or used, or the provider's word cannot be believed.
        FetchError: The provider cannot be reached, or what it says is not usable.

    """
    flow = _opened(returned, sealed, memory, vault, now)
    try:
        return _vouched(returned, flow, provider, now), flow
    except NotAllowed:
        with memory.transaction() as stores:
            refuse(None, returned.address, stores, now, via=VIA)
        raise


def enter(
    identity: Identity,
    *,
    address: str,
    lasts: timedelta,
    memory: Memory,
    vault: Vault,
    now: datetime,
    instead: str | None = None,
    code: str | None = None,
) -> tuple[Person, str] | CodeWanted:
    """
    The person and the secret of a new sign-in, in the place of the one with the secret `instead`; or a code is wanted.

    Raises:
        NotAllowed: Nobody is expected with this identity, the person is disabled, or the code is wrong.
        TooMany: Codes were tried too often.

    """
    with memory.transaction() as stores:
        person = _known(identity, stores)
        if person is not None and code is not None:
            count_try(f"code:{person.id}", FREE_AT_PLACE, stores, now)
    with memory.transaction() as stores:
        person = _expected(identity, stores, now)
        if person is not None and person.disabled_at is None:
            asked = person.enrolled and not identity.strong
            if asked and code is None:
                sealed = {
                    "identity": identity.document(),
                    "until": (now + CODE_WAITS).isoformat(),
                }
                return CodeWanted(_seal("code", sealed, vault))
            step = code_step(person, code or "", vault, now) if asked else person.totp_step
            if step is not None:
                if code is not None:
                    stores.people.forget_attempts(f"code:{person.id}")
                linked = _linked(person, identity, stores, now)
                strong = asked or identity.strong
                return signed_in(linked, step, lasts, instead, stores, now, strong=strong, via=VIA)
        refuse(person, address, stores, now, via=VIA)
    raise NotAllowed(_sentence(person, identity))


def enter_with_code(
    sealed: str,
    code: str,
    *,
    address: str,
    lasts: timedelta,
    memory: Memory,
    vault: Vault,
    now: datetime,
    instead: str | None = None,
) -> tuple[Person, str]:
    """
    The same for whom a code was wanted.

    Raises:
        NotAllowed: What was sealed is over, or the code is wrong.
        TooMany: Codes were tried too often.

    """
    kept = _unseal("code", sealed, vault, now)
    entered = enter(
        Identity.read(kept["identity"]),
        address=address,
        lasts=lasts,
        memory=memory,
        vault=vault,
        now=now,
        instead=instead,
        code=code,
    )
    if isinstance(entered, CodeWanted):
        raise NotAllowed(AGAIN)
    return entered


def begin_link(
    by: SignIn,
    *,
    password: str,
    provider: "IdentityProvider",
    back: str,
    page: str,
    memory: Memory,
    vault: Vault,
    now: datetime,
) -> tuple[str, str]:
    """
    Where the browser goes, and what it keeps, so that the account there opens this one too.

    Raises:
        NotAllowed: The password is wrong.
        TooMany: It was tried too often.
        FetchError: The provider cannot be reached.

    """
    confirmed(by, password, memory, now)
    return begin(provider, back=back, page=page, vault=vault, now=now, link=by)


def link(identity: Identity, flow: Flow, by: SignIn, *, stores: Stores, now: datetime) -> Person:
    """
    The account at the provider opens this person's from now on.

    Raises:
        NotAllowed: Somebody else, or another sign-in, has asked for it.
        WrongState: It opens somebody else's.

    """
    if flow.link != by.digest.hex():
        raise NotAllowed(AGAIN)
    other = stores.people.by_identity(identity.subject)
    if other is not None and other.id != by.person:
        raise WrongState("This account opens somebody else's here; nothing was changed.")
    return _linked(stores.people.find(by.person, lock=True), identity, stores, now, anew=True)


def unlink(by: SignIn, *, password: str, memory: Memory, now: datetime) -> None:
    """
    No account elsewhere opens this person's any more, until one is linked here; the password does.

    Raises:
        NotAllowed: The password is wrong.
        TooMany: It was tried too often.

    """
    confirmed(by, password, memory, now)
    with memory.transaction() as stores:
        person = stores.people.find(by.person, lock=True)
        stores.people.save(replace(person, oidc=None, by_email=False))
        _record(stores, "person:unlinked", person, now)


def _opened(returned: Returned, sealed: str, memory: Memory, vault: Vault, now: datetime) -> Flow:
    """The flow of this browser, which nobody uses again."""
    kept = _unseal("flow", sealed, vault, now)
    flow = Flow(**kept)
    if not hmac.compare_digest(flow.state.encode(), returned.state.encode()):
        raise NotAllowed(AGAIN)
    with memory.transaction() as stores:
        used = stores.people.hold_attempts(f"flow:{token_digest(flow.state).hex()}", at=now)
        if used.tries:
            raise NotAllowed(AGAIN)
        stores.people.put_attempts(another(used, at=now))
    return flow


def _vouched(
    returned: Returned, flow: Flow, provider: "IdentityProvider", now: datetime
) -> Identity:
    from seawall.access.id_token import identity_of  # noqa: PLC0415 - the same

    if returned.issuer and returned.issuer != provider.config.issuer:  # RFC 9207
        raise NotAllowed(AGAIN)
    if returned.error or not returned.code:
        raise NotAllowed(
            f"{provider.config.label} did not let you in. Try again, or ask those who look after your account there."
        )
    tokens = provider.exchange(returned.code, back=flow.back, verifier=flow.verifier, at=now)
    return identity_of(
        tokens.id_token,
        provider.keys_for(tokens.id_token, at=now),
        config=provider.config,
        nonce=flow.nonce,
        access_token=tokens.access_token,
        at=now,
    )


def _known(identity: Identity, stores: Stores) -> Person | None:
    """Whom it opens, or would open: one whose login is its e-mail and who was never linked to anything."""
    found = stores.people.by_identity(identity.subject)
    if found is None and identity.email is not None:
        found = stores.people.by_login(identity.email)
        if found is not None and (found.oidc is not None or not found.by_email):
            return None
    return found


def _expected(identity: Identity, stores: Stores, now: datetime) -> Person | None:
    """The person, held until this transaction ends; made now where the e-mail was invited."""
    found = _known(identity, stores)
    if found is not None:
        return stores.people.find(found.id, lock=True)
    if identity.email is None:
        return None
    invitation = stores.people.invitation_to(identity.email, at=now)
    if invitation is None or invitation.person is not None:
        return None
    return join_by_identity(
        invitation, identity.subject, name=identity.name, stores=stores, now=now
    )


def _linked(
    person: Person, identity: Identity, stores: Stores, now: datetime, *, anew: bool = False
) -> Person:
    if person.oidc == identity.subject or (person.oidc is not None and not anew):
        return person
    linked = replace(person, oidc=identity.subject)
    stores.people.save(linked)
    _record(stores, "person:linked", person, now, issuer=identity.subject.partition(" ")[0])
    return linked


def _sentence(person: Person | None, identity: Identity) -> str:
    if person is not None and person.disabled_at is None:
        return "The code is wrong or was used; check the clock and try the next."
    if person is not None or identity.email is not None:
        return "Your account does not open this desk. An administrator here can invite you, or let you in again."
    return (
        "Nobody here is known by this account, and its provider has verified no e-mail address to know you by. "
        "Sign in with your password and link it on the page My account, or ask an administrator here."
    )


def _seal(kind: str, document: Mapping[str, Any], vault: Vault) -> str:
    return vault.seal(json.dumps({"kind": kind, **document})).decode()


def _unseal(kind: str, sealed: str, vault: Vault, now: datetime) -> dict[str, Any]:
    """
    What was sealed here as this, if it is not over.

    Raises:
        NotAllowed: It was not, or it is.

    """
    try:
        document = json.loads(vault.open(sealed.encode()))
    except (StorageError, ValueError):
        raise NotAllowed(AGAIN) from None
    if document.pop("kind", None) != kind or datetime.fromisoformat(document["until"]) <= now:
        raise NotAllowed(AGAIN)
    return dict(document)


def _record(stores: Stores, action: str, person: Person, now: datetime, **details: object) -> None:
    stores.audit.record(
        Happening(action=action, subject=person.id, actor=person.id, at=now, details=details)
    )
