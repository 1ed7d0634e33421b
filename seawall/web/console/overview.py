"""The overview: what was decided in the last seven days, by machine and by people, and what was not delivered."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import Permission, may
from seawall.clock import now
from seawall.errors import NotFound
from seawall.policy.measure import Measure
from seawall.storage.deliveries import Backlog
from seawall.web.console.charts import Frame, Line, Row, lines, stacked_bars
from seawall.web.console.page import desk_router, language_of, shown
from seawall.web.console.session import Session, signed_in
from seawall.web.door import door_of

DAYS = 7
MOST = 20_000  # uploads that are counted; beyond it the page says so
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


@router.get("")
def overview(request: Request, at: Annotated[Session, signed_in()]) -> Response:
    """A small chart for each figure, and the table behind it."""
    moment = now()
    since = moment - timedelta(days=DAYS)
    with door_of(request).app.memory.reading() as stores:
        found = stores.uploads.measures_since(since, limit=MOST)
        events, _ = stores.audit.head()
        opened = stores.cases.opened_since(since, limit=MOST)
        ruled = stores.rulings.given_since(since, limit=MOST)
        endpoints = {each.id: each.url for each in stores.deliveries.endpoints()}
        backlogs = stores.deliveries.backlogs()
        latest = stores.cases.last()
    days = [moment.date() - timedelta(days=back) for back in reversed(range(DAYS))]
    counted = Counter((at.date(), measure) for at, measure in found)
    return shown(
        request,
        "overview.html",
        days=days,
        charts={measure: bars(counted, measure, days) for measure in Measure},
        total=sum(count for (day, _), count in counted.items() if day in days),
        most=MOST if len(found) == MOST else None,
        events=events,
        watch=f"since={latest}" if may(at.person, Permission.CASES_SEE) else None,
        people=_people(request, days, opened, ruled)
        if may(at.person, Permission.CASES_SEE)
        else None,
        messages=_messages(request, endpoints, backlogs)
        if may(at.person, Permission.HEALTH_SEE)
        else None,
    )


@router.get("/{rest:path}")
def nowhere(at: Annotated[Session, signed_in()]) -> Response:  # noqa: ARG001 - who may
    """Every other address of the desk."""
    raise NotFound("There is no such page.")


def bars(counted: Counter[tuple[date, Measure]], measure: Measure, days: list[date]) -> list[Bar]:
    """The days of one measure, the busiest as high as the chart."""
    most = max(counted[day, measure] for day in days) or 1
    step = WIDTH // len(days)
    found = []
    for place, day in enumerate(days):
        count = counted[day, measure]
        height = -(-count * HEIGHT // most)  # rounded up: one is never nothing
        found.append(Bar(day, count, place * step, HEIGHT - height, step - GAP, height))
    return found


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
