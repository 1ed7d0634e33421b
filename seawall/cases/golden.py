"""
Cases whose answer is known, put among the others: whoever decides cannot tell them apart, and nothing is carried out.

    each so many cases of a person ──due──▶ one the person has not seen ──answered──▶ (known, said) for a Confusion
                                             as a case of its own, of the item's `opening`
"""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from seawall.cases.case import CaseEvent, Step
from seawall.errors import InputError

FEWEST = 2  # cases for one golden item; one of each would leave no other work


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """A known answer, which holds for one version of its policy and rests when there is a newer one."""

    id: str
    decision: str  # as in `second_review.Answer`
    policy: str
    policy_version: int
    queue: str
    why: str  # what somebody who answered otherwise is shown
    opening: Mapping[str, Any]  # the body of the event that opens a case like it
    opened_by: str  # who seems to have opened it
    blind_from: datetime  # what was ruled on the same content since then would tell the answer
    made_of: str | None = None  # the case, if it was one; it would tell the answer too

    @property
    def item(self) -> str:
        """The platform's name for what it is about."""
        return str(self.opening["item"]["id"])

    @property
    def kind(self) -> str:
        """What the item is."""
        return str(self.opening["item"]["kind"])

    @property
    def upload(self) -> str | None:
        """The item's upload, if it came as one."""
        found: str | None = self.opening["item"]["upload"]
        return found

    @property
    def category(self) -> str | None:
        """What the item is said to be."""
        found: str | None = self.opening["category"]
        return found

    def opened(self, ident: str, *, at: datetime) -> CaseEvent:
        """The first event of a case that looks like any other."""
        return CaseEvent(
            case=ident, version=1, at=at, actor=self.opened_by, kind=Step.OPENED, body=self.opening
        )


def is_due(person: str, *, decided: int, every: int, secret: bytes) -> bool:
    """
    Whether the next case of a person who has decided so many is a golden one: one of each `every`, at no fixed place.

    Raises:
        InputError: Fewer than two cases for one golden item.

    """
    if every < FEWEST:
        raise InputError(f"There is a golden item for {FEWEST} cases or more; not for {every}.")
    block, place = divmod(decided, every)
    drawn = _drawn(secret, "seawall-golden-place/1", person, str(block))
    return int.from_bytes(drawn) % every == place


def golden_for(
    person: str,
    known: Iterable[Golden],
    *,
    queue: str,
    seen: Collection[str],
    versions: Mapping[str, int],
    secret: bytes,
) -> Golden | None:
    """
    The next golden item of this queue for a person, in an order of their own; None when all were seen or rest.

    `versions` has the version in force of each policy.
    """
    fit = [
        each
        for each in known
        if each.queue == queue
        and each.id not in seen
        and versions.get(each.policy) == each.policy_version
    ]
    return min(
        fit,
        key=lambda each: _drawn(secret, "seawall-golden-order/1", person, each.id),
        default=None,
    )


def _drawn(secret: bytes, purpose: str, *about: str) -> bytes:
    return hmac.digest(secret, "\n".join((purpose, *about)).encode(), hashlib.sha256)
