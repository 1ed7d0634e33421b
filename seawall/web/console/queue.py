"""
The queue: what waits for a person, the most urgent first, and the next case with one key.

    /desk/queue?queue=…&category=…&severity=3&show=mine ── n ──▶ /desk/cases/{ident}?queue=…&category=…&severity=3
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Depends, Form, Query
from pydantic import BeforeValidator, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from seawall.access.person import Permission, Person, may
from seawall.access.preferences import LONGEST_FILTER, Filter
from seawall.cases.case import WAITING, Status
from seawall.cases.exposure import viewer_of
from seawall.cases.urgency import MOST_SEVERE, priority, score
from seawall.clock import now
from seawall.media.link import defanged
from seawall.storage.case_rows import Listed
from seawall.storage.memory import Stores
from seawall.web.bodies import cursor_of
from seawall.web.console.language import Language
from seawall.web.console.page import desk_router, language_of, shown, went
from seawall.web.console.session import Session, signed_in
from seawall.web.door import door_of
from seawall.workflows.case_sheet import name_of
from seawall.workflows.cases import next_case
from seawall.workflows.people import remove_filter, save_filter
from seawall.workflows.sealing import day_so_far

QUEUE = "/desk/queue"
PAGE = 50  # cases
EXCERPT = 8  # cases beside the one that is open
LATELY = timedelta(days=1)  # how long known answers are shown to whoever gave theirs
SURE = ("nothing known", "unsure", "fairly sure", "sure")  # by confidence
Show = Literal["", "mine", "held", "assigned"]
Seer = Annotated[Session, signed_in(Permission.CASES_SEE)]
Ruler = Annotated[Session, signed_in(Permission.CASES_RULE)]
router = desk_router(QUEUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Of which queue and category the next case is to be, and how severe at most; empty or 0: any."""

    queue: str = ""
    category: str = ""
    severity: int = 0

    @property
    def query(self) -> str:
        """The same in an address; empty where nothing is chosen."""
        chosen = {name: text for name, text in self.items() if text}
        return f"?{urlencode(chosen)}" if chosen else ""

    def items(self) -> list[tuple[str, str]]:
        """The same by name, as a form carries it."""
        most = str(self.severity) if self.severity else ""
        return [("queue", self.queue), ("category", self.category), ("severity", most)]


Severity = Annotated[int, BeforeValidator(lambda text: text or 0), Field(ge=0, le=MOST_SEVERE)]


def _asked(
    queue: Annotated[str, Query(max_length=64)] = "",
    category: Annotated[str, Query(max_length=64)] = "",
    severity: Annotated[Severity, Query()] = 0,
) -> Where:
    return Where(queue=queue, category=category, severity=severity)


def _sent(
    queue: Annotated[str, Form(max_length=64)] = "",
    category: Annotated[str, Form(max_length=64)] = "",
    severity: Annotated[Severity, Form()] = 0,
) -> Where:
    return Where(queue=queue, category=category, severity=severity)


Asked = Annotated[Where, Depends(_asked)]
Sent = Annotated[Where, Depends(_sent)]


@router.get("")
def queue(
    request: Request,
    at: Seer,
    where: Asked,
    show: Annotated[Show, Query()] = "",
    after: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """A page of cases that wait; what is chosen stands in the address."""
    person, app = at.person, door_of(request).app
    with app.memory.reading() as stores:
        found = waiting(person, where, stores, limit=PAGE + 1, show=show, after=after)
        counts = stores.cases.waiting(person.limits, reader=person.id)
        told = stores.quality.lately_told(person.id, since=now() - LATELY, limit=EXCERPT)
        people = {each.id: each for each in stores.people.all()}
        latest = stores.cases.last()
        items = stores.cases.first_items([each.id for each in found])
        day = day_so_far(viewer_of(person, at=now()), safe=app.safe, stores=stores, now=now())
    last = found[PAGE - 1] if len(found) > PAGE else None
    return shown(
        request,
        "queue.html",
        cases=found[:PAGE],
        items=items,
        defanged=defanged,
        day=day,
        most_severe=MOST_SEVERE,
        watch=f"since={latest}",
        where=where,
        show=show,
        longest=LONGEST_FILTER,
        older=f"{last.urgency}.{last.number}" if last else None,
        queues=_tally(counts, 0),
        categories=_tally(counts, 1),
        statuses=_tally(counts, 2),
        told_lately=told,
        total=sum(counts.values()),
        filters=[(each, address_of(each)) for each in person.preferences.filters],
        may_rule=may(person, Permission.CASES_RULE),
        who=lambda actor: name_of(actor, people, person),
        **words(request),
    )


@router.post("/filters")
def keep_filter(
    request: Request,
    at: Seer,
    where: Sent,
    name: Annotated[str, Form(max_length=200)] = "",
    show: Annotated[Show, Form()] = "",
) -> Response:
    """What is chosen, under a name of mine."""
    wanted = Filter(
        name=name,
        queue=where.queue,
        category=where.category,
        severity=where.severity,
        show=show,
    )
    with door_of(request).app.memory.transaction() as stores:
        save_filter(at.person.id, wanted, stores=stores, now=now())
    return went(address_of(wanted), "filter-kept")


@router.post("/filters/remove")
def drop_filter(
    request: Request, at: Seer, name: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Not under this name any more."""
    with door_of(request).app.memory.transaction() as stores:
        remove_filter(at.person.id, name, stores=stores, now=now())
    return went(QUEUE, "filter-gone")


def address_of(saved: Filter) -> str:
    """Where the queue is shown so."""
    query = Where(queue=saved.queue, category=saved.category, severity=saved.severity).query
    if saved.show:
        query += f"{'&' if query else '?'}show={saved.show}"
    return f"{QUEUE}{query}"


@router.post("/next")
def take_next(request: Request, at: Ruler, where: Sent) -> Response:
    """The most urgent case open to this person that shows no more than their day has room for, theirs now."""
    app, moment = door_of(request).app, now()
    with app.memory.transaction() as stores:
        day = day_so_far(viewer_of(at.person, at=moment), safe=app.safe, stores=stores, now=moment)
        case = next_case(
            at.person.id,
            limits=at.person.limits,
            config=app.settings.cases,
            stores=stores,
            now=moment,
            queue=where.queue or None,
            category=where.category or None,
            most_severe=min(day.at_most, where.severity or MOST_SEVERE),
            room=day.room,
            secret=app.draws,
        )
    if case is None:
        return went(
            f"{QUEUE}{where.query}", "no-case" if day.most_severe == MOST_SEVERE else "no-mild-case"
        )
    return RedirectResponse(f"/desk/cases/{case.id}{where.query}", status_code=303)


def waiting(
    person: Person, where: Where, stores: Stores, *, limit: int, show: Show = "", after: str = ""
) -> list[Listed]:
    """Cases that this person may see, most urgent first."""
    return stores.cases.page(
        limit=limit,
        after=cursor_of(after) if after else None,
        statuses=(Status.HELD,) if show == "held" else WAITING,
        limits=person.limits,
        queue=where.queue or None,
        category=where.category or None,
        claimed_by=person.id if show == "mine" else None,
        assigned_to=person.id if show == "assigned" else None,
        reader=person.id,
        most_severe=where.severity or None,
    )


def title_of(category: str) -> str:
    """The English name of a category: `terrorist-content` is "Terrorist content"."""
    return category.replace("-", " ").capitalize()


def words(request: Request) -> dict[str, Any]:
    """How pages say how urgent a case is."""
    tongue, moment = language_of(request), now()
    return {
        "left": lambda until: left(until, moment, tongue),
        "late": lambda until: until <= moment,
        "seconds": lambda until: max(0, round((until - moment).total_seconds())),
        "titled": lambda category: tongue.text(title_of(category)),
        "sure": lambda confidence: tongue.text(SURE[min(confidence, len(SURE) - 1)]),
        "priority": lambda case: tongue.text(str(priority(score(case.severity, case.confidence)))),
    }


def left(until: datetime, moment: datetime, tongue: Language) -> str:
    """How long until then, or since, in one unit."""
    seconds = int((until - moment).total_seconds())
    over = seconds < 0
    minutes = abs(seconds) // 60
    if minutes < 120:
        return tongue.text("{count} min over" if over else "{count} min left", count=minutes)
    if minutes < 2_880:
        return tongue.text("{count} h over" if over else "{count} h left", count=minutes // 60)
    return tongue.text("{count} days over" if over else "{count} days left", count=minutes // 1440)


def _tally(counts: Mapping[tuple[str, str | None, Status], int], place: int) -> dict[str, int]:
    found: Counter[str] = Counter()
    for names, count in counts.items():
        name = names[place]
        if name is not None:
            found[name] += count
    return dict(sorted(found.items()))
