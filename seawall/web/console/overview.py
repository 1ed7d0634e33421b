"""The overview: what was decided about uploads in the last seven days."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from starlette.requests import Request
from starlette.responses import Response

from seawall.clock import now
from seawall.errors import NotFound
from seawall.policy.measure import Measure
from seawall.web.console.page import desk_router, shown
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
def overview(request: Request, at: Annotated[Session, signed_in()]) -> Response:  # noqa: ARG001 - who may
    """A small chart for each measure, and the table behind them."""
    moment = now()
    with door_of(request).app.memory.reading() as stores:
        found = stores.uploads.measures_since(moment - timedelta(days=DAYS), limit=MOST)
        events, _ = stores.audit.head()
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
