"""
Signing in, staying in, signing out, and the second factor.

    login, password, code ─▶ counted ─▶ compared ─┬─ right ─▶ a new secret for the browser, the try taken back
                                                  └─ wrong ─▶ one answer for every reason, and an event

A try is counted before it is compared, so that many at once are not many free tries. Nothing is compared while a
transaction is open: Argon2 takes a while, and nobody else should wait for it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from seawall.access import totp
from seawall.access.attempts import (
    FREE_AT_PLACE,
    FREE_FOR_ADDRESS,
    FREE_FOR_LOGIN,
    Attempts,
    address_subject,
    another,
    login_subject,
    must_wait,
    place_subject,
    taken_back,
    was_right,
)
from seawall.access.password import check_password, fits, hash_password
from seawall.access.person import Person
from seawall.access.session import TOUCH, SignIn, new_token, token_digest
from seawall.audit.event import Happening
from seawall.errors import NotAllowed, TooMany, WrongState
from seawall.storage.memory import Memory, Stores
from seawall.storage.secrets import Vault

WRONG = "Login, password or code is wrong."
NOBODY = (
    "unknown"  # the subject of a refusal where there is no such login; what was typed is not kept
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody signs in with, and from where."""

    login: str
    password: str
    code: str
    address: str


def sign_in(
    asked: Asked,
    *,
    lasts: timedelta,
    memory: Memory,
    vault: Vault,
    now: datetime,
    instead: str | None = None,
) -> tuple[Person, str]:
    """
    The person and the secret of a new sign-in, which takes the place of the one with the secret `instead`.

    Raises:
        NotAllowed: Login, password or code is wrong, or the person is disabled; which, is not said.
        TooMany: It was tried too often; the sentence says how long to wait.

    """
    login = asked.login.strip().casefold()
    with memory.transaction() as stores:
        _count(login, asked.address, stores, now)
        person = stores.people.by_login(login)
    right = fits(asked.password, person.password if person else None)
    with memory.transaction() as stores:
        current = stores.people.find(person.id, lock=True) if person else None
        step = code_step(current, asked.code, vault, now) if current and right else None
        if current is None or step is None or not _same_credentials(current, person):
            refuse(current, asked.address, stores, now)
        else:
            _take_back(login, asked.address, stores, now)
            return signed_in(current, step, lasts, instead, stores, now, strong=current.enrolled)
    raise NotAllowed(WRONG)


def session_person(
    token: str, *, idle: timedelta, memory: Memory, now: datetime
) -> tuple[Person, SignIn] | None:
    """Who has signed in with this secret, unless it is over or the person is disabled."""
    with memory.reading() as stores:
        known = stores.people.signed_in(token_digest(token))
    if known is None:
        return None
    person, found = known
    if person.disabled_at is not None or not found.open(now, idle=idle):
        return None
    if now - found.seen_at >= TOUCH:
        with memory.transaction() as stores:
            stores.people.seen(found, at=now)
    return person, found


def sign_out(token: str, *, stores: Stores, now: datetime) -> None:
    """The secret lets nobody in any more."""
    digest = token_digest(token)
    found = stores.people.sign_in(digest)
    if found is not None and stores.people.end(digest):
        _record(stores, "person:signed-out", found.person, now, sign_ins=1)


def sign_out_elsewhere(by: SignIn, *, stores: Stores, now: datetime) -> int:
    """Every other sign-in of the same person is over; how many there were."""
    ended = stores.people.end_all(by.person, but=by.digest)
    _record(stores, "person:signed-out", by.person, now, sign_ins=ended)
    return ended


def change_password(by: SignIn, *, old: str, new: str, memory: Memory, now: datetime) -> None:
    """
    Another password from now on; every other sign-in of the person is over, as is a way to set it anew.

    Raises:
        NotAllowed: The old one is wrong.
        TooMany: It was tried too often.
        InputError: The new one is not good enough.

    """
    person = confirmed(by, old, memory, now)
    kept = hash_password(check_password(new, login=person.login))
    with memory.transaction() as stores:
        current = stores.people.find(by.person, lock=True)
        stores.people.save(replace(current, password=kept))
        stores.people.withdraw_invitations(of=by.person)
        ended = stores.people.end_all(by.person, but=by.digest)
        _record(stores, "person:password-changed", by.person, now, sign_ins=ended)


def enrol_totp(by: SignIn, *, password: str, memory: Memory, vault: Vault, now: datetime) -> str:
    """
    A secret for the person's app; a code is asked for only once one was given to `confirm_totp`.

    Raises:
        NotAllowed: The password is wrong.
        TooMany: It was tried too often.
        WrongState: A second factor is asked for already.

    """
    confirmed(by, password, memory, now)
    secret = totp.new_secret()
    with memory.transaction() as stores:
        person = stores.people.find(by.person, lock=True)
        if person.enrolled:
            raise WrongState("A second factor is set up already; drop it first.")
        stores.people.save(replace(person, totp=vault.seal(secret), totp_at=None))
    return secret


def confirm_totp(by: SignIn, code: str, *, memory: Memory, vault: Vault, now: datetime) -> None:
    """
    From now on signing in asks for a code; every other sign-in of the person is over.

    Raises:
        WrongState: Nothing waits to be confirmed, or the code is wrong.

    """
    with memory.transaction() as stores:
        person = stores.people.find(by.person, lock=True)
        if person.totp is None or person.enrolled:
            raise WrongState("No second factor waits to be confirmed; set one up first.")
        secret = vault.open(person.totp)
        step = totp.used_step(secret, code, at=now, after=person.totp_step)
        if step is None:
            raise WrongState("This code is wrong or was used; check the clock and try the next.")
        stores.people.save(replace(person, totp_at=now, totp_step=step))
        stores.people.strengthen(by.digest)
        stores.people.end_all(by.person, but=by.digest)
        _record(stores, "person:totp-enrolled", by.person, now)


def drop_totp(by: SignIn, *, password: str, memory: Memory, now: datetime) -> None:
    """
    Signing in asks for no code any more.

    Raises:
        NotAllowed: The password is wrong.
        TooMany: It was tried too often.

    """
    confirmed(by, password, memory, now)
    with memory.transaction() as stores:
        person = stores.people.find(by.person, lock=True)
        stores.people.save(replace(person, totp=None, totp_at=None))
        _record(stores, "person:totp-dropped", by.person, now)


def count_try(subject: str, free: int, stores: Stores, now: datetime) -> Attempts:
    """
    The count with one more try of this.

    Raises:
        TooMany: It was tried too often; the sentence says how long to wait.

    """
    before = stores.people.hold_attempts(subject, at=now)
    wait = must_wait(before, free=free, at=now)
    if wait:
        seconds = max(1, round(wait.total_seconds()))
        raise TooMany(f"Signing in was tried too often; try again in {seconds} seconds.")
    counted = another(before, at=now)
    stores.people.put_attempts(counted)
    return counted


def _count(login: str, address: str, stores: Stores, now: datetime) -> None:
    """
    One more try of this login from this address.

    Raises:
        TooMany: It was tried too often; nothing was counted.

    """
    place = count_try(place_subject(login, address), FREE_AT_PLACE, stores, now)
    if not place.known(now):
        count_try(login_subject(login), FREE_FOR_LOGIN, stores, now)
        count_try(address_subject(address), FREE_FOR_ADDRESS, stores, now)


def _take_back(login: str, address: str, stores: Stores, now: datetime) -> None:
    """Nobody guessed this login from this address: what was tried counts nowhere."""
    place = stores.people.hold_attempts(place_subject(login, address), at=now)
    if not place.known(now):
        for subject in (login_subject(login), address_subject(address)):
            counted = stores.people.hold_attempts(subject, at=now)
            stores.people.put_attempts(taken_back(counted, place.tries))
    stores.people.put_attempts(was_right(place, at=now))


def _same_credentials(current: Person, compared: Person | None) -> bool:
    """Whether nobody changed or disabled the person while the password was compared."""
    return (
        compared is not None
        and current.disabled_at is None
        and current.password == compared.password
    )


def code_step(person: Person, code: str, vault: Vault, now: datetime) -> int | None:
    """The half minute of the code, None where it is not right; the last one used where none is asked for."""
    if not person.enrolled or person.totp is None:
        return person.totp_step
    return totp.used_step(vault.open(person.totp), code, at=now, after=person.totp_step)


def refuse(
    person: Person | None, address: str, stores: Stores, now: datetime, **details: object
) -> None:
    """Somebody was not let in."""
    subject = person.id if person else NOBODY
    stores.audit.record(
        Happening(
            action="person:refused",
            subject=subject,
            actor=NOBODY,
            at=now,
            details={"address": address, **details},
        )
    )


def signed_in(
    person: Person,
    step: int,
    lasts: timedelta,
    instead: str | None,
    stores: Stores,
    now: datetime,
    *,
    strong: bool,
    **details: object,
) -> tuple[Person, str]:
    """The person and the secret of a sign-in that begins now; the one with the secret `instead` is over."""
    token = new_token()
    if instead is not None:
        stores.people.end(token_digest(instead))
    stores.people.save(replace(person, totp_step=step, seen_at=now))
    stores.people.add_sign_in(
        SignIn(
            digest=token_digest(token),
            person=person.id,
            created_at=now,
            seen_at=now,
            expires_at=now + lasts,
            strong=strong,
        )
    )
    _record(stores, "person:signed-in", person.id, now, strong=strong, **details)
    return person, token


def confirmed(by: SignIn, password: str, memory: Memory, now: datetime) -> Person:
    """
    The person of this sign-in, who knows the password.

    Guessing it here is as slow as signing in, and counted by the sign-in: no stranger uses it up.
    """
    subject = f"confirm:{by.digest.hex()}"
    with memory.transaction() as stores:
        person = stores.people.find(by.person)
        count_try(subject, FREE_AT_PLACE, stores, now)
    if not fits(password, person.password):
        raise NotAllowed("The password is wrong; nothing was changed.")
    with memory.transaction() as stores:
        stores.people.forget_attempts(subject)
    return person


def _record(stores: Stores, action: str, person: str, now: datetime, **details: object) -> None:
    stores.audit.record(
        Happening(action=action, subject=person, actor=person, at=now, details=details)
    )
