"""`/v1/exchange/agreements/{agreement}/…`: opinions, the records they make, and how their matches turned out."""

from collections.abc import Iterator
from itertools import chain
from typing import IO, Annotated, Any

import orjson
from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from seawall.access.key import Key, Scope
from seawall.clock import now, rfc3339
from seawall.errors import Error
from seawall.exchange.agreement import Role
from seawall.exchange.opinion import LONGEST, MAX_SEVERITY, Word
from seawall.exchange.record import Standing
from seawall.signals.registry import parse_signal
from seawall.storage.bulk import PAGE_BYTES, is_full
from seawall.storage.memory import Stores
from seawall.web.access import may
from seawall.web.bodies import After, Body, Limit, SignalText, json_body, parsed
from seawall.web.door import Door, door_of
from seawall.web.once import ticket, written_soon
from seawall.web.openapi import described
from seawall.web.rendering import NDJSON, Json, line
from seawall.web.spooled import CSV, is_ndjson, lines_of, put_aside
from seawall.workflows.acting import acting_member, looked, may_read, writing_member
from seawall.workflows.contributing import Batch, Given, contribute_lines, share_signals
from seawall.workflows.exchange_wire import shared_record_document
from seawall.workflows.sharing import Told, tell
from seawall.workflows.wire import Document

router = APIRouter(prefix="/v1/exchange/agreements/{agreement}", tags=["exchange"])

MOST_SIGNALS = 64  # of one content
MOST_REPORTED = 1_000  # records
Said = Annotated[str, Field(max_length=LONGEST)]
Percent = Annotated[int, Field(ge=0, le=100)]
Times = Annotated[int, Field(ge=0, le=1_000_000)]
Names = Annotated[tuple[Annotated[str, Field(max_length=512)], ...], Field(max_length=64)]
_SIGNAL = "pdq:f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
_RECORD: dict[str, Any] = {
    "id": "rec_5f2f0b9a8f0e4f6a8c1d2e3f",
    "signal": _SIGNAL,
    "piece": "pc_5f2f0b9a8f0e4f6a8c1d2e3f",
    "opinions": [
        {
            "organisation": "acme",
            "kind": "platform",
            "word": "confirm",
            "at": "2026-01-01T12:00:00.000000Z",
            "categories": ["terrorist-content"],
            "severity": 5,
        }
    ],
    "sightings": 3,
    "right": 2,
    "wrong": 0,
    "standing": "active",
    "delta": 17,
    "precision": 1.0,
    "low": 0.342,
    "high": 1.0,
}
_DELTA: dict[str, Any] = {
    "format": "seawall-delta/1",
    "agreement": "terror",
    "number": 17,
    "at": "2026-01-01T12:00:00.000000Z",
    "by": "acme",
    "what": "opinion",
    "record": {name: _RECORD[name] for name in list(_RECORD)[:7]},
    "details": None,
}


class OpinionIn(Body):
    """One word on the signals of one content."""

    signals: Annotated[
        tuple[SignalText, ...],
        Field(min_length=1, max_length=MOST_SIGNALS),
    ]
    word: Word = Word.CONFIRM
    piece: Annotated[str | None, Field(min_length=1, max_length=512)] = None
    categories: Names = ()
    severity: Annotated[int, Field(ge=0, le=MAX_SEVERITY)] = 0
    incident: Said = ""
    entity: Said = ""
    context: Said = ""
    confidence: Percent | None = None
    quality: Percent | None = None
    order: Said = ""
    reason: Said = ""
    expires_at: AwareDatetime | None = None

    def given(self) -> Given:
        """The same, as the workflow takes it."""
        return Given(**{name: getattr(self, name) for name in Given.__dataclass_fields__})


class HubOpinionIn(OpinionIn):
    """The same as a hub is given it by its members: it may be told again, and was then said before."""

    said_at: AwareDatetime | None = None


class ToldIn(Body):
    """How often a record was matched here, and what reviews of these matches found."""

    sightings: Times = 0
    right: Times = 0
    wrong: Times = 0


class ReportIn(Body):
    """What became of records, by their ids."""

    records: Annotated[
        dict[Annotated[str, Field(max_length=64)], ToldIn],
        Field(min_length=1, max_length=MOST_REPORTED),
    ]


@router.post(
    "/opinions",
    status_code=201,
    openapi_extra=described(
        takes=HubOpinionIn,
        example={
            "signals": [_SIGNAL],
            "word": "confirm",
            "categories": ["terrorist-content"],
            "severity": 5,
        },
        gives={
            "at": "2026-01-01T12:00:00.000000Z",
            "results": [{"record": _RECORD, "held": False, "changed": True}],
        },
        status=201,
    ),
)
async def say(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    agreement: str,
    wanted: Annotated[HubOpinionIn, json_body(HubOpinionIn)],
) -> Response:
    """
    Confirm, dispute or withdraw signals; signals given together are one piece.

    `changed` is false where this was said before. A word that waits in quarantine is `held`, and its `record` is
    `null`.

    Who tells a hub again what it has perhaps lost in a restoration gives as `said_at` the `at` of the first answer: the
    word is as old as that, and what the organisation has said since stands.
    """
    door = door_of(request)
    signals = [parse_signal(text) for text in wanted.signals]

    def story(stores: Stores) -> Document:
        moment = now()
        results = share_signals(
            agreement,
            signals,
            wanted.given(),
            piece=wanted.piece,
            by=by,
            taxonomy=door.app.taxonomy,
            stores=stores,
            now=moment,
            said_at=wanted.said_at,
        )
        return {
            "at": rfc3339(moment),
            "results": [
                {
                    "record": each.record and shared_record_document(each.record, now=moment),
                    "held": each.held,
                    "changed": each.changed,
                }
                for each in results
            ],
        }

    once = ticket(request, by, wanted.model_dump_json().encode())
    return Json(await written_soon(door, story, once), status_code=201)


@router.post("/opinions/bulk", openapi_extra=described(raw=(CSV, NDJSON), streams=(NDJSON,)))
async def say_in_bulk(
    request: Request, by: Annotated[Key, may(Scope.EXCHANGE)], agreement: str
) -> Response:
    """
    Share lines of CSV or NDJSON: `signal_type`, `value`, and the fields of an opinion; good lines are kept.

    The answer is a line `{"line", "error"}` for each bad one and a line `{"added", "unchanged", "held"}` for each batch
    that is written. A last line with an `error` alone says that it stopped there. Sending the same lines again changes
    nothing.
    """
    door, ndjson = door_of(request), is_ndjson(request)
    await run_in_threadpool(_check_contributor, door, agreement, by)
    file = await put_aside(request)
    told = _told(file, agreement, door=door, by=by, ndjson=ndjson)
    # What is wrong with all of it is a status, not a line.
    first = await run_in_threadpool(next, told)
    return StreamingResponse(chain((first,), told), media_type=NDJSON)


@router.get("/records", openapi_extra=described(gives={"records": [_RECORD], "next": None}))
def list_records(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    agreement: str,
    after: After = None,
    limit: Limit = 100,
    signal: Annotated[str | None, Query(description="Only of this signal: `pdq:…`.")] = None,
    piece: Annotated[str | None, Query(description="Only of this piece.")] = None,
    standing: Annotated[Standing | None, Query(description="Only what stands so now.")] = None,
) -> Response:
    """Records in the order they came, a page at a time."""
    door = door_of(request)
    wanted, moment = parse_signal(signal) if signal else None, now()
    with door.app.memory.reading() as stores:
        may_read(by, agreement, stores)
        found = stores.records.page(
            agreement,
            after=after or 0,
            limit=limit + 1,
            signal=wanted,
            piece=piece,
            stands=(standing, moment) if standing else None,
            most=PAGE_BYTES,
        )
    page = found[:limit]
    seen = looked(by, agreement, "records", at=moment, records=len(page))
    door.commits.submit(seen).result()
    return Json(
        {
            "records": [shared_record_document(record, now=moment) for record in page],
            "next": str(page[-1].number) if len(found) > limit or is_full(found) else None,
        }
    )


@router.get("/records/{record}", openapi_extra=described(gives=_RECORD))
def show_record(
    request: Request, by: Annotated[Key, may(Scope.EXCHANGE)], agreement: str, record: str
) -> Response:
    """One record with everybody's current word on it."""
    door, moment = door_of(request), now()
    with door.app.memory.reading() as stores:
        may_read(by, agreement, stores)
        found = stores.records.find(agreement, record)
    door.commits.submit(looked(by, agreement, "record", at=moment, record=record)).result()
    return Json(shared_record_document(found, now=moment))


@router.get(
    "/records/{record}/history",
    openapi_extra=described(gives={"record": _RECORD["id"], "deltas": [_DELTA]}),
)
def show_history(
    request: Request, by: Annotated[Key, may(Scope.EXCHANGE)], agreement: str, record: str
) -> Response:
    """Every change of a record, oldest first, as it was told to the members."""
    door = door_of(request)
    with door.app.memory.reading() as stores:
        may_read(by, agreement, stores)
        found = stores.records.find(agreement, record)
        lines = stores.deltas.history(agreement, found.delta)
    door.commits.submit(looked(by, agreement, "history", at=now(), record=record)).result()
    return Json({"record": record, "deltas": [orjson.Fragment(each.text) for each in lines]})


@router.post(
    "/reports",
    openapi_extra=described(
        takes=ReportIn,
        example={"records": {_RECORD["id"]: {"sightings": 3, "right": 1}}},
        gives={"counted": 1},
    ),
)
async def report(
    request: Request,
    by: Annotated[Key, may(Scope.EXCHANGE)],
    agreement: str,
) -> Response:
    """
    Count matches and what reviews of them found, on records by their ids; others hear how often, never from whom.

    `counted` is the number of records there were of those named.
    """
    door, raw = door_of(request), await request.body()
    given = parsed(ReportIn, raw).records
    told = {ident: Told(**each.model_dump()) for ident, each in given.items()}

    def story(stores: Stores) -> Document:
        member = writing_member(by, agreement, Role.CONTRIBUTE, Role.CONSUME, stores=stores)
        counted = tell(agreement, told, by=member, stores=stores, now=now(), actor=by.id)
        return {"counted": counted}

    return Json(await written_soon(door, story, ticket(request, by, raw)))


def _check_contributor(door: Door, agreement: str, by: Key) -> None:
    with door.app.memory.reading() as stores:
        acting_member(by, agreement, Role.CONTRIBUTE, stores=stores)


def _told(file: IO[bytes], agreement: str, *, door: Door, by: Key, ndjson: bool) -> Iterator[bytes]:
    with file:
        batches = contribute_lines(
            agreement,
            lines_of(file),
            ndjson=ndjson,
            by=by,
            taxonomy=door.app.taxonomy,
            memory=door.app.memory,
            now=now,
        )
        written = 0
        try:
            for batch in batches:
                door.waiting.stir()
                yield _batch(batch)
                written += 1
        except Error as stopped:
            if not written:
                raise
            yield line({"error": f"It stopped here: {stopped}"})


def _batch(batch: Batch) -> bytes:
    bad = [line({"line": each.line, "error": each.error}) for each in batch.bad]
    done = {"added": batch.added, "unchanged": batch.unchanged, "held": batch.held}
    return b"".join((*bad, line(done)))
