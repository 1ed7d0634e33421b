"""
An upload that nobody waits for: accepted, screened in the background, told of.

    bytes ─▶ spool ─▶ accepted: its row is committed ─▶ taken up, again after every crash ─▶ upload:screened, bytes gone
                └─ never committed: swept                    └─ its file is lost ─▶ screening:failed

The verdict, the end of its screening and the message are one transaction, and the file is unlinked after it: killed at
any instant, there is one verdict. There is one in the end whatever happens: what could not be looked into has that of
its digests and of the rule for failures.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from seawall.access.key import Key
from seawall.errors import OutsideError, WrongState
from seawall.ids import new_id
from seawall.media.media import Kind
from seawall.media.sniff import UNKNOWN
from seawall.policy.territory import territory
from seawall.signals.fingerprint import Fingerprint, failed
from seawall.signals.signal import Reading, Signal
from seawall.storage.memory import Memory, Stores
from seawall.storage.outbox import Message
from seawall.storage.screenings import Screening
from seawall.storage.sealed import SealedMedia
from seawall.storage.spool import Spool, Spooled
from seawall.storage.uploads import Upload
from seawall.storage.whole_files import GRACE
from seawall.workflows.audit import record
from seawall.workflows.upload import Context, remember_upload
from seawall.workflows.wire import screen_document

MOST_TRIES = 10  # after so many starts that no process survived, it is not looked into any more
LOST = timedelta(days=1)  # after which nobody brings back a file that is gone
AWAY = timedelta(days=30)  # after which a home does not come back that has done nothing
KEPT = timedelta(days=7)  # how long one can ask what came of a screening


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much a home may have accepted and not finished; a key at most half, to leave others some."""

    screenings: int
    size: int  # bytes


def check_room(size: int, bounds: Bounds, stores: Stores, *, home: str, by: Key) -> None:
    """
    Refuse what does not find a place beside what waits.

    Raises:
        OutsideError: As much waits as may.

    """
    held, own = stores.screenings.held(home), stores.screenings.held(home, key=by.id)
    if own.screenings and (
        own.screenings >= max(1, bounds.screenings // 2) or own.size + size > bounds.size // 2
    ):
        raise OutsideError(
            f"{own.screenings} screenings of this key wait in the background already, with {own.size} bytes, as many "
            "as one key may have; nothing was recorded. Try again later."
        )
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
    check_room(spooled.size, bounds, stores, home=spooled.home, by=by)
    about = asdict(context) | {"territory": place}
    del about["key"]
    screening = Screening(
        id=spooled.name,
        key=by.id,
        context=about,
        home=spooled.home,
        path=spooled.name,
        size=spooled.size,
        sha256=spooled.digest.hex(),
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
    with memory.transaction() as stores:
        taken = [ident for ident in wanted if stores.screenings.begin(ident, at=now)]
        return [stores.screenings.find(ident) for ident in taken]


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
    lost: str | None = None,
) -> None:
    """
    The upload with its verdict, and the message that tells of it; `lost` says why its file could not be read.

    Raises:
        WrongState: The screening was ended before, or begun anew; nothing of this is kept.

    """
    if not stores.screenings.end(screening, at=now, upload=upload.id, reason=lost):
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
    message = Message(
        id=new_id("msg", at=now),
        topic="upload:screened",
        subject=upload.id,
        body={"screening": screening.id} | {name: body[name] for name in told},
        at=now,
    )
    if lost is not None:
        details = {"item": upload.item, "reason": lost, "upload": upload.id}
        record(stores, "screening:failed", screening.id, by=screening.key, now=now, details=details)
        message = replace(
            message,
            topic="screening:failed",
            subject=screening.id,
            body=message.body | {"reason": lost},
        )
    stores.outbox.add(message)


def sweep(memory: Memory, *, spool: Spool, now: datetime) -> list[Screening]:
    """
    Files that nobody names are gone, and old ends forgotten; returns what lost its file for good.

    A home knows of its own files only. What another's are it leaves to that one, unless it never came back.
    """
    here, lost = spool.names(), []
    with memory.transaction() as stores:
        stores.screenings.forget(before=now - KEPT)
        for each in stores.screenings.unfinished():
            if each.path in here:
                if (
                    each.home != spool.home
                ):  # this home was moved, or its machine has another name now
                    stores.screenings.adopt(each.id, home=spool.home)
            elif each.changed_at < now - (LOST if each.home == spool.home else AWAY):
                lost.append(each)
    with memory.reading() as stores:
        spool.sweep(stores.screenings.named, before=now - GRACE)
    return lost


def fingerprint_of_lost(screening: Screening, reason: str) -> Fingerprint:
    """What is known of an upload whose file cannot be read any more: its SHA-256, and the reason for all else."""
    return Fingerprint(
        kind=Kind.OTHER,
        media_type=UNKNOWN,
        size=screening.size,
        readings=(Reading(signal=Signal("sha256", screening.sha256)),),
        missing=failed(Kind.OTHER, reason),
        error=reason,
    )


def is_hopeless(screening: Screening) -> bool:
    """Whether it was begun so often that nobody should look into it again."""
    return screening.begun > MOST_TRIES
