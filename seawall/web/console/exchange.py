"""
The exchange: the agreements this home is the hub of, the ones it follows elsewhere, and what is said of a record.

    /desk/exchange ─▶ an agreement: members, quarantine, records by standing ─▶ a record: opinions, history
"""

from typing import Annotated

from fastapi import Query
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import Permission, may
from seawall.clock import now
from seawall.exchange.delta import Delta, delta_from
from seawall.exchange.record import Standing, standing
from seawall.signals.registry import parse_signal
from seawall.storage.memory import Stores
from seawall.web.console.charts import Bounds, Frame, Row, bars, intervals, percent
from seawall.web.console.page import desk_router, language_of, shown
from seawall.web.console.session import Session, signed_in
from seawall.web.console.shared import named, precision
from seawall.web.door import door_of
from seawall.web.figures import WELL
from seawall.workflows.acting import Doing
from seawall.workflows.exchange_wire import counted_agreement, member_documents
from seawall.workflows.wire import Document

EXCHANGE = "/desk/exchange"
PAGE = 50  # records
Reader = Annotated[Session, signed_in(Permission.EXCHANGE_SEE)]
router = desk_router(EXCHANGE)


@router.get("")
def exchange(request: Request, at: Reader) -> Response:  # noqa: ARG001 - who may
    """What is shared here, and what is followed elsewhere."""
    with door_of(request).app.memory.reading() as stores:
        return shown(
            request,
            "screens/exchange.html",
            agreements=[
                (each, stores.organisations.members(agreement=each.id))
                for each in stores.organisations.agreements()
            ],
            held=stores.records.all_held(),
            followed=stores.memberships.all(),
            unsent=stores.memberships.backlog(),
            well=WELL,
        )


@router.get("/{agreement}")
def agreement(
    request: Request,
    at: Reader,
    agreement: str,
    stands: Annotated[Standing | None, Query()] = None,
    signal: Annotated[str, Query(max_length=4096)] = "",
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> Response:
    """One agreement: who is in it, what is in it, and how far its sources can be trusted."""
    moment = now()
    wanted = signal.strip()
    with door_of(request).app.memory.reading() as stores:
        document = counted_agreement(named(agreement), stores, now=moment)
        found = stores.records.page(
            agreement,
            after=after,
            limit=PAGE + 1,
            signal=parse_signal(named(wanted)) if wanted else None,
            stands=(stands, moment) if stands else None,
        )
        members = member_documents(agreement, stores)
        held = stores.records.held(agreement)
    _looked(request, at, agreement, what="records", records=len(found[:PAGE]))
    return shown(
        request,
        "screens/agreement.html",
        agreement=document,
        members=members,
        held=held,
        releasing=may(at.person, Permission.SHARE_OUTSIDE),
        counts=_counts(request, document),
        precisions=_precisions(request, document),
        records=[(each, standing(each, now=moment)) for each in found[:PAGE]],
        further=found[PAGE - 1].number if len(found) > PAGE else None,
        stands=stands,
        standings=list(Standing),
        wanted=wanted,
    )


@router.get("/{agreement}/records/{record}")
def record(request: Request, at: Reader, agreement: str, record: str) -> Response:
    """One record: everybody's word on it, and how it came to stand as it does."""
    moment = now()
    with door_of(request).app.memory.reading() as stores:
        stores.organisations.agreement(named(agreement))
        found = stores.records.find(agreement, named(record))
        lines = stores.deltas.history(agreement, found.delta)
    _looked(request, at, agreement, what="history", record=record)
    return shown(
        request,
        "screens/record.html",
        record=found,
        standing=standing(found, now=moment),
        moment=moment,
        history=list(reversed([_told(each.text) for each in lines])),
        precision=precision(request, found.precision),
    )


def _told(line: bytes) -> tuple[Delta, str | None]:
    """A change, and the word that its author had on the record then."""
    delta = delta_from(line)
    opinions = delta.record.opinions if delta.record else ()
    return delta, next((each.word for each in opinions if each.organisation == delta.by), None)


def _looked(request: Request, at: Session, agreement: str, **details: object) -> None:
    """What is shared by others is not looked at without a trace."""
    door, doing = door_of(request), Doing(actor=at.person.id, organisation=None, at=now())
    told = {"organisation": door.app.settings.server.organisation, **details}

    def story(stores: Stores) -> None:
        doing.record(stores, action="exchange:read", subject=agreement, details=told)

    door.commits.submit(story).result()


def _counts(request: Request, document: Document) -> Markup:
    t = language_of(request).text
    frame = Frame(
        name="standings",
        title=t("Records as they stand now"),
        summary=t("How many records there are of each standing."),
        columns=(t("Standing"), t("Records")),
        table=t("As a table"),
    )
    path = f"{EXCHANGE}/{document['id']}"
    return bars(
        frame,
        [
            Row(
                label=t(each),
                values=(float(document["records"][each]),),
                link=f"{path}?stands={each}#records",
            )
            for each in Standing
        ],
    )


def _precisions(request: Request, document: Document) -> Markup:
    t = language_of(request).text
    frame = Frame(
        name="sources",
        title=t("How often each member's word was right"),
        summary=t("Of the reviewed matches of what each has confirmed, with 95 % bounds."),
        columns=(t("Member"), t("at least"), t("seen"), t("at most")),
        show=percent,
        table=t("As a table"),
        empty=t("No match was reviewed yet. What members report is counted here."),
    )
    return intervals(
        frame,
        [
            Bounds(label=name, value=each["precision"], low=each["low"], high=each["high"])
            for name, each in document["sources"].items()
        ],
    )
