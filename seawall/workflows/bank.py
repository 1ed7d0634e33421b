"""
Banks and what is in them.

    media or signals ──add──▶ entries ──change number──▶ every catalogue
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from seawall.banks.bank import Bank, bank_name
from seawall.banks.entry import Entry
from seawall.errors import InputError, NotFound, WrongState
from seawall.ids import new_id
from seawall.policy.category import Taxonomy
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.signal import Signal
from seawall.storage.memory import Stores
from seawall.workflows.audit import record


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """Under what, and on whose word, signals are put into a bank."""

    categories: tuple[str, ...] = ()
    vouchers: tuple[str, ...] = ()  # nobody named: the bank's owner vouches
    note: str = ""
    source: str = ""
    expires_at: datetime | None = None
    enabled: bool = True


def create_bank(
    name: str, *, owner: str, description: str = "", stores: Stores, by: str, now: datetime
) -> Bank:
    """
    A new, empty bank.

    Raises:
        InputError: The name cannot be used.
        WrongState: There is a bank of that name.

    """
    stores.hold_changes()
    bank = Bank(name=bank_name(name), owner=owner, description=description, created_at=now)
    stores.banks.add(bank)
    record(stores, "bank:created", name, by=by, now=now, details={"owner": owner})
    return bank


def ensure_bank(name: str, *, owner: str, stores: Stores, by: str, now: datetime) -> Bank:
    """The bank of this name, created if need be."""
    try:
        return stores.banks.find(name)
    except NotFound:
        return create_bank(name, owner=owner, stores=stores, by=by, now=now)


def change_bank(
    name: str,
    *,
    enabled: bool | None,
    description: str | None,
    stores: Stores,
    by: str,
    now: datetime,
) -> Bank:
    """
    Switch a bank on or off, or describe it anew; a bank that is off matches nothing.

    Raises:
        NotFound: There is no bank of that name.

    """
    stores.hold_changes()
    before = stores.banks.find(name)
    after = replace(
        before,
        enabled=before.enabled if enabled is None else enabled,
        description=before.description if description is None else description,
    )
    if after != before:
        stores.banks.save(after)
        details = {"enabled": after.enabled, "description": after.description}
        record(stores, "bank:changed", name, by=by, now=now, details=details)
    return after


def add_entries(
    name: str,
    signals: Sequence[tuple[Signal, Filing]],
    *,
    taxonomy: Taxonomy,
    stores: Stores,
    by: str,
    now: datetime,
) -> list[Entry]:
    """
    The entries as they now stand, in the order given.

    A signal the bank already has gains the new categories and vouchers; it is not doubled.

    Raises:
        NotFound: There is no bank of that name.
        InputError: A category is unknown.
        WrongState: A hub fills this bank.

    """
    bank = stores.banks.find(name)
    followed = stores.memberships.of_bank(name)
    if followed is not None:
        raise WrongState(
            f"The bank '{name}' holds what '{followed.agreement}' shares; put your own entries into another, "
            f"or share them: `seawall share {followed.agreement} …`."
        )
    added = [
        Entry(
            id=new_id("en", at=now),
            bank=bank.name,
            signal=signal,
            categories=taxonomy.names(filing.categories),
            vouchers=_once(filing.vouchers) or (bank.owner,),
            note=filing.note,
            source=filing.source,
            expires_at=filing.expires_at,
            enabled=filing.enabled,
            created_at=now,
        )
        for signal, filing in signals
    ]
    standing = stores.entries.add(added)
    if standing:
        details = {"bank": name, "entries": [entry.id for entry in standing]}
        record(stores, "entry:added", name, by=by, now=now, details=details)
    return standing


def signals_of(fingerprint: Fingerprint, *, links: bool = False) -> list[Signal]:
    """
    The signals that make media known: as it lies, every frame; the `links` inside it only where they are asked for.

    A leaflet that quotes a newspaper must not make every post known that names the same page.

    Raises:
        InputError: The media has no signal at all.

    """
    read = fingerprint if links else fingerprint.without_links()
    signals = [reading.signal for reading in read.readings if reading.plain]
    if not signals:
        raise InputError(fingerprint.error or "There is nothing to fingerprint here.")
    return list(dict.fromkeys(signals))


def change_entry(
    bank: str,
    ident: str,
    changes: dict[str, object],
    *,
    taxonomy: Taxonomy,
    stores: Stores,
    by: str,
    now: datetime,
    expected: int | None = None,
) -> Entry:
    """
    The entry with some of `enabled`, `note`, `categories`, `vouchers`, `expires_at` changed.

    `expected` is the change its caller has seen; None overwrites whatever it has become.

    Raises:
        NotFound: The bank has no such entry.
        InputError: A category is unknown.
        WrongState: Somebody else changed it meanwhile; nothing was changed.

    """
    stores.hold_changes()
    before = _as_expected(stores.entries.find(bank, ident), expected)
    categories = changes.get("categories")
    if isinstance(categories, Iterable):
        changes = changes | {"categories": taxonomy.names(str(name) for name in categories)}
    vouchers = changes.get("vouchers")
    if isinstance(vouchers, Iterable):
        changes = changes | {"vouchers": _once(str(name) for name in vouchers)}
    after = replace(before, **changes)  # type: ignore[arg-type] # the doors give fields by name
    if after == before:
        return before
    details = {"bank": bank, "fields": sorted(changes)}
    record(stores, "entry:changed", ident, by=by, now=now, details=details)
    return stores.entries.save(after)


def remove_entry(
    bank: str,
    ident: str,
    *,
    stores: Stores,
    by: str,
    now: datetime,
    expected: int | None = None,
) -> None:
    """
    Take an entry out of its bank; `expected` is the change its caller has seen, if it matters.

    Raises:
        NotFound: The bank has no such entry.
        WrongState: Somebody else changed it meanwhile, or a hub fills this bank; it is still there.

    """
    stores.hold_changes()
    entry = _as_expected(stores.entries.find(bank, ident), expected)
    followed = stores.memberships.of_bank(bank)
    if followed is not None:
        raise WrongState(
            f"The bank '{bank}' holds what '{followed.agreement}' shares, and the next change there would bring the "
            "entry back. Switch it off instead (enabled=false): it stays off whatever the hub says."
        )
    stores.entries.remove(entry, at=now)
    details = {"bank": bank, "signal": str(entry.signal)}
    record(stores, "entry:removed", ident, by=by, now=now, details=details)


def _as_expected(entry: Entry, expected: int | None) -> Entry:
    if expected not in (None, entry.change):
        raise WrongState(
            f"Somebody changed the entry '{entry.id}' since it was read; nothing was changed. Read it again."
        )
    return entry


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))  # an organisation named twice still vouches once
