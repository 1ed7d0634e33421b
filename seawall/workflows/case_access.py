"""Which cases somebody may see and rule on: within their limits, and telling them nothing of what they may be asked."""

from collections.abc import Collection, Iterable

from seawall.access.person import Limits, Permission, Person, may
from seawall.cases.case import Case
from seawall.cases.ruling import Ruling
from seawall.cases.second_review import Pending
from seawall.errors import NotAllowed
from seawall.storage.case_rows import Unseen
from seawall.storage.memory import Stores
from seawall.workflows.quality import NOT_NOW, kept_from


def check_limits(case: Case, limits: Limits) -> None:
    """
    Whether this person may see the case.

    Raises:
        NotAllowed: It is beyond the limits.

    """
    if not case.within(limits):
        raise NotAllowed(
            f"The case '{case.id}' is in a queue or category, or from a territory, that is not yours."
        )


def check_shown(case: Case, person: Person, stores: Stores) -> None:
    """
    Whether this person may see the case now.

    Raises:
        NotAllowed: It is beyond the limits, or would tell them what others said of what they may be asked.

    """
    check_limits(case, person.limits)
    if hidden_from(person, [case.id], stores):
        raise NotAllowed(NOT_NOW)


def hidden_from(person: Person, among: Collection[str], stores: Stores) -> dict[str, Pending]:
    """Those of these cases that must not be shown to this person now; who does not rule is never asked."""
    return kept_from(person.id, among, stores) if may(person, Permission.CASES_RULE) else {}


def shown_to(person: Person, rulings: Iterable[Ruling], stores: Stores) -> list[Ruling]:
    """Those of these rulings that this person may read: on cases within their limits, and not hidden from them."""
    listed = list(rulings)
    cases = {each.case for each in listed}
    theirs = stores.cases.allowed(cases, person.limits)
    hidden = hidden_from(person, cases, stores)
    return [each for each in listed if each.case in theirs and each.case not in hidden]


def acting(person: str, stores: Stores, *, case: Case | None = None) -> Person | None:
    """
    Who rules, if it is one of our people; a name that only a program knows is the program's to answer for.

    Raises:
        NotAllowed: They are disabled, their roles do not let them rule, or they may not see the case now.

    """
    known = stores.people.known(person)
    if known is None:
        return None
    if not may(known, Permission.CASES_RULE):
        raise NotAllowed(f"'{person}' may not rule: disabled, or of other roles.")
    if case is not None:
        check_shown(case, known, stores)
    return known


def offered_to_nobody(stores: Stores) -> list[Unseen]:
    """Cases that wait beyond the limits of everybody here who rules; the largest groups first."""
    limits = {each.limits for each in stores.people.all() if may(each, Permission.CASES_RULE)}
    return [] if Limits() in limits else stores.cases.beyond(limits)


def who_may_rule(
    case: Case, people: Iterable[Person], stores: Stores, *, but: str | None
) -> list[Person]:
    """Everybody else who may rule on this case; of a look, who has not said a word on the same."""
    look = stores.quality.look(case.id)
    said = stores.quality.who_said(look) if look else set()
    return [
        each
        for each in people
        if each.id != but
        and each.id not in said
        and may(each, Permission.CASES_RULE)
        and case.within(each.limits)
    ]
