"""The desk on this machine: every command's work done in this process, on the home."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from seawall.access.key import parse_scopes
from seawall.app import App
from seawall.cli.case_local import LocalCases
from seawall.cli.endpoint_local import LocalEndpoints
from seawall.cli.hub_local import LocalHub
from seawall.cli.person_local import LocalPeople
from seawall.clock import now
from seawall.errors import InputError, WrongState
from seawall.policy.ground import Basis, Ground
from seawall.policy.measure import Measure
from seawall.policy.rule import Rule, Trigger
from seawall.sandbox.sandbox import Sandbox
from seawall.signals.registry import parse_signal
from seawall.signals.signal import Signal
from seawall.storage.sealed import SealedMedia
from seawall.storage.uploads import Upload
from seawall.workflows import wire
from seawall.workflows.audit import verify_audit
from seawall.workflows.bank import (
    Filing,
    add_entries,
    change_bank,
    create_bank,
    remove_entry,
    signals_of,
)
from seawall.workflows.importing import export_entries, import_entries, threatexchange_lines
from seawall.workflows.key import create_key, revoke_key
from seawall.workflows.match import match_fingerprint, match_signals
from seawall.workflows.membership import membership_documents
from seawall.workflows.paths import LINK_PREFIXES
from seawall.workflows.retroaction import look_back
from seawall.workflows.rows import as_ndjson
from seawall.workflows.rule import put_rule, remove_rule, replay_rule
from seawall.workflows.scan import Scanned, TellOf, fingerprints, nobody_listens, scan
from seawall.workflows.sealing import keep_file, keep_nothing
from seawall.workflows.telling import opinion_document, outcome_document, report_outcome, say
from seawall.workflows.upload import remember_upload

Document = dict[str, Any]
BY = "cli"
UPLOADS_PER_COMMIT = 100
NO_CASES: Mapping[str, str | None] = MappingProxyType({})


class LocalDesk:
    """What the commands ask for, done here."""

    def __init__(self, app: App, sandbox: Sandbox | None) -> None:
        """`sandbox` is there for commands that read media."""
        self._app = app
        self.hub = LocalHub(app)
        self.endpoints = LocalEndpoints(app)
        self.cases = LocalCases(app)
        self.people = LocalPeople(app)
        self._workers = sandbox

    def hash_paths(self, paths: Iterable[str]) -> Iterator[Document]:
        """Each file's signals."""
        for path, found, error in fingerprints(paths, sandbox=self._sandbox):
            document = (
                wire.hash_document(found)
                if found
                else {"kind": None, "signals": [], "no_signal": []}
            )
            yield {"path": path, **document, "error": error}

    def scan_paths(
        self,
        paths: Iterable[str],
        *,
        territory: str | None,
        record: bool,
        reach: int | None = None,
        tell: TellOf = nobody_listens,
    ) -> Iterator[Document]:
        """Each file's verdict; with `record`, given out only once it is remembered."""
        batch: list[Scanned] = []
        for scanned in self._scanned(paths, territory, reach, tell):
            if not record:
                yield _scan_document(scanned) | {"upload": None}  # nothing of it is remembered
                continue
            batch.append(scanned)
            if len(batch) == UPLOADS_PER_COMMIT:
                yield from self._recorded(batch)
                batch = []
        yield from self._recorded(batch)

    def match(self, signals: Sequence[str], *, max_distance: int) -> list[Document]:
        """For each signal what is near it."""
        asked, at = [parse_signal(text) for text in signals], now()
        answers = match_signals(
            asked, max_distance=max_distance, knowledge=self._app.knowledge, now=at
        )
        return [
            {"matches": [wire.known_document(known, at=at) for known in answer]}
            for answer in answers
        ]

    def match_paths(self, paths: Iterable[str], *, max_distance: int) -> Iterator[Document]:
        """What is near each file or passage."""
        for path, found, error in fingerprints(paths, sandbox=self._sandbox):
            at = now()
            near = (
                []
                if found is None
                else match_fingerprint(
                    found, max_distance=max_distance, knowledge=self._app.knowledge, now=at
                )
            )
            matches = [wire.known_document(known, at=at) for known in near]
            yield {"path": path, "results": [{"matches": matches}], "error": error}

    def banks(self) -> list[Document]:
        """Every bank."""
        with self._app.memory.reading() as stores:
            sizes = stores.banks.sizes()
            return [
                wire.bank_document(bank, sizes.get(bank.name, 0)) for bank in stores.banks.all()
            ]

    def create_bank(self, name: str, *, owner: str | None, description: str) -> Document:
        """A new bank."""
        with self._app.memory.transaction() as stores:
            bank = create_bank(
                name,
                owner=owner or self._us,
                description=description,
                stores=stores,
                by=BY,
                now=now(),
            )
        return wire.bank_document(bank, 0)

    def change_bank(self, name: str, *, enabled: bool) -> Document:
        """A bank switched on or off."""
        with self._app.memory.transaction() as stores:
            bank = change_bank(
                name, enabled=enabled, description=None, stores=stores, by=BY, now=now()
            )
            return wire.bank_document(bank, stores.banks.sizes().get(name, 0))

    def add_files(
        self, bank: str, paths: Iterable[str], filing: Document, *, crops: bool, links: bool
    ) -> Iterator[Document]:
        """The entries made of each file, and what kinds of signal it did not give."""
        for path, found, error in fingerprints(paths, sandbox=self._sandbox, crops=crops):
            told: Document = {"path": path, "entries": [], "no_signal": [], "error": error}
            if found is not None and not error:
                told["entries"] = self._added(
                    bank, signals_of(found, links=links), filing, source=Path(path).name
                )
                told["no_signal"] = wire.not_filed(found, links=links)
            yield told

    def add_signals(self, bank: str, signals: Sequence[str], filing: Document) -> list[Document]:
        """The entries made of ready signals."""
        return self._added(bank, [parse_signal(text) for text in signals], filing, source="")

    def entries(self, bank: str, *, text: str | None, limit: int) -> list[Document]:
        """Entries of a bank."""
        with self._app.memory.reading() as stores:
            stores.banks.find(bank)
            return [
                wire.entry_document(entry)
                for entry in stores.entries.page(bank, text=text, limit=limit)
            ]

    def remove_entry(self, bank: str, entry: str) -> None:
        """One entry fewer."""
        with self._app.memory.transaction() as stores:
            remove_entry(bank, entry, stores=stores, by=BY, now=now())

    def import_file(self, bank: str, path: Path) -> Iterator[Document]:
        """What each committed batch brought, and what it left out."""
        with path.open(encoding="utf-8", errors="replace", newline="") as lines:
            ending = path.suffix.lower()
            for imported in import_entries(
                bank,
                as_ndjson(lines) if ending == ".txt" else lines,
                ndjson=ending != ".csv",
                taxonomy=self._app.taxonomy,
                memory=self._app.memory,
                by=BY,
                now=now,
                source=path.name,
            ):
                yield from ({"line": bad.line, "error": bad.error} for bad in imported.bad)
                yield {"added": imported.added}

    def export(self, bank: str, *, to: str) -> Iterator[str]:
        """A bank's lines."""
        with self._app.memory.reading() as stores:
            stores.banks.find(bank)
            entries = stores.entries.all(bank)
            if to == "threatexchange":
                yield from threatexchange_lines(entries, at=now())
            else:
                yield from export_entries(entries, ndjson=to == "ndjson")

    def rules(self) -> list[Document]:
        """Every rule."""
        with self._app.memory.reading() as stores:
            return [wire.rule_document(rule) for rule in stores.rules.all()]

    def put_rule(self, rule: Document) -> Document:
        """A rule in force."""
        with self._app.memory.transaction() as stores:
            put = put_rule(
                _rule(rule), taxonomy=self._app.taxonomy, stores=stores, by=BY, now=now()
            )
        return wire.rule_document(put)

    def remove_rule(self, name: str) -> None:
        """One rule fewer."""
        with self._app.memory.transaction() as stores:
            remove_rule(name, stores=stores, by=BY, now=now())

    def replay_rule(self, rule: Document, *, since: str | None) -> Document:
        """What would have changed."""
        replayed = replay_rule(
            _rule(rule),
            knowledge=self._app.knowledge,
            memory=self._app.memory,
            since=_moment(since),
            now=now(),
        )
        return wire.replay_document(replayed)

    def categories(self) -> list[Document]:
        """Every category."""
        return [wire.category_document(category) for category in self._app.taxonomy]

    def keys(self) -> list[Document]:
        """Every key, without its text."""
        with self._app.memory.reading() as stores:
            return [wire.key_document(key) for key in stores.keys.all()]

    def create_key(self, wanted: Document) -> Document:
        """A key with its text."""
        with self._app.memory.transaction() as stores:
            key, text = create_key(
                wanted["name"],
                owner=wanted.get("owner") or self._us,
                scopes=parse_scopes(wanted["scopes"]),
                expires_at=_moment(wanted.get("expires_at")),
                requests_per_second=wanted.get("requests_per_second"),
                stores=stores,
                by=BY,
                now=now(),
            )
        return {**wire.key_document(key), "key": text}

    def revoke_key(self, ident: str) -> None:
        """A key that opens nothing any more."""
        with self._app.memory.transaction() as stores:
            revoke_key(ident, stores=stores, by=BY, now=now())

    def reconsider(self, *, limit: int) -> list[Document]:
        """What was let through and is judged otherwise now, newest first, once nothing is outstanding."""
        for _ in look_back(
            memory=self._app.memory,
            knowledge=self._app.knowledge,
            ledger=self._app.ledger,
            chance=random.random,
            now=now,
            wait=True,
        ):
            pass
        with self._app.memory.reading() as stores:
            found = stores.retroactions.before(None, limit=limit)
        return [wire.retroaction_document(each) for each in found]

    def memberships(self) -> list[Document]:
        """Every hub that is followed, and how well."""
        with self._app.memory.reading() as stores:
            return membership_documents(stores)

    def say(self, agreement: str, contents: Iterable[Document]) -> Iterator[Document]:
        """What its hub made of our word on each content."""
        opinions = [
            (content["signals"], {name: content[name] for name in content if name != "signals"})
            for content in contents
        ]
        for told in say(agreement, opinions, node=self._app.node()):
            yield opinion_document(told)

    def report_outcome(self, agreement: str, what: str, *, right: int, wrong: int) -> Document:
        """What its hub made of what our reviews have found."""
        told = report_outcome(agreement, what, right=right, wrong=wrong, node=self._app.node())
        return outcome_document(told)

    def audit(self, *, limit: int, subject: str | None) -> list[Document]:
        """The latest events, oldest first."""
        with self._app.memory.reading() as stores:
            after = 0 if subject else max(0, stores.audit.head()[0] - limit)
            events = stores.audit.after(after, limit=limit, subject=subject)
        return [wire.event_document(event) for event in events]

    def verify_audit(self) -> Document:
        """Whether the audit log is whole."""
        verified = verify_audit(self._app.memory)
        return {"events": verified.events, "head": verified.head, "faults": list(verified.faults)}

    @property
    def _us(self) -> str:
        return self._app.settings.server.organisation

    @property
    def _sandbox(self) -> Sandbox:
        if self._workers is None:
            raise WrongState("This command was not given workers to read media with.")
        return self._workers

    def _scanned(
        self, paths: Iterable[str], territory: str | None, reach: int | None, tell: TellOf
    ) -> Iterator[Scanned]:
        begun = fingerprints(paths, sandbox=self._sandbox, tell=tell)  # before the index is opened
        return scan(
            begun,
            knowledge=self._app.knowledge,
            territory=territory,
            reach=reach,
            chance=random.random,
            now=now,
        )

    def _recorded(self, batch: list[Scanned]) -> list[Document]:
        cases: dict[str, str | None] = {}
        uploads = [
            (each.upload, self._kept(each.path, each.upload)) for each in batch if each.upload
        ]
        if uploads:
            keep_ledger = self._app.settings.screening.keep_ledger
            with self._app.memory.transaction() as stores:
                for upload, media in uploads:
                    cases[upload.id] = remember_upload(
                        upload, stores=stores, keep_ledger=keep_ledger, media=media
                    )
        return [_scan_document(each, cases) for each in batch]

    def _kept(self, path: str, upload: Upload) -> SealedMedia | None:
        if path.startswith(LINK_PREFIXES):
            return keep_nothing(
                upload, "A link that is scanned is not fetched.", safe=self._app.safe
            )
        return keep_file(Path(path), upload, safe=self._app.safe, sandbox=self._sandbox)

    def _added(
        self, bank: str, signals: Sequence[Signal], filing: Document, *, source: str
    ) -> list[Document]:
        filed = Filing(
            categories=tuple(filing["categories"]),
            vouchers=tuple(filing["vouchers"]),
            note=filing["note"],
            source=source,
            expires_at=_moment(filing["expires_at"]),
        )
        with self._app.memory.transaction() as stores:
            added = add_entries(
                bank,
                [(signal, filed) for signal in signals],
                taxonomy=self._app.taxonomy,
                stores=stores,
                by=BY,
                now=now(),
            )
        return [wire.entry_document(entry) for entry in added]


def _scan_document(scanned: Scanned, cases: Mapping[str, str | None] = NO_CASES) -> Document:
    if scanned.upload is None:
        return {
            "path": scanned.path,
            "measure": None,
            "matches": [],
            "not_screened": [],
            "error": scanned.error,
        }
    return {
        "path": scanned.path,
        **wire.screen_document(scanned.upload, cases.get(scanned.upload.id)),
        "error": scanned.error,
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _rule(document: Document) -> Rule:
    ground = document.get("ground")
    try:
        measure, trigger = Measure(document["measure"]), Trigger(document["trigger"])
        basis = Basis(ground["basis"]) if ground else None
    except ValueError:
        raise InputError(
            f"The measures are {', '.join(Measure)}; a rule answers to {', '.join(Trigger)}; "
            f"its ground is {' or '.join(Basis)}."
        ) from None
    return Rule(
        **document
        | {
            "measure": measure,
            "trigger": trigger,
            "territories": tuple(document["territories"]),
            "ground": Ground(basis=basis, provision=ground["provision"])
            if ground and basis
            else None,
        }
    )
