"""Organisations, agreements and words that tests need, made directly in the stores."""

from datetime import datetime

from seawall.access.key import Key, parse_scopes
from seawall.exchange.agreement import Agreement, Member, Role, Terms
from seawall.exchange.opinion import Opinion, Word
from seawall.exchange.organisation import Kind, Organisation
from seawall.exchange.record import Record
from seawall.policy.taxonomy import taxonomy
from seawall.storage.memory import Memory
from seawall.workflows.key import create_key
from seawall.workflows.sharing import Shared, share
from tests.made import NOON

TAXONOMY = taxonomy({})
EVERYTHING = ",".join(Role)


def agree(memory: Memory, agreement: str, *, terms: Terms | None = None, **members: str) -> None:
    """An agreement with these members: their ids, and their roles with commas between them."""
    with memory.transaction() as stores:
        stores.organisations.add_agreement(
            Agreement(
                id=agreement, terms=terms or Terms(title=agreement, quota=None), created_at=NOON
            )
        )
        known = {each.id for each in stores.organisations.all()}
        for ident, roles in members.items():
            if ident not in known:
                stores.organisations.add(
                    Organisation(id=ident, name=ident, kind=Kind.PLATFORM, created_at=NOON)
                )
            stores.organisations.add_member(
                Member(
                    agreement=agreement,
                    organisation=ident,
                    roles=frozenset(map(Role, roles.split(","))),
                    joined_at=NOON,
                )
            )


def member(memory: Memory, agreement: str, ident: str) -> Member:
    """The membership as it is now."""
    with memory.reading() as stores:
        return stores.organisations.member(agreement, ident)


def key_of(memory: Memory, organisation: str, *scopes: str) -> tuple[Key, str]:
    """A key that acts for an organisation, and its text."""
    with memory.transaction() as stores:
        return create_key(
            "test",
            owner=organisation,
            scopes=parse_scopes(scopes or ("exchange",)),
            stores=stores,
            by="test",
            now=NOON,
        )


def opinion(by: str = "acme", word: str = "confirm", **fields: object) -> Opinion:
    """One word, with what it needs."""
    usual: dict[str, object] = {
        "organisation": by,
        "kind": Kind.PLATFORM,
        "word": Word(word),
        "at": NOON,
    }
    if word == "confirm":
        usual["categories"] = ("terrorist-content",)
    if word == "dispute":
        usual["reason"] = "A news report."
    return Opinion(**(usual | fields))  # type: ignore[arg-type]


def said(
    memory: Memory, agreement: str, *words: tuple[object, Opinion], now: datetime = NOON
) -> list[Shared]:
    """Share these words of one member, in one transaction."""
    speaker = member(memory, agreement, words[0][1].organisation)
    with memory.transaction() as stores:
        return share(
            agreement,
            [(signal, word, None) for signal, word in words],  # type: ignore[misc]
            by=speaker,
            taxonomy=TAXONOMY,
            stores=stores,
            now=now,
            actor="test",
        )


def record_now(memory: Memory, agreement: str, signal: object) -> Record:
    """The record of a signal."""
    with memory.reading() as stores:
        return stores.records.of_signals(agreement, {signal})[signal]  # type: ignore[arg-type, index]
