"""What a person does about a case: take it, give it back, put it aside, hand it on, rule, and take a ruling back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import Depends, Form
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from seawall.access.person import Permission
from seawall.cases.config import CasesConfig
from seawall.cases.ruling import AccountMeasure, Context, Decision, Ruling
from seawall.clock import now
from seawall.errors import InputError, NotAllowed, NotFound, WrongState
from seawall.policy.ground import Basis, Ground
from seawall.storage.memory import Stores
from seawall.web.console.case import CASES, laid_out
from seawall.web.console.page import desk_router, went
from seawall.web.console.queue import QUEUE, Ruler, Sent
from seawall.web.console.session import Session, signed_in
from seawall.web.door import door_of
from seawall.workflows.case_sheet import case_within
from seawall.workflows.cases import (
    assign,
    claim,
    hand_off,
    heartbeat,
    hold,
    release,
    remove_from_cluster,
    skip,
)
from seawall.workflows.restoring import restore
from seawall.workflows.ruling import (
    Answer,
    approve,
    confirm,
    refuse,
    rule,
    undo,
)

Text = Annotated[str, Form(max_length=20_000)]
Several = Annotated[list[str], Form(default_factory=list)]
MOST_HOURS = 24 * 90
router = desk_router(CASES)


def _answer(
    decision: Annotated[Decision, Form()],
    share: Several,
    policy: Text = "",
    territories: Text = "",
    ends_at: Text = "",
    context: Annotated[Context | Literal[""], Form()] = "",
    note: Text = "",
    bank_signals: Annotated[bool, Form()] = False,
    account: Annotated[AccountMeasure | Literal[""], Form()] = "",
    basis: Annotated[Basis | Literal[""], Form()] = "",
    provision: Text = "",
) -> Answer:
    """What the form says; what does not go with the decision is left out."""
    keep, remove, restrict = (
        decision is each for each in (Decision.KEEP, Decision.REMOVE, Decision.RESTRICT)
    )
    return Answer(
        decision=decision,
        policy=None if keep else policy or None,
        ground=None if keep else _ground(basis, provision),
        territories=tuple(territories.replace(",", " ").split()) if restrict else (),
        ends_at=None if keep or remove else _day(ends_at),
        context=context or None,
        note=note.strip(),
        bank_signals=bank_signals,
        share=tuple(share) if keep or remove else (),
        account=None if keep else account or None,
    )


@router.post("/{ident}/claim")
def take(request: Request, at: Ruler, ident: str, where: Sent) -> Response:
    """This case, mine now."""
    limits, config = at.person.limits, _config(request)
    with changing(request, at, ident) as stores:
        claim(ident, at.person.id, limits=limits, config=config, stores=stores, now=now())
    return _back(ident, where.query)


@router.post("/{ident}/heartbeat")
def beat(request: Request, at: Ruler, ident: str) -> Response:
    """It stays mine; for how many seconds."""
    config = _config(request)
    with changing(request, at, ident) as stores:
        heartbeat(ident, at.person.id, config=config, stores=stores, now=now())
    return JSONResponse({"left": round(config.claim.total_seconds())})


@router.post("/{ident}/release")
def give_back(request: Request, at: Ruler, ident: str, where: Sent) -> Response:
    """Into the queue again."""
    with changing(request, at, ident) as stores:
        release(ident, at.person.id, stores=stores, now=now())
    return went(f"{QUEUE}{where.query}", "released")


@router.post("/{ident}/skip")
def pass_over(request: Request, at: Ruler, ident: str, where: Sent) -> Response:
    """Into the queue again, for others."""
    with changing(request, at, ident) as stores:
        skip(ident, at.person.id, stores=stores, now=now())
    return went(f"{QUEUE}{where.query}", "skipped")


@router.post("/{ident}/hold")
def put_aside(
    request: Request,
    at: Ruler,
    ident: str,
    where: Sent,
    hours: Annotated[int, Form(ge=1, le=MOST_HOURS)] = 24,
    reason: Text = "",
) -> Response:
    """Not now, for a reason."""
    moment = now()
    until = moment + timedelta(hours=hours)
    with changing(request, at, ident) as stores:
        hold(ident, at.person.id, reason=reason, until=until, stores=stores, now=moment)
    return went(f"{QUEUE}{where.query}", "held")


@router.post("/{ident}/hand")
def hand(request: Request, at: Ruler, ident: str, where: Sent, to: Text = "") -> Response:
    """My case, for somebody else."""
    with changing(request, at, ident) as stores:
        hand_off(ident, at.person.id, to=to, stores=stores, now=now())
    return went(f"{QUEUE}{where.query}", "handed")


@router.post("/{ident}/assign")
def give(
    request: Request,
    at: Annotated[Session, signed_in(Permission.CASES_ASSIGN)],
    ident: str,
    where: Sent,
    to: Text = "",
) -> Response:
    """A case that nobody has, for this person."""
    limits = at.person.limits
    with changing(request, at, ident) as stores:
        assign(ident, at.person.id, to=to, limits=limits, stores=stores, now=now())
    return went(f"{CASES}/{ident}{where.query}", "handed")


@router.post("/{ident}/remove-item")
def take_out(request: Request, at: Ruler, ident: str, where: Sent, item: Text = "") -> Response:
    """An item that does not belong here."""
    with changing(request, at, ident) as stores:
        remove_from_cluster(ident, item, at.person.id, stores=stores, now=now())
    return went(f"{CASES}/{ident}{where.query}", "item-out")


@router.post("/{ident}/ruling")
def decide(
    request: Request,
    at: Ruler,
    ident: str,
    where: Sent,
    answer: Annotated[Answer, Depends(_answer)],
    version: Annotated[int | None, Form(ge=1)] = None,
) -> Response:
    """The ruling; what cannot be ruled so is shown again with everything that was written."""
    person, config = at.person, _config(request)
    try:
        with changing(request, at, ident) as stores:
            rule(
                ident,
                answer,
                person.id,
                limits=person.limits,
                config=config,
                stores=stores,
                now=now(),
                version=version,
            )
    except (InputError, NotAllowed, NotFound, WrongState) as wrong:
        return laid_out(request, at, ident, where, wrong=wrong, given=asdict(answer))
    return _back(ident, where.query)


@router.post("/{ident}/confirm")
def confirm_by_hash(
    request: Request,
    at: Ruler,
    ident: str,
    where: Sent,
    version: Annotated[int | None, Form(ge=1)] = None,
) -> Response:
    """As was ruled on the same content; nobody looks at it again."""
    with changing(request, at, ident) as stores:
        confirm(
            ident,
            at.person.id,
            limits=at.person.limits,
            config=_config(request),
            stores=stores,
            now=now(),
            version=version,
        )
    return _back(ident, where.query)


@router.post("/{ident}/undo")
def take_back(request: Request, at: Ruler, ident: str, where: Sent) -> Response:
    """As if it had not been ruled; the case is mine again."""
    _change_ruling(request, at, ident, undo)
    return went(f"{CASES}/{ident}{where.query}", "undone")


@router.post("/{ident}/approve")
def agree(request: Request, at: Ruler, ident: str) -> Response:
    """A second person agrees."""
    _change_ruling(request, at, ident, approve)
    return went(f"{CASES}/{ident}", "approved")


@router.post("/{ident}/refuse")
def disagree(request: Request, at: Ruler, ident: str) -> Response:
    """A second person does not."""
    with changing(request, at, ident) as stores:
        refuse(_ruling(ident, stores).id, at.person.id, stores=stores, now=now())
    return went(f"{CASES}/{ident}", "refused")


@router.post("/{ident}/restore")
def put_back(request: Request, at: Ruler, ident: str, note: Text = "") -> Response:
    """What was carried out was wrong; where two persons are wanted, the first one asks."""
    bench = door_of(request).app.bench()
    with changing(request, at, ident) as stores:
        ruling = _ruling(ident, stores)
        restored = restore(
            ruling.id, at.person.id, note=note.strip(), bench=bench, stores=stores, now=now()
        )
    return went(f"{CASES}/{ident}", "restored" if restored.undone_at else "restore-asked")


@contextmanager
def changing(request: Request, at: Session, ident: str) -> Iterator[Stores]:
    """A transaction about a case that this person may see; nobody else changes one meanwhile."""
    door = door_of(request)
    with door.app.memory.transaction() as stores:
        stores.cases.lock()
        case_within(ident, at.person, stores)
        yield stores
    door.upkeep.stir()


def _change_ruling(request: Request, at: Session, ident: str, act: Callable[..., object]) -> None:
    config = _config(request)
    with changing(request, at, ident) as stores:
        act(_ruling(ident, stores).id, at.person.id, config=config, stores=stores, now=now())


def _config(request: Request) -> CasesConfig:
    return door_of(request).app.settings.cases


def _back(ident: str, query: str) -> Response:
    return RedirectResponse(f"{CASES}/{ident}{query}", status_code=303)


def _ruling(ident: str, stores: Stores) -> Ruling:
    ruling = stores.cases.find(ident).ruling
    if ruling is None:
        raise WrongState("This case has no ruling now; somebody took it back.")
    return stores.rulings.find(ruling)


def _ground(basis: Basis | Literal[""], provision: str) -> Ground | None:
    if not basis:
        return None
    if not provision.strip():
        raise InputError("Say which law, or which part of the terms, the ground is.")
    return Ground(basis=basis, provision=provision.strip())


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise InputError("The end is a day, such as 2026-12-31.") from None
