"""
An upload that nobody waits for: accepted, screened in the background, told of.

    bytes ─▶ spool ─▶ accepted: its row is committed ─▶ taken up, again after every crash ─▶ upload:screened, bytes gone
                └─ never committed: swept                    └─ cannot be ─▶ screening:failed

The verdict, the end of its screening and the message are one transaction, and the file is unlinked after it: killed at
any instant, there is one verdict.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from seawall.access.key import Key
from seawall.errors import OutsideError, WrongState
from seawall.ids import new_id
from seawall.policy.territory import territory
from seawall.storage.memory import Memory, Stores
from seawall.storage.outbox import Message
from seawall.storage.screenings import Screening
from seawall.storage.sealed import SealedMedia
from seawall.storage.spool import Spool, Spooled
from seawall.storage.uploads import Upload
from seawall.workflows.audit import record
from seawall.workflows.upload import Context, remember_upload
from seawall.workflows.wire import screen_document

MOST_TRIES = 10  # after so many starts that no process survived, it is the upload's fault
GRACE = timedelta(hours=1)  # from a file's last byte to its transaction's commit, and much to spare
LOST = timedelta(days=1)  # after which nobody brings back a file that is gone
KEPT = timedelta(days=7)  # how long one can ask what came of a screening


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much may be accepted and not finished."""

    screenings: int
    size: int  # bytes


def check_room(size: int, bounds: Bounds, stores: Stores) -> None:
    """
    Refuse what does not find a place beside what waits.

    Raises:
        OutsideError: As much waits as may.

    """
    held = stores.screenings.held()
    if held.screenings >= bounds.screenings or held.size + size > bounds.size:
        raise OutsideError(
            f"{held.screenings} screenings wait in the background already, with {held.size} bytes; nothing was "
            "recorded. Try again later."
        )


def accept(
    spooled: Spooled, context: Context, *, bounds: Bounds, stores: Stores, by: Key, now: datetime
) -> Screening:
    """
    The screening that begins when its turn has come; from this transaction's commit on it is not lost.

    Raises:
        InputError: The territory is not a two-letter code.
        OutsideError: As much waits as may.

    """
    place = territory(context.territory) if context.territory else None
    stores.audit.head(lock=True)  # two that are accepted at once are counted one after the other
    check_room(spooled.size, bounds, stores)
    about = asdict(context) | {"territory": place}
    del about["key"]
    screening = Screening(
        id=spooled.name,
        key=by.id,
        context=about,
        path=spooled.name,
        size=spooled.size,
        at=now,
        changed_at=now,
    )
    stores.screenings.add(screening)
    details = {"item": context.item, "size": screening.size}
    record(stores, "screening:accepted", screening.id, by=by.id, now=now, details=details)
    return screening


def take_up(
    memory: Memory, *, spool: Spool, most: int, besides: Collection[str], now: datetime
) -> list[Screening]:
    """The oldest screenings whose files lie here, but those worked on already, begun now."""
    here = spool.names()
    if not here:
        return []
    with memory.reading() as stores:
        waiting = [each for each in stores.screenings.unfinished() if each.path in here]
    wanted = [each.id for each in waiting if each.id not in besides][:most]
    if not wanted:
        return []
    taken = []
    with memory.transaction() as stores:
        for ident in wanted:
            stores.screenings.begin(ident, at=now)
            taken.append(stores.screenings.find(ident))
    return taken


def context_of(screening: Screening) -> Context:
    """What the platform said about the upload."""
    return Context(**screening.context, key=screening.key)


def finish(
    screening: Screening,
    upload: Upload,
    media: SealedMedia | None,
    *,
    keep_ledger: bool,
    stores: Stores,
    now: datetime,
) -> None:
    """
    The upload with its verdict, and the message that tells of it.

    Raises:
        WrongState: The screening was ended before, or begun anew; nothing of this is kept.

    """
    if not stores.screenings.end(screening, at=now, upload=upload.id):
        raise WrongState(f"The screening {screening.id} has ended already.")
    case = remember_upload(upload, stores=stores, keep_ledger=keep_ledger, media=media)
    body = screen_document(upload, case)
    told = (
        "upload",
        "item",
        "kind",
        "measure",
        "measures_by_territory",
        "review",
        "rules",
        "case",
        "not_screened",
    )
    stores.outbox.add(
        Message(
            id=new_id("msg", at=now),
            topic="upload:screened",
            subject=upload.id,
            body={"screening": screening.id} | {name: body[name] for name in told},
            at=now,
        )
    )


def fail(screening: Screening, reason: str, *, stores: Stores, now: datetime) -> None:
    """The upload has no verdict and never will; whoever sent it is told why, and must send it again."""
    if not stores.screenings.end(screening, at=now, reason=reason):
        return
    details = {"item": screening.context["item"], "reason": reason}
    record(stores, "screening:failed", screening.id, by=screening.key, now=now, details=details)
    body = {"screening": screening.id} | details
    stores.outbox.add(
        Message(
            id=new_id("msg", at=now),
            topic="screening:failed",
            subject=screening.id,
            body=body,
            at=now,
        )
    )


def sweep(memory: Memory, *, spool: Spool, now: datetime) -> None:
    """Files that nobody names are gone, what lost its file has failed, and old ends are forgotten."""
    here = spool.names()
    with memory.transaction() as stores:
        stores.screenings.forget(before=now - KEPT)
        for each in stores.screenings.unfinished():
            if each.path not in here and each.changed_at < now - LOST:
                reason = "Its bytes are not where they were put aside any more; send it again."
                fail(each, reason, stores=stores, now=now)
    with memory.reading() as stores:
        spool.sweep(stores.screenings.named, before=now - GRACE)


def is_hopeless(screening: Screening) -> bool:
    """Whether it was begun so often that it never will be finished."""
    return screening.begun > MOST_TRIES
