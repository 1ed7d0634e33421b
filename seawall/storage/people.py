"""People, their sign-ins and invitations, and how often signing in was tried."""

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert_postgresql
from sqlalchemy.dialects.sqlite import insert as upsert_sqlite
from sqlalchemy.exc import IntegrityError

from seawall.access.attempts import FORGOTTEN_AFTER, KNOWN_FOR, Attempts
from seawall.access.person import Limits, Person, PersonInvitation, Role
from seawall.access.preferences import Preferences
from seawall.access.session import SignIn
from seawall.errors import NotFound, WrongState
from seawall.storage.tables import attempts, people, person_invitations, sessions


class PeopleStore:
    """Who signs in."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, person: Person) -> None:
        """
        Remember somebody new.

        Raises:
            WrongState: The login or the pseudonym is somebody else's.

        """
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(people), [_person_row(person)])
        except IntegrityError:
            raise WrongState(f"Somebody signs in as '{person.login}' already.") from None

    def save(self, person: Person) -> None:
        """Everything about somebody, as it is now."""
        self._connection.execute(
            update(people).where(people.c.id == person.id).values(_person_row(person))
        )

    def find(self, ident: str, *, lock: bool = False) -> Person:
        """
        The person of this id; with `lock` nobody else changes them until this transaction ends.

        Raises:
            NotFound: There is none.

        """
        query = select(people).where(people.c.id == ident)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise NotFound(f"There is no person '{ident}'; `seawall person list` shows them.")
        return _person(row)

    def known(self, ident: str) -> Person | None:
        """The person of this id, if there is one."""
        row = self._connection.execute(select(people).where(people.c.id == ident)).one_or_none()
        return _person(row) if row else None

    def by_login(self, login: str) -> Person | None:
        """Who signs in with this."""
        row = self._connection.execute(select(people).where(people.c.login == login)).one_or_none()
        return _person(row) if row else None

    def by_identity(self, subject: str) -> Person | None:
        """Whom a provider knows as this."""
        row = self._connection.execute(select(people).where(people.c.oidc == subject)).one_or_none()
        return _person(row) if row else None

    def by_pseudonym(self, pseudonym: str) -> Person | None:
        """Whom others than the team know by this."""
        row = self._connection.execute(
            select(people).where(people.c.pseudonym == pseudonym)
        ).one_or_none()
        return _person(row) if row else None

    def all(self, *, lock: bool = False) -> list[Person]:
        """Everybody, by login; with `lock` nobody else changes one until this transaction ends."""
        query = select(people).order_by(people.c.login)
        rows = self._connection.execute(query.with_for_update() if lock else query)
        return [_person(row) for row in rows]

    def page(self, *, after: str | None, limit: int) -> list[Person]:
        """So many of everybody by login, beyond this one."""
        query = select(people).order_by(people.c.login).limit(limit)
        if after is not None:
            query = query.where(people.c.login > after)
        return [_person(row) for row in self._connection.execute(query)]

    def seen(self, sign_in: SignIn, *, at: datetime) -> None:
        """Both the person and the sign-in were here just now."""
        self._connection.execute(
            update(sessions).where(sessions.c.digest == sign_in.digest).values(seen_at=at)
        )
        self._connection.execute(
            update(people).where(people.c.id == sign_in.person).values(seen_at=at)
        )

    def add_sign_in(self, sign_in: SignIn) -> None:
        """Remember a sign-in by its digest, and forget those that are over."""
        self._connection.execute(
            delete(sessions).where(sessions.c.expires_at <= sign_in.created_at)
        )
        row = {each.name: getattr(sign_in, each.name) for each in fields(SignIn)}
        self._connection.execute(insert(sessions), [row])

    def sign_in(self, digest: bytes) -> SignIn | None:
        """The sign-in of a secret with this digest."""
        row = self._connection.execute(
            select(sessions).where(sessions.c.digest == digest)
        ).one_or_none()
        return _sign_in(row) if row else None

    def signed_in(self, digest: bytes) -> tuple[Person, SignIn] | None:
        """Who has the secret with this digest, and the sign-in that it is of."""
        theirs = (column.label(f"session_{column.name}") for column in sessions.c)
        query = select(people, *theirs).join(sessions, sessions.c.person == people.c.id)
        row = self._connection.execute(query.where(sessions.c.digest == digest)).one_or_none()
        return (_person(row), _sign_in(row, "session_")) if row else None

    def open_of(self, digests: Collection[bytes], *, at: datetime, idle: timedelta) -> set[bytes]:
        """Those of these sign-ins that still let their person in."""
        query = select(sessions.c.digest).where(
            sessions.c.digest.in_(digests),
            sessions.c.expires_at > at,
            sessions.c.seen_at > at - idle,
        )
        return {bytes(digest) for digest in self._connection.execute(query).scalars()}

    def sign_ins(self, person: str) -> list[SignIn]:
        """Every sign-in of a person, latest first."""
        query = (
            select(sessions)
            .where(sessions.c.person == person)
            .order_by(sessions.c.created_at.desc())
        )
        return [_sign_in(row) for row in self._connection.execute(query)]

    def strengthen(self, digest: bytes) -> None:
        """A second factor was given in this sign-in."""
        self._connection.execute(
            update(sessions).where(sessions.c.digest == digest).values(strong=True)
        )

    def end(self, digest: bytes) -> bool:
        """The sign-in is forgotten; whether there was one."""
        ended = self._connection.execute(delete(sessions).where(sessions.c.digest == digest))
        return bool(ended.rowcount)

    def end_all(self, person: str, *, but: bytes = b"") -> int:
        """Every sign-in of a person is forgotten, save perhaps one; how many there were."""
        return self._connection.execute(
            delete(sessions).where(sessions.c.person == person, sessions.c.digest != but)
        ).rowcount

    def add_invitation(self, invitation: PersonInvitation) -> None:
        """Remember an invitation by its digest, in the place of earlier ones to the same login."""
        self._connection.execute(
            delete(person_invitations).where(
                person_invitations.c.login == invitation.login,
                person_invitations.c.used_at.is_(None),
            )
        )
        row = {each.name: getattr(invitation, each.name) for each in fields(PersonInvitation)}
        row |= {"roles": sorted(invitation.roles), "limits": invitation.limits.document()}
        self._connection.execute(insert(person_invitations), [row])

    def invitation(self, digest: bytes, *, lock: bool = False) -> PersonInvitation | None:
        """The invitation of a token with this digest."""
        query = select(person_invitations).where(person_invitations.c.digest == digest)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        return _invitation(row) if row else None

    def invitation_to(self, login: str, *, at: datetime) -> PersonInvitation | None:
        """What can still be used by whoever has this login; nobody else uses it until this transaction ends."""
        query = select(person_invitations).where(
            person_invitations.c.login == login,
            person_invitations.c.used_at.is_(None),
            person_invitations.c.expires_at > at,
        )
        row = self._connection.execute(query.with_for_update()).one_or_none()
        return _invitation(row) if row else None

    def open_invitations(self, *, at: datetime, limit: int) -> list[PersonInvitation]:
        """What can still be used, latest first, so many at most."""
        query = (
            select(person_invitations)
            .where(person_invitations.c.used_at.is_(None), person_invitations.c.expires_at > at)
            .order_by(person_invitations.c.created_at.desc(), person_invitations.c.id.desc())
            .limit(limit)
        )
        return [_invitation(row) for row in self._connection.execute(query)]

    def withdraw_invitation(self, ident: str, *, at: datetime) -> PersonInvitation:
        """
        What could still be used is forgotten.

        Raises:
            NotFound: There is no such invitation, or it was used or has expired.

        """
        query = delete(person_invitations).where(
            person_invitations.c.id == ident,
            person_invitations.c.used_at.is_(None),
            person_invitations.c.expires_at > at,
        )
        row = self._connection.execute(query.returning(person_invitations)).one_or_none()
        if row is None:
            raise NotFound(f"There is no invitation '{ident}' that could still be used.")
        return _invitation(row)

    def withdraw_invitations(self, *, of: str, by: str | None = None) -> int:
        """Unused invitations of a person, who would start over, and by a person are forgotten; how many."""
        theirs = person_invitations.c.person == of
        query = delete(person_invitations).where(
            theirs if by is None else theirs | (person_invitations.c.by == by),
            person_invitations.c.used_at.is_(None),
        )
        return self._connection.execute(query).rowcount

    def use_invitation(self, ident: str, *, at: datetime) -> None:
        """It opens nothing any more."""
        self._connection.execute(
            update(person_invitations).where(person_invitations.c.id == ident).values(used_at=at)
        )

    def hold_attempts(self, subject: str, *, at: datetime) -> Attempts:
        """How often this was tried; nobody else counts until this transaction ends."""
        upsert = upsert_sqlite if self._connection.dialect.name == "sqlite" else upsert_postgresql
        fresh = {"subject": subject, "tries": 0, "last_at": at}
        self._connection.execute(upsert(attempts).values(fresh).on_conflict_do_nothing())
        row = self._connection.execute(
            select(attempts).where(attempts.c.subject == subject).with_for_update()
        ).one()
        return Attempts(**row._mapping)  # noqa: SLF001 - a row's public mapping, despite its name

    def put_attempts(self, counted: Attempts) -> None:
        """The count as it is now."""
        self._connection.execute(
            update(attempts)
            .where(attempts.c.subject == counted.subject)
            .values(tries=counted.tries, last_at=counted.last_at, right_at=counted.right_at)
        )

    def forget_attempts(self, subject: str) -> None:
        """This was not guessed, after all."""
        self._connection.execute(delete(attempts).where(attempts.c.subject == subject))

    def forget_old_attempts(self, *, at: datetime) -> int:
        """Tries that count no longer are forgotten, and from where nobody has signed in for long; how many."""
        stale = (
            select(attempts.c.subject)
            .where(
                attempts.c.last_at < at - FORGOTTEN_AFTER,
                attempts.c.right_at.is_(None) | (attempts.c.right_at < at - KNOWN_FOR),
            )
            .with_for_update(skip_locked=True)
        )
        return self._connection.execute(
            delete(attempts).where(attempts.c.subject.in_(stale))
        ).rowcount


def _person_row(person: Person) -> dict[str, Any]:
    row = {each.name: getattr(person, each.name) for each in fields(Person)}
    return row | {
        "roles": sorted(person.roles),
        "limits": person.limits.document(),
        "preferences": person.preferences.document(),
    }


def _person(row: Row[Any]) -> Person:
    values = {column.name: getattr(row, column.name) for column in people.c}
    return Person(
        **values
        | {
            "roles": frozenset(map(Role, row.roles)),
            "limits": Limits.read(row.limits),
            "preferences": Preferences.read(row.preferences),
            "totp": bytes(row.totp) if row.totp else None,
        }
    )


def _sign_in(row: Row[Any], prefix: str = "") -> SignIn:
    values = {column.name: getattr(row, prefix + column.name) for column in sessions.c}
    return SignIn(**values | {"digest": bytes(values["digest"])})


def _invitation(row: Row[Any]) -> PersonInvitation:
    values = dict(row._mapping)  # noqa: SLF001 - a row's public mapping, despite its name
    return PersonInvitation(
        **values
        | {
            "roles": frozenset(map(Role, row.roles)),
            "limits": Limits.read(row.limits),
            "digest": bytes(row.digest),
        }
    )
