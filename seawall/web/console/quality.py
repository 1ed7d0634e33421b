"""Quality: how far people agree, how often they know known answers, how often matches are right; golden items."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import Form, Query
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import Permission
from seawall.cases.ruling import Decision
from seawall.clock import now
from seawall.errors import Error
from seawall.policy.confusion import Confusion
from seawall.storage.memory import Stores
from seawall.storage.quality import Precision
from seawall.web.console.charts import Bounds, Frame, intervals, percent
from seawall.web.console.page import desk_router, language_of, shown, went
from seawall.web.console.session import Session, signed_in
from seawall.web.console.shared import named
from seawall.web.door import door_of
from seawall.web.problems import status_of
from seawall.workflows.case_sheet import case_within, name_of
from seawall.workflows.golden import golden_of_case
from seawall.workflows.quality import Figures, quality_figures, remove_golden
from seawall.workflows.quality_wire import golden_documents

QUALITY = "/desk/quality"
DAYS = (7, 30, 90, 365)
Lead = Annotated[Session, signed_in(Permission.QUALITY_REVIEW)]
Text = Annotated[str, Form(max_length=10_000)]
router = desk_router(QUALITY)


@router.get("")
def quality(
    request: Request,
    at: Lead,
    days: Annotated[int, Query(ge=1, le=3650)] = 90,
    case: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The figures of the last days, and the golden items."""
    return _laid_out(request, at, days=days, case=case)


@router.post("/golden")
def put(
    request: Request,
    at: Lead,
    case: Text = "",
    why: Text = "",
    decision: Annotated[Decision | Literal[""], Form()] = "",
) -> Response:
    """Cases like this one are put among those of its queue, with a known answer."""
    try:
        with door_of(request).app.memory.transaction() as stores:
            case_within(named(case.strip()), at.person, stores)
            golden_of_case(
                case.strip(),
                why=named(why),
                decision=decision or None,
                by=at.person.id,
                stores=stores,
                now=now(),
            )
    except Error as wrong:
        return _laid_out(request, at, case=case, why=why, wrong=wrong)
    return went(f"{QUALITY}#golden", "golden-put")


@router.post("/golden/{ident}/remove")
def remove(request: Request, at: Lead, ident: str) -> Response:
    """A golden item that is shown to nobody any more."""
    with door_of(request).app.memory.transaction() as stores:
        remove_golden(named(ident), by=at.person.id, stores=stores, now=now())
    return went(f"{QUALITY}#golden", "golden-removed")


def _laid_out(
    request: Request,
    at: Session,
    *,
    days: int = 90,
    case: str = "",
    why: str = "",
    wrong: Error | None = None,
) -> Response:
    app = door_of(request).app
    with app.memory.reading() as stores:
        figures = quality_figures(stores, since=now() - timedelta(days=days))
        goldens = golden_documents(stores)
        people = _names(figures, at, stores)
    config = app.settings.cases
    return shown(
        request,
        "screens/quality.html",
        status_of(wrong) if wrong else 200,
        days=days,
        choices=DAYS,
        figures=figures,
        charts=_charts(request, figures, people),
        goldens=goldens,
        decisions=list(Decision),
        rates=config.rates(),
        every=config.golden_every,
        case=case,
        why=why,
        wrong=str(wrong) if wrong else None,
    )


def _names(figures: Figures, at: Session, stores: Stores) -> dict[str, str]:
    known = {each.id: each for each in stores.people.all()}
    return {person: name_of(person, known, at.person) for person in figures.people}


def _charts(request: Request, figures: Figures, people: Mapping[str, str]) -> dict[str, Markup]:
    by_person = {people[person]: table for person, table in figures.people.items()}
    return {
        "agreement": _kappas(request, figures.agreement),
        "people": _agreed(request, by_person),
        **{by: _precision(request, by, found) for by, found in figures.precision.items()},
    }


def _kappas(request: Request, tables: Mapping[str, Confusion]) -> Markup:
    t = language_of(request).text
    frame = _frame(
        request,
        "agreement",
        t("Agreement of two people, beyond chance"),
        t("Cohen's kappa for each policy, with 95 % bounds: 1 is always, 0 as dice would."),
        t("Policy"),
        t("No case was decided twice yet. What share is, is a setting."),
        show=lambda value: f"{value:.2f}",
    )
    rows = []
    for policy, table in sorted(tables.items()):
        low, high = table.kappa.bounds() if table.kappa else (-1.0, 1.0)
        value = table.kappa.value if table.kappa else None
        rows.append(Bounds(label=policy or t("no policy"), value=value, low=low, high=high))
    return intervals(frame, rows, ends=(-1.0, 1.0))


def _agreed(request: Request, tables: Mapping[str, Confusion]) -> Markup:
    t = language_of(request).text
    frame = _frame(
        request,
        "people",
        t("Known answers that each person knew"),
        t("Of the golden items each has decided, with 95 % bounds."),
        t("Person"),
        t("Nobody has decided a golden item yet."),
    )
    shares = {name: table.agreed for name, table in sorted(tables.items())}
    return intervals(
        frame,
        [
            Bounds(label=name, value=each.value, low=each.low, high=each.high)
            for name, each in shares.items()
        ],
    )


def _precision(request: Request, by: str, found: Iterable[Precision]) -> Markup:
    t = language_of(request).text
    heads = {"policy": "Policy", "source": "Source", "bank": "Bank", "entry": "Entry"}
    frame = _frame(
        request,
        f"precision-{by}",
        t("Matches that were right, by {thing}", thing=t(heads[by].lower())),
        t(
            "Of what was near something known and ruled on; what is kept was a false match. 95 % bounds."
        ),
        t(heads[by]),
        t("No match was ruled on yet."),
    )
    rows = [
        Bounds(
            label=each.name or t("no policy"),
            value=each.right.value,
            low=each.right.low,
            high=each.right.high,
            link=f"/desk/banks/{each.bank}/entries/{each.name}" if each.bank else None,
        )
        for each in found
    ]
    return intervals(frame, rows)


def _frame(
    request: Request,
    name: str,
    title: str,
    summary: str,
    head: str,
    empty: str,
    show: Callable[[float], str] = percent,
) -> Frame:
    t = language_of(request).text
    return Frame(
        name=name,
        title=title,
        summary=summary,
        columns=(head, t("at least"), t("seen"), t("at most")),
        table=t("As a table"),
        empty=empty,
        show=show,
    )
