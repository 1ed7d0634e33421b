"""
Messages go to where they are wanted: sent at least once, under an id by which a receiver knows them again.

    due ──endpoint lent──▶ taken ──sent──▶ answers ──one transaction──▶ delivered, due later, or dead; given back

Of each subject only the oldest waiting message is taken, so a later one never overtakes it. Whoever dies on the way has
written nothing: what was taken is still waiting, and is sent again.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from seawall.audit.event import Happening
from seawall.clock import rfc3339
from seawall.delivery.mail import PREFIX as MAIL
from seawall.delivery.mail import letter, send_mail
from seawall.delivery.schedule import Meaning, meaning, next_attempt, quiet_until
from seawall.delivery.webhook import Answer, Post, headers
from seawall.errors import NotFound
from seawall.ids import new_id
from seawall.sandbox.guarded_network import GuardedNetwork, Resolve, resolve_name
from seawall.storage.deliveries import Delivery, Endpoint, Parcel, Progress
from seawall.storage.memory import Memory, Stores
from seawall.storage.secrets import Vault
from seawall.workflows.endpoints import Document, Outside, active_secrets

BATCH = 64  # messages that are taken at a time
ACTOR = "delivery"
GONE = "The endpoint answered 410 Gone: it wants no messages any more."
LEAST_LOAN = timedelta(minutes=2)  # after which another process has an endpoint whose borrower died
LOAN_TIMEOUTS = (
    6  # the same in times that one message may take: a batch goes out over 16 connections
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """What sending needs of its home."""

    memory: Memory
    vault: Vault
    owner: str  # this home on this machine; one process of it sends
    outside: Outside
    timeout: timedelta  # for one message
    give_up: timedelta  # after the first attempt
    now: Callable[[], datetime]
    chance: Callable[[], float]
    mail_password: str | None = None
    resolve: Resolve = resolve_name

    def post(self) -> Post:
        """Sends over a network that leads only outside, and to the hosts that were allowed by name."""
        hosts = self.outside.allowed_hosts
        return Post(GuardedNetwork(allowed_hosts=hosts, resolve=self.resolve), timeout=self.timeout)


async def deliver_due(ident: str, *, courier: Courier, post: Post) -> list[Meaning]:
    """
    What the answers to the messages mean that were due at this endpoint; nothing when it is somebody else's now.

    Raises:
        StorageError: The database refused; what was sent will be sent again.

    """
    taken = await asyncio.to_thread(_take, ident, courier)
    if taken is None:
        return []
    endpoint, parcels = taken
    answers = await _sent(endpoint, parcels, courier, post)
    await asyncio.to_thread(_settle, ident, list(zip(parcels, answers, strict=True)), courier)
    return [meaning(answer) for answer in answers]


async def try_endpoint(ident: str, *, courier: Courier) -> Document:
    """
    `{"status", "error"}`: what an endpoint answers to a message that means nothing; it is sent once and not kept.

    Raises:
        NotFound: There is no such endpoint.

    """
    with courier.memory.reading() as stores:
        endpoint = stores.deliveries.endpoint(ident)
    now = courier.now()
    parcel = Parcel(
        delivery=Delivery(
            number=0,
            message=new_id("msg", at=now),
            endpoint=ident,
            subject=ident,
            state=Progress.WAITING,
            attempts=0,
            next_at=now,
            first_at=None,
            last_status=None,
            last_error=None,
            delivered_at=None,
        ),
        topic="endpoint:test",
        body={},
        at=now,
        order=0,
    )
    async with courier.post() as post:
        (answer,) = await _sent(endpoint, [parcel], courier, post)
    return {"status": answer.status, "error": answer.said or None}


def payload(parcel: Parcel) -> Document:
    """A message as its receiver reads it; `number` grows in the order of commits."""
    return {
        "type": parcel.topic,
        "timestamp": rfc3339(parcel.at),
        "id": parcel.delivery.message,
        "number": parcel.order,
        "subject": parcel.delivery.subject,
        "data": parcel.body,
    }


def _take(ident: str, courier: Courier) -> tuple[Endpoint, list[Parcel]] | None:
    now = courier.now()
    until = now + max(LEAST_LOAN, LOAN_TIMEOUTS * courier.timeout)
    with courier.memory.transaction() as stores:
        if not stores.deliveries.lend(ident, owner=courier.owner, until=until, now=now):
            return None
        endpoint = stores.deliveries.endpoint(ident)
        failing = endpoint.failing_since is not None  # one message shows whether it is up again
        parcels = stores.deliveries.due(
            ident, now=now, limit=1 if failing else BATCH, early=failing
        )
        if not parcels:
            stores.deliveries.give_back(ident, owner=courier.owner)
            return None
    return endpoint, parcels


async def _sent(
    endpoint: Endpoint, parcels: Sequence[Parcel], courier: Courier, post: Post
) -> list[Answer]:
    if endpoint.url.startswith(MAIL):
        return [await asyncio.to_thread(_mailed, endpoint, each, courier) for each in parcels]
    secrets = active_secrets(endpoint, vault=courier.vault, now=courier.now())

    async def sent(parcel: Parcel) -> Answer:
        body, message = orjson.dumps(payload(parcel)), parcel.delivery.message
        signed = headers(message, body, keys=secrets, at=courier.now())
        return await post.send(endpoint.url, body, signed)

    return list(await asyncio.gather(*map(sent, parcels)))


def _mailed(endpoint: Endpoint, parcel: Parcel, courier: Courier) -> Answer:
    config = courier.outside.mail
    mail = letter(
        to=endpoint.url,
        config=config,
        message=parcel.delivery.message,
        topic=parcel.topic,
        subject=parcel.delivery.subject,
        at=parcel.at,
        body=orjson.dumps(parcel.body, option=orjson.OPT_INDENT_2).decode(),
    )
    seconds = courier.timeout.total_seconds()
    return send_mail(mail, config, password=courier.mail_password, seconds=seconds)


def _settle(ident: str, sent: Sequence[tuple[Parcel, Answer]], courier: Courier) -> None:
    """Write what was answered, all of it or nothing."""
    now = courier.now()
    with courier.memory.transaction() as stores:
        try:
            before = stores.deliveries.endpoint(ident, lock=True)
        except NotFound:  # removed meanwhile, with its deliveries
            return
        changed = [_answered(parcel.delivery, answer, courier, now) for parcel, answer in sent]
        stores.deliveries.save(changed)
        for each in changed:
            if each.state is Progress.DEAD:
                _record_death(each, stores, now)
        after = _seen(before, [answer for _, answer in sent], courier, now)
        if after != before:
            stores.deliveries.save_endpoint(after)
        if after.disabled_at is not None and before.disabled_at is None:
            _disable(after, stores, now)
        elif before.failures > 1 and after.failures == 0:
            stores.deliveries.wake(ident, now=now)
        stores.deliveries.give_back(ident, owner=courier.owner)


def _answered(delivery: Delivery, answer: Answer, courier: Courier, now: datetime) -> Delivery:
    """A delivery after one more attempt."""
    tried = replace(
        delivery,
        attempts=delivery.attempts + 1,
        first_at=delivery.first_at or now,
        last_status=answer.status,
        last_error=answer.said or None,
    )
    if meaning(answer) is Meaning.TAKEN:
        return replace(tried, state=Progress.DELIVERED, delivered_at=now, last_error=None)
    again = next_attempt(
        tried.attempts,
        first=tried.first_at or now,
        at=now,
        give_up=courier.give_up,
        chance=courier.chance(),
    )
    return replace(tried, state=Progress.DEAD) if again is None else replace(tried, next_at=again)


def _seen(
    endpoint: Endpoint, answers: Sequence[Answer], courier: Courier, now: datetime
) -> Endpoint:
    """An endpoint after it has answered, or has not."""
    meant = [meaning(answer) for answer in answers]
    if Meaning.GONE in meant:
        return replace(endpoint, disabled_at=now, last_error=GONE)
    down = [answer for answer, each in zip(answers, meant, strict=True) if each is Meaning.DOWN]
    if not down:
        refused = next((f"{each.status} {each.said}" for each in answers if each.said), None)
        return replace(
            endpoint, failing_since=None, failures=0, quiet_until=None, last_error=refused
        )
    failures = endpoint.failures + 1
    worst = down[-1]
    return replace(
        endpoint,
        failing_since=endpoint.failing_since or now,
        failures=failures,
        quiet_until=max(
            quiet_until(failures, each, at=now, chance=courier.chance()) for each in down
        ),
        last_error=f"{worst.status or ''} {worst.said}".strip(),
    )


def _disable(endpoint: Endpoint, stores: Stores, now: datetime) -> None:
    dead = stores.deliveries.bury(endpoint.id, error=GONE)
    stores.audit.record(
        Happening(
            action="endpoint:disabled",
            subject=endpoint.id,
            actor=ACTOR,
            at=now,
            details={"url": endpoint.url, "dead": dead},
        )
    )


def _record_death(delivery: Delivery, stores: Stores, now: datetime) -> None:
    stores.audit.record(
        Happening(
            action="delivery:dead",
            subject=delivery.message,
            actor=ACTOR,
            at=now,
            details={
                "endpoint": delivery.endpoint,
                "delivery": delivery.number,
                "attempts": delivery.attempts,
                "error": delivery.last_error or str(delivery.last_status),
            },
        )
    )
