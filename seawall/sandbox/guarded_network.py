"""
A network that leads only outside.

    name ──resolve──▶ addresses ──all public?──▶ connect to exactly those

A stranger chooses the names we fetch, and the answers to them. So the addresses that were checked
are the addresses that are connected to: a name that answers differently the second time (DNS
rebinding) is never asked a second time.
"""

import socket
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import anyio
import httpcore

from seawall.errors import FetchError, NotAllowed

Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]

PORTS = (80, 443)  # anything else is more likely a service of somebody's own than a page

# Everything the registry does not call globally reachable, multicast and reserved space; spelled
# out because the answers of `ipaddress` differ between versions of Python.
# https://www.iana.org/assignments/iana-ipv4-special-registry
NOT_PUBLIC_4 = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # the inside of Azure, at a public address
        "169.254.0.0/16",  # where clouds keep their machines' credentials
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)

# https://www.iana.org/assignments/ipv6-address-space: only 2000::/3 is handed out for the internet.
# Loopback, private and link-local addresses, multicast, and those that carry an IPv4 address inside
# (mapped, NAT64) lie outside it; Teredo, 6to4 and the documentation's addresses are cut out of it.
PUBLIC_6 = ip_network("2000::/3")
NOT_PUBLIC_6 = tuple(
    ip_network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """
    Whether an address belongs to the internet, and to nobody's own network.

    >>> is_public(ip_address("169.254.169.254")), is_public(ip_address("9.9.9.9"))
    (False, True)
    """
    if isinstance(address, IPv4Address):
        return not any(address in block for block in NOT_PUBLIC_4)
    return address in PUBLIC_6 and not any(address in block for block in NOT_PUBLIC_6)


async def resolve_name(host: str, port: int) -> tuple[str, ...]:
    """Every address the system's resolver has for a name; none when it knows no such name."""
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """TCP connections to public addresses, and to the few hosts that were allowed by name."""

    def __init__(
        self,
        *,
        allowed_hosts: frozenset[str],
        resolve: Resolve,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._allowed = allowed_hosts
        self._resolve = resolve
        self._network = network or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """
        A connection to the first of the host's addresses that answers.

        Raises:
            NotAllowed: The host is an address, and not a public one, or the port is not a page's.
            FetchError: The host is a name, and none or not all of its addresses are public.

        """
        failure: Exception = FetchError(NO_PUBLIC_ADDRESS)
        for address in await self._addresses(host, port):
            try:
                return await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _addresses(self, host: str, port: int) -> tuple[str, ...]:
        """
        The host's addresses, when all of them may be connected to.

        A name inside our network and a name that does not exist get the same answer, so that
        nobody can list our machines by sending us links to them.
        """
        allowed = host in self._allowed or f"{host}:{port}" in self._allowed
        if port not in PORTS and not allowed:
            raise NotAllowed(
                "Only the ports 80 and 443 are fetched from; this address names another."
            )
        try:
            literal = ip_address(host)
        except ValueError:
            addresses = await self._resolve(host, port)
            if not allowed and not all(is_public(ip_address(address)) for address in addresses):
                raise FetchError(NO_PUBLIC_ADDRESS) from None
            return addresses
        if not allowed and not is_public(literal):
            raise NotAllowed("Only addresses of the public internet are fetched; this is none.")
        return (host,)


NO_PUBLIC_ADDRESS = "The host's name does not lead to an address of the public internet."
