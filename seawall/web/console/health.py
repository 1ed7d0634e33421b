"""
Health: what holds, what does not, and what happens to uploads meanwhile.

    the figures of /v1/status ──▶ one line each: well, worth a look, broken
    endpoints ──▶ pause, resume, replay
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import Permission, Person, may
from seawall.clock import now
from seawall.errors import NotFound
from seawall.exchange.membership import Membership
from seawall.policy.measure import Measure, strictest
from seawall.policy.rule import Rule, Trigger
from seawall.storage.case_rows import Unseen
from seawall.storage.deliveries import Backlog, Progress
from seawall.web.console.language import Language
from seawall.web.console.page import desk_router, language_of, shown, went
from seawall.web.console.queue import title_of
from seawall.web.console.session import Session, signed_in
from seawall.web.door import Door, door_of
from seawall.web.figures import (
    WELL,
    Counted,
    background_figures,
    counted,
    delivery_figures,
    followed_figures,
    late_rulings,
    memberships,
)
from seawall.web.metrics import decoder_events
from seawall.workflows.case_access import offered_to_nobody
from seawall.workflows.doctor import LEAST_FREE, LONG_WAIT
from seawall.workflows.endpoints import pause_endpoint, replay_dead, resume_endpoint

HEALTH = "/desk/health"
PAGE = 50  # deliveries
PASSING = (Measure.ALLOW, Measure.LABEL)  # what lets an upload be seen
Reader = Annotated[Session, signed_in(Permission.HEALTH_SEE)]
Operator = Annotated[Session, signed_in(Permission.ENDPOINTS_WRITE)]
router = desk_router(HEALTH)


class State(StrEnum):
    """How one thing is."""

    WELL = "well"
    LOOK = "worth a look"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: what is said of it, with its numbers, and where the rows behind them are."""

    what: str
    state: State
    says: str
    values: dict[str, object] = field(default_factory=dict)
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Falling:
    """What happens to uploads that could not be screened in one way."""

    trigger: Trigger
    measure: Measure
    rules: tuple[str, ...]
    elsewhere: tuple[str, ...]  # rules for some territories only

    @property
    def is_open(self) -> bool:
        """Whether they are seen by everybody."""
        return self.measure in PASSING


@router.get("")
def health(request: Request, at: Reader) -> Response:
    """Everything that can fail, and whether it does."""
    door = door_of(request)
    followed = memberships(door)
    with door.app.memory.reading() as stores:
        endpoints = stores.deliveries.endpoints()
        backlogs = stores.deliveries.backlogs()
        unsent = stores.memberships.backlog()
        unseen = offered_to_nobody(stores)
    checks = [
        *_own(door, counted(door), language_of(request)),
        _rulings(late_rulings(door)),
        cases_check(unseen, at.person, language_of(request)),
        *_outside(delivery_figures(door), followed, language_of(request)),
    ]
    return shown(
        request,
        "screens/health.html",
        checks=checks,
        troubled=sum(each.state is not State.WELL for each in checks),
        falls=list(falling(door.app.knowledge.rules.answering)),
        endpoints=[(each, backlogs.get(each.id, Backlog())) for each in endpoints],
        followed=followed,
        unsent=unsent,
        well=WELL,
        acting=may(at.person, Permission.ENDPOINTS_WRITE),
        since=door.opened_at,
    )


@router.get("/endpoints/{ident}")
def endpoint(
    request: Request,
    at: Reader,
    ident: str,
    state: Annotated[Progress, Query()] = Progress.WAITING,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> Response:
    """One endpoint and its messages in one state, oldest first."""
    with door_of(request).app.memory.reading() as stores:
        found = stores.deliveries.endpoint(ident)
        backlog = stores.deliveries.backlogs().get(ident, Backlog())
        parcels = stores.deliveries.of_state(ident, state=state, after=after, limit=PAGE + 1)
    return shown(
        request,
        "screens/endpoint.html",
        endpoint=found,
        backlog=backlog,
        state=state,
        states=list(Progress),
        parcels=parcels[:PAGE],
        further=parcels[PAGE - 1].delivery.number if len(parcels) > PAGE else None,
        acting=may(at.person, Permission.ENDPOINTS_WRITE),
    )


@router.post("/endpoints/{ident}/{act}")
def act_on_endpoint(request: Request, at: Operator, ident: str, act: str) -> Response:
    """Pause, resume, or send what is dead again."""
    moment = now()
    with door_of(request).app.memory.transaction() as stores:
        if act == "pause":
            pause_endpoint(ident, stores=stores, by=at.person.id, now=moment)
        elif act == "resume":
            resume_endpoint(ident, stores=stores, by=at.person.id, now=moment)
        elif act == "replay":
            replay_dead(ident, None, stores=stores, by=at.person.id, now=moment)
        else:
            raise NotFound("An endpoint can be paused, resumed or replayed.")
    return went(f"{HEALTH}/endpoints/{ident}", act)


def falling(answering: Callable[[Trigger], tuple[Rule, ...]]) -> Iterable[Falling]:
    """What follows for uploads that could not be screened; the strictest rule for everywhere decides."""
    for trigger in (each for each in Trigger if each is not Trigger.MATCH):
        rules = [rule for rule in answering(trigger) if not rule.shadow]
        everywhere = [rule for rule in rules if not rule.territories]
        yield Falling(
            trigger=trigger,
            measure=strictest(*(rule.measure for rule in everywhere)),
            rules=tuple(rule.name for rule in everywhere),
            elsewhere=tuple(rule.name for rule in rules if rule.territories),
        )


def cases_check(unseen: list[Unseen], reader: Person, tongue: Language) -> Check:
    """Whether somebody may see each case that waits."""
    if not unseen:
        return Check(
            what="Cases", state=State.WELL, says="Each that waits is within the limits of somebody."
        )
    most = unseen[0]
    return Check(
        what="Cases",
        state=State.LOOK,
        says="Waiting beyond the limits of everybody who rules here: {count}. Most are in the queue {queue}, of: "
        "{category}, from: {territory}. Widen the limits of somebody, or give somebody new the role.",
        values={
            "count": sum(each.waiting for each in unseen),
            "queue": most.queue,
            "category": tongue.text(title_of(most.category) if most.category else "no category"),
            "territory": most.territory or tongue.text("not known"),
        },
        link="/desk/people" if may(reader, Permission.PEOPLE_MANAGE) else None,
    )


def _own(door: Door, known: Counted, tongue: Language) -> Iterator[Check]:
    """This home and this worker."""
    counts = known.counts
    yield Check(
        what="Database",
        state=State.WELL,
        says="{dialect} answers. Banks: {banks}, entries: {entries}, uploads: {uploads}, events: {events}.",
        values={"dialect": door.app.memory.dialect, **counts},
    )
    yield _alive(
        "Writer",
        door.commits.alive,
        "What is acknowledged is written.",
        "Nothing is written any more: start the service again.",
    )
    yield _alive(
        "Decoders",
        door.sandbox.alive > 0,
        "At work: {workers}. Uploads looked into: {served}; stopped for time: {timed_out}, for memory: {killed}; "
        "crashed: {crashed}.",
        "No process can look into uploads; the server's log says why.",
        workers=door.sandbox.workers,
        **decoder_events(door.sandbox),
    )
    behind = "{position} of {last}: {lag} are not searched yet."
    in_step = "{position} of {last}: nothing is missing."
    for what, position, last in (
        ("Index, in changes", known.index, known.last_change),
        ("Index of past uploads, in lines", known.ledger, known.last_line),
    ):
        lag = max(0, last - position)
        yield Check(
            what=what,
            state=State.LOOK if lag else State.WELL,
            says=behind if lag else in_step,
            values={"position": position, "last": last, "lag": lag},
        )
    yield Check(
        what="Room for requests",
        state=State.LOOK if door.room.taken * 5 > door.room.places * 4 else State.WELL,
        says="{taken} of {places} places are taken; beyond them requests are turned away.",
        values={"taken": door.room.taken, "places": door.room.places},
    )
    yield _background(background_figures(door), tongue)
    free = shutil.disk_usage(door.app.settings.home).free
    yield Check(
        what="Disk of the home",
        state=State.WELL if free > LEAST_FREE else State.BROKEN,
        says="{free} GB free." if free > LEAST_FREE else "{free} GB free: make room.",
        values={"free": f"{free / 1e9:.1f}"},
    )


def _background(figures: dict[str, float], tongue: Language) -> Check:
    """Whether what nobody waits for is screened."""
    oldest, failed = timedelta(seconds=figures["oldest_seconds"]), int(figures["failed"])
    return Check(
        what="Screening in the background",
        state=State.LOOK if oldest > LONG_WAIT or failed else State.WELL,
        says="Waiting: {held}, of {size} MB, the oldest for {age}; failed in a week: {failed}.",
        values={
            "held": int(figures["held"]),
            "size": round(figures["bytes"] / 1e6),
            "age": _lasting(int(figures["oldest_seconds"]), tongue),
            "failed": failed,
        },
    )


def _rulings(late: list[str]) -> Check:
    """Whether what people ruled is carried out."""
    if not late:
        return Check(what="Rulings", state=State.WELL, says="Whatever is due was carried out.")
    return Check(
        what="Rulings",
        state=State.BROKEN,
        says="Due for a minute and not carried out: {late}. The server's log says why; the oldest is on {case}.",
        values={"late": len(late), "case": late[0]},
        link=f"/desk/cases/{late[0]}",
    )


def _alive(what: str, alive: bool, says: str, broken: str, **values: object) -> Check:
    return Check(
        what=what,
        state=State.WELL if alive else State.BROKEN,
        says=says if alive else broken,
        values=values if alive else {},
    )


def _outside(
    delivery: dict[str, float], followed: list[Membership], tongue: Language
) -> Iterator[Check]:
    """Where messages go, and the hubs that are followed."""
    troubled, dead = int(delivery["troubled"]), int(delivery["dead"])
    yield Check(
        what="Messages",
        state=State.LOOK if troubled or dead else State.WELL,
        says="Endpoints: {endpoints}, in trouble: {troubled}. Waiting: {waiting}, the oldest for {age}; "
        "dead: {dead}.",
        values={
            "endpoints": int(delivery["endpoints"]),
            "troubled": troubled,
            "waiting": int(delivery["waiting"]),
            "dead": dead,
            "age": _lasting(int(delivery["oldest_waiting_seconds"]), tongue),
        },
        link="#endpoints",
    )
    figures = followed_figures(followed)
    skewed = any(each.clock_differs for each in followed)
    yield Check(
        what="Hubs",
        state=State.LOOK if figures["troubled"] or figures["lag"] or skewed else State.WELL,
        says="Agreements followed: {memberships}, in trouble: {troubled}. Changes behind: {lag}; "
        "disputed entries: {disputed}.",
        values=dict(figures),
        link="#hubs",
    )


def _lasting(seconds: int, tongue: Language) -> str:
    """So long, in one unit."""
    for text, unit in (("{count} days", 86_400), ("{count} h", 3_600), ("{count} min", 60)):
        if seconds >= 2 * unit:
            return tongue.text(text, count=seconds // unit)
    return tongue.text("{count} s", count=seconds)
