"""
Policies: what a platform does not allow, put anew as it changes, never rewritten.

    policy ──put──▶ version 1 ──put──▶ version 2; a ruling names the one that stood that day
"""

from dataclasses import replace
from datetime import datetime

from seawall.audit.event import Happening
from seawall.cases.policy import Policy, checked
from seawall.errors import NotFound
from seawall.policy.category import Taxonomy
from seawall.storage.memory import Stores


def put_policy(
    policy: Policy, *, taxonomy: Taxonomy, stores: Stores, by: str, now: datetime
) -> Policy:
    """
    The policy as it stands from now on: its next version, or the same one when nothing has changed.

    Raises:
        InputError: A field is missing or out of range, or a category is unknown.

    """
    stores.cases.lock()
    wanted = replace(checked(policy), categories=taxonomy.names(policy.categories), at=now)
    try:
        before = stores.policies.find(wanted.id)
    except NotFound:
        wanted = replace(wanted, version=1)
    else:
        if before == replace(wanted, version=before.version, at=before.at):
            return before
        wanted = replace(wanted, version=before.version + 1)
    stores.policies.add(wanted)
    details = {"version": wanted.version, "title": wanted.title, "measure": wanted.measure}
    stores.audit.record(
        Happening(action="policy:put", subject=wanted.id, actor=by, at=now, details=details)
    )
    return wanted
