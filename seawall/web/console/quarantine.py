"""
What members contributed and others do not see yet: shared, or forgotten, by who may tell other organisations.

    /desk/exchange/{agreement} ── release, drop ──▶ the same page, which says what was done
"""

from enum import StrEnum
from functools import partial
from typing import Annotated

from starlette.requests import Request
from starlette.responses import Response

from seawall.access.person import Permission
from seawall.clock import now
from seawall.errors import NotFound
from seawall.storage.memory import Stores
from seawall.web.console.exchange import EXCHANGE
from seawall.web.console.page import desk_router, went
from seawall.web.console.session import Session, signed_in
from seawall.web.console.shared import named
from seawall.web.door import door_of
from seawall.workflows.acting import Doing
from seawall.workflows.members import drop_quarantine, release_quarantine

router = desk_router(EXCHANGE)


class Fate(StrEnum):
    """What becomes of what waits."""

    RELEASE = "release"
    DROP = "drop"


@router.post("/{agreement}/quarantine/{organisation}/{fate}")
def empty(
    request: Request,
    at: Annotated[Session, signed_in(Permission.SHARE_OUTSIDE)],
    agreement: str,
    organisation: str,
    fate: Fate,
) -> Response:
    """Everything that waited of this organisation when it was asked."""
    door = door_of(request)
    release = partial(release_quarantine, taxonomy=door.app.taxonomy)
    act = release if fate is Fate.RELEASE else drop_quarantine

    def waits(stores: Stores) -> None:
        stores.organisations.agreement(agreement)

    done = act(
        named(agreement),
        named(organisation),
        commit=door.commit,
        check=waits,
        who=lambda: Doing(actor=at.person.id, organisation=None, at=now()),
    )
    if not done.contributions:
        raise NotFound("Nothing of this organisation waits any more.")
    return went(f"{EXCHANGE}/{agreement}#members", f"quarantine-{fate}")
