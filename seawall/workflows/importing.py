"""
A bank is filled from a file, and written to one: CSV or NDJSON, a line at a time.

Good lines are kept and bad ones reported, each by its number; a million lines need the memory of a thousand.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from seawall.banks.entry import Entry
from seawall.clock import rfc3339
from seawall.errors import Error, InputError
from seawall.policy.category import Taxonomy
from seawall.signals.registry import SIGNAL_TYPES, parse_signal
from seawall.signals.signal import Signal
from seawall.storage.memory import Memory
from seawall.workflows.bank import Filing, add_entries

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
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
LONGEST_ROW = 20  # lines; a note may run over several, a list of signals does not
LONGEST_LINE = 65_536  # characters; a link may be long, a line of a megabyte is a mistake


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
    rows = _ndjson(lines) if ndjson else _csv(lines)
    good: list[tuple[Signal, Filing]] = []
    bad: list[BadLine] = []

    def commit() -> Imported:
        with memory.transaction() as stores:
            add_entries(bank, good, taxonomy=taxonomy, stores=stores, by=by, now=now())
        return Imported(added=len(good), bad=tuple(bad))

    for number, row in rows:
        try:
            if isinstance(row, Error):
                raise row
            good.append(_filed(row, taxonomy, source))
        except Error as wrong:
            bad.append(BadLine(line=number, error=str(wrong)))
        if len(good) + len(bad) >= LINES_PER_COMMIT:
            yield commit()
            good.clear()
            bad.clear()
    yield commit()


def export_entries(entries: Iterable[Entry], *, ndjson: bool) -> Iterator[str]:
    """Lines that `import_entries` reads back."""
    if not ndjson:
        yield _csv_line(COLUMNS)
    for entry in entries:
        row = {
            "signal_type": entry.signal.type,
            "value": entry.signal.value,
            "categories": list(entry.categories),
            "note": entry.note,
            "vouchers": list(entry.vouchers),
            "source": entry.source,
            "expires_at": rfc3339(entry.expires_at) if entry.expires_at else None,
            "enabled": entry.enabled,
        }
        yield (
            json.dumps(row, ensure_ascii=False) + "\n"
            if ndjson
            else _csv_line(map(_cell, row.values()))
        )


def _csv(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any] | Error]]:
    reader = csv.reader(_bounded(lines), strict=True)
    header = [name.strip().lower().lstrip("\ufeff") for name in next(reader, [])]
    if not {"signal_type", "value"} <= set(header):
        raise InputError(
            f"The first line names the columns: signal_type and value, perhaps {', '.join(COLUMNS[2:])}; "
            f"this one says '{','.join(header)[:80]}'."
        )
    unknown = set(header) - set(COLUMNS)
    if unknown:
        raise InputError(
            f"There is no column '{min(unknown)}'; the columns are {', '.join(COLUMNS)}."
        )
    while True:
        first = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as wrong:
            yield first, InputError(f"{_lines(first, reader.line_num)} not CSV: {wrong}.")
            continue
        if reader.line_num - first >= LONGEST_ROW:
            yield (
                first,
                InputError(
                    f"{_lines(first, reader.line_num)} one row: a quote is opened and not closed."
                ),
            )
            continue
        if not any(cells):
            continue
        if len(cells) > len(header):
            yield (
                reader.line_num,
                InputError(f"This line has {len(cells)} cells for {len(header)} columns."),
            )
            continue
        yield reader.line_num, dict(zip(header, cells, strict=False))


def _ndjson(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any] | Error]]:
    for number, line in enumerate(_bounded(lines), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.lstrip("\ufeff"))
        except ValueError as wrong:
            yield number, InputError(f"This line is not JSON: {wrong}.")
            continue
        if not isinstance(row, dict):
            yield number, InputError("This line is not a JSON object.")
        elif set(row) - set(COLUMNS):
            yield number, InputError(f"There is no field '{min(set(row) - set(COLUMNS))}'.")
        else:
            yield number, row


def _lines(first: int, last: int) -> str:
    return (
        "This line is" if last <= first else f"Lines {first} to {last} were lost; together they are"
    )


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        # A line too long to be one is passed on cut, so that it fails as a bad line and the next is read.
        yield line if len(line) <= LONGEST_LINE else line[:200] + " …line cut\n"


def _filed(row: dict[str, Any], taxonomy: Taxonomy, source: str) -> tuple[Signal, Filing]:
    if _UNSTORABLE.search("".join(map(str, row.values()))):
        raise InputError(
            "This line holds a NUL character or half a character, which cannot be kept."
        )
    kind = str(row.get("signal_type") or "").strip().lower()
    if kind not in SIGNAL_TYPES:
        raise InputError(f"There is no signal type '{kind}'; there are {', '.join(SIGNAL_TYPES)}.")
    return parse_signal(f"{kind}:{row.get('value') or ''}"), Filing(
        categories=taxonomy.names(_names(row.get("categories"))),
        vouchers=_names(row.get("vouchers")),
        note=str(row.get("note") or ""),
        source=str(row.get("source") or "") or source,
        expires_at=_moment(row.get("expires_at")),
        enabled=_truth(row.get("enabled")),
    )


def _names(cell: object) -> tuple[str, ...]:
    parts = cell if isinstance(cell, list) else str(cell or "").replace(",", ";").split(";")
    return tuple(str(part).strip() for part in parts if str(part).strip())


def _truth(cell: object) -> bool:
    said = str("" if cell is None else cell).strip().lower()
    if said not in ("", "true", "false"):
        raise InputError(f"enabled is true or false; this is '{cell}'.")
    return said != "false"


def _moment(cell: object) -> datetime | None:
    if not cell:
        return None
    try:
        moment = datetime.fromisoformat(str(cell))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(
            f"expires_at is a moment such as 2027-01-31T12:00:00Z; this is '{cell}'."
        ) from None


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ";".join(value) if isinstance(value, list) else str(value or "")


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
