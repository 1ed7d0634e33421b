"""
What follows from a ruling outside its case, said or taken back: messages, the ledger, other organisations, users.

`carrying_out` and `restoring` share it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from seawall.cases.case import Case, Item, ItemKind
from seawall.cases.config import CasesConfig
from seawall.cases.ruling import AccountMeasure, Ruling
from seawall.clock import rfc3339
from seawall.errors import Error
from seawall.ids import new_id
from seawall.index.digest import digest
from seawall.policy.category import Taxonomy
from seawall.policy.ground import ground_document
from seawall.storage.memory import Stores
from seawall.storage.outbox import Message
from seawall.workflows.audit import record
from seawall.workflows.telling import queue_opinion, queue_outcome
from seawall.workflows.upload import LET_THROUGH


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What carrying out needs to know besides the ruling."""

    config: CasesConfig
    taxonomy: Taxonomy
    owner: str  # of the bank, and who vouches for what is in it
    keep_ledger: bool
    secret: bytes  # by which it is drawn who decides twice


def message_of(topic: str, ruling: Ruling, item: Item, *, at: datetime) -> Message:
    """What a platform is told of one item of a ruling."""
    return Message(
        id=new_id("msg", at=at),
        topic=topic,
        subject=item.id,
        body={
            "ruling": ruling.id,
            "case": ruling.case,
            "items": [
                {
                    "item": item.id,
                    "kind": item.kind,
                    "upload": item.upload,
                    "measure": ruling.decision,
                    "territories": list(ruling.territories),
                }
            ],
            "ends_at": rfc3339(ruling.ends_at) if ruling.ends_at else None,
            "policy": ruling.policy,
            "policy_version": ruling.policy_version,
            "ground": ground_document(ruling.ground),
            "context": ruling.context,
            "at": rfc3339(at),
        },
        at=at,
    )


def digests_of(items: Iterable[Item]) -> set[bytes]:
    """What the signals of these items are filed under."""
    return {digest(signal) for item in items for signal in item.signals}


def users_of(case: Case) -> list[str]:
    """Everybody who uploaded what the case is about, or whom it is about."""
    users = dict.fromkeys(item.uploader for item in case.items if item.uploader)
    users |= dict.fromkeys(item.id for item in case.items if item.kind is ItemKind.USER)
    return list(users)


def measured_message(
    user: str, measure: AccountMeasure | None, count: int, ruling: Ruling, *, at: datetime
) -> Message:
    """What a platform is told to do about a user; None: what this ruling led to is taken back."""
    return Message(
        id=new_id("msg", at=at),
        topic="user:measured",
        subject=user,
        body={
            "user": user,
            "measure": measure,
            "strikes": count,
            "ruling": ruling.id,
            "case": ruling.case,
            "policy": ruling.policy,
            "policy_version": ruling.policy_version,
            "ground": ground_document(ruling.ground),
            "at": rfc3339(at),
        },
        at=at,
    )


def let_through(items: Iterable[Item], *, bench: Bench, stores: Stores) -> None:
    """What had been kept back is on the platform from now on: tomorrow's signal must find it."""
    if not bench.keep_ledger:
        return
    for item in items:
        if item.upload is not None:
            upload = stores.uploads.find(item.upload)
            if upload.verdict.measure not in LET_THROUGH:
                stores.uploads.enter_in_ledger(upload)


def tell_outcomes(case: Case, *, right: bool, stores: Stores, now: datetime) -> list[str]:
    """Queue what this says of entries that came from exchanges; why it could not be queued, where it could not."""
    untold = []
    entries = {match.entry: match.bank for item in case.items for match in item.matches}
    for entry, bank in entries.items():
        membership = stores.memberships.of_bank(bank)
        if membership is None:
            continue
        counts = {"right": int(right), "wrong": int(not right)}
        try:
            queue_outcome(membership.id, entry, **counts, stores=stores, now=now)
        except Error as gone:  # taken out meanwhile: the ruling stands all the same
            untold.append(str(gone))
    return untold


def tell_all(
    items: Sequence[Item],
    memberships: Iterable[str],
    opinion: dict[str, object],
    *,
    stores: Stores,
    now: datetime,
) -> list[str]:
    """Queue this opinion of every item for each hub; why it could not be queued, where it could not."""
    untold = []
    for name in memberships:
        for item in items:
            if not item.signals:
                continue
            try:
                queue_opinion(name, item.signals, opinion, stores=stores, now=now)
            except Error as gone:  # the membership was ended meanwhile
                untold.append(str(gone))
    return untold


def source_of(case: str) -> str:
    """What an entry names as its source that a ruling on this case put into a bank."""
    return f"case {case}"


def put_on_record(stores: Stores, action: str, ruling: Ruling, *, by: str, now: datetime) -> None:
    """The audit event of something that was done about a ruling."""
    details = {"case": ruling.case, "decision": ruling.decision}
    record(stores, action, ruling.id, by=by, now=now, details=details)
