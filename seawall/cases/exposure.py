"""
What looking costs a person: levels of a preview, a budget for each day, and when to do something else.

    level 0 ─▶ small, blurred, grey or not: an event, costs nothing; sharp, as some prefer it, it costs
    level 1 ─▶ blurred ─▶ 2 ─▶ grey ─▶ 3 ─▶ large ─▶ 4 ─▶ colour: each look is an event and costs its severity,
    but for a look at what was paid for minutes ago, which is an event and costs nothing
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from seawall.access.person import Person
from seawall.cases.urgency import MODERATE, MOST_SEVERE
from seawall.errors import InputError, NotAllowed

LEAST, GENTLE, MOST = (
    0,
    1,
    4,
)  # levels; nothing above the gentle one on a day without graphic things
IN_COLOUR = 4
_LEAST_AS = {
    (True, True): 0,
    (True, False): 5,
    (False, True): 6,
    (False, False): 7,
}  # of `media.preview.LEVELS`
SEVERITIES = (1, 2, 3, 7)  # low, medium, high, highest: how much a look costs
UNWEIGHED = 3  # what nobody has weighed yet counts as high
SAME_LOOK = timedelta(minutes=10)  # as long as a claim lasts; a page loaded again is no second look


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks, and what they have asked to be spared."""

    id: str  # a person's id, or a key's
    nothing_graphic: bool = False  # today
    blur: bool = True  # of the least picture
    grey: bool = True

    @property
    def at_most(self) -> int:
        """How severe any case may be that is laid before them."""
        return MODERATE if self.nothing_graphic else MOST_SEVERE

    @property
    def least_costs(self) -> bool:
        """Whether even the least shows so much that it is a look: it is sharp."""
        return not (self.blur or self.nothing_graphic)

    @property
    def least(self) -> int:
        """Which of `media.preview.LEVELS` shows the least, as the viewer prefers it."""
        return LEAST if self.nothing_graphic else _LEAST_AS[self.blur, self.grey]

    @property
    def first(self) -> int:
        """The level that is revealed first; what the least shows already is passed over."""
        if not self.least_costs:
            return GENTLE
        return GENTLE + 1 if self.grey else IN_COLOUR


@dataclass(frozen=True, slots=True)
class Look:
    """The last look at something that was paid for: how much it showed, and when."""

    level: int
    at: datetime

    def covers(self, level: int, *, now: datetime) -> bool:
        """Whether a look at this level now is still the same one."""
        return level <= self.level and now < self.at + SAME_LOOK


def viewer_of(person: Person, *, at: datetime) -> Viewer:
    """One of our people, who looks, with what they have asked to be spared."""
    wants = person.preferences
    return Viewer(id=person.id, nothing_graphic=wants.spares(at), blur=wants.blur, grey=wants.grey)


def spent(looks: Mapping[int, int]) -> int:
    """The points that so many looks at each severity have cost."""
    return sum(max(1, severity) * count for severity, count in looks.items())


def check_look(
    viewer: Viewer,
    level: int,
    *,
    severity: int,
    looks: Mapping[int, int],
    budget: int,
    paid: bool = False,
) -> None:
    """
    Refuse a look that is too much today; `budget` is the points of a day, 0 for no limit.

    A look that is `paid` for already costs nothing.

    Raises:
        InputError: There is no such level.
        NotAllowed: The viewer wants nothing graphic today, or the day's budget does not reach.

    """
    if not LEAST <= level <= MOST:
        raise InputError(f"A preview has the levels {LEAST} to {MOST}; {level} is none of them.")
    if level == LEAST:
        return
    if viewer.nothing_graphic and level > GENTLE:
        raise NotAllowed(
            f"You asked for nothing graphic today, so levels above {GENTLE} stay closed. "
            "Hand this case to a colleague, or change that in your preferences."
        )
    before = spent(looks)
    if budget and not paid and before + max(1, severity) > budget:
        raise NotAllowed(
            f"You have looked at {before} of {budget} points today, and this look would cost {max(1, severity)}. "
            f"{_instead(rotation(looks, budget=budget))} The budget starts anew at 00:00 UTC."
        )


def rotation(
    looks: Mapping[int, int], *, budget: int, severities: Iterable[int] = SEVERITIES
) -> int | None:
    """The highest severity the rest of the day still has room for; None when there is room for none."""
    rest = budget - spent(looks)
    return max((each for each in severities if not budget or each <= rest), default=None)


def room(looks: Mapping[int, int], *, budget: int) -> int:
    """
    How severe what there is to look at in a case may be, so that the rest of the day has room for it; 0: none has.

    >>> room({7: 56}, budget=400), room({7: 56, 3: 1}, budget=400), room({7: 57}, budget=400)
    (7, 5, 1)
    """
    return max(0, min(budget - spent(looks), MOST_SEVERE)) if budget else MOST_SEVERE


def day_of(moment: datetime) -> str:
    """The day a look counts for, `2026-01-31`, in UTC as the log is."""
    return moment.astimezone(UTC).date().isoformat()


def _instead(severity: int | None) -> str:
    if severity is None:
        return "Hand this case to a colleague and go on with work that shows no media."
    return f"Hand this case to a colleague and go on with cases of severity {severity} or less."
