"""
Signed messages over HTTP, as Standard Webhooks has them.

    webhook-id, webhook-timestamp, body ──HMAC-SHA256, once for each active secret──▶ webhook-signature

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_bytes
from types import TracebackType
from typing import Self

import httpcore
import httpx

from seawall.errors import Error, InputError

PREFIX = "whsec_"
SECRET_BYTES = 32
MOST_ANSWER = 16 * 1024  # bytes of an answer that are waited for; only its beginning is kept
MOST_SAID = 200  # characters of an answer that are kept
AT_ONCE = 16  # connections to all endpoints together, from one process
CONNECT_SHARE = (
    3  # of the time there is, one part for connecting, so that a host's next address gets a try
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a receiver answered; no `status` when nothing came that is an answer."""

    status: int | None
    said: str = ""  # the beginning of a refusal, or why there was no answer
    retry_after: str | None = None


def new_secret() -> str:
    """A secret that an endpoint and Seawall share; nobody has had it yet."""
    return PREFIX + base64.b64encode(token_bytes(SECRET_BYTES)).decode()


def signature(message: str, body: bytes, *, secret: str, at: datetime) -> str:
    """`v1,…`: that whoever has the secret sent this body, under this id, at this moment."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message}.{int(at.timestamp())}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"


def headers(message: str, body: bytes, *, keys: Iterable[str], at: datetime) -> dict[str, str]:
    """What is sent beside the body; a receiver that has any one of the secrets (`keys`) can check it."""
    signed = (signature(message, body, secret=secret, at=at) for secret in keys)
    return {
        "content-type": "application/json",
        "user-agent": "Seawall",
        "accept-encoding": "identity",
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signed),
    }


def check_address(url: str, *, allowed_hosts: frozenset[str]) -> str:
    """
    The address as it is kept: https, or http to a host that was allowed by name.

    Whether its host is on the public internet shows when it is connected to, each time anew.

    Raises:
        InputError: It is no address that messages can be sent to.

    """
    try:
        address = httpx.URL(url.strip())
    except (httpx.InvalidURL, TypeError):
        address = httpx.URL()
    if address.scheme not in ("https", "http") or not address.host or address.userinfo:
        raise InputError(
            "The address of an endpoint is such as https://platform.example/hooks, without a user name; "
            f"this is '{url[:200]}'."
        )
    named = {address.host, f"{address.host}:{address.port}"}
    if address.scheme == "http" and not named & allowed_hosts:
        raise InputError(
            f"Over http anybody on the way could read what is sent to {address.host}: use https, "
            "or allow this host with the setting delivery.allowed_hosts."
        )
    return str(address.copy_with(fragment=None))


class Post:
    """Sends over a network that was handed in, which decides where it leads; no redirect is followed."""

    def __init__(self, network: httpcore.AsyncNetworkBackend, *, timeout: timedelta) -> None:
        """`timeout` is for everything from the first packet to the last byte of the answer."""
        self._seconds = timeout.total_seconds()
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=AT_ONCE, keepalive_expiry=30, network_backend=network
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.aclose()

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """What became of it; whatever goes wrong is an answer too."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._asked(url, body, headers)
        except TimeoutError:
            return Answer(status=None, said=f"No answer within {self._seconds:g} seconds.")
        except Error as refused:  # the network does not lead there
            return Answer(status=None, said=str(refused)[:MOST_SAID])
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as broken:
            said = str(broken) or type(broken).__name__
            return Answer(status=None, said=f"No answer: {said}."[:MOST_SAID])

    async def _asked(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        patience = {"timeout": {"connect": self._seconds / CONNECT_SHARE}}
        async with self._pool.stream(
            "POST",
            url,
            headers=[("host", httpx.URL(url).netloc.decode()), *headers.items()],
            content=body,
            extensions=patience,
        ) as response:
            sent = {name.lower(): value.decode("latin-1") for name, value in response.headers}
            begun = bytearray()
            async for block in response.aiter_stream():
                begun += block
                if len(begun) > MOST_ANSWER:
                    break
        said = "" if response.status < 300 else bytes(begun).decode("utf-8", "replace")[:MOST_SAID]
        plain = "".join(each if each.isprintable() else " " for each in said)
        return Answer(status=response.status, said=plain, retry_after=sent.get(b"retry-after"))
