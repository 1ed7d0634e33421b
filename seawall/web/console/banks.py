"""
Banks and their entries: what is known, on whose word, until when, and how often it was right.

    /desk/banks ─▶ a bank, paged and searched ─▶ an entry ─▶ off, on, removed
"""

from datetime import datetime
from typing import Annotated

from fastapi import Form, Query
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import Permission, may
from seawall.banks.entry import Entry, counts
from seawall.clock import now
from seawall.errors import InputError
from seawall.signals.registry import SIGNAL_TYPES, parse_signal
from seawall.signals.signal import Signal
from seawall.storage.bulk import PAGE_BYTES, is_full
from seawall.web.console.page import desk_router, language_of, shown, went
from seawall.web.console.session import Session, signed_in
from seawall.web.console.shared import named, precision, ruled_precision
from seawall.web.console.where import of_match
from seawall.web.door import door_of
from seawall.workflows.bank import change_bank, change_entry, remove_entry

BANKS = "/desk/banks"
PAGE = 50  # entries
LOOKED_AT = 2_000  # of the latest uploads, for what matched an entry
Reader = Annotated[Session, signed_in(Permission.BANKS_SEE)]
Writer = Annotated[Session, signed_in(Permission.BANKS_WRITE)]
Text = Annotated[str, Form()]
Change = Annotated[int, Form(ge=0, le=2**62)]
router = desk_router(BANKS)


@router.get("")
def banks(request: Request, at: Reader) -> Response:  # noqa: ARG001 - who may
    """Every bank, how much it holds, and who fills it."""
    with door_of(request).app.memory.reading() as stores:
        return shown(
            request,
            "screens/banks.html",
            banks=stores.banks.all(),
            sizes=stores.banks.sizes(),
            filled={each.bank: each for each in stores.memberships.all()},
        )


@router.get("/{bank}")
def bank(
    request: Request,
    at: Reader,
    bank: str,
    text: Annotated[str, Query(max_length=4096)] = "",
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> Response:
    """A bank and its entries, perhaps those of a signal or with a text."""
    wanted = text.strip()
    signal = _signal(wanted)
    moment = now()
    with door_of(request).app.memory.reading() as stores:
        found = stores.banks.find(named(bank))
        filled = stores.memberships.of_bank(bank)
        size = stores.banks.size(bank)
        entries = stores.entries.page(
            bank,
            after=after,
            limit=PAGE + 1,
            signal=signal,
            text=None if signal else wanted or None,
            most=PAGE_BYTES,
        )
    page = entries[:PAGE]
    return shown(
        request,
        "screens/bank.html",
        bank=found,
        filled=filled,
        size=size,
        entries=[(each, _standing(each, moment)) for each in page],
        further=page[-1].number if len(entries) > PAGE or is_full(entries) else None,
        after=after,
        wanted=wanted,
        writing=may(at.person, Permission.BANKS_WRITE),
    )


@router.post("/{bank}/switch")
def switch_bank(request: Request, at: Writer, bank: str, on: Text = "") -> Response:
    """A bank that is off matches nothing."""
    with door_of(request).app.memory.transaction() as stores:
        change_bank(
            named(bank),
            enabled=on == "yes",
            description=None,
            stores=stores,
            by=at.person.id,
            now=now(),
        )
    return went(f"{BANKS}/{bank}", "bank-on" if on == "yes" else "bank-off")


@router.get("/{bank}/entries/{entry}")
def entry(request: Request, at: Reader, bank: str, entry: str) -> Response:
    """One entry: its signal, who vouches for it, and what it matched lately."""
    moment = now()
    with door_of(request).app.memory.reading() as stores:
        found = stores.entries.find(named(bank), named(entry))
        filled = stores.memberships.of_bank(bank)
        matched = stores.uploads.matched_by(entry, latest=LOOKED_AT)
        ruled = stores.quality.precision_of(entry)
    return shown(
        request,
        "screens/entry.html",
        entry=found,
        standing=_standing(found, moment),
        vouchers=_until(found.vouchers, found, "vouched_until"),
        origins=_until(found.shared.origins if found.shared else (), found, "origins_until"),
        only_authorities=found.shared is not None and found.shared.only_authorities(at=moment),
        precision=precision(request, found.shared.precision) if found.shared else None,
        ruled=ruled_precision(request, ruled) if ruled.trials else None,
        filled=filled,
        matched=matched,
        where=of_match(language_of(request)),
        looked_at=LOOKED_AT,
        writing=may(at.person, Permission.BANKS_WRITE),
        seeing_cases=may(at.person, Permission.CASES_SEE),
    )


@router.post("/{bank}/entries/{entry}/switch")
def switch_entry(
    request: Request, at: Writer, bank: str, entry: str, change: Change, on: Text = ""
) -> Response:
    """An entry that is off matches nothing, whatever a hub says of it."""
    app = door_of(request).app
    with app.memory.transaction() as stores:
        change_entry(
            named(bank),
            named(entry),
            {"enabled": on == "yes"},
            taxonomy=app.taxonomy,
            stores=stores,
            by=at.person.id,
            now=now(),
            expected=change,
        )
    return went(f"{BANKS}/{bank}/entries/{entry}", "entry-on" if on == "yes" else "entry-off")


@router.get("/{bank}/entries/{entry}/remove")
def ask_removal(request: Request, at: Writer, bank: str, entry: str) -> Response:  # noqa: ARG001 - who may
    """Whether it is really to be removed."""
    with door_of(request).app.memory.reading() as stores:
        found = stores.entries.find(named(bank), named(entry))
    return shown(request, "screens/entry-remove.html", entry=found)


@router.post("/{bank}/entries/{entry}/remove")
def remove(request: Request, at: Writer, bank: str, entry: str, change: Change) -> Response:
    """Out of its bank; past verdicts still name it."""
    with door_of(request).app.memory.transaction() as stores:
        remove_entry(
            named(bank),
            named(entry),
            stores=stores,
            by=at.person.id,
            now=now(),
            expected=change,
        )
    return went(f"{BANKS}/{bank}", "entry-removed")


def _signal(text: str) -> Signal | None:
    """What is asked for, where it is a whole signal such as `pdq:…`."""
    if text.partition(":")[0] not in SIGNAL_TYPES:
        return None
    try:
        return parse_signal(text)
    except InputError:
        return None


def _standing(entry: Entry, moment: datetime) -> str:
    """What a match with it means now, in a word."""
    if not entry.enabled:
        return "off"
    if not counts(entry, at=moment):
        return "ended"
    return "disputed" if entry.shared and entry.shared.disputed else "on"


def _until(names: tuple[str, ...], entry: Entry, ends: str) -> list[tuple[str, datetime | None]]:
    """Each name, and until when it counts: its own end, or the entry's."""
    own = getattr(entry.shared, ends) if entry.shared else {}
    return [(name, own.get(name, entry.expires_at)) for name in names]
