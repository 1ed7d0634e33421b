"""
An organisation's OpenID provider: what it says of itself, its keys, and an ID token for a code.

    issuer ──/.well-known/openid-configuration──▶ addresses ──▶ keys (kept for an hour)
                                                      └──code, verifier──▶ tokens

It is reached over a network that was handed in, which decides where it leads; no redirect is followed, and no answer is
read further than a megabyte or later than the time there is. Strangers make us ask: a few questions are open at once,
and who comes beyond that is told so at once, so that a provider that hangs keeps no other page waiting.
"""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import httpcore
import httpx
import orjson
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.jwk import KeySet

from seawall.access.id_token import knows, public_keys
from seawall.access.oidc_config import OidcConfig
from seawall.errors import Error, FetchError, NotAllowed

WELL_KNOWN = "/.well-known/openid-configuration"
SCOPE = "openid email profile"
MOST_BYTES = 1024 * 1024  # of one answer
KEPT = timedelta(hours=1)
LEAST_BETWEEN = timedelta(minutes=1)  # two looks for a key that we do not know
PATIENCE = timedelta(seconds=5)  # before a provider that failed is asked again
AT_ONCE = 8  # questions; the server has some forty threads for everything
BUSY = "Many sign in with this provider at this moment, or it answers late; try again in a few seconds."
T = TypeVar("T")
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a code was exchanged for."""

    id_token: str
    access_token: str


class IdentityProvider:
    """One provider, as the settings name it; threads may share it."""

    def __init__(
        self,
        config: OidcConfig,
        *,
        client_secret: str | None,
        network: httpcore.AsyncNetworkBackend,
    ) -> None:
        self.config = config
        self._secret = client_secret
        self._network = network
        self._describing, self._listing = threading.Semaphore(1), threading.Semaphore(1)
        self._room = threading.Semaphore(AT_ONCE)
        self._described: tuple[Mapping[str, Any], datetime] | None = None
        self._failed: tuple[str, datetime] | None = None
        self._keys: tuple[KeySet, datetime] | None = None

    def described(self, *, at: datetime) -> Mapping[str, Any]:
        """
        What the provider says of itself, at most an hour old; older while somebody else asks for it anew.

        Raises:
            FetchError: It cannot be reached, what it says is not usable, or somebody else asks it for the first time.

        """
        kept = self._described
        if kept is not None and at - kept[1] < KEPT:
            return kept[0]
        with _inside(self._describing) as alone:
            if not alone:
                return _kept(kept)
            if self._failed is not None and at - self._failed[1] < PATIENCE:
                raise FetchError(self._failed[0])
            try:
                found = self._checked(self._ask("GET", self.config.issuer.rstrip("/") + WELL_KNOWN))
            except FetchError as failed:
                self._failed = str(failed), at
                raise
            self._described = found, at
            return found

    def keys_for(self, token: str, *, at: datetime) -> KeySet:
        """
        The keys it signs with; asked for anew, at most once a minute, where none has the name that this token gives.

        Raises:
            FetchError: It cannot be reached, what it says is not usable, or somebody else asks it for the first time.

        """
        address = self.described(at=at)["jwks_uri"]
        kept = self._keys
        if kept is not None and at - kept[1] < (KEPT if knows(kept[0], token) else LEAST_BETWEEN):
            return kept[0]
        with _inside(self._listing) as alone:
            if not alone:
                return _kept(kept)
            self._keys = public_keys(self._ask("GET", address)), at
            return self._keys[0]

    def address(self, *, back: str, state: str, nonce: str, verifier: str, at: datetime) -> str:
        """
        Where a browser goes to sign in, and comes from with a code.

        Raises:
            FetchError: The provider cannot be reached, or what it says is not usable.

        """
        address: str = prepare_grant_uri(
            self.described(at=at)["authorization_endpoint"],
            client_id=self.config.client_id,
            response_type="code",
            redirect_uri=back,
            scope=SCOPE,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return address

    def exchange(self, code: str, *, back: str, verifier: str, at: datetime) -> Tokens:
        """
        The tokens for a code, which it gives once and only to whoever began.

        Raises:
            NotAllowed: It takes this code not, or not any more.
            FetchError: It cannot be reached, or what it says is not usable.

        """
        described = self.described(at=at)
        body = prepare_token_request(
            "authorization_code", redirect_uri=back, code=code, code_verifier=verifier
        )
        client = ClientAuth(self.config.client_id, self._secret, self._method(described))
        address, headers, body = client.prepare(
            "POST", described["token_endpoint"], dict(FORM), body
        )
        answer = self._ask("POST", address, headers=headers, body=body.encode())
        id_token, access_token = answer.get("id_token"), answer.get("access_token")
        if not isinstance(id_token, str):
            raise FetchError(
                "The provider gave no ID token; does it know this Seawall as one that wants `openid`?"
            )
        return Tokens(id_token=id_token, access_token=str(access_token or ""))

    def _method(self, described: Mapping[str, Any]) -> str:
        """How we prove who we are (RFC 8414 names the default)."""
        if self._secret is None:
            return "none"
        offered = described.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"

    def _checked(self, found: Mapping[str, Any]) -> Mapping[str, Any]:
        # OpenID Connect Discovery 1.0, section 4.3: the very same name, or somebody speaks for somebody else.
        if found.get("issuer") != self.config.issuer:
            raise FetchError(
                f"The provider calls itself '{str(found.get('issuer'))[:200]}'; oidc.issuer must be exactly that."
            )
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            self._safe(found.get(name))
        return found

    def _safe(self, address: object) -> httpx.URL:
        """The address, if it is one over TLS, or of a host that was allowed by name."""
        try:
            url = httpx.URL(address if isinstance(address, str) else "")
        except httpx.InvalidURL:
            url = httpx.URL()
        named = {url.host, f"{url.host}:{url.port}"} & self.config.allowed_hosts
        if not url.host or not (url.scheme == "https" or (url.scheme == "http" and named)):
            raise FetchError(
                f"The provider's address '{str(address)[:200]}' is not one over https; name its host in "
                "oidc.allowed_hosts to take it nevertheless."
            )
        return url

    def _ask(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> dict[str, Any]:
        url = self._safe(address)
        sent = {
            "host": url.netloc.decode(),
            "accept": "application/json",
            "accept-encoding": "identity",
            "user-agent": "Seawall",
        } | dict(headers or {})
        with _inside(self._room) as room:
            if not room:
                raise FetchError(BUSY)
            status, raw = asyncio.run(self._answer(method, url, sent, body))
        try:
            found = orjson.loads(raw)
        except ValueError:
            found = None
        if method == "POST" and status in (400, 401, 403) and isinstance(found, dict):
            raise NotAllowed(_refused(found))
        if status != 200 or not isinstance(found, dict):
            raise FetchError(f"The provider answered {status} at {url.host} with nothing of use.")
        return found

    async def _answer(
        self, method: str, url: httpx.URL, headers: dict[str, str], body: bytes | None
    ) -> tuple[int, bytes]:
        seconds = self.config.timeout.total_seconds()
        try:
            async with (
                asyncio.timeout(seconds),
                httpcore.AsyncConnectionPool(network_backend=self._network) as pool,
                pool.stream(
                    method, str(url), headers=list(headers.items()), content=body
                ) as response,
            ):
                read = bytearray()
                async for block in response.aiter_stream():
                    read += block
                    if len(read) > MOST_BYTES:
                        raise FetchError("The provider's answer is too long.")
                return response.status, bytes(read)
        except TimeoutError as late:
            raise FetchError(f"The provider did not answer within {seconds:g} seconds.") from late
        except Error as closed:  # the network does not lead there
            raise FetchError(f"The provider cannot be asked: {closed}") from closed
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as broken:
            raise FetchError(f"The provider at {url.host} does not answer.") from broken


@contextmanager
def _inside(room: threading.Semaphore) -> Iterator[bool]:
    """Whether there was room to go in; nobody waits outside."""
    inside = room.acquire(blocking=False)
    try:
        yield inside
    finally:
        if inside:
            room.release()


def _kept(kept: tuple[T, datetime] | None) -> T:
    """What was known before; for whom nothing is known yet, it is soon."""
    if kept is None:
        raise FetchError(BUSY)
    return kept[0]


def _refused(answer: Mapping[str, Any]) -> str:
    code = answer.get("error")
    if code == "invalid_grant":
        return "The provider does not take this sign-in any more. Begin again."
    plain = "".join(each for each in str(code)[:80] if each.isprintable())
    return f"The provider refuses this Seawall ('{plain}'). An administrator should look at section oidc."
