"""
The client of a hub: what a member asks it over HTTP.

A hub is a stranger until its signatures were checked, so nothing it sends may be longer than what fits into memory,
and nothing takes for ever.
"""

import contextlib
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, NoReturn, Self

import httpx
import orjson

from seawall.access.key import Imprint
from seawall.clock import in_utc
from seawall.errors import (
    Error,
    InputError,
    NotAllowed,
    NotFound,
    OutsideError,
    StorageError,
    TooMany,
    WrongState,
)
from seawall.exchange.proof import Page

Document = dict[str, Any]

MOST_ANSWER = 16 << 20  # bytes of an answer that is one JSON document
MOST_PAGE = 64 << 20  # bytes of a page of deltas
MOST_SNAPSHOT = 16 << 30  # bytes of a compressed snapshot, tens of millions of records
PATIENCE = 30.0  # seconds without a byte
LONGEST_PAGE = 120.0  # seconds for a page beyond the wait that was asked for
LONGEST_SNAPSHOT = 3600.0  # seconds
LONGEST_LIST = 12 * 3600.0  # seconds for a list of ours, tens of millions of lines
LONGEST_LINE = 1 << 20  # bytes of an answer that comes line by line
LONGEST_PAUSE = 300.0  # seconds that a hub's Retry-After may keep us away
BUSY = (429, 503)
READING, TELLING = (
    "reading",
    "telling",
)  # what a hub may want to be spared of, one without the other
PLAIN = {"Accept-Encoding": "identity"}  # what unpacks by itself is larger than what was counted
_FAMILIES: Mapping[int, type[Error]] = {
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    409: WrongState,
    412: WrongState,
    413: InputError,
    422: InputError,
    429: TooMany,
}


class Hub:
    """One hub's routes under `/v1/exchange`, as one member may use them."""

    def __init__(
        self, url: str, *, key: str | None = None, plain_hosts: frozenset[str] = frozenset()
    ) -> None:
        """
        Nothing is sent yet.

        Raises:
            InputError: The address is none of a hub, or would send the key over the wire in the clear.

        """
        address = hub_address(url, plain_hosts=plain_hosts)
        self.url = str(address).rstrip("/")
        self.date: datetime | None = None  # what the hub's clock said in its latest answer
        self._sockets: set[socket.socket] = set()
        self._interrupted = False
        self._quiet: dict[str, _Quiet] = {}  # by what was asked
        self._http = httpx.Client(
            base_url=f"{self.url}/v1/exchange",
            headers=PLAIN | ({"Authorization": f"Bearer {key}"} if key else {}),
            timeout=httpx.Timeout(PATIENCE, connect=10),
            trust_env=not _is_loopback(address.host),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    @property
    def pause(self) -> float:
        """Seconds that the hub has asked us to wait before we read on."""
        quiet = self._quiet.get(READING)
        return max(0.0, quiet.until - time.monotonic()) if quiet else 0.0

    def use(self, key: str) -> None:
        """Ask with this key from now on."""
        self._http.headers["Authorization"] = f"Bearer {key}"

    def interrupt(self) -> None:
        """End what another thread is waiting for; nothing is asked any more."""
        self._interrupted = True
        for each in list(self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def join(self, token: str, name: str, imprint: Imprint) -> Document:
        """
        `{"organisation", "agreement", "roles", "key", "hub"}`: what the invitation gave to the key of this imprint.

        Where no answer came, asking again with the same token and imprint gives it.
        """
        wanted = {"token": token, "name": name, "key": imprint.document()}
        return self.post("/join", wanted, token=None)

    def renew_key(self, imprint: Imprint) -> None:
        """
        The key of this imprint opens; the one in use does for a while longer.

        Where no answer came, asking again with the same imprint does nothing twice.
        """
        if self.post("/key", {"key": imprint.document()}, token=None).get("key") != imprint.id:
            raise OutsideError(f"The hub at {self.url} did not take the new key.")

    def leave(self, agreement: str, organisation: str, *, contributions: str) -> None:
        """End a membership; `contributions` is `keep` or `withdraw`."""
        self._asked(
            "DELETE",
            f"/agreements/{agreement}/members/{organisation}",
            TELLING,
            params={"contributions": contributions},
        )

    def post(self, path: str, body: Mapping[str, object], *, token: str | None) -> Document:
        """
        What the hub answers; with a token, asking again does nothing twice.

        Raises:
            TooMany: Not now. Only this message has to wait, and is not sent before the time that the hub named.
            InputError, RuleError: The hub refused it.
            OutsideError: The hub did not answer.

        """
        headers = {"Idempotency-Key": token} if token else {}
        about = token or path
        return self._asked("POST", path, about, content=orjson.dumps(body), headers=headers)

    def get(self, path: str, **params: str | int) -> Document:
        """What the hub answers."""
        return self._asked("GET", path, READING, params=params)

    def changes(self, agreement: str, *, after: int, limit: int, wait: float) -> Page:
        """
        The deltas that follow a number, as they were sent, fewer where so many would not fit; nothing is checked.

        Raises:
            OutsideError: The hub did not answer, or not all of it came.

        """
        route = f"/agreements/{agreement}/deltas"
        while True:
            params = {"after": after, "limit": limit, "wait": int(wait)}
            most = _Bound(MOST_PAGE, time.monotonic() + wait + LONGEST_PAGE)
            try:
                with self._answered("GET", route, PATIENCE + wait, params=params) as answer:
                    return self._page(b"".join(most.bounded(answer.iter_raw())), limit)
            except OutsideError:
                if not most.exceeded or limit == 1:
                    raise
                limit = max(1, limit // 8)

    def checkpoint(self, agreement: str) -> str:
        """The signed note over everything the hub has; the signature is not checked."""
        most = _Bound(MOST_ANSWER, time.monotonic() + LONGEST_PAGE)
        with self._answered("GET", f"/agreements/{agreement}/checkpoint", PATIENCE) as answer:
            return b"".join(most.bounded(answer.iter_raw())).decode("utf-8", "replace")

    def snapshot(self, agreement: str, into: BinaryIO) -> None:
        """
        The compressed snapshot, as it was sent, in a file; nothing of it is checked.

        Raises:
            OutsideError: The hub did not answer, or not all of it came.
            StorageError: The disk refused.

        """
        most = _Bound(MOST_SNAPSHOT, time.monotonic() + LONGEST_SNAPSHOT)
        route = f"/agreements/{agreement}/snapshot"
        with self._answered("GET", route, PATIENCE) as answer:
            try:
                into.writelines(most.bounded(answer.iter_raw()))
                into.flush()
            except OSError as refused:
                raise StorageError(
                    f"The snapshot cannot be kept: {refused.strerror}. Make room on the disk."
                ) from refused

    def share_lines(
        self, agreement: str, blocks: Iterable[bytes], *, ndjson: bool
    ) -> Iterator[Document]:
        """
        What the hub says of the lines of a list once it has them all: which are bad, and what each batch brought.

        Raises:
            InputError, RuleError: The hub refused all of it.
            WrongState: The hub stopped in the middle, and says why.
            OutsideError: Not all of the answer came.

        """
        most = _Bound(MOST_SNAPSHOT, time.monotonic() + LONGEST_LIST)
        kind = "application/x-ndjson" if ndjson else "text/csv"
        route = f"/agreements/{agreement}/opinions/bulk"
        with self._answered(
            "POST",
            route,
            LONGEST_PAGE,
            about=TELLING,
            content=blocks,
            headers={"Content-Type": kind},
        ) as answer:
            for line in _lines(most.bounded(answer.iter_raw())):
                yield self._of_lines(line)

    def _of_lines(self, line: bytes) -> Document:
        try:
            document: object = orjson.loads(line)
        except ValueError:
            document = None
        match document:
            case {"line": int(number), "error": str(sentence)}:
                return {"line": number, "error": sentence}
            case {"added": int(added), "unchanged": int(unchanged), "held": int(held)}:
                return {"added": added, "unchanged": unchanged, "held": held}
            case {"error": str(sentence)}:
                raise WrongState(f"The hub at {self.url} stopped: {sentence[:1000]}")
        raise OutsideError(f"What the hub at {self.url} answered is not what became of lines.")

    def _asked(self, method: str, route: str, about: str, **request: Any) -> Document:  # noqa: ANN401 - httpx's own arguments
        most = _Bound(MOST_ANSWER, time.monotonic() + LONGEST_PAGE)
        with self._answered(method, route, PATIENCE, about=about, **request) as answer:
            body = b"".join(most.bounded(answer.iter_raw()))
        try:
            document = orjson.loads(body) if body else {}
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise OutsideError(f"What the hub at {self.url} answered is not JSON.")
        return document

    def _page(self, body: bytes, limit: int) -> Page:
        first, *lines = body.removesuffix(b"\n").split(b"\n")
        if not lines or not body.endswith(b"\n"):
            raise OutsideError(f"The hub at {self.url} sent half a page.")
        if len(lines) > limit + 1:
            raise OutsideError(f"The hub at {self.url} sent more deltas than it was asked for.")
        try:
            size, checkpoint = orjson.loads(first)["size"], orjson.loads(lines[-1])["checkpoint"]
        except (ValueError, KeyError, TypeError):
            size = checkpoint = None
        if not isinstance(size, int) or not isinstance(checkpoint, str):
            raise OutsideError(f"What the hub at {self.url} sent is no whole page of deltas.")
        return Page(size=size, lines=tuple(lines[:-1]), checkpoint=checkpoint)

    @contextmanager
    def _answered(
        self,
        method: str,
        route: str,
        patience: float,
        *,
        about: str = READING,
        **request: Any,  # noqa: ANN401 - httpx's own arguments
    ) -> Iterator[httpx.Response]:
        if self._interrupted:
            raise OutsideError(f"The hub at {self.url} was not asked: we were to end.")
        self._check_quiet(method, about)
        try:
            with self._http.stream(
                method,
                route,
                timeout=httpx.Timeout(patience, connect=10),
                extensions={"trace": self._watch},
                **request,
            ) as answer:
                self.date = _date(answer.headers.get("date"))
                if answer.headers.get("content-encoding", "identity").lower() != "identity":
                    raise OutsideError(
                        f"The hub at {self.url} answered compressed, which it was not asked for."
                    )
                if not answer.is_success:
                    self._refuse(answer, about)
                yield answer
        except httpx.HTTPError as broken:
            said = str(broken) or type(broken).__name__
            raise OutsideError(f"The hub at {self.url} did not answer: {said}.") from broken

    def _check_quiet(self, method: str, about: str) -> None:
        """Whether the hub may be asked this now, for all that it has said."""
        now = time.monotonic()
        for each in (about, READING if method == "GET" else TELLING):
            quiet = self._quiet.get(each)
            if quiet is not None and quiet.until > now:
                raise quiet.family(quiet.sentence)

    def _refuse(self, answer: httpx.Response, about: str) -> NoReturn:
        most = _Bound(MOST_ANSWER, time.monotonic() + PATIENCE)
        try:
            problem = orjson.loads(b"".join(most.bounded(answer.iter_raw())))
            sentence = str(problem.get("detail") or problem.get("title"))[:1000]
        except (ValueError, AttributeError):
            sentence = f"It answered {answer.status_code}."
        family = _FAMILIES.get(answer.status_code, OutsideError)
        refused = f"The hub at {self.url} refused: {sentence}"
        if answer.status_code in BUSY:
            now = time.monotonic()
            until = now + _seconds(answer.headers.get("retry-after"))
            about = about if family is TooMany or about == READING else TELLING
            self._quiet = {key: each for key, each in self._quiet.items() if each.until > now}
            self._quiet[about] = _Quiet(until, family, refused)
        raise family(refused)

    def _watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Keep hold of open sockets, so that `interrupt` can end a wait on one."""
        if event == "connection.connect_tcp.complete":
            self._sockets = {each for each in self._sockets if each.fileno() >= 0}
            self._sockets.add(info["return_value"].get_extra_info("socket"))
            if self._interrupted:  # while it connected
                self.interrupt()


class _Quiet(NamedTuple):
    """Until when a hub wants to be left alone, and how it said so."""

    until: float  # by the monotonic clock
    family: type[Error]
    sentence: str


class _Bound:
    """So many bytes, until then, and no more."""

    def __init__(self, most: int, until: float) -> None:
        self._left = most
        self._until = until
        self.exceeded = False

    def bounded(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The blocks, as long as they keep within bounds."""
        for block in blocks:
            self._left -= len(block)
            if self._left < 0:
                self.exceeded = True
                raise OutsideError("The hub sends more than fits.")
            if time.monotonic() > self._until:
                raise OutsideError("The hub sends so slowly that it would never end.")
            yield block


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines, none of them longer than what is an answer."""
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise OutsideError("The hub sends a line without end.")
        yield from whole
    if rest:
        raise OutsideError("The hub sent half a line.")


def hub_address(url: str, *, plain_hosts: frozenset[str]) -> httpx.URL:
    """
    The address of a hub, which is spoken to over TLS unless it is on this machine or was allowed by name.

    Raises:
        InputError: It is no such address.

    """
    try:
        address = httpx.URL(url.strip())
    except (httpx.InvalidURL, TypeError):
        address = httpx.URL()
    if address.scheme not in ("https", "http") or not address.host or address.userinfo:
        raise InputError(
            f"The address of a hub is such as https://hub.example; this is '{url[:200]}'."
        )
    if address.scheme == "http" and not (_is_loopback(address.host) or address.host in plain_hosts):
        raise InputError(
            f"Over http anybody on the way could read the key to {address.host}: use https, "
            "or allow this host with the setting exchange.plain_hubs."
        )
    return address.copy_with(query=None, fragment=None)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _date(text: str | None) -> datetime | None:
    try:
        return in_utc(parsedate_to_datetime(text or ""))
    except (ValueError, TypeError, IndexError, OverflowError, InputError):
        return None  # it tells no time, or in no way that anybody could read


def _seconds(text: str | None) -> float:
    """What a Retry-After asks for; moments in it are read as a few seconds."""
    return min(float(text), LONGEST_PAUSE) if text and text.isdigit() else 5.0
