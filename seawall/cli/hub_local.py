"""The hub on this machine: the operator's own hands on the home."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from seawall.app import App
from seawall.clock import now
from seawall.errors import InputError
from seawall.exchange.agreement import Leaving, Status, Terms, parse_roles
from seawall.exchange.organisation import Kind
from seawall.storage.memory import Stores
from seawall.workflows import exchange_wire as wire
from seawall.workflows.acting import Doing
from seawall.workflows.agreements import change_terms, found_organisation, make_agreement
from seawall.workflows.hub import hub_key, tie_hub_key
from seawall.workflows.invitations import invite, uninvite
from seawall.workflows.members import (
    change_member,
    drop_quarantine,
    end_membership,
    release_quarantine,
    withdraw_everything,
)

Document = dict[str, Any]
T = TypeVar("T")


class LocalHub:
    """What the commands ask of a hub, done here; whoever has the home is its operator."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._memory = app.memory

    def organisations(self) -> list[Document]:
        """Every organisation the hub knows."""
        with self._memory.reading() as stores:
            return [wire.organisation_document(each) for each in stores.organisations.all()]

    def add_organisation(self, wanted: Document) -> Document:
        """An organisation the hub knows from now on."""
        with self._memory.transaction() as stores:
            made = found_organisation(
                wanted["id"],
                name=wanted["name"],
                kind=_kind(wanted["kind"]),
                stores=stores,
                doing=_doing(),
            )
        return wire.organisation_document(made)

    def agreements(self) -> list[Document]:
        """Every agreement."""
        with self._memory.reading() as stores:
            return [wire.agreement_document(each) for each in stores.organisations.agreements()]

    def add_agreement(self, wanted: Document) -> Document:
        """A new agreement."""
        terms = Terms(**_terms({name: wanted[name] for name in wanted if name != "id"}))
        settings = self._app.settings
        with self._memory.transaction() as stores:
            tie_hub_key(hub_key(settings.home, settings.exchange.hub), stores)
            made = make_agreement(
                wanted["id"],
                terms,
                taxonomy=self._app.taxonomy,
                stores=stores,
                doing=_doing(),
            )
        return wire.agreement_document(made)

    def agreement(self, ident: str) -> Document:
        """One agreement, with its records counted."""
        with self._memory.reading() as stores:
            return wire.counted_agreement(ident, stores, now=now())

    def change_agreement(self, ident: str, changes: Document) -> Document:
        """An agreement under other terms."""
        with self._memory.transaction() as stores:
            changed = change_terms(
                ident,
                _terms(changes),
                taxonomy=self._app.taxonomy,
                stores=stores,
                doing=_doing(),
            )
        return wire.agreement_document(changed)

    def members(self, agreement: str) -> list[Document]:
        """Every member of an agreement."""
        with self._memory.reading() as stores:
            stores.organisations.agreement(agreement)
            return wire.member_documents(agreement, stores)

    def change_member(self, agreement: str, organisation: str, changes: Document) -> Document:
        """A member as it has become."""
        wanted = dict(changes)
        if "roles" in wanted:
            wanted["roles"] = parse_roles(wanted["roles"])
        if "status" in wanted:
            wanted["status"] = Status(wanted["status"])
        with self._memory.transaction() as stores:
            changed = change_member(agreement, organisation, wanted, stores=stores, doing=_doing())
            return wire.member_document(changed, stores.organisations.find(organisation))

    def remove_member(
        self, agreement: str, organisation: str, contributions: str | None
    ) -> Document:
        """A membership that has ended, and how much was withdrawn with it."""
        wanted = _leaving(contributions) if contributions else None
        with self._memory.transaction() as stores:
            choice = end_membership(agreement, organisation, wanted, stores=stores, doing=_doing())
        withdrawn = 0
        if choice is Leaving.WITHDRAW:
            withdrawn = self.withdraw_source(agreement, organisation)["withdrawn"]
        return {
            "agreement": agreement,
            "organisation": organisation,
            "status": Status.LEFT,
            "contributions": choice,
            "withdrawn": withdrawn,
        }

    def invitations(self, agreement: str) -> list[Document]:
        """The invitations to an agreement that can still be used, without their tokens."""
        with self._memory.reading() as stores:
            stores.organisations.agreement(agreement)
            found = stores.organisations.open_invitations(agreement, at=now())
        return [wire.invitation_document(each) for each in found]

    def uninvite(self, agreement: str, invitation: str) -> None:
        """An invitation whose token opens nothing any more."""
        with self._memory.transaction() as stores:
            uninvite(agreement, invitation, stores=stores, doing=_doing())

    def invite(self, agreement: str, wanted: Document) -> Document:
        """An invitation with its token."""
        doing = _doing()
        ends = wanted.get("expires_at")
        usual = doing.at + self._app.settings.exchange.invitation
        with self._memory.transaction() as stores:
            made, token = invite(
                agreement,
                wanted["organisation"],
                kind=_kind(wanted["kind"]) if wanted.get("kind") else None,
                roles=parse_roles(wanted["roles"]),
                expires_at=datetime.fromisoformat(ends) if ends else usual,
                ours=self._app.settings.server.organisation,
                stores=stores,
                doing=doing,
            )
        return wire.invitation_document(made) | {"token": token}

    def quarantine(self, agreement: str) -> dict[str, int]:
        """How many contributions of each organisation wait."""
        with self._memory.reading() as stores:
            stores.organisations.agreement(agreement)
            return stores.records.held(agreement)

    def empty_quarantine(self, agreement: str, organisation: str, fate: str) -> Document:
        """How many contributions were shared or forgotten."""
        release = partial(release_quarantine, taxonomy=self._app.taxonomy)
        empty = release if fate == "release" else drop_quarantine
        done = empty(agreement, organisation, commit=self._commit, check=_anything, who=_doing)
        return {"organisation": organisation, **asdict(done)}

    def withdraw_source(self, agreement: str, organisation: str) -> Document:
        """How much one organisation had said that was withdrawn."""
        withdrawn = withdraw_everything(
            agreement, organisation, commit=self._commit, check=_anything, who=_doing
        )
        return {"organisation": organisation, "withdrawn": withdrawn}

    def _commit(self, story: Callable[[Stores], T]) -> T:
        with self._memory.transaction() as stores:
            return story(stores)


def _anything(stores: Stores) -> None:
    """The operator may."""


def _doing() -> Doing:
    return Doing(actor="cli", organisation=None, at=now())


def _kind(text: str) -> Kind:
    if text not in set(Kind):
        raise InputError(f"There is no kind '{text}'; there are {', '.join(Kind)}.")
    return Kind(text)


def _leaving(text: str) -> Leaving:
    if text not in set(Leaving):
        raise InputError(f"Contributions are {' or '.join(Leaving)}; this is '{text}'.")
    return Leaving(text)


def _terms(document: Document) -> Document:
    terms = dict(document)
    for name in ("categories", "signal_types"):
        if name in terms:
            terms[name] = tuple(terms[name])
    if "leaving" in terms:
        terms["leaving"] = tuple(map(_leaving, terms["leaving"]))
    if terms.get("retention") is not None:
        terms["retention"] = timedelta(seconds=terms["retention"])
    return terms
