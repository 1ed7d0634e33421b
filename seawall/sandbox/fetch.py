"""
Bytes from a stranger's address, never from our own network.

    address ──▶ guarded network ──▶ answer ──redirect──▶ address (again, from the start)
                                      └──content──▶ bytes, no more than allowed, no later than allowed

Nothing is unpacked on the way: a compressed answer is refused, so the limit on bytes is a limit on
what a decoder will see.
"""

import asyncio
import ssl
from functools import cache

import httpcore
from ada_url import URL

from seawall.errors import FetchError, InputError
from seawall.sandbox.fetch_config import FetchConfig
from seawall.sandbox.guarded_network import GuardedNetwork, Resolve, resolve_name

REDIRECTS = frozenset({301, 302, 303, 307, 308})
HEADERS = (("Accept", "*/*"), ("Accept-Encoding", "identity"), ("User-Agent", "Seawall"))


async def fetch(url: str, config: FetchConfig, *, resolve: Resolve = resolve_name) -> bytes:
    """
    The content at an address, exactly as it was sent.

    Raises:
        InputError: The text is not an http or https address, or it carries a password.
        NotAllowed: The address, or one it redirects to, is not on the public internet.
        FetchError: The address did not give us its content; the sentence says why.

    """
    asked = _address(url)
    network = GuardedNetwork(allowed_hosts=config.allowed_hosts, resolve=resolve)
    seconds = config.timeout.total_seconds()
    try:
        async with (
            asyncio.timeout(seconds),
            httpcore.AsyncConnectionPool(_verified(), network_backend=network) as pool,
        ):
            for _ in range(config.max_redirects + 1):
                answer = await _ask(pool, asked, config)
                if isinstance(answer, bytes):
                    return answer
                asked = answer
    except TimeoutError as error:
        raise FetchError(
            f"The address did not give its content within {seconds:g} seconds."
        ) from error
    except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
        if _is_about_a_certificate(error):
            raise FetchError("The host cannot prove that it is the host of that name.") from error
        raise FetchError("The host does not answer.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise FetchError("The host broke off, or does not speak HTTP.") from error
    raise FetchError(f"The address redirects more than {config.max_redirects} times.")


async def _ask(pool: httpcore.AsyncConnectionPool, url: URL, config: FetchConfig) -> bytes | URL:
    """What one address answers: its content, or another address."""
    port = int(url.port or (443 if url.protocol == "https:" else 80))
    target = httpcore.URL(
        scheme=url.protocol[:-1],
        host=url.hostname.strip("[]"),
        port=port,
        target=url.pathname + url.search,
    )
    # Half of the time for one attempt to connect leaves some for the host's next address.
    patience = {"timeout": {"connect": config.timeout.total_seconds() / 2}}
    headers = (("Host", url.host), *HEADERS)
    async with pool.stream("GET", target, headers=headers, extensions=patience) as response:
        sent = {name.lower(): value.decode("latin-1") for name, value in response.headers}
        if response.status in REDIRECTS and b"location" in sent:
            return _redirected(sent[b"location"], url)
        if response.status != 200:
            raise FetchError(f"The address answered {response.status} instead of its content.")
        if sent.get(b"content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise FetchError("The host compressed its content although it was asked not to.")
        return await _content(response, sent.get(b"content-length", ""), config.max_bytes)


async def _content(response: httpcore.Response, declared: str, max_bytes: int) -> bytes:
    """The whole body, given up as soon as it is known to be too long."""
    too_long = FetchError(f"The content is longer than the {max_bytes} bytes that are fetched.")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise too_long
    body = bytearray()
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > max_bytes:
            raise too_long
    return bytes(body)


def _redirected(location: str, base: URL) -> URL:
    """Where a redirect leads, if that is somewhere we would have gone by ourselves."""
    try:
        return _address(location, base=base.href)
    except InputError as error:
        raise FetchError(f"The address redirects to one that is not fetched. {error}") from error


def _address(text: str, *, base: str | None = None) -> URL:
    """The address as a browser reads it, whatever notation hides its host."""
    try:
        url = URL(text, base)
    except ValueError:
        raise InputError(
            "An address to fetch looks like https://example.org/picture.jpg."
        ) from None
    if url.protocol not in ("http:", "https:"):
        raise InputError("An address to fetch begins with http:// or https://.")
    if url.username or url.password:
        raise InputError(
            "An address to fetch carries no user name and no password; leave them out."
        )
    return url


def _is_about_a_certificate(error: BaseException | None) -> bool:
    """Whether a failure to connect began with a certificate, however often it was wrapped since."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


@cache
def _verified() -> ssl.SSLContext:
    """One set of root certificates for all fetches: reading them takes longer than a short fetch."""
    return httpcore.default_ssl_context()
