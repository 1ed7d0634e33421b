"""Is this installation well? Each check says what it looked at, and what to do when it is not."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from seawall.banks.catalogue import codes_of
from seawall.delivery.mail import PREFIX as MAIL
from seawall.delivery.mail import knock
from seawall.delivery.mail_config import MailConfig
from seawall.errors import Error, FetchError
from seawall.policy.rule import unguarded
from seawall.sandbox.sandbox import Sandbox
from seawall.signals.embedding import model_of
from seawall.signals.registry import EMBEDDING, SEQUENCE_TYPES
from seawall.storage.memory import Memory
from seawall.storage.screenings import Backlog
from seawall.workflows.audit import verify_audit
from seawall.workflows.delivering import Courier
from seawall.workflows.endpoints import Document, endpoint_documents
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.pictures import jpeg, landscape

if TYPE_CHECKING:
    from seawall.partners.identity_provider import IdentityProvider

LEAST_FREE = 1024 * 1024 * 1024  # bytes
LONG_WAIT = timedelta(hours=1)  # in the background


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at."""

    what: str
    well: bool
    says: str


def examine(
    home: Path, *, memory: Memory, knowledge: Knowledge, sandbox: Sandbox, now: datetime
) -> Iterator[Check]:
    """Every check, one after another; none stops the next."""
    free = shutil.disk_usage(home).free
    says = f"{free / 1e9:.1f} GB free at {home}"
    yield Check(
        what="disk",
        well=free > LEAST_FREE,
        says=says if free > LEAST_FREE else f"{says}: make room",
    )

    with memory.reading() as stores:
        entries, uploads, last = (
            stores.entries.count(),
            stores.uploads.count(),
            stores.last_change(),
        )
        rules, backlog = stores.rules.all(), stores.screenings.backlog()
        rows = tuple(SEQUENCE_TYPES)
        codes = entries - stores.entries.count(types=rows)
        codes += sum(map(codes_of, stores.entries.signals(types=rows)))
    yield Check(
        what="database", well=True, says=f"{memory.dialect}: {entries} entries, {uploads} uploads"
    )

    indexed, position = len(knowledge.catalogue), knowledge.catalogue.position
    in_step = (indexed, position) == (codes, last)
    says = f"{indexed} of {codes} codes of {entries} entries, up to change {position} of {last}"
    yield Check(
        what="index",
        well=in_step,
        says=says if in_step else f"{says}: `seawall doctor --rebuild` makes it anew",
    )

    guarded = not unguarded(rules)
    yield Check(
        what="rules",
        well=guarded,
        says=f"{len(rules)} rules; uploads that cannot be screened are caught"
        if guarded
        else "no rule catches uploads that cannot be screened: `seawall rule put … hold --on failure`",
    )
    yield _background(backlog, now)
    yield _decoding(sandbox)
    if EMBEDDING.kinds:
        yield _embedding(sandbox)

    verified = verify_audit(memory)
    yield Check(
        what="audit log",
        well=not verified.faults,
        says=verified.faults[0] if verified.faults else f"{verified.events} events, unbroken",
    )


def examine_outside(courier: Courier, provider: "IdentityProvider | None") -> Iterator[Check]:
    """What this home depends on outside: where messages go, and whose accounts open the desk, where there is any."""
    with courier.memory.reading() as stores:
        endpoints = endpoint_documents(stores)
    yield _endpoints(endpoints)
    mail = courier.outside.mail
    mailboxes = any(each["url"].startswith(MAIL) for each in endpoints)
    if mail.host or mailboxes:
        yield _mail(mail, courier)
    if provider is not None:
        yield _provider(provider, courier.now())


def _endpoints(endpoints: Sequence[Document]) -> Check:
    """Well as long as everything arrives, or somebody has paused it and nothing waits."""
    faults = []
    for each in endpoints:
        ident, waiting, dead = each["id"], each["waiting"], each["dead"]
        if each["state"] == "disabled":
            faults.append(f"{ident} wants no messages any more (410): `seawall endpoint resume`")
        elif each["state"] == "paused" and waiting:
            faults.append(f"{ident} is paused, {waiting} wait: `seawall endpoint resume`")
        elif each["state"] == "failing":
            faults.append(f"{ident} fails since {each['failing_since']}: {each['last_error']}")
        if dead:
            faults.append(f"{ident} has {dead} dead: `seawall endpoint replay`")
    says = "; ".join(faults) or f"{len(endpoints)} endpoints, everything arrives"
    return Check(what="endpoints", well=not faults, says=says)


def _mail(config: MailConfig, courier: Courier) -> Check:
    if not (config.host and config.sender):
        says = "no mail is sent: set mail.host and mail.sender"
        return Check(what="mail", well=False, says=says)
    seconds = courier.timeout.total_seconds()
    broken = knock(config, password=courier.mail_password, seconds=seconds)
    says = f"{config.host}:{config.port} " + (
        "takes mail from us" if broken is None else f"does not let us in: {broken}"
    )
    return Check(what="mail", well=broken is None, says=says)


def _provider(provider: "IdentityProvider", now: datetime) -> Check:
    if not provider.config.client_id:
        says = "oidc.client_id is missing: the provider gives it when Seawall is registered there"
        return Check(what="accounts elsewhere", well=False, says=says)
    try:
        keys = provider.keys_for("", at=now)
    except FetchError as failed:
        return Check(what="accounts elsewhere", well=False, says=str(failed))
    says = (
        f"{provider.config.issuer} answers, with {len(keys.keys)} keys"
        if keys
        else f"{provider.config.issuer} shows no public key we can use; nobody comes in by it"
    )
    return Check(what="accounts elsewhere", well=bool(keys), says=says)


def _background(backlog: Backlog, now: datetime) -> Check:
    """Well unless something waits for long: then no server runs in its home, or it keeps failing there."""
    says = f"{backlog.held} screenings wait, {backlog.size / 1e9:.1f} GB; {backlog.failed} failed in a week"
    waits = now - backlog.oldest_at if backlog.oldest_at else timedelta()
    if waits > LONG_WAIT:
        says += f"; the oldest waits for {waits // timedelta(hours=1)} hours: see the server's log"
    return Check(what="background", well=waits <= LONG_WAIT and not backlog.failed, says=says)


def _embedding(sandbox: Sandbox) -> Check:
    what = "embedding model"
    try:
        found = sandbox.fingerprint(jpeg(landscape(1)))
    except Error as failed:
        return Check(what=what, well=False, says=str(failed))
    made = [each.signal for each in found.readings if each.signal.type == EMBEDDING.name]
    if made:
        return Check(what=what, well=True, says=f"{model_of(made[0])} answers")
    reason = next(each.reason for each in found.missing if each.type == EMBEDDING.name)
    return Check(what=what, well=False, says=reason)


def _decoding(sandbox: Sandbox) -> Check:
    try:
        found = sandbox.fingerprint(jpeg(landscape(1)))
        after = sandbox.fingerprint(jpeg(landscape(1))[:2000])
    except Error as failed:
        return Check(what="workers", well=False, says=str(failed))
    well = not found.missing and after.error is not None
    says = (
        "a picture is read, a broken one refused"
        if well
        else found.error or "a broken picture was not noticed"
    )
    return Check(what="workers", well=well, says=says)
