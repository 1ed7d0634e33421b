"""The desk on a server: the same commands over HTTP, with a key."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from seawall.cli.case_remote import RemoteCases
from seawall.cli.endpoint_remote import RemoteEndpoints
from seawall.cli.hub_remote import RemoteHub, listed
from seawall.cli.person_remote import RemotePeople
from seawall.errors import Error, InputError, NotAllowed, NotFound, OutsideError, RuleError
from seawall.media.sniff import HEAD, lasts
from seawall.workflows.in_turn import in_turn
from seawall.workflows.paths import LINK_PREFIXES, Passage
from seawall.workflows.rows import as_ndjson, lines_of
from seawall.workflows.scan import TellOf, nobody_listens

Document = dict[str, Any]
PAGE = 500
FILES_AT_ONCE = 8
ASK_EVERY = 1.0  # seconds between two questions how far a screening is
LATER = {"Prefer": "respond-async"}
_FAMILIES: dict[int, type[Error]] = {
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    409: RuleError,
    412: RuleError,
    413: InputError,
    422: InputError,
    429: RuleError,
}


class RemoteDesk:
    """What the commands ask for, done by a server."""

    def __init__(self, server: str, key: str) -> None:
        self._http = httpx.Client(
            base_url=server.rstrip("/"),
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(120, connect=10),
            transport=httpx.HTTPTransport(retries=2),
        )
        self.hub = RemoteHub(self._ask)
        self.endpoints = RemoteEndpoints(self._ask)
        self.cases = RemoteCases(self._ask, self._pages)
        self.people = RemotePeople(self._ask)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def hash_paths(self, paths: Iterable[str]) -> Iterator[Document]:
        """Each file's signals."""
        missing: Document = {"kind": None, "signals": [], "no_signal": []}
        return self._each(paths, "/v1/hash", {}, missing)

    def scan_paths(
        self,
        paths: Iterable[str],
        *,
        territory: str | None,
        record: bool,  # noqa: ARG002 - a server remembers every upload
        reach: int | None = None,
        tell: TellOf = nobody_listens,
    ) -> Iterator[Document]:
        """Each file's verdict; videos and sounds are screened in the background, and asked after."""
        missing: Document = {"measure": None, "matches": [], "not_screened": []}
        about = {"surface": "scan"} | ({"territory": territory} if territory else {})
        about |= {"reach": str(reach)} if reach is not None else {}
        return self._each(paths, "/v1/screen", about, missing, tell=tell)

    def match(self, signals: Sequence[str], *, max_distance: int) -> list[Document]:
        """For each signal what is near it."""
        asked = [_signal(text) for text in signals]
        body = {"signals": asked, "max_distance": max_distance}
        results: list[Document] = self._ask("POST", "/v1/match", json=body)["results"]
        return results

    def match_paths(self, paths: Iterable[str], *, max_distance: int) -> Iterator[Document]:
        """What is near each file or passage."""
        missing: Document = {"results": [{"matches": []}]}
        return self._each(paths, "/v1/match", {"max_distance": str(max_distance)}, missing)

    def banks(self) -> list[Document]:
        """Every bank."""
        return listed(self._ask("GET", "/v1/banks"), "banks")

    def create_bank(self, name: str, *, owner: str | None, description: str) -> Document:
        """A new bank."""
        wanted = {"name": name, "description": description} | ({"owner": owner} if owner else {})
        return self._ask("POST", "/v1/banks", json=wanted)

    def change_bank(self, name: str, *, enabled: bool) -> Document:
        """A bank switched on or off."""
        return self._ask("PATCH", f"/v1/banks/{name}", json={"enabled": enabled})

    def add_files(
        self, bank: str, paths: Iterable[str], filing: Document, *, crops: bool, links: bool
    ) -> Iterator[Document]:
        """The entries made of each file, and what kinds of signal it did not give."""
        about = {name: value for name, value in filing.items() if value}
        about |= {name: "true" for name, asked in (("crops", crops), ("links", links)) if asked}
        missing: Document = {"entries": [], "no_signal": []}
        for told in self._each(paths, f"/v1/banks/{bank}/entries", about, missing):
            yield {"error": None} | told

    def add_signals(self, bank: str, signals: Sequence[str], filing: Document) -> list[Document]:
        """The entries made of ready signals."""
        wanted = []
        for text in signals:
            signal = _signal(text)
            wanted.append({"signal_type": signal["type"], "value": signal["value"], **filing})
        return listed(self._ask("POST", f"/v1/banks/{bank}/entries", json=wanted), "entries")

    def entries(self, bank: str, *, text: str | None, limit: int) -> list[Document]:
        """Entries of a bank."""
        return self._pages(f"/v1/banks/{bank}/entries", "entries", limit=limit, text=text)

    def remove_entry(self, bank: str, entry: str) -> None:
        """One entry fewer."""
        self._ask("DELETE", f"/v1/banks/{bank}/entries/{entry}")

    def import_file(self, bank: str, path: Path) -> Iterator[Document]:
        """What was kept, and what was left out."""
        ending = path.suffix.lower()
        kind = "text/csv" if ending == ".csv" else "application/x-ndjson"
        with (
            path.open("rb") as data,
            self._http.stream(
                "POST",
                f"/v1/banks/{bank}/import",
                content=map(str.encode, as_ndjson(lines_of(data))) if ending == ".txt" else data,
                headers={"Content-Type": kind},
                timeout=None,
            ) as answer,
        ):
            if answer.is_error:
                answer.read()
                raise _error(answer)
            for line in answer.iter_lines():
                document = orjson.loads(line)
                yield (
                    {"line": document["line"], "error": document["error"]}
                    if "error" in document
                    else {"added": document["added"]}
                )

    def export(self, bank: str, *, to: str) -> Iterator[str]:
        """A bank's lines."""
        with self._http.stream("GET", f"/v1/banks/{bank}/export", params={"format": to}) as answer:
            if answer.is_error:
                answer.read()
                raise _error(answer)
            yield from answer.iter_text()

    def rules(self) -> list[Document]:
        """Every rule."""
        return listed(self._ask("GET", "/v1/rules"), "rules")

    def put_rule(self, rule: Document) -> Document:
        """A rule in force."""
        body = {name: value for name, value in rule.items() if name != "name"}
        return self._ask("PUT", f"/v1/rules/{rule['name']}", json=body)

    def remove_rule(self, name: str) -> None:
        """One rule fewer."""
        self._ask("DELETE", f"/v1/rules/{name}")

    def replay_rule(self, rule: Document, *, since: str | None) -> Document:
        """What would have changed."""
        return self._ask("POST", "/v1/rules/replay", json={"rule": rule, "since": since})

    def categories(self) -> list[Document]:
        """Every category."""
        return listed(self._ask("GET", "/v1/categories"), "categories")

    def keys(self) -> list[Document]:
        """Every key, without its text."""
        return listed(self._ask("GET", "/v1/keys"), "keys")

    def create_key(self, wanted: Document) -> Document:
        """A key with its text."""
        body = {name: value for name, value in wanted.items() if value is not None}
        return self._ask("POST", "/v1/keys", json=body)

    def revoke_key(self, ident: str) -> None:
        """A key that opens nothing any more."""
        self._ask("DELETE", f"/v1/keys/{ident}")

    def reconsider(self, *, limit: int) -> list[Document]:
        """What was judged again, newest first; a server leaves nothing outstanding for longer than a second."""
        return self._pages("/v1/retroactions", "retroactions", limit=limit)

    def memberships(self) -> list[Document]:
        """Every hub that is followed, and how well."""
        return listed(self._ask("GET", "/v1/exchange/memberships"), "memberships")

    def say(self, agreement: str, contents: Iterable[Document]) -> Iterator[Document]:
        """What its hub made of our word on each content."""
        for content in contents:
            missing = {"id": None, "signals": content["signals"], "results": None, "kept": False}
            yield self._told(f"/v1/exchange/memberships/{agreement}/opinions", content, missing)

    def report_outcome(self, agreement: str, what: str, *, right: int, wrong: int) -> Document:
        """What its hub made of what our reviews have found."""
        wanted = {"what": what, "right": right, "wrong": wrong}
        missing = {"id": None, "counted": None, "kept": False}
        return self._told(f"/v1/exchange/memberships/{agreement}/outcomes", wanted, missing)

    def audit(self, *, limit: int, subject: str | None) -> list[Document]:
        """Events, oldest first."""
        return self._pages("/v1/audit", "events", limit=limit, subject=subject)

    def verify_audit(self) -> Document:
        """Whether the audit log is whole."""
        return self._ask("GET", "/v1/audit/verify")

    def _told(self, route: str, body: Document, missing: Document) -> Document:
        """The server's answer; where the hub behind it has refused, `missing` with what it said."""
        try:
            return self._ask("POST", route, json=body)
        except NotAllowed:
            raise
        except RuleError as refused:
            return missing | {"error": str(refused)}

    def _each(
        self,
        paths: Iterable[str],
        route: str,
        about: Document,
        missing: Document,
        *,
        tell: TellOf | None = None,
    ) -> Iterator[Document]:
        left = Event()

        def answer(path: str) -> Document:
            if tell is not None and _lasts(path):
                return self._later(path, route, about, tell, left)
            return self._send(path, route, about)

        with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
            try:
                asked = ((path, pool.submit(answer, path)) for path in paths)
                for path, future in in_turn(asked, most=2 * FILES_AT_ONCE):
                    name = path.name if isinstance(path, Passage) else path
                    try:
                        yield {"path": name, **future.result()}
                    except (InputError, RuleError) as refused:
                        yield {"path": name, **missing, "error": str(refused)}
            finally:
                left.set()

    def _later(self, path: str, route: str, about: Document, tell: TellOf, left: Event) -> Document:
        """The verdict of a screening in the background, once there is one; once all is `left`, nobody waits for it."""
        screening = self._send(path, route, about, headers=LATER)
        while screening["state"] in ("waiting", "working"):
            if left.wait(ASK_EVERY):
                raise OutsideError(f"{path} was not waited for; {screening['id']} goes on.")
            screening = self._ask("GET", f"/v1/screenings/{screening['id']}")
            tell(path, screening["progress"])
        failed = {"error": screening["reason"]} if screening["reason"] else {}
        return {**screening["verdict"], **failed}

    def _send(
        self, path: str, route: str, about: Document, *, headers: Document | None = None
    ) -> Document:
        about = about | {"item_id": path} if route == "/v1/screen" else about
        if isinstance(path, Passage):
            parts = {
                "text": (None, str(path))
            }  # not a form of the plain kind, which some take for JSON
            return self._ask("POST", route, data=about, files=parts)
        if path.startswith(LINK_PREFIXES):
            return self._ask("POST", route, data=about | {"url": path})
        try:
            with Path(path).open("rb") as data:
                file = {"file": (Path(path).name, data)}
                return self._ask("POST", route, data=about, files=file, headers=headers)
        except OSError as wrong:
            raise InputError(f"{path} cannot be read: {wrong.strerror}.") from None

    def _pages(
        self, route: str, name: str, *, limit: int | None = None, **wanted: str | None
    ) -> list[Document]:
        rows: list[Document] = []
        params: dict[str, Any] = {key: value for key, value in wanted.items() if value is not None}
        while True:
            page = self._ask("GET", route, params=params | {"limit": min(limit or PAGE, PAGE)})
            found = listed(page, name)
            rows += found
            if not found or not page.get("next") or (limit and len(rows) >= limit):
                return rows[:limit]
            params["after"] = page["next"]

    def _ask(self, method: str, route: str, **request: Any) -> Document:  # noqa: ANN401 - httpx's own arguments
        try:
            answer = self._http.request(method, route, **request)
        except httpx.HTTPError as broken:
            raise OutsideError(
                f"The server at {self._http.base_url} did not answer: {broken}."
            ) from broken
        if answer.is_error:
            raise _error(answer)
        document: Document = orjson.loads(answer.content) if answer.content else {}
        return document


def _lasts(path: str) -> bool:
    """Whether it is a video or a sound; whoever sends it hears why it cannot be read."""
    if isinstance(path, Passage) or path.startswith(LINK_PREFIXES):
        return False
    with suppress(OSError, ValueError), Path(path).open("rb") as file:
        return lasts(file.read(HEAD))
    return False


def _error(answer: httpx.Response) -> Error:
    try:
        problem = orjson.loads(answer.content)
        sentence = problem.get("detail") or problem.get("title")
    except ValueError:
        sentence = f"The server answered {answer.status_code}."
    return _FAMILIES.get(answer.status_code, OutsideError)(sentence)


def _signal(text: str) -> Document:
    kind, colon, value = text.partition(":")
    if not colon:
        raise InputError(f"A signal is written type:value, such as pdq:f8f8…; this is '{text}'.")
    return {"type": kind, "value": value}
