"""
A member's key at its hub is renewed, and found again where one side knows only the other's older or newer one.

    key ──renew──▶ new key, the old one kept beside it
                      ├── the hub was restored to before that: the old one is renewed to the same once more
                      └── the answer was lost, and the old one has ended since: the new one follows from it
"""

from dataclasses import replace

from seawall.access.key import imprint_of
from seawall.audit.event import Happening
from seawall.errors import Error
from seawall.exchange.membership import Membership
from seawall.partners.hub import Hub
from seawall.workflows.membership import Node


def renew_key(membership: Membership, *, hub: Hub, node: Node) -> None:
    """
    Our key at the hub is a new one, which we make of the old one; that opens for a while longer.

    Should the answer be lost, or this home die before it has written the new one, the same key is asked for again.

    Raises:
        RuleError, OutsideError: The hub did not take it.

    """
    own = _next_key(membership, node)
    hub.renew_key(imprint_of(own))
    after = _renewed(membership, own, node)
    _written(membership, after, node, action="membership:key-renewed")


def regain_key(membership: Membership, *, hub: Hub, node: Node) -> Membership | None:
    """
    The membership with a key that opens again, which the hub's client now uses; None where we have none.

    No hub keeps us busy with this: the key before ours is used up by it, and a key that follows from ours is looked
    for only where ours is old enough to be renewed.
    """
    ours = node.vault.open(membership.key)
    if membership.previous_key is not None:
        older = node.vault.open(membership.previous_key)
        if _opens(ours, membership, hub, renewed_by=older):
            after = replace(membership, previous_key=None)
            return _written(membership, after, node, action="membership:key-regained")
    if node.now() - membership.key_at >= node.renew_key:
        following = _next_key(membership, node)
        if _opens(following, membership, hub):
            after = _renewed(membership, following, node)
            return _written(membership, after, node, action="membership:key-regained")
    hub.use(ours)
    return None


def _next_key(membership: Membership, node: Node) -> str:
    return node.own_key("renew", membership.hub, node.vault.open(membership.key))


def _renewed(membership: Membership, own: str, node: Node) -> Membership:
    return replace(
        membership, key=node.vault.seal(own), key_at=node.now(), previous_key=membership.key
    )


def _opens(key: str, membership: Membership, hub: Hub, *, renewed_by: str | None = None) -> bool:
    """Whether a key opens at the hub, perhaps once an older one was renewed to it."""
    try:
        if renewed_by is not None:
            hub.use(renewed_by)
            hub.renew_key(imprint_of(key))
        hub.use(key)
        hub.changes(membership.agreement, after=0, limit=1, wait=0)
    except Error:
        return False
    return True


def _written(before: Membership, after: Membership, node: Node, *, action: str) -> Membership:
    """The membership with its key, unless somebody else has given it another meanwhile."""
    with node.memory.transaction() as stores:
        here = stores.memberships.lock(before.id)
        if here is None or here.key != before.key:
            return here or before
        keys = {name: getattr(after, name) for name in ("key", "key_at", "previous_key")}
        after = replace(here, **keys)
        stores.memberships.save(after)
        stores.audit.record(
            Happening(action=action, subject=here.id, actor=here.hub, at=node.now(), details={})
        )
    return after
