"""What the commands ask for; `local` does it here, `remote` asks a server, and both answer in the same documents."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from seawall.cli.case_desk import CaseDesk
from seawall.cli.endpoint_desk import EndpointDesk
from seawall.cli.hub_desk import HubDesk
from seawall.cli.person_desk import PersonDesk
from seawall.workflows.scan import TellOf, nobody_listens

Document = dict[str, Any]


class Desk(Protocol):
    """Every answer is a document as the HTTP door gives it."""

    @property
    def hub(self) -> HubDesk:
        """The same for what a hub keeps: organisations, agreements, members."""
        ...

    @property
    def endpoints(self) -> EndpointDesk:
        """The same for where messages are sent."""
        ...

    @property
    def cases(self) -> CaseDesk:
        """The same for what waits for a person."""
        ...

    @property
    def people(self) -> PersonDesk:
        """The same for who signs in at the console."""
        ...

    def hash_paths(self, paths: Iterable[str]) -> Iterator[Document]:
        """Each file's signals."""
        ...

    def scan_paths(
        self,
        paths: Iterable[str],
        *,
        territory: str | None,
        record: bool,
        reach: int | None = None,
        tell: TellOf = nobody_listens,
    ) -> Iterator[Document]:
        """Each file's verdict; `tell` hears how far a long one is."""
        ...

    def match(self, signals: Sequence[str], *, max_distance: int) -> list[Document]:
        """For each signal what is near it."""
        ...

    def match_paths(self, paths: Iterable[str], *, max_distance: int) -> Iterator[Document]:
        """`{"path", "results", "error"}` for each file or passage: what is near any of its signals."""
        ...

    def banks(self) -> list[Document]:
        """Every bank."""
        ...

    def create_bank(self, name: str, *, owner: str | None, description: str) -> Document:
        """A new bank."""
        ...

    def change_bank(self, name: str, *, enabled: bool) -> Document:
        """A bank switched on or off."""
        ...

    def add_files(
        self, bank: str, paths: Iterable[str], filing: Document, *, crops: bool, links: bool
    ) -> Iterator[Document]:
        """`{"path", "entries", "no_signal", "error"}` for each file: what it gave and what it did not."""
        ...

    def add_signals(self, bank: str, signals: Sequence[str], filing: Document) -> list[Document]:
        """The entries made of ready signals."""
        ...

    def entries(self, bank: str, *, text: str | None, limit: int) -> list[Document]:
        """Entries of a bank."""
        ...

    def remove_entry(self, bank: str, entry: str) -> None:
        """One entry fewer."""
        ...

    def import_file(self, bank: str, path: Path) -> Iterator[Document]:
        """`{"added"}` for each batch kept, `{"line", "error"}` for each line that was not."""
        ...

    def export(self, bank: str, *, to: str) -> Iterator[str]:
        """A bank's lines, as `csv`, `ndjson` or `threatexchange`."""
        ...

    def rules(self) -> list[Document]:
        """Every rule."""
        ...

    def put_rule(self, rule: Document) -> Document:
        """A rule in force."""
        ...

    def remove_rule(self, name: str) -> None:
        """One rule fewer."""
        ...

    def replay_rule(self, rule: Document, *, since: str | None) -> Document:
        """What would have changed."""
        ...

    def categories(self) -> list[Document]:
        """Every category."""
        ...

    def keys(self) -> list[Document]:
        """Every key, without its text."""
        ...

    def create_key(self, wanted: Document) -> Document:
        """A key with its text."""
        ...

    def revoke_key(self, ident: str) -> None:
        """A key that opens nothing any more."""
        ...

    def reconsider(self, *, limit: int) -> list[Document]:
        """What was let through and is judged otherwise now, newest first, once nothing is outstanding."""
        ...

    def memberships(self) -> list[Document]:
        """Every hub that is followed, and how well."""
        ...

    def say(self, agreement: str, contents: Iterable[Document]) -> Iterator[Document]:
        """`{"id", "signals", "results", "kept", "error"}` for each content: what its hub made of our word on it."""
        ...

    def report_outcome(self, agreement: str, what: str, *, right: int, wrong: int) -> Document:
        """`{"id", "counted", "kept", "error"}`: what its hub made of what our reviews have found."""
        ...

    def audit(self, *, limit: int, subject: str | None) -> list[Document]:
        """The latest events."""
        ...

    def verify_audit(self) -> Document:
        """Whether the audit log is whole."""
        ...
