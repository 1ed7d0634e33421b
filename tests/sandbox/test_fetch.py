"""A stranger's address costs what it may, and never leads into our own network."""

import asyncio
import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import httpcore
import pytest

from seawall.errors import FetchError, InputError, NotAllowed
from seawall.sandbox import fetch as fetching
from seawall.sandbox.fetch import fetch
from seawall.sandbox.fetch_config import FetchConfig
from seawall.sandbox.guarded_network import GuardedNetwork, is_public

SMALL = FetchConfig(max_bytes=1000, timeout=timedelta(seconds=5))

PUBLIC = ["1.1.1.1", "8.8.4.4", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"]

OURS = {
    "loopback": ["127.0.0.1", "127.255.0.1", "::1"],
    "private": ["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fd00::1", "fec0::1"],
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],  # noqa: S104 - nobody binds to it
    "link-local, where clouds keep credentials": ["169.254.169.254", "fe80::1", "fd00:ec2::254"],
    "inside of Azure": ["168.63.129.16"],
    "carrier's": ["100.64.0.1", "100.127.255.255"],
    "multicast, broadcast, reserved": ["224.0.0.1", "239.1.1.1", "ff0e::1", "255.255.255.255", "240.0.0.1"],
    "IPv4 inside IPv6": [
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2001:0:a00:1::",
    ],
    "documentation, benchmarks, protocols": ["192.0.2.1", "198.18.0.1", "192.0.0.8", "2001:db8::1", "3fff::1"],
}  # fmt: skip


def get(url, config=SMALL, **arguments):
    """Fetch, from a test without a loop of its own."""
    return asyncio.run(fetch(url, config, **arguments))


def answers(*rounds):
    """A resolver that gives these addresses, one tuple each time it is asked."""
    left = list(rounds)

    async def resolve(_host, _port):
        return left.pop(0)

    return resolve


@contextmanager
def site(pages, tls=None):
    """A real server on this machine; `pages` maps a path to what its handler then does."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.close_connection = True
            self.server.asked.append((self.path, dict(self.headers)))
            pages[self.path](self)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []
    server.host = f"127.0.0.1:{server.server_port}"
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def page(body=b"", status=200, declared=None, **headers):
    """A page that answers with this body; `declared` is the length it claims, None for the truth."""

    def answer(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if declared is None else declared))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def raw(*pieces, pause=0.0):
    """A page that writes these bytes as they are, and then hangs up."""

    def answer(handler):
        try:
            for piece in pieces:
                handler.wfile.write(piece)
                time.sleep(pause)
        except OSError:
            pass  # the other side has had enough, as it should

    return answer


def allowing(server, **changes):
    """The small configuration, with this one server allowed."""
    settings = {"max_bytes": 1000, "timeout": timedelta(seconds=5), **changes}
    return FetchConfig(allowed_hosts=frozenset({server.host}), **settings)


def test_a_page_arrives_as_it_was_sent():
    """Body and query untouched; no compression asked for; nothing of ours told."""
    with site({"/a%2Fb?c=%7C": page(b"\x1f\x8b bytes")}) as server:
        assert get(f"http://{server.host}/a%2Fb?c=%7C#part", allowing(server)) == b"\x1f\x8b bytes"

    assert server.asked == [
        (
            "/a%2Fb?c=%7C",
            {
                "Host": server.host,
                "Accept": "*/*",
                "Accept-Encoding": "identity",
                "User-Agent": "Seawall",
            },
        )
    ]


def test_a_page_in_chunks_arrives_whole():
    """Most pages declare no length."""
    chunks = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"
    )
    with site({"/": raw(chunks)}) as server:
        assert get(f"http://{server.host}", allowing(server)) == b"hello!"


@pytest.mark.parametrize("address", [each for group in OURS.values() for each in group])
def test_addresses_of_ours_are_not_public(address):
    """By the registries, whatever the version of Python says."""
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address):
    """The table does not refuse what it should let through."""
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0177.0.0.1",
        "2130706433",
        "\N{FULLWIDTH DIGIT ONE}27.0.0.1",
        "127.0.0.1.",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:ffff:7f00:1]",
        "[64:ff9b::169.254.169.254]",
        "169.254.169.254",
        "[fd00:ec2::254]",
    ],
)
def test_our_addresses_are_refused_in_every_notation(host):
    """What a browser would open is what is judged."""
    with pytest.raises(NotAllowed, match="Only addresses of the public internet"):
        get(f"http://{host}/")


def test_a_name_is_refused_when_any_of_its_addresses_is_ours():
    """The one that is connected to would be a matter of chance."""
    with pytest.raises(FetchError, match="does not lead to an address of the public internet"):
        get("http://both.example/", resolve=answers(("1.1.1.1", "10.0.0.1")))


def test_names_inside_cannot_be_told_from_names_that_do_not_exist():
    """Sending us links must not list our machines."""
    with pytest.raises(FetchError) as ours:
        get("http://wiki.internal/", resolve=answers(("10.0.0.7",)))
    with pytest.raises(FetchError) as nobodys:
        get("http://wiki.internal/", resolve=answers(()))

    assert str(ours.value) == str(nobodys.value)


def test_localhost_is_ours():
    """The system's own resolver stands behind the same guard."""
    with pytest.raises(FetchError, match="does not lead to an address of the public internet"):
        get("http://localhost/")


class Recorder(httpcore.AsyncNetworkBackend):
    """Remembers where it was told to connect to; the first of two places does not answer."""

    def __init__(self):
        self.asked = []

    async def connect_tcp(self, host, port, *_):
        """Fail once, then connect to nothing."""
        self.asked.append((host, port))
        if len(self.asked) == 1:
            raise httpcore.ConnectError
        return httpcore.AsyncMockStream([])


def test_a_name_that_changes_its_answer_gains_nothing():
    """The addresses that were checked are connected to; the name is not asked again (DNS rebinding)."""
    recorder = Recorder()
    resolve = answers(("1.1.1.1", "1.0.0.1"), ("127.0.0.1",))
    network = GuardedNetwork(allowed_hosts=frozenset(), resolve=resolve, network=recorder)

    asyncio.run(network.connect_tcp("rebinding.example", 80))

    assert recorder.asked == [("1.1.1.1", 80), ("1.0.0.1", 80)]


def test_an_allowed_name_is_connected_to_where_it_resolves():
    """Only the injected resolver knows this name; it is asked once for each connection."""
    with site({"/": page(b"here")}) as server:
        host = f"site.test:{server.server_port}"
        config = FetchConfig(allowed_hosts=frozenset({host}))

        assert get(f"http://{host}/", config, resolve=answers(("127.0.0.1",))) == b"here"

    assert server.asked[0][1]["Host"] == host


def test_an_allowed_host_opens_nothing_beside_it():
    """Another port of the same machine, and the same machine by another name, stay closed."""
    with site({}) as server:
        config = allowing(server)
        with pytest.raises(NotAllowed, match="Only the ports 80 and 443"):
            get(f"http://127.0.0.1:{server.server_port + 1}/", config)
        with pytest.raises(NotAllowed, match="Only addresses of the public internet"):
            get("http://127.0.0.1/", config)
        with pytest.raises(NotAllowed, match="Only the ports 80 and 443"):
            get(f"http://localhost:{server.server_port}/", config)

    assert server.asked == []


def test_pages_live_on_the_ports_of_pages():
    """A public address is no reason to talk to its mail server."""
    with pytest.raises(NotAllowed, match="Only the ports 80 and 443"):
        get("http://mail.example:25/", resolve=answers(("1.1.1.1",)))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("example.org/x", "looks like https://example.org/picture.jpg"),
        ("https://", "looks like"),
        ("ftp://example.org/x", "begins with http:// or https://"),
        ("file:///etc/passwd", "begins with http:// or https://"),
        ("http://user:secret@example.org/", "carries no user name and no password"),
    ],
)
def test_what_is_no_address_of_a_page_is_refused(url, sentence):
    """With the remedy, and without repeating a password."""
    with pytest.raises(InputError, match=sentence) as refusal:
        get(url)

    assert "secret" not in str(refusal.value)


def test_redirects_are_followed():
    """Relative ones too, five at most."""
    with site(
        {
            "/one": page(status=302, Location="two"),
            "/two": page(status=308, Location="/three?x"),
            "/three?x": page(b"there"),
        }
    ) as server:
        assert get(f"http://{server.host}/one", allowing(server)) == b"there"
        with pytest.raises(FetchError, match="redirects more than 1 times"):
            get(f"http://{server.host}/one", allowing(server, max_redirects=1))


@pytest.mark.parametrize(
    ("location", "error", "sentence"),
    [
        ("http://127.0.0.1/", NotAllowed, "Only addresses of the public internet"),
        ("//[::1]/", NotAllowed, "Only addresses of the public internet"),
        ("http://169.254.169.254/latest/meta-data/", NotAllowed, "Only addresses of the public"),
        ("http://0x7f.1:8080/", NotAllowed, "Only the ports 80 and 443"),
        ("http://inside.example/", FetchError, "does not lead to an address of the public"),
        ("file:///etc/passwd", FetchError, "redirects to one that is not fetched"),
        ("http://a:b@example.org/", FetchError, "redirects to one that is not fetched"),
        ("http://[", FetchError, "redirects to one that is not fetched"),
        ("/", FetchError, "redirects more than 5 times"),
    ],
)
def test_a_redirect_leads_nowhere_we_would_not_go(location, error, sentence):
    """Each one passes the whole guard again, and a circle ends."""
    pages = {"/": page(status=301, Location=location)}
    with site(pages) as server, pytest.raises(error, match=sentence):
        get(f"http://{server.host}/", allowing(server), resolve=answers(("10.0.0.1",)))

    assert len(server.asked) == (6 if location == "/" else 1)


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (page(b"no", status=404), "answered 404 instead of its content"),
        (page(b"no", status=302), "answered 302 instead of its content"),
        (page(b"", status=206), "answered 206 instead of its content"),
        (page(b"x" * 1001), "longer than the 1000 bytes"),
        (page(b"", declared=10**12), "longer than the 1000 bytes"),
        (page(b"", declared=10**30), "longer than the 1000 bytes|does not speak HTTP"),
        (raw(HEAD, b"\r\n", b"x" * 1001), "longer than the 1000 bytes"),
        (raw(CHUNKED, *[b"64\r\n" + b"x" * 100 + b"\r\n"] * 11), "longer than the 1000 bytes"),
        (page(b"half", declared=8), "broke off"),
        (raw(CHUNKED, b"64\r\nhalf"), "broke off"),
        (raw(CHUNKED, b"half\r\n"), "broke off"),
        (raw(), "broke off"),
        (raw(b"SSH-2.0-OpenSSH\r\n"), "does not speak HTTP"),
        (raw(HEAD + b"X: " + b"x" * 200_000 + b"\r\n\r\n"), "does not speak HTTP"),
        (page(b"\x1f\x8b", Content_Encoding="gzip"), "compressed its content"),
        (page(b"x", Content_Encoding="identity, br"), "compressed its content"),
        (raw(HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), "does not speak HTTP"),
    ],
)
def test_answers_that_are_not_the_content(answer, sentence):
    """Nothing incomplete, oversized or packed is passed on as if it were the content."""
    with site({"/": answer}) as server, pytest.raises(FetchError, match=sentence):
        get(f"http://{server.host}/", allowing(server))


@pytest.mark.parametrize(
    "answer",
    [
        raw(HEAD, *[b"X-More: yes\r\n"] * 100, pause=0.05),
        raw(CHUNKED, *[b"1\r\nx\r\n"] * 100, pause=0.05),
        raw(*[b"HTTP/1.1 102 Processing\r\n\r\n"] * 100, pause=0.05),
        lambda _handler: time.sleep(1),
    ],
)
def test_dripping_does_not_buy_time(answer):
    """The limit is on the whole fetch, not on the wait for the next byte."""
    with site({"/": answer}) as server:
        begun = time.monotonic()
        with pytest.raises(FetchError, match=r"within 0\.3 seconds"):
            get(f"http://{server.host}/", allowing(server, timeout=timedelta(seconds=0.3)))

        assert time.monotonic() - begun < 2


def test_redirects_share_the_time():
    """A slow circle is over when the time is."""

    def slowly(handler):
        time.sleep(0.1)
        page(status=302, Location="/")(handler)

    with site({"/": slowly}) as server, pytest.raises(FetchError, match=r"within 0\.3 seconds"):
        get(f"http://{server.host}/", allowing(server, timeout=timedelta(seconds=0.3)))


def test_a_host_that_does_not_answer():
    """Nobody listens there."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(FetchError, match="The host does not answer"):
            get(f"http://{host}/", FetchConfig(allowed_hosts=frozenset({host})))


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A certificate of 127.0.0.1 that nobody vouches for, and its server's side of TLS."""
    path, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
    names = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*command.split(), *names, "-keyout", key, "-out", path], check=True, capture_output=True
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path, key)
    monkeypatch.setattr(fetching, "_verified", fetching._verified.__wrapped__)  # not cached
    return path, tls


def test_a_certificate_nobody_vouches_for_is_refused(certificate):
    """What arrives over https is what the host of that name sent."""
    with site({"/": page(b"secret")}, tls=certificate[1]) as server:
        with pytest.raises(FetchError, match="cannot prove that it is the host"):
            get(f"https://{server.host}/", allowing(server))

        assert server.asked == []


def test_a_certificate_the_system_trusts_is_for_its_own_name_only(certificate, monkeypatch):
    """An operator's own authority is trusted as everywhere else, and no further."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with site({"/": page(b"secret")}, tls=certificate[1]) as server:
        assert get(f"https://{server.host}/", allowing(server)) == b"secret"

        other = f"other.test:{server.server_port}"
        config = FetchConfig(allowed_hosts=frozenset({other}))
        with pytest.raises(FetchError, match="cannot prove that it is the host"):
            get(f"https://{other}/", config, resolve=answers(("127.0.0.1",)))
