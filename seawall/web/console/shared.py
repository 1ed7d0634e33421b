"""What several screens share: names in addresses that can be asked for, and how often something was right."""

from markupsafe import Markup
from starlette.requests import Request

from seawall.errors import NotFound
from seawall.policy.interval import Share
from seawall.web.bodies import is_plain
from seawall.web.console.charts import Bounds, Frame, intervals, percent
from seawall.web.console.page import language_of


def named(name: str) -> str:
    """
    A name out of an address, as it can be looked up.

    Raises:
        NotFound: No database can hold it, so there is nothing of this name.

    """
    if not is_plain(name):
        raise NotFound("There is nothing of this name.")
    return name


def precision(request: Request, share: Share) -> Markup:
    """How often matches were found right, between the bounds of the true share."""
    t = language_of(request).text
    return _precision(
        request,
        "precision",
        t("How often its matches were right"),
        t("{right} of {all} reviewed matches.", right=share.hits, all=share.trials),
        share,
    )


def ruled_precision(request: Request, share: Share) -> Markup:
    """How often our own rulings found an entry's matches right."""
    t = language_of(request).text
    return _precision(
        request,
        "ruled",
        t("How often our rulings found its matches right"),
        t("{right} of {all} rulings.", right=share.hits, all=share.trials),
        share,
    )


def _precision(request: Request, name: str, title: str, summary: str, share: Share) -> Markup:
    t = language_of(request).text
    frame = Frame(
        name=name,
        title=title,
        summary=summary,
        columns=(t("Reviews"), t("at least"), t("seen"), t("at most")),
        show=percent,
        table=t("As a table"),
    )
    label = t("Reviews: {count}", count=share.trials)
    return intervals(
        frame, [Bounds(label=label, value=share.value, low=share.low, high=share.high)]
    )
