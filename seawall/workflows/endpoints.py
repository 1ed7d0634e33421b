"""
Where messages go is decided here: endpoints are added, paused, given new secrets, and their dead deliveries replayed.

    added ──▶ open ──pause──▶ paused ──resume──▶ open
                └──it answers 410──▶ disabled ──resume──▶ open
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from seawall.audit.event import Happening
from seawall.clock import rfc3339
from seawall.delivery.mail import PREFIX as MAIL
from seawall.delivery.mail import check_mail_address
from seawall.delivery.mail_config import MailConfig
from seawall.delivery.webhook import check_address, new_secret
from seawall.errors import InputError
from seawall.ids import new_id
from seawall.storage.deliveries import ALL_TOPICS, Backlog, Endpoint, Parcel, Progress
from seawall.storage.memory import Stores
from seawall.storage.secrets import Vault

Document = dict[str, Any]
MOST_TOPICS = 64
LONGEST_TOPIC = 64
MOST_SECRETS = 4  # that sign at the same time


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What may be reached from here."""

    allowed_hosts: frozenset[str]  # reached wherever they are, over http too
    mail: MailConfig = MailConfig()  # noqa: RUF009 - it is frozen


def add_endpoint(
    url: str,
    topics: Iterable[str],
    *,
    outside: Outside,
    vault: Vault,
    stores: Stores,
    by: str,
    now: datetime,
) -> tuple[Endpoint, str | None]:
    """
    An endpoint and its secret, which is shown once; a mailbox has none.

    Raises:
        InputError: Nothing can be sent to that address, or a topic is none.

    """
    mailbox = url.strip().lower().startswith(MAIL)
    address = (
        check_mail_address(MAIL + url.strip()[len(MAIL) :], outside.mail)
        if mailbox
        else check_address(url, allowed_hosts=outside.allowed_hosts)
    )
    secret = None if mailbox else new_secret()
    endpoint = Endpoint(
        id=new_id("ep", at=now),
        url=address,
        secrets=_sealed([] if secret is None else [(secret, None)], vault),
        topics=_topics(topics),
        created_at=now,
    )
    stores.deliveries.add_endpoint(endpoint)
    details = {"url": address, "topics": list(endpoint.topics)}
    _record(stores, "endpoint:added", endpoint.id, by, now, details)
    return endpoint, secret


def pause_endpoint(ident: str, *, stores: Stores, by: str, now: datetime) -> Endpoint:
    """
    Nothing is sent there until it is resumed; messages wait.

    Raises:
        NotFound: There is no such endpoint.

    """
    before = stores.deliveries.endpoint(ident, lock=True)
    if before.paused_at is not None:
        return before
    after = replace(before, paused_at=now)
    stores.deliveries.save_endpoint(after)
    _record(stores, "endpoint:paused", ident, by, now, {})
    return after


def resume_endpoint(ident: str, *, stores: Stores, by: str, now: datetime) -> Endpoint:
    """
    What waits is sent at once, however the endpoint was stopped.

    Raises:
        NotFound: There is no such endpoint.

    """
    before = stores.deliveries.endpoint(ident, lock=True)
    after = replace(
        before,
        paused_at=None,
        disabled_at=None,
        failing_since=None,
        failures=0,
        quiet_until=None,
        last_error=None,
    )
    if after != before:
        stores.deliveries.save_endpoint(after)
        stores.deliveries.wake(ident, now=now)
        _record(stores, "endpoint:resumed", ident, by, now, {})
    return after


def remove_endpoint(ident: str, *, stores: Stores, by: str, now: datetime) -> None:
    """
    The endpoint, and what was still to be sent there, is forgotten; the messages themselves stay.

    Raises:
        NotFound: There is no such endpoint.

    """
    endpoint = stores.deliveries.endpoint(ident, lock=True)
    backlog = stores.deliveries.backlogs().get(ident, Backlog())
    stores.deliveries.remove_endpoint(ident)
    details = {"url": endpoint.url, "waiting": backlog.waiting, "dead": backlog.dead}
    _record(stores, "endpoint:removed", ident, by, now, details)


def rotate_secret(
    ident: str, *, overlap: timedelta, vault: Vault, stores: Stores, by: str, now: datetime
) -> tuple[Endpoint, str]:
    """
    A new secret, shown once; the ones before it sign as well until the overlap ends.

    Raises:
        NotFound: There is no such endpoint.
        InputError: It is a mailbox.

    """
    before = stores.deliveries.endpoint(ident, lock=True)
    if before.url.startswith(MAIL):
        raise InputError("Mail is not signed, so a mailbox has no secret to change.")
    secret, ends = new_secret(), now + overlap
    kept = [
        (each, min(until, ends) if until else ends)
        for each, until in _opened(before.secrets, vault)
        if until is None or until > now
    ]
    secrets = [(secret, None), *kept][:MOST_SECRETS]
    after = replace(before, secrets=_sealed(secrets, vault))
    stores.deliveries.save_endpoint(after)
    _record(stores, "endpoint:rotated", ident, by, now, {"old_until": rfc3339(ends)})
    return after, secret


def replay_dead(
    ident: str, numbers: Sequence[int] | None, *, stores: Stores, by: str, now: datetime
) -> int:
    """
    These dead deliveries, or all of an endpoint's, are sent again; how many.

    Raises:
        NotFound: There is no such endpoint.

    """
    stores.deliveries.endpoint(ident, lock=True)
    replayed = stores.deliveries.replay(ident, numbers, now=now)
    if replayed:
        details = {"deliveries": len(replayed), "first": replayed[0], "last": replayed[-1]}
        _record(stores, "delivery:replayed", ident, by, now, details)
    return len(replayed)


def active_secrets(endpoint: Endpoint, *, vault: Vault, now: datetime) -> list[str]:
    """The secrets that sign at this moment, newest first."""
    opened = _opened(endpoint.secrets, vault)
    return [secret for secret, until in opened if until is None or until > now]


def endpoint_documents(stores: Stores) -> list[Document]:
    """Every endpoint as the doors show it."""
    backlogs = stores.deliveries.backlogs()
    return [
        endpoint_document(each, backlogs.get(each.id, Backlog()))
        for each in stores.deliveries.endpoints()
    ]


def endpoint_document(endpoint: Endpoint, backlog: Backlog) -> Document:
    """An endpoint without its secrets, and how much has not arrived."""
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "topics": list(endpoint.topics),
        "state": _state(endpoint),
        "waiting": backlog.waiting,
        "dead": backlog.dead,
        "oldest_at": _moment(backlog.oldest_at),
        "failing_since": _moment(endpoint.failing_since),
        "quiet_until": _moment(endpoint.quiet_until),
        "last_error": endpoint.last_error,
        "created_at": rfc3339(endpoint.created_at),
    }


def shown_endpoint(ident: str, stores: Stores) -> Document:
    """
    One endpoint as the doors show it.

    Raises:
        NotFound: There is no such endpoint.

    """
    endpoint = stores.deliveries.endpoint(ident)
    return endpoint_document(endpoint, stores.deliveries.backlogs().get(ident, Backlog()))


def deliveries_in(
    ident: str, state: Progress, *, after: int, limit: int, stores: Stores
) -> list[Document]:
    """
    Deliveries of an endpoint as the doors show them, oldest first.

    Raises:
        NotFound: There is no such endpoint.

    """
    stores.deliveries.endpoint(ident)
    found = stores.deliveries.of_state(ident, state=state, after=after, limit=limit)
    return [_delivery_document(each) for each in found]


def parse_progress(text: str) -> Progress:
    """
    A state of deliveries by name.

    Raises:
        InputError: There is no such state.

    """
    try:
        return Progress(text)
    except ValueError:
        raise InputError(
            f"There is no state '{text}'; a delivery is {', '.join(Progress)}."
        ) from None


def _delivery_document(parcel: Parcel) -> Document:
    delivery = parcel.delivery
    return {
        "number": delivery.number,
        "message": delivery.message,
        "topic": parcel.topic,
        "subject": delivery.subject,
        "at": rfc3339(parcel.at),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "next_at": rfc3339(delivery.next_at) if delivery.state is Progress.WAITING else None,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
        "delivered_at": _moment(delivery.delivered_at),
    }


def _state(endpoint: Endpoint) -> str:
    if endpoint.disabled_at:
        return "disabled"
    if endpoint.paused_at:
        return "paused"
    return "failing" if endpoint.failing_since else "open"


def _topics(names: Iterable[str]) -> tuple[str, ...]:
    topics = tuple(dict.fromkeys(name.strip() for name in names)) or (ALL_TOPICS,)
    if len(topics) > MOST_TOPICS:
        raise InputError(f"An endpoint has {MOST_TOPICS} topics at most; leave them out for all.")
    for topic in topics:
        thing, colon, what = topic.partition(":")
        if topic != ALL_TOPICS and not (thing and colon and what and len(topic) <= LONGEST_TOPIC):
            raise InputError(
                f"A topic is such as upload:review-wanted, or * for all; this is '{topic}'."
            )
    return topics


def _sealed(secrets: list[tuple[str, datetime | None]], vault: Vault) -> bytes:
    return vault.seal(
        orjson.dumps([[secret, _moment(until)] for secret, until in secrets]).decode()
    )


def _opened(sealed: bytes, vault: Vault) -> list[tuple[str, datetime | None]]:
    return [
        (secret, datetime.fromisoformat(until) if until else None)
        for secret, until in orjson.loads(vault.open(sealed))
    ]


def _record(
    stores: Stores, action: str, subject: str, by: str, now: datetime, details: Document
) -> None:
    stores.audit.record(
        Happening(action=action, subject=subject, actor=by, at=now, details=details)
    )


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
