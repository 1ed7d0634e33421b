"""
What a person may know of an upload, an item or a user: the cases within their limits, and what was ruled in them.

    cases ─▶ within the limits ─┬─ tells what others said of what they may be asked ─▶ the look in its place
                                └─▶ shown, with rulings older than what that look is blind to

Each such view is an event.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from seawall.access.person import Limits, Permission, Person, may
from seawall.audit.event import Happening
from seawall.cases.case import Item
from seawall.cases.ruling import Ruling
from seawall.errors import NotAllowed
from seawall.storage.case_rows import Listed
from seawall.storage.memory import Stores
from seawall.storage.rulings import Strike
from seawall.storage.uploads import Upload
from seawall.workflows.case_access import hidden_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The cases that a person may see of some, and what was ruled in them."""

    cases: tuple[Listed, ...]  # newest first
    rulings: tuple[Ruling, ...]  # newest first
    about: frozenset[
        str
    ]  # ids of the cases whose items may be named: these, and those a look stands for
    blind_from: datetime | None  # what was ruled since then is not shown; None: everything is

    def tells(self, strike: Strike) -> bool:
        """Whether this person may know of the strike: its ruling is shown."""
        return any(each.id == strike.ruling for each in self.rulings)

    def before(self, at: datetime) -> bool:
        """Whether what happened then is shown."""
        return self.blind_from is None or at < self.blind_from


def past(
    person: Person, cases: Iterable[Listed], stores: Stores, *, about: Callable[[Item], bool]
) -> Past:
    """Of these cases, which are all those with an item that this is `about`, what this person may see."""
    found = {each.id: each for each in cases}
    hidden = hidden_from(person, found, stores)
    looks = {each.look.case: each for each in hidden.values()}
    if may(person, Permission.CASES_RULE):
        own = stores.quality.pending_of(person.id)
        looks |= {
            each.look.case: each
            for each in own
            if any(map(about, stores.cases.find(each.look.case).items))
        }
    shown = [case for ident, case in found.items() if ident not in hidden]
    standing = stores.cases.named(
        [ident for ident, each in looks.items() if not each.hides(ident, person.id)]
    )
    shown += [case for ident, case in standing.items() if ident not in found]
    theirs = stores.cases.allowed({*found, *standing}, person.limits)
    seen = tuple(
        sorted(
            (each for each in shown if each.id in theirs),
            key=lambda each: -each.number,
        )
    )
    since = min((each.look.blind_from for each in looks.values()), default=None)
    instead = {
        ident
        for ident in hidden
        if ident in theirs  # whoever may not see the case sees no item of it
    }
    return Past(
        cases=seen,
        rulings=tuple(
            each
            for each in stores.rulings.of_cases([case.id for case in seen])
            if since is None or each.at < since or each.by == person.id
        ),
        about=frozenset(instead.union(case.id for case in seen)),
        blind_from=since,
    )


def upload_within(upload: Upload, limits: Limits, *, seen: bool) -> bool:
    """
    Whether the upload is within these limits; `seen` tells that a case it was in is.

    An upload is in no queue and of no one category: without such a case it is for those whom no queue limits, where
    one of the categories it matched is theirs.
    """
    if not limits.cover(upload.territory):
        return False
    if seen:
        return True
    matched = {name for match in upload.verdict.matches for name in match.categories}
    theirs = limits.categories is None or not matched.isdisjoint(limits.categories)
    return limits.queues is None and theirs


def check_seen(found: bool) -> None:
    """
    Whether something is left to show.

    Raises:
        NotAllowed: Everything is beyond the person's limits.

    """
    if not found:
        raise NotAllowed("This is of a queue or category, or from a territory, that is not yours.")


def record_view(what: str, subject: str, *, by: str, stores: Stores, now: datetime) -> None:
    """Somebody opened the history of this upload, item or user."""
    stores.audit.record(
        Happening(action="history:read", subject=subject, actor=by, at=now, details={"what": what})
    )
