"""`/v1/banks/{bank}/entries`: the known signals of a bank, one by one or in bulk."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field, RootModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.clock import now
from seawall.errors import InputError
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.registry import parse_signal
from seawall.signals.signal import Signal
from seawall.storage.bulk import PAGE_BYTES, is_full
from seawall.storage.memory import Stores
from seawall.web.access import may
from seawall.web.bodies import (
    After,
    Body,
    Limit,
    SignalText,
    invalid,
    json_body,
    parsed,
    read_form,
)
from seawall.web.door import door_of
from seawall.web.handed import Passage, of_file, of_text
from seawall.web.once import expected, ticket, unless_changed, written
from seawall.web.openapi import FORM, described
from seawall.web.rendering import Json
from seawall.workflows.bank import Filing, add_entries, change_entry, remove_entry, signals_of
from seawall.workflows.wire import Document, entry_document, not_filed

router = APIRouter(prefix="/v1/banks/{bank}/entries", tags=["entries"])

MOST_AT_ONCE = 10_000
Text = Annotated[str, Field(max_length=4096)]
Names = Annotated[tuple[Annotated[str, Field(max_length=512)], ...], Field(max_length=64)]
_ENTRY: dict[str, Any] = {
    "id": "en_01jd3c7k2x9qhw4t5mz",
    "bank": "known",
    "signal_type": "pdq",
    "value": "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",
    "categories": ["terrorist-content"],
    "vouchers": ["this organisation"],
    "note": "",
    "source": "",
    "expires_at": None,
    "enabled": True,
    "created_at": "2026-01-01T12:00:00.000000Z",
    "change": 7,
    "shared": None,
}


class FilingIn(Body):
    """Under what, and on whose word."""

    categories: Names = ()
    vouchers: Names = ()
    note: Text = ""
    source: Text = ""
    expires_at: AwareDatetime | None = None

    def filing(self) -> Filing:
        """The same, as the workflow takes it."""
        return Filing(
            categories=self.categories,
            vouchers=self.vouchers,
            note=self.note,
            source=self.source,
            expires_at=self.expires_at,
        )


class MediaFilingIn(FilingIn):
    """The same for a text, or for the file that is sent."""

    text: Passage | None = None
    crops: bool = False  # pictures are also known by their crops
    links: bool = False  # the links inside a text or picture are known too


class TextEntryIn(FilingIn):
    """A text to be known by its signals."""

    text: Passage
    links: bool = False  # the links inside it are known too


class EntryIn(FilingIn):
    """A signal to be known."""

    signal_type: str
    value: SignalText


class EntryChange(Body):
    """What may be changed of an entry; a field left out stays as it is."""

    enabled: bool = True
    note: Text = ""
    categories: Names = ()
    vouchers: Annotated[Names, Field(min_length=1)] = ()
    expires_at: AwareDatetime | None = None


Several = Annotated[list[EntryIn], Field(min_length=1, max_length=MOST_AT_ONCE)]


class EntriesIn(RootModel[EntryIn | TextEntryIn | Several]):
    """One entry, a list of them, or a text."""


@router.get("", openapi_extra=described(gives={"entries": [_ENTRY], "next": None}))
def list_entries(
    request: Request,
    by: Annotated[Key, may(Scope.BANKS_READ)],  # noqa: ARG001 - asked for its scope
    bank: str,
    after: After = None,
    limit: Limit = 100,
    signal: Annotated[str | None, Query(description="Only this signal: `pdq:…`.")] = None,
    text: Annotated[str | None, Query(description="Only where value or note contain this.")] = None,
) -> Response:
    """Entries of a bank, oldest first, a page at a time."""
    wanted = parse_signal(signal) if signal else None
    with door_of(request).app.memory.reading() as stores:
        stores.banks.find(bank)
        found = stores.entries.page(
            bank, after=after or 0, limit=limit + 1, signal=wanted, text=text, most=PAGE_BYTES
        )
    page = found[:limit]
    return Json(
        {
            "entries": [entry_document(entry) for entry in page],
            "next": str(page[-1].number) if len(found) > limit or is_full(found) else None,
        }
    )


@router.post(
    "",
    status_code=201,
    openapi_extra=described(
        takes=EntriesIn,
        example={key: _ENTRY[key] for key in ("signal_type", "value", "categories")},
        form=MediaFilingIn,
        file=True,
        gives={"entries": [_ENTRY], "no_signal": []},
        status=201,
    ),
)
async def add(request: Request, by: Annotated[Key, may(Scope.BANKS_WRITE)], bank: str) -> Response:
    """
    One entry, a list of them, or a file or text that is fingerprinted into entries: all of them or none.

    A signal the bank already has gains the new categories and vouchers; it is not doubled. `no_signal` tells which
    kinds of signal the file did not give: a copy of it will not be found by those.
    """
    door = door_of(request)
    missing: list[Document] = []
    if request.headers.get("content-type", "").startswith(FORM):
        with door.room.place(by.id):
            signals, digest, missing = await _from_form(request)
    else:
        digest = await request.body()
        given = await run_in_threadpool(parsed, EntriesIn, digest)
        if isinstance(given.root, TextEntryIn):
            with door.room.place(by.id):
                read = await of_text(given.root.text, door)
            signals, missing = _filed(read, given.root)
        else:
            signals = await run_in_threadpool(_from_json, given.root)

    def story(stores: Stores) -> Document:
        standing = add_entries(
            bank, signals, taxonomy=door.app.taxonomy, stores=stores, by=by.id, now=now()
        )
        return {"entries": [entry_document(entry) for entry in standing], "no_signal": missing}

    answer = await run_in_threadpool(written, door, story, ticket(request, by, digest))
    return Json(answer, status_code=201)


@router.get("/{entry}", openapi_extra=described(gives=_ENTRY))
def show(
    request: Request,
    by: Annotated[Key, may(Scope.BANKS_READ)],  # noqa: ARG001 - asked for its scope
    bank: str,
    entry: str,
) -> Response:
    """One entry; its ETag is the number of its last change."""
    with door_of(request).app.memory.reading() as stores:
        return _tagged(entry_document(stores.entries.find(bank, entry)))


@router.patch(
    "/{entry}", openapi_extra=described(takes=EntryChange, example={"note": "seen"}, gives=_ENTRY)
)
def change(
    request: Request,
    by: Annotated[Key, may(Scope.BANKS_WRITE)],
    bank: str,
    entry: str,
    wanted: Annotated[EntryChange, json_body(EntryChange)],
) -> Response:
    """Change an entry; with `If-Match` only if nobody else has since it was read."""
    changes = wanted.model_dump(exclude_unset=True)
    version = expected(request)

    def story(stores: Stores) -> Document:
        return entry_document(
            change_entry(
                bank,
                entry,
                changes,
                taxonomy=door_of(request).app.taxonomy,
                stores=stores,
                by=by.id,
                now=now(),
                expected=version,
            )
        )

    return _tagged(unless_changed(door_of(request), story, None))


@router.delete("/{entry}", status_code=204, openapi_extra=described(status=204))
def remove(
    request: Request, by: Annotated[Key, may(Scope.BANKS_WRITE)], bank: str, entry: str
) -> Response:
    """Take an entry out of its bank; with `If-Match` only if nobody has changed it since it was read."""
    version = expected(request)

    def story(stores: Stores) -> Document:
        remove_entry(bank, entry, stores=stores, by=by.id, now=now(), expected=version)
        return {}

    unless_changed(door_of(request), story, None)
    return Response(status_code=204)


def _from_json(given: EntryIn | list[EntryIn]) -> list[tuple[Signal, Filing]]:
    several = given if isinstance(given, list) else [given]
    return [(parse_signal(f"{each.signal_type}:{each.value}"), each.filing()) for each in several]


async def _from_form(
    request: Request,
) -> tuple[list[tuple[Signal, Filing]], bytes, list[Document]]:
    form = await read_form(request, several=frozenset({"categories", "vouchers"}))
    try:
        given = MediaFilingIn.model_validate(form.fields)
    except ValidationError as wrong:
        raise invalid(wrong, "form") from None
    if (form.file is None) == (given.text is None):
        raise InputError("Send the file in the field 'file', or a text in the field 'text'.")
    asked = repr(sorted(form.fields.items())).encode()
    if form.file is not None:
        read = await of_file(form.file, door_of(request), crops=given.crops)
        asked += hashlib.sha256(form.file).digest()
    else:
        read = await of_text(given.text or "", door_of(request))
    signals, missing = _filed(read, given)
    return signals, asked, missing


def _filed(
    read: Fingerprint, given: MediaFilingIn | TextEntryIn
) -> tuple[list[tuple[Signal, Filing]], list[Document]]:
    """The signals of a piece of media as entries of one filing, and those it does not have."""
    filing = given.filing()
    signals = [(signal, filing) for signal in signals_of(read, links=given.links)]
    return signals, not_filed(read, links=given.links)


def _tagged(document: Document) -> Response:
    return Json(document, headers={"ETag": f'"{document["change"]}"'})
