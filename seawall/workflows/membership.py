"""
This home becomes a member of a hub, and stops being one.

    invitation ──join──▶ membership, bank, pinned key ──(following)──▶ entries
                                       ├──start over──▶ all of it read anew, and what we have said told again
                                       └──leave──▶ the hub forgets us, or our words too; the entries go, or stay
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from seawall.access.key import SEED_BYTES, derived_text, imprint_of
from seawall.audit.event import Happening
from seawall.clock import rfc3339
from seawall.errors import InputError, NotFound, OutsideError, WrongState
from seawall.exchange.membership import Membership, Message, State
from seawall.exchange.merkle import Frontier
from seawall.exchange.note import Verifier
from seawall.exchange.retelling import AGAIN, told_again
from seawall.ids import new_id
from seawall.partners.hub import Document, Hub, hub_address
from seawall.policy.category import Taxonomy
from seawall.storage.memory import Memory, Stores
from seawall.storage.secrets import Vault
from seawall.workflows.bank import ensure_bank

PAGE = 1_000  # words, or messages, in one transaction
REPORTS_RETOLD = timedelta(days=14)  # of the 30 a hub knows one again: it may have to wait here


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What a member needs of its home."""

    memory: Memory
    taxonomy: Taxonomy
    vault: Vault
    folder: Path  # for snapshots on their way, and the lock of the one process that follows
    now: Callable[[], datetime]
    wait: timedelta  # how long a question for changes stays open
    report_every: timedelta
    renew_key: timedelta
    plain_hosts: frozenset[str] = frozenset()

    def hub_of(self, membership: Membership) -> Hub:
        """
        The client for a membership's hub.

        Raises:
            StorageError: The key was sealed by another home.

        """
        key = self.vault.open(membership.key)
        return Hub(membership.hub, key=key, plain_hosts=self.plain_hosts)

    def own_key(self, purpose: str, hub: str, secret: str) -> str:
        """
        The text of the key that this home makes itself for a hub, from a secret both know: a token, or an older key.

        It follows from that secret and the vault's, so a request whose answer was lost, or before whose answer this
        home died, is made again with the same key, and nothing need be kept in between. That is sound: the vault's
        secret is 256 bits of chance that never leave this home, and HKDF makes of it keys that nobody can tell from
        chance, nor work out from the token, an older key, or a key of another hub; the address is part of it. What
        can seal and open the keys we keep can make them as well, so there is no further secret to lose.
        """
        return derived_text(self.vault.derive(purpose, hub, secret, size=SEED_BYTES))


def join(
    url: str,
    token: str,
    *,
    name: str,
    bank: str | None,
    hub_key: str | None,
    member_key: str | None = None,
    node: Node,
    by: str,
) -> Membership:
    """
    The membership that an invitation gives; one with the same hub and agreement gets the new key.

    Where the hub's answer was lost, joining again with the same address and token gives it.

    `hub_key` is the hub's key as its operator told it another way; without it the key that the hub shows now is
    pinned. An organisation the hub knows already shows its `member_key` with the invitation; one that this home has
    for another agreement there is found by itself.

    Raises:
        InputError: The address, or the invitation, cannot be used.
        WrongState: The bank is used for something else; the invitation was not used.
        OutsideError: The hub did not answer, or has another key than the one named.

    """
    with node.memory.reading() as stores:
        if bank is not None:
            _check_free(bank, stores)
        held = stores.memberships.all()
    address = str(hub_address(url, plain_hosts=node.plain_hosts)).rstrip("/")
    key = member_key or next(
        (node.vault.open(each.key) for each in held if each.hub == address), None
    )
    own = node.own_key("join", address, token)
    with Hub(url, key=key, plain_hosts=node.plain_hosts) as hub:
        given = _given(hub.join(token, name, imprint_of(own)), hub.url)
    if hub_key is not None and given["hub"] != hub_key:
        raise OutsideError(
            f"The hub at {hub.url} shows the key {given['hub']}, not the one you named. Do not use it."
        )
    with node.memory.transaction() as stores:
        stores.hold_changes()
        return _written(given, own, hub.url, bank=bank, stores=stores, node=node, by=by)


def _written(
    given: Mapping[str, str],
    own: str,
    hub: str,
    *,
    bank: str | None,
    stores: Stores,
    node: Node,
    by: str,
) -> Membership:
    """The membership that a hub has given to our own key, new or with its new key."""
    now = node.now()
    before = next(
        (
            each
            for each in stores.memberships.all()
            if (each.hub_key, each.agreement) == (given["hub"], given["agreement"])
        ),
        None,
    )
    key = node.vault.seal(own)
    if before is not None:
        membership = replace(
            before,
            hub=hub,
            organisation=given["organisation"],
            key=key,
            key_at=now,
            previous_key=None,
            state=State.JOINED,
            error=None,
        )
        stores.memberships.save(membership)
    else:
        membership = Membership(
            id=new_id("mb", at=now),
            hub=hub,
            agreement=given["agreement"],
            organisation=given["organisation"],
            bank=bank or _free_bank(given["agreement"], stores),
            hub_key=given["hub"],
            key=key,
            key_at=now,
            joined_at=now,
            frontier=Frontier(),
            counted=stores.uploads.last(),
        )
        owner = Verifier.parse(given["hub"]).name
        ensure_bank(membership.bank, owner=owner, stores=stores, by=by, now=now)
        stores.memberships.add(membership)
    details = {"hub": hub, "agreement": membership.agreement, "key": given["hub"]}
    stores.audit.record(
        Happening(
            action="membership:joined", subject=membership.id, actor=by, at=now, details=details
        )
    )
    return membership


def leave(
    name: str, *, contributions: str, keep_entries: bool, tell_hub: bool, node: Node, by: str
) -> Membership:
    """
    End a membership: at the hub, then here.

    Raises:
        NotFound: This home has no such membership.
        RuleError, OutsideError: The hub refused or did not answer; nothing was changed.

    """
    with node.memory.reading() as stores:
        membership = stores.memberships.find(name)
    if tell_hub:
        with node.hub_of(membership) as hub:
            hub.leave(membership.agreement, membership.organisation, contributions=contributions)
    now = node.now()
    with node.memory.transaction() as stores:
        _locked(membership, stores)
        removed = 0 if keep_entries else stores.entries.remove_all(membership.bank, at=now)
        stores.memberships.remove(membership.id)
        details: Document = {
            "agreement": membership.agreement,
            "contributions": contributions,
            "removed": removed,
            "told": tell_hub,
        }
        stores.audit.record(
            Happening(
                action="membership:left", subject=membership.id, actor=by, at=now, details=details
            )
        )
    return membership


def start_over(name: str, *, node: Node, by: str) -> Membership:
    """
    Forget what was checked of a hub's history, so that all of it is read anew; the entries stay in force meanwhile.

    What the hub has acknowledged waits to be told again, for it may have lost it: our word on each record, and the
    reports of the last two weeks. A hub that has lost nothing changes nothing for it. What breaks off half-way is
    started over again: nothing waits twice.

    Raises:
        NotFound: This home has no such membership.

    """
    now = node.now()
    with node.memory.reading() as stores:
        membership = stores.memberships.find(name)
    told_again = _tell_again(membership, node, now=now)
    with node.memory.transaction() as stores:
        before = _locked(membership, stores)
        after = replace(before, frontier=Frontier(), checkpoint="", state=State.JOINED, error=None)
        stores.memberships.save(after)
        details: Document = {
            "position": before.position,
            "checkpoint": before.checkpoint,
            "told_again": told_again
            + stores.memberships.take_up(before.id, since=now - REPORTS_RETOLD),
        }
        stores.audit.record(
            Happening(
                action="membership:started-over",
                subject=before.id,
                actor=by,
                at=now,
                details=details,
            )
        )
    return after


def opinions_path(membership: Membership) -> str:
    """Where a hub takes our word."""
    return f"/agreements/{membership.agreement}/opinions"


def reports_path(membership: Membership) -> str:
    """Where a hub takes our counts."""
    return f"/agreements/{membership.agreement}/reports"


def membership_documents(stores: Stores) -> list[Document]:
    """Every membership as the doors show it."""
    backlog = stores.memberships.backlog()
    return [
        membership_document(each, waiting=backlog.get(each.id, 0))
        for each in stores.memberships.all()
    ]


def membership_document(membership: Membership, *, waiting: int) -> Document:
    """How following goes; `waiting` messages are still to be told."""
    return {
        "id": membership.id,
        "hub": membership.hub,
        "agreement": membership.agreement,
        "organisation": membership.organisation,
        "bank": membership.bank,
        "state": membership.state,
        "error": membership.error,
        "position": membership.position,
        "size": membership.size,
        "lag": membership.lag,
        "disputed": membership.disputed,
        "clock_skew": membership.clock_skew,
        "skipped": membership.skipped,
        "waiting": waiting,
        "last_delta_at": _moment(membership.last_delta_at),
        "checked_at": _moment(membership.checked_at),
        "joined_at": rfc3339(membership.joined_at),
        "hub_key": membership.hub_key,
    }


def _locked(membership: Membership, stores: Stores) -> Membership:
    here = stores.memberships.lock(membership.id)
    if here is None:
        raise NotFound(
            f"The membership '{membership.agreement}' was ended by somebody else meanwhile."
        )
    return here


def _tell_again(membership: Membership, node: Node, *, now: datetime) -> int:
    """Words that were acknowledged wait again, before what was not told yet; how many messages wait again."""
    for stores, waiting in _pages(membership, node):
        for each in waiting:
            if AGAIN in each.body:
                stores.memberships.forget(each)
    count = number = 0
    while True:
        with node.memory.transaction() as stores:
            _locked(membership, stores)
            words = stores.memberships.said(membership.id, after=number, limit=PAGE)
            again = list(told_again(words, path=opinions_path(membership), at=now))
            stores.memberships.send(again)
        if not words:
            break
        count, number = count + len(again), words[-1].number
    for stores, waiting in _pages(membership, node):
        stores.memberships.tell_last([each for each in waiting if AGAIN not in each.body])
    return count


def _pages(membership: Membership, node: Node) -> Iterator[tuple[Stores, list[Message]]]:
    """What waits now, a page in each transaction."""
    number = 0
    with node.memory.reading() as stores:
        last = stores.memberships.last_waiting(membership.id)
    while number < last:
        with node.memory.transaction() as stores:
            _locked(membership, stores)
            waiting = stores.memberships.waiting(membership.id, limit=PAGE, after=number)
            yield stores, [each for each in waiting if each.number <= last]
        number = waiting[-1].number if waiting else last


def _given(answer: Document, url: str) -> dict[str, str]:
    names = ("organisation", "agreement", "hub")
    given = {name: answer.get(name) for name in names}
    try:
        Verifier.parse(str(given["hub"]))
        if all(isinstance(each, str) and each for each in given.values()):
            return {name: str(each) for name, each in given.items()}
    except InputError:
        pass
    raise OutsideError(f"What the hub at {url} answered is no membership.")


def _free_bank(agreement: str, stores: Stores) -> str:
    names = [agreement, *(f"{agreement}-{number}" for number in range(2, 100))]
    for name in names:
        try:
            _check_free(name, stores)
        except WrongState:
            continue
        return name
    raise WrongState(
        f"Every bank from '{names[0]}' to '{names[-1]}' is used; name one with --bank."
    )


def _check_free(bank: str, stores: Stores) -> None:
    """Whether a hub may fill this bank: it is new or empty, or holds only what a hub has left there."""
    holder = stores.memberships.of_bank(bank)
    if holder is not None:
        raise WrongState(
            f"The bank '{bank}' holds what '{holder.agreement}' shares; name another with --bank."
        )
    if any(entry.shared is None for entry in stores.entries.all(bank)):
        raise WrongState(f"The bank '{bank}' has entries of your own; name another with --bank.")


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
