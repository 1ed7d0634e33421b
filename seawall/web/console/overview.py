"""The overview: what is stuck, what waits, and what was decided and delivered in the last seven days."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import Permission, Person, may
from seawall.cases.case import Status
from seawall.clock import now
from seawall.errors import NotFound
from seawall.exchange.membership import Membership
from seawall.policy.measure import Measure
from seawall.storage.deliveries import Backlog, Endpoint
from seawall.storage.memory import Stores
from seawall.web.console.charts import Frame, Line, Row, lines, stacked_bars
from seawall.web.console.page import desk_router, language_of, shown
from seawall.web.console.queue import QUEUE, words
from seawall.web.console.session import Session, signed_in
from seawall.web.door import door_of
from seawall.web.figures import WELL

DAYS = 7
MOST = 20_000  # uploads that are counted; beyond it the page says so
MOST_APPROVALS = 100
NEVER = datetime.max.replace(tzinfo=UTC)
WIDTH, HEIGHT, GAP = 96, 64, 4  # of a chart, in pixels
router = desk_router()


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a chart."""

    day: date
    count: int
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits in one queue."""

    queue: str
    open: int
    claimed: int
    held: int
    deadline: datetime | None  # the nearest
    late: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is stuck: what is said of it, and where it is."""

    says: str
    link: str
    _: KW_ONLY
    name: str = ""
    count: int = 0


@router.get("")
def overview(request: Request, at: Annotated[Session, signed_in()]) -> Response:
    """A small chart for each figure, and the table behind it."""
    person, moment = at.person, now()
    sees = may(person, Permission.CASES_SEE)
    since = moment - timedelta(days=DAYS)
    with door_of(request).app.memory.reading() as stores:
        found = stores.uploads.measures_since(since, limit=MOST)
        events, _ = stores.audit.head()
        opened = stores.cases.opened_since(since, limit=MOST)
        ruled = stores.rulings.given_since(since, limit=MOST)
        endpoints = stores.deliveries.endpoints()
        followed = stores.memberships.all()
        backlogs = stores.deliveries.backlogs()
        latest = stores.cases.last()
        queues = _queues(person, stores, moment) if sees else []
        pending = stores.rulings.awaiting(
            limit=MOST_APPROVALS, limits=person.limits, reader=person.id
        )
    days = [moment.date() - timedelta(days=back) for back in reversed(range(DAYS))]
    counted = Counter((at.date(), measure) for at, measure in found)
    return shown(
        request,
        "overview.html",
        days=days,
        charts=bars(counted, days),
        trouble=list(_trouble(person, queues, len(pending), endpoints, backlogs, followed)),
        queues=queues,
        sees=sees,
        audits=may(person, Permission.AUDIT_SEE),
        total=sum(count for (day, _), count in counted.items() if day in days),
        most=MOST if len(found) == MOST else None,
        events=events,
        watch=f"since={latest}" if sees else None,
        people=_people(request, days, opened, ruled) if sees else None,
        messages=_messages(request, {each.id: each.url for each in endpoints}, backlogs)
        if may(person, Permission.HEALTH_SEE)
        else None,
        **words(request),
    )


@router.get("/{rest:path}")
def nowhere(at: Annotated[Session, signed_in()]) -> Response:  # noqa: ARG001 - who may
    """Every other address of the desk."""
    raise NotFound("There is no such page.")


def bars(counted: Counter[tuple[date, Measure]], days: list[date]) -> dict[Measure, list[Bar]]:
    """The days of each measure on one scale: the busiest day of all is as high as the chart."""
    most = max((counted[day, measure] for day in days for measure in Measure), default=0) or 1
    step = WIDTH // len(days)
    found: dict[Measure, list[Bar]] = {measure: [] for measure in Measure}
    for measure, several in found.items():
        for place, day in enumerate(days):
            count = counted[day, measure]
            height = -(-count * HEIGHT // most)  # rounded up: one is never nothing
            several.append(Bar(day, count, place * step, HEIGHT - height, step - GAP, height))
    return found


def _queues(person: Person, stores: Stores, moment: datetime) -> list[Waiting]:
    limits = person.limits
    nearest = stores.cases.nearest_deadlines(limits)
    counted: dict[str, Counter[Status]] = {}
    for (queue, _, status), count in stores.cases.waiting(limits, reader=person.id).items():
        counted.setdefault(queue, Counter())[status] += count
    found = [
        Waiting(
            queue=queue,
            open=counts[Status.OPEN],
            claimed=counts[Status.CLAIMED],
            held=counts[Status.HELD],
            deadline=nearest.get(queue),
            late=queue in nearest and nearest[queue] <= moment,
        )
        for queue, counts in counted.items()
    ]
    return sorted(found, key=lambda each: (each.deadline or NEVER, -each.open, each.queue))


def _trouble(
    person: Person,
    queues: Iterable[Waiting],
    approvals: int,
    endpoints: Iterable[Endpoint],
    backlogs: Mapping[str, Backlog],
    followed: Iterable[Membership],
) -> Iterator[Trouble]:
    """What does not go on by itself, where this person may see it."""
    for each in queues:
        if each.late:
            yield Trouble(
                "A deadline is over in the queue {name}.",
                f"{QUEUE}?queue={quote(each.queue)}",
                name=each.queue,
            )
    if may(person, Permission.HEALTH_SEE):
        for endpoint in endpoints:
            dead, page = (
                backlogs.get(endpoint.id, Backlog()).dead,
                f"/desk/health/endpoints/{endpoint.id}",
            )
            if dead:
                yield Trouble(
                    "Dead messages to {name}: {count}.",
                    f"{page}?state=dead",
                    name=endpoint.url,
                    count=dead,
                )
            if endpoint.disabled_at or endpoint.failing_since:
                yield Trouble("Messages do not reach {name}.", page, name=endpoint.url)
        for hub in followed:
            if hub.state not in WELL:
                yield Trouble(
                    "The agreement {name} is not followed as it should be.",
                    "/desk/health#hubs",
                    name=hub.agreement,
                )
    if approvals and may(person, Permission.CASES_RULE):
        yield Trouble(
            "Rulings that wait for a second person: {count}.", "/desk/approvals", count=approvals
        )


def _people(
    request: Request, days: list[date], opened: list[datetime], ruled: list[datetime]
) -> Markup:
    t = language_of(request).text
    frame = Frame(
        name="people",
        title=t("Cases a day"),
        summary=t("How many cases were opened and how many were ruled on, each day."),
        columns=(t("Day (UTC)"), t("opened"), t("ruled on")),
        table=t("As a table"),
        width=480,
        empty=t("No case was opened. What a rule wants a person to look at becomes one."),
    )
    by_day = [Counter(moment.date() for moment in each) for each in (opened, ruled)]
    series = [
        Line(name=name, values=tuple(float(counted[day]) for day in days))
        for name, counted in zip(frame.columns[1:], by_day, strict=True)
    ]
    return lines(frame, [str(day) for day in days], series if opened or ruled else [])


def _messages(
    request: Request, endpoints: Mapping[str, str], backlogs: Mapping[str, Backlog]
) -> Markup:
    t = language_of(request).text
    frame = Frame(
        name="messages",
        title=t("Messages that have not arrived"),
        summary=t("How many messages wait for each endpoint, and how many are dead."),
        columns=(t("Endpoint"), t("waiting"), t("dead")),
        table=t("As a table"),
        empty=t("Every message has arrived, or no endpoint hears of anything."),
    )
    rows = [
        Row(
            label=endpoints[ident],
            values=(float(each.waiting), float(each.dead)),
            link=f"/desk/health/endpoints/{ident}",
        )
        for ident, each in backlogs.items()
        if ident in endpoints
    ]
    return stacked_bars(frame, rows)
