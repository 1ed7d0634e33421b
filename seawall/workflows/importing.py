"""
A bank is filled from a file, and written to one: CSV or NDJSON, a line at a time.

Good lines are kept and bad ones reported, each by its number; a million lines need the memory of a thousand.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from seawall.banks.entry import Entry, counts
from seawall.clock import rfc3339
from seawall.errors import Error, InputError
from seawall.policy.category import Taxonomy
from seawall.signals import threatexchange
from seawall.signals.signal import Signal
from seawall.storage.memory import Memory
from seawall.workflows.bank import Filing, add_entries
from seawall.workflows.rows import Row, moment_in, names_in, read_rows, signal_in

COLUMNS = (
    "signal_type",
    "value",
    "categories",
    "note",
    "vouchers",
    "source",
    "expires_at",
    "enabled",
)
LINES_PER_COMMIT = 2_000
BYTES_PER_COMMIT = 16 << 20  # of signals; a commit of long ones has fewer lines
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that was not imported, and why."""

    line: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """How an import stands: lines kept so far, and those that were not."""

    added: int
    bad: tuple[BadLine, ...]


def import_entries(
    bank: str,
    lines: Iterable[str],
    *,
    ndjson: bool,
    taxonomy: Taxonomy,
    memory: Memory,
    by: str,
    now: Callable[[], datetime],
    source: str,
) -> Iterator[Imported]:
    """
    What each committed batch brought; what was yielded stays, whatever happens after.

    Raises:
        InputError: The columns are not ours; nothing was imported.
        NotFound: There is no bank of that name.

    """
    rows = read_rows(lines, ndjson=ndjson, columns=COLUMNS)
    good: list[tuple[Signal, Filing]] = []
    bad: list[BadLine] = []
    size = 0

    def commit() -> Imported:
        with memory.transaction() as stores:
            add_entries(bank, good, taxonomy=taxonomy, stores=stores, by=by, now=now())
        return Imported(added=len(good), bad=tuple(bad))

    for number, row in rows:
        try:
            if isinstance(row, Error):
                raise row
            good.append(_filed(row, taxonomy, source))
            size += len(good[-1][0].value)
        except Error as wrong:
            bad.append(BadLine(line=number, error=str(wrong)))
        if len(good) + len(bad) >= LINES_PER_COMMIT or size >= BYTES_PER_COMMIT:
            yield commit()
            good.clear()
            bad.clear()
            size = 0
    yield commit()


def export_entries(entries: Iterable[Entry], *, ndjson: bool) -> Iterator[str]:
    """
    Lines that `import_entries` reads back.

    What an exchange would not have enforced is written as switched off: imported elsewhere, nothing would withhold it.
    """
    if not ndjson:
        yield _csv_line(COLUMNS)
    for entry in entries:
        row = {
            "signal_type": entry.signal.type,
            "value": entry.signal.value,
            "categories": list(entry.categories),
            "note": entry.note,
            "vouchers": list(_lasting_vouchers(entry)),
            "source": entry.source,
            "expires_at": rfc3339(ends) if (ends := _ends(entry)) else None,
            "enabled": entry.enabled and not _withheld(entry),
        }
        yield (
            json.dumps(row, ensure_ascii=False) + "\n"
            if ndjson
            else _csv_line(map(_cell, row.values()))
        )


def threatexchange_lines(entries: Iterable[Entry], *, at: datetime) -> Iterator[str]:
    """Lines that python-threatexchange reads, of what counts now and it has a type for: it could say neither."""
    for entry in entries:
        theirs = threatexchange.written(entry.signal)
        if theirs and counts(entry, at=at) and not _withheld(entry):
            yield " ".join(theirs) + "\n"


def _filed(row: Row, taxonomy: Taxonomy, source: str) -> tuple[Signal, Filing]:
    return signal_in(row), Filing(
        categories=taxonomy.names(names_in(row.get("categories"))),
        vouchers=names_in(row.get("vouchers")),
        note=str(row.get("note") or ""),
        source=str(row.get("source") or "") or source,
        expires_at=moment_in(row.get("expires_at")),
        enabled=_truth(row.get("enabled")),
    )


def _truth(cell: object) -> bool:
    said = str("" if cell is None else cell).strip().lower()
    if said not in ("", "true", "false"):
        raise InputError(f"enabled is true or false; this is '{cell}'.")
    return said != "false"


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ";".join(value) if isinstance(value, list) else str(value or "")


def _withheld(entry: Entry) -> bool:
    return entry.shared is not None and (entry.shared.disputed or entry.shared.authority_only)


def _ends(entry: Entry) -> datetime | None:
    """Until when it counts without anybody withholding it."""
    withheld_from = entry.shared.authority_only_from if entry.shared else None
    return withheld_from or entry.expires_at


def _lasting_vouchers(entry: Entry) -> tuple[str, ...]:
    """Who vouches until that end: a line has one for all."""
    return entry.vouchers_at((_ends(entry) or _NEVER) - timedelta.resolution)


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
