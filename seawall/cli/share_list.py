"""`seawall share --from`: a list of any length, streamed to a hub with this home's key."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO

import typer

from seawall.cli.options import at_home
from seawall.errors import InputError, OutsideError, WrongState

BLOCK = 1 << 18  # bytes
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NDJSON = {".csv": False, ".ndjson": True, ".jsonl": True}  # by a file's ending


def share_list(home: Path | None, agreement: str, file: Path, *, as_json: bool) -> None:
    """
    Tell the hub every line, and the caller of each that was refused; exit code 3 when there were any.

    Raises:
        InputError: The list cannot be read, or is none.
        WrongState: The hub stopped, and says why; the sentence says how many lines it had taken.
        OutsideError: The hub did not answer to the end; the sentence says how many lines it had taken.

    """
    from seawall.cli.output import err, out, plural, progress, say_json  # noqa: PLC0415 - Rich would slow `--help`
    from seawall.workflows.telling import share_lines  # noqa: PLC0415 - SQLAlchemy would slow `--help`

    total = Counter(added=0, unchanged=0, held=0, bad=0)
    broken = None
    with (
        _opened(file) as data,
        at_home(home) as app,
        progress(None, "lines that the hub has read") as bar,
    ):
        sent = _Sent(data, file)
        ndjson = NDJSON.get(file.suffix.lower(), sent.begins_as_json)
        try:
            for told in share_lines(agreement, sent, ndjson=ndjson, node=app.node()):
                if "line" not in told:
                    total.update(told)
                elif as_json:
                    say_json(told)
                else:
                    err.print(f"line {told['line']}: {told['error']}", markup=False, soft_wrap=True)
                total["bad"] += "line" in told
                bar.update(bar.tasks[0].id, completed=total.total(), total=sent.lines)
        except (OutsideError, WrongState) as failed:
            broken = failed
    taken = total.total() - total["bad"]
    if as_json:
        say_json({"agreement": agreement, **total, "error": str(broken) if broken else None})
    elif not broken:
        out.print(
            f"{plural(total['added'], 'line')} added, {total['unchanged']} unchanged, "
            f"{total['held']} in the hub's quarantine, {total['bad']} refused."
        )
    if broken:
        sentence = f"{broken} {plural(taken, 'line')} had been taken by then."
        if isinstance(broken, WrongState):
            raise WrongState(sentence) from broken
        raise OutsideError(
            f"{sentence} Run the same command again: what the hub has heard already changes nothing."
        ) from broken
    if total["bad"]:
        raise typer.Exit(3)


class _Sent:
    """A list's bytes, a block at a time, and how many lines of it were given out."""

    def __init__(self, data: IO[bytes], file: Path) -> None:
        self._data = data
        self._file = file
        self._first = self._read()
        self.lines = 0

    @property
    def begins_as_json(self) -> bool:
        """Whether it begins as an object does, and no header of CSV."""
        return self._first.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"{")

    def __iter__(self) -> Iterator[bytes]:
        """Every block, once."""
        for block in chain((self._first,), iter(self._read, b"")):
            self.lines += block.count(b"\n")
            yield block

    def _read(self) -> bytes:
        try:
            return self._data.read(BLOCK)
        except OSError as wrong:
            raise InputError(f"{self._file} cannot be read: {wrong.strerror}.") from None


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        data = file.open("rb")
    except OSError as wrong:
        raise InputError(f"{file} cannot be read: {wrong.strerror}.") from None
    with data:
        yield data
