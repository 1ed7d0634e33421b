"""
What becomes of a member and of what it gave.

    active ◀──▶ suspended          what it contributed: counts, waits in quarantine, is released, dropped or withdrawn
       └────────────┴──▶ left

What touches everything from one source goes page by page, each page a transaction of its own, so that others can write
in between. Cut short, it is done again: what is done stays done.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from seawall.errors import InputError, NotAllowed, NotFound, WrongState
from seawall.exchange.agreement import Leaving, Member, Status
from seawall.policy.category import Taxonomy
from seawall.storage.memory import Stores
from seawall.workflows.acting import Commit, Doing
from seawall.workflows.sharing import ENOUGH, release_held, tell_members, withdraw_source

Check = Callable[[Stores], None]
"""Whether the caller may; asked in every transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """How many contributions were taken out of quarantine."""

    contributions: int = 0
    refused: int = 0  # of them, those that do not fit the terms any more


def change_member(
    agreement: str,
    organisation: str,
    changes: Mapping[str, Any],
    *,
    stores: Stores,
    doing: Doing,
) -> Member:
    """
    The member with other roles, status, quota, or held; members are told of the first two.

    Raises:
        NotFound: It is no member.
        WrongState: It has left.
        InputError: The status is `left`; leaving is a story of its own.

    """
    stores.deltas.lock(agreement)
    before = stores.organisations.member(agreement, organisation)
    if before.status is Status.LEFT:
        raise WrongState(f"'{organisation}' has left '{agreement}'; invite it again.")
    after = replace(before, **changes)
    if after.status is Status.LEFT:
        raise InputError("A status is active or suspended; to end a membership, delete it.")
    if after == before:
        return before
    stores.organisations.save_member(after)
    if (after.roles, after.status) != (before.roles, before.status):
        tell_of_member(after, stores=stores, doing=doing)
    details = {"organisation": organisation, **changes}
    if "roles" in details:
        details["roles"] = sorted(after.roles)
    doing.record(stores, action="member:changed", subject=agreement, details=details)
    return after


def end_membership(
    agreement: str,
    organisation: str,
    contributions: Leaving | None,
    *,
    stores: Stores,
    doing: Doing,
) -> Leaving:
    """
    The organisation has left; what is to become of what it gave, which is for the caller to do (`withdraw_everything`).

    Told again of one that has left, nothing changes.

    Raises:
        NotFound: It was never a member.
        InputError: The terms leave a choice, and none was made.
        NotAllowed: The terms do not allow this choice.

    """
    stores.deltas.lock(agreement)
    before = stores.organisations.member(agreement, organisation)
    choice = _choice(
        stores.organisations.agreement(agreement).terms.leaving, contributions, agreement
    )
    if before.status is not Status.LEFT:
        after = replace(before, status=Status.LEFT)
        stores.organisations.save_member(after)
        tell_of_member(after, stores=stores, doing=doing, contributions=choice)
        details = {"organisation": organisation, "contributions": choice}
        doing.record(stores, action="member:left", subject=agreement, details=details)
    return choice


def withdraw_everything(
    agreement: str,
    organisation: str,
    *,
    commit: Commit,
    check: Check,
    who: Callable[[], Doing],
) -> int:
    """
    Everything that came from one source is withdrawn; how many opinions that were.

    A source that is still active is held back from the first page on: what it says meanwhile, or later, waits in
    quarantine until an administrator lets it contribute again.

    Raises:
        NotFound: It was never a member.

    """
    withdrawn = 0
    after: int | None = 0
    while after is not None:
        start = after

        def page(stores: Stores, start: int = start) -> tuple[int, int | None]:
            stores.deltas.lock(agreement)
            check(stores)
            source = stores.organisations.member(agreement, organisation)
            doing = who()
            if not start:
                if source.status is Status.ACTIVE and not source.held:
                    stores.organisations.save_member(replace(source, held=True))
                details = {"organisation": organisation}
                doing.record(stores, action="source:withdrawn", subject=agreement, details=details)
            return withdraw_source(
                agreement,
                organisation,
                after=start,
                stores=stores,
                now=doing.at,
                actor=doing.actor,
            )

        gone, after = commit(page)
        withdrawn += gone
    return withdrawn


def release_quarantine(
    agreement: str,
    organisation: str,
    *,
    taxonomy: Taxonomy,
    commit: Commit,
    check: Check,
    who: Callable[[], Doing],
) -> Emptied:
    """What waited of an organisation when this began is shared, as far as the terms still allow it."""

    def page(stores: Stores) -> Emptied:
        check(stores)
        doing = who()
        done, refused = release_held(
            agreement,
            organisation,
            taxonomy=taxonomy,
            stores=stores,
            now=doing.at,
            actor=doing.actor,
        )
        if done:
            details = {"organisation": organisation, "contributions": done, "refused": refused}
            doing.record(stores, action="quarantine:released", subject=agreement, details=details)
        return Emptied(contributions=done, refused=refused)

    return _waiting_pages(agreement, organisation, page, commit, check)


def drop_quarantine(
    agreement: str,
    organisation: str,
    *,
    commit: Commit,
    check: Check,
    who: Callable[[], Doing],
) -> Emptied:
    """What waited of an organisation when this began is forgotten."""

    def page(stores: Stores) -> Emptied:
        stores.deltas.lock(agreement)
        check(stores)
        done = len(stores.records.take_held(agreement, organisation, limit=ENOUGH))
        if done:
            details = {"organisation": organisation, "contributions": done}
            who().record(stores, action="quarantine:dropped", subject=agreement, details=details)
        return Emptied(contributions=done)

    return _waiting_pages(agreement, organisation, page, commit, check)


def tell_of_member(
    member: Member, *, stores: Stores, doing: Doing, contributions: Leaving | None = None
) -> None:
    """A delta that tells every member where this one stands."""
    organisation = stores.organisations.find(member.organisation)
    details = {
        "organisation": member.organisation,
        "name": organisation.name,
        "kind": organisation.kind,
        "roles": sorted(member.roles),
        "status": member.status,
    }
    if contributions is not None:
        details["contributions"] = contributions
    tell_members(
        member.agreement,
        "member",
        details,
        by=doing.organisation,
        stores=stores,
        now=doing.at,
    )


def _choice(allowed: tuple[Leaving, ...], wanted: Leaving | None, agreement: str) -> Leaving:
    if wanted is None:
        if len(allowed) > 1:
            raise InputError(
                f"Choose what becomes of the contributions: {' or '.join(allowed)} them."
            )
        return allowed[0]
    if wanted not in allowed:
        raise NotAllowed(
            f"Under the terms of '{agreement}' a member that leaves can only {' or '.join(allowed)}"
            " what it gave."
        )
    return wanted


def _waiting_pages(
    agreement: str,
    organisation: str,
    page: Callable[[Stores], Emptied],
    commit: Commit,
    check: Check,
) -> Emptied:
    def count(stores: Stores) -> int:
        check(stores)
        return stores.records.held_of(agreement, organisation)

    waiting, done = commit(count), Emptied()
    if not waiting:
        raise NotFound(f"Nothing of '{organisation}' waits in the quarantine of '{agreement}'.")
    while done.contributions < waiting:
        taken = commit(page)
        if not taken.contributions:
            break
        done = Emptied(
            contributions=done.contributions + taken.contributions,
            refused=done.refused + taken.refused,
        )
    return done
