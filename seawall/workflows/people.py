"""
People come in, change what they may do, and are kept out.

    invited (token shown once) ──┬─accept──▶ person ──┬─ disabled ◀─▶ enabled
                        ▲        └─withdraw─▶ nothing │
                        └──────────── reset ──────────┘  a new password, no second factor, every sign-in over

Every act is an event of the audit log. The last administrator who can sign in is neither disabled nor demoted.
"""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from seawall.access.password import check_password, hash_password
from seawall.access.person import (
    Limits,
    Permission,
    Person,
    PersonInvitation,
    Role,
    access_mark,
    parse_login,
    parse_name,
)
from seawall.access.preferences import Filter, Preferences
from seawall.access.session import new_token, token_digest
from seawall.audit.event import Happening
from seawall.errors import InputError, NotAllowed, NotFound, WrongState
from seawall.ids import new_id
from seawall.policy.category import Taxonomy
from seawall.policy.territory import territories as parse_territories
from seawall.storage.memory import Stores
from seawall.workflows.cases import free_cases_of

PREFIX = "swp_"  # of an invitation's token
BIRDS = (  # noqa: SIM905 - quotes around each would hide the birds
    "Avocet Bittern Brambling Bunting Chough Curlew Dipper Dotterel Dunlin Eider Fieldfare Gannet Godwit Grebe Heron "
    "Kestrel Kittiwake Knot Lapwing Linnet Martin Merlin Nuthatch Osprey Pintail Pipit Plover Redwing Ruff Sanderling "
    "Serin Shrike Siskin Snipe Stilt Swift Teal Tern Turnstone Wagtail Whimbrel Wigeon Wren Wryneck"
).split()


def invite_person(
    login: str,
    *,
    roles: frozenset[Role],
    limits: Limits,
    expires_at: datetime,
    stores: Stores,
    by: str,
    now: datetime,
) -> tuple[PersonInvitation, str]:
    """
    An invitation and its token, which cannot be had again; an earlier one to the same login opens nothing any more.

    Raises:
        InputError: The login cannot be one.
        WrongState: Somebody signs in with it already.

    """
    login = parse_login(login)
    if stores.people.by_login(login) is not None:
        raise WrongState(f"Somebody signs in as '{login}' already; `person reset` invites again.")
    made, token = _invitation(
        login, roles=roles, limits=limits, person=None, expires_at=expires_at, by=by, now=now
    )
    stores.people.add_invitation(made)
    details = {"roles": sorted(roles), "limits": limits.document()}
    stores.audit.record(
        Happening(action="person:invited", subject=made.id, actor=by, at=now, details=details)
    )
    return made, token


def reset_person(
    ident: str, *, expires_at: datetime, stores: Stores, by: str, now: datetime
) -> tuple[PersonInvitation, str]:
    """
    An invitation for somebody who is there; when it is accepted, password and second factor are replaced.

    Until then everything stays as it is: disable who must not sign in meanwhile.

    Raises:
        NotFound: There is no such person.

    """
    person = stores.people.find(ident)
    made, token = _invitation(
        person.login,
        roles=person.roles,
        limits=person.limits,
        person=person.id,
        expires_at=expires_at,
        by=by,
        now=now,
    )
    stores.people.add_invitation(made)
    details = {"invitation": made.id}
    stores.audit.record(
        Happening(action="person:reset", subject=ident, actor=by, at=now, details=details)
    )
    return made, token


def uninvite_person(ident: str, *, stores: Stores, by: str, now: datetime) -> None:
    """
    The token of this invitation opens nothing any more.

    Raises:
        NotFound: There is no such invitation, or it was used or has expired.

    """
    stores.people.withdraw_invitation(ident, at=now)
    stores.audit.record(
        Happening(action="person:uninvited", subject=ident, actor=by, at=now, details={})
    )


def open_invitation(token: str, *, stores: Stores, now: datetime) -> PersonInvitation:
    """
    The invitation of this token; nobody else uses it until this transaction ends.

    Raises:
        NotAllowed: It is unknown, used or expired.

    """
    invitation = stores.people.invitation(token_digest(token.strip()), lock=True)
    if invitation is None:
        raise NotAllowed("This invitation is unknown here; ask for a new one.")
    if invitation.used_at is not None:
        raise NotAllowed("This invitation was used; sign in, or ask for a new one.")
    if invitation.expires_at <= now:
        raise NotAllowed("This invitation has expired; ask for a new one.")
    return invitation


def accept_invitation(
    token: str, *, name: str, password: str, stores: Stores, now: datetime
) -> Person:
    """
    Somebody who can sign in from now on; where the invitation was a reset, every earlier sign-in is over.

    Raises:
        NotAllowed: The token is unknown, used or expired.
        InputError: The name or the password cannot be one; the token stays good.

    """
    invitation = open_invitation(token, stores=stores, now=now)
    kept = hash_password(check_password(password, login=invitation.login))
    if invitation.person is None:
        person = _newcomer(invitation, parse_name(name), kept, stores, now)
        stores.people.add(person)
    else:
        before = stores.people.find(invitation.person, lock=True)
        by_email = before.by_email and before.oidc is None
        person = replace(
            before, password=kept, totp=None, totp_at=None, oidc=None, by_email=by_email
        )
        stores.people.save(person)
        stores.people.end_all(person.id)
    _joined(person, invitation, stores, now)
    return person


def join_by_identity(
    invitation: PersonInvitation, subject: str, *, name: str | None, stores: Stores, now: datetime
) -> Person:
    """Somebody new whom a provider vouches for, and who has no password here."""
    try:
        called = parse_name(name or "")
    except InputError:  # what a provider says is not for the person to correct
        called = invitation.login
    person = replace(_newcomer(invitation, called, None, stores, now), oidc=subject)
    stores.people.add(person)
    _joined(person, invitation, stores, now)
    return person


def set_roles(
    ident: str,
    *,
    roles: frozenset[Role] | None,
    limits: Limits | None,
    stores: Stores,
    by: str,
    now: datetime,
    expected: str | None = None,
) -> Person:
    """
    What the person may do from the next request on; None leaves roles or limits as they are.

    Raises:
        NotFound: There is no such person.
        WrongState: It would take the role from the last administrator, or the mark is not `expected` any more.

    """
    before = _held(ident, stores)
    if expected is not None and access_mark(before) != expected:
        raise WrongState("Somebody has changed this person's access meanwhile; read it again.")
    roles = before.roles if roles is None else roles
    limits = before.limits if limits is None else limits
    person = replace(before, roles=roles, limits=limits)
    _check_administrator_left(person, stores)
    stores.people.save(person)
    still = limits if Permission.CASES_RULE in person.permissions else None
    free_cases_of(ident, beyond=still, stores=stores, by=by, now=now)
    details = {
        "roles": sorted(roles),
        "limits": limits.document(),
        "before": {"roles": sorted(before.roles), "limits": before.limits.document()},
    }
    stores.audit.record(
        Happening(action="person:changed", subject=ident, actor=by, at=now, details=details)
    )
    return person


def disable_person(ident: str, *, stores: Stores, by: str, now: datetime) -> Person:
    """
    The person cannot sign in any more, and is signed out everywhere; invitations of and by them open nothing.

    Raises:
        NotFound: There is no such person.
        WrongState: It is the last administrator.

    """
    before = _held(ident, stores)
    if before.disabled_at is not None:
        return before
    person = replace(before, disabled_at=now)
    _check_administrator_left(person, stores)
    stores.people.save(person)
    free_cases_of(ident, stores=stores, by=by, now=now)
    details = {
        "sign_ins": stores.people.end_all(ident),
        "invitations": stores.people.withdraw_invitations(of=ident, by=ident),
    }
    stores.audit.record(
        Happening(action="person:disabled", subject=ident, actor=by, at=now, details=details)
    )
    return person


def enable_person(ident: str, *, stores: Stores, by: str, now: datetime) -> Person:
    """
    The person can sign in again, with the password of before.

    Raises:
        NotFound: There is no such person.

    """
    person = replace(stores.people.find(ident, lock=True), disabled_at=None)
    stores.people.save(person)
    stores.audit.record(
        Happening(action="person:enabled", subject=ident, actor=by, at=now, details={})
    )
    return person


def sign_out_person(ident: str, *, stores: Stores, by: str, now: datetime) -> int:
    """
    Every sign-in of the person is over; how many there were.

    Raises:
        NotFound: There is no such person.

    """
    ended = stores.people.end_all(stores.people.find(ident, lock=True).id)
    details = {"sign_ins": ended}
    stores.audit.record(
        Happening(action="person:signed-out", subject=ident, actor=by, at=now, details=details)
    )
    return ended


def set_preferences(
    ident: str, preferences: Preferences, *, stores: Stores, now: datetime
) -> Person:
    """How the person wants to work from now on."""
    person = replace(stores.people.find(ident, lock=True), preferences=preferences)
    stores.people.save(person)
    stores.audit.record(
        Happening(
            action="person:preferences-changed",
            subject=ident,
            actor=ident,
            at=now,
            details=preferences.document(),
        ),
    )
    return person


def save_filter(ident: str, wanted: Filter, *, stores: Stores, now: datetime) -> Person:
    """
    The person has this filter of the queue, in the place of one of the same name.

    Raises:
        InputError: It has no name or a long one, or the person has too many.

    """
    before = stores.people.find(ident, lock=True).preferences
    return set_preferences(ident, before.with_filter(wanted), stores=stores, now=now)


def remove_filter(ident: str, name: str, *, stores: Stores, now: datetime) -> Person:
    """The person has no filter of this name."""
    before = stores.people.find(ident, lock=True).preferences
    return set_preferences(ident, before.without_filter(name), stores=stores, now=now)


def read_limits(
    *,
    categories: Iterable[str],
    queues: Iterable[str],
    territories: Iterable[str],
    taxonomy: Taxonomy,
) -> Limits:
    """
    Limits as people write them; a category brings what is part of it, a union its members, nothing is no limit.

    Raises:
        InputError: There is no such category or territory.

    """
    wide = taxonomy.names(categories)
    narrow = {each.name for each in taxonomy for name in wide if taxonomy.covers(name, each.name)}
    return Limits(
        categories=frozenset(narrow) or None,
        queues=frozenset(queues) or None,
        territories=frozenset(parse_territories(territories)) or None,
    )


def find_person(word: str, stores: Stores) -> Person:
    """
    The person with this id or login.

    Raises:
        NotFound: There is none.

    """
    found = stores.people.by_login(word.casefold())
    if found is not None:
        return found
    return stores.people.find(word)


def _invitation(
    login: str,
    *,
    roles: frozenset[Role],
    limits: Limits,
    person: str | None,
    expires_at: datetime,
    by: str,
    now: datetime,
) -> tuple[PersonInvitation, str]:
    token = new_token(PREFIX)
    made = PersonInvitation(
        id=new_id("pinv", at=now),
        digest=token_digest(token),
        login=login,
        roles=roles,
        limits=limits,
        by=by,
        created_at=now,
        expires_at=expires_at,
        person=person,
    )
    return made, token


def _joined(person: Person, invitation: PersonInvitation, stores: Stores, now: datetime) -> None:
    stores.people.use_invitation(invitation.id, at=now)
    details = {"invitation": invitation.id, "by": invitation.by}
    stores.audit.record(
        Happening(
            action="person:joined", subject=person.id, actor=person.id, at=now, details=details
        ),
    )


def _newcomer(
    invitation: PersonInvitation, name: str, kept: str | None, stores: Stores, now: datetime
) -> Person:
    pseudonym = _pseudonym()
    while stores.people.by_pseudonym(pseudonym) is not None:
        pseudonym = _pseudonym()
    return Person(
        id=new_id("psn", at=now),
        login=invitation.login,
        name=name,
        pseudonym=pseudonym,
        roles=invitation.roles,
        limits=invitation.limits,
        password=kept,
        created_at=now,
    )


def _pseudonym() -> str:
    return f"{secrets.choice(BIRDS)} {100 + secrets.randbelow(900)}"


def _held(ident: str, stores: Stores) -> Person:
    """The person, with everybody held: whether an administrator is left is then true until the end."""
    for person in stores.people.all(lock=True):
        if person.id == ident:
            return person
    raise NotFound(f"There is no person '{ident}'; `seawall person list` shows them.")


def _check_administrator_left(changed: Person, stores: Stores) -> None:
    after = [changed if each.id == changed.id else each for each in stores.people.all()]
    before = stores.people.find(changed.id)
    if _administers(before) and not any(map(_administers, after)):
        raise WrongState(
            f"'{changed.login}' is the last administrator; give somebody else the role first."
        )


def _administers(person: Person) -> bool:
    can_sign_in = person.password is not None or person.oidc is not None
    return Role.ADMIN in person.roles and person.disabled_at is None and can_sign_in
