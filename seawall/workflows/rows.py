"""
Rows of CSV or NDJSON, each with the number of its line; what is no row is an error in its place.

A line that never ends, a quote that is never closed, a field nobody knows: one bad line, and the next is read.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, Any, Self

import orjson

from seawall.errors import Error, InputError
from seawall.signals import threatexchange
from seawall.signals.registry import SIGNAL_TYPES, parse_signal
from seawall.signals.signal import LONGEST_GIVEN, Signal, shown

Row = dict[str, Any]

LONGEST_ROW = 20  # lines; a note may run over several, a list of signals does not
LONGEST_LINE = 8 << 20  # characters: a signal and what is said of it
csv.field_size_limit(LONGEST_LINE)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def lines_of(file: IO[bytes]) -> Iterator[str]:
    """Lines, each cut a little beyond the longest that counts, so that one without end does not fill the memory."""
    text = io.TextIOWrapper(file, "utf-8", errors="replace", newline="")
    while piece := text.readline(LONGEST_LINE + 1):
        rest = piece
        while not rest.endswith("\n") and rest:
            rest = text.readline(LONGEST_LINE)
        yield piece


def read_rows(
    lines: Iterable[str], *, ndjson: bool, columns: Sequence[str]
) -> Iterator[tuple[int, Row | Error]]:
    """
    Each row with the number of its line; the first two columns are `signal_type` and `value`.

    Raises:
        InputError: The columns of the CSV are not these.

    """
    return _ndjson(lines, columns) if ndjson else _csv(lines, columns)


def as_ndjson(lines: Iterable[str]) -> Iterator[str]:
    """A list as python-threatexchange keeps it, a type and a signal on each line, as NDJSON with the same lines."""
    for line in lines:
        kind, _, value = line.strip().partition(" ")
        yield json.dumps({"signal_type": kind, "value": value}) + "\n" if kind else "\n"


def signal_in(row: Row) -> Signal:
    """
    The signal of a row, of our own type or of one of python-threatexchange's.

    Raises:
        InputError: There is none, or something in the row cannot be kept.

    """
    if _UNSTORABLE.search("".join(map(str, row.values()))):
        raise InputError(
            "This line holds a NUL character or half a character, which cannot be kept."
        )
    kind, given = str(row.get("signal_type") or "").strip().lower(), row.get("value")
    value = orjson.dumps(given).decode() if isinstance(given, list) else str(given or "")
    if len(value) > LONGEST_GIVEN:
        raise InputError(
            f"A signal has at most {LONGEST_GIVEN} characters; this one has {len(value)}."
        )
    if kind in SIGNAL_TYPES:
        return parse_signal(f"{kind}:{value}")
    found = threatexchange.read(kind, value)
    if found is None:
        raise InputError(
            f"There is no signal type '{shown(kind)}'; there are {', '.join(SIGNAL_TYPES)}."
        )
    return found


def names_in(cell: object) -> tuple[str, ...]:
    """The names in a cell: a list, or text with semicolons or commas between them."""
    parts = cell if isinstance(cell, list) else str(cell or "").replace(",", ";").split(";")
    return tuple(str(part).strip() for part in parts if str(part).strip())


def moment_in(cell: object) -> datetime | None:
    """
    The moment in a cell, in UTC where it names no zone; None when it is empty.

    Raises:
        InputError: It is no moment.

    """
    if not cell:
        return None
    try:
        moment = datetime.fromisoformat(str(cell))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(
            f"expires_at is a moment such as 2027-01-31T12:00:00Z; this is '{cell}'."
        ) from None


def _csv(lines: Iterable[str], columns: Sequence[str]) -> Iterator[tuple[int, Row | Error]]:
    rows = _Rows(lines)
    reader = csv.reader(rows, strict=True)
    header = [name.strip().lower().lstrip("\ufeff") for name in next(reader, [])]
    if not {"signal_type", "value"} <= set(header):
        raise InputError(
            f"The first line names the columns: signal_type and value, perhaps {', '.join(columns[2:])}; "
            f"this one says '{','.join(header)[:80]}'."
        )
    unknown = set(header) - set(columns)
    if unknown:
        raise InputError(
            f"There is no column '{min(unknown)}'; the columns are {', '.join(columns)}."
        )
    while True:
        first = reader.line_num + 1
        rows.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as wrong:
            yield first, InputError(f"{_lines(first, reader.line_num)} not CSV: {wrong}.")
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


def _ndjson(lines: Iterable[str], columns: Sequence[str]) -> Iterator[tuple[int, Row | Error]]:
    known = set(columns)
    for number, line in enumerate(_bounded(lines), start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line.lstrip("\ufeff"))
        except ValueError as wrong:
            yield number, InputError(f"This line is not JSON: {wrong}.")
            continue
        if not isinstance(row, dict):
            yield number, InputError("This line is not a JSON object.")
        elif row.keys() - known:
            yield number, InputError(f"There is no field '{min(row.keys() - known)}'.")
        else:
            yield number, row


def _lines(first: int, last: int) -> str:
    return (
        "This line is" if last <= first else f"Lines {first} to {last} were lost; together they are"
    )


class _Rows:
    """Lines for a reader of CSV, which gives up on a row that does not end."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = _bounded(lines)
        self.begin()

    def begin(self) -> None:
        """A row begins."""
        self._left = LONGEST_ROW

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if not self._left:
            raise csv.Error("a quote is opened and not closed")
        self._left -= 1
        return next(self._lines)


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        # A line too long to be one is passed on cut, so that it fails as a bad line and the next is read.
        yield line if len(line) <= LONGEST_LINE else line[:200] + " …line cut\n"
