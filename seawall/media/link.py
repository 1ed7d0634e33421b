"""
A link is one page, however it was written.

    text ──WHATWG parse──▶ host, port, path, query ──one spelling──▶ https://host/path?query

Two spellings of a page must give one text, or a known link comes back with a `?fbclid=` behind it.
Two pages must give two, or an innocent one is blocked. Where a browser and the habits of servers
leave a choice, this is how it is made:

* `http` is written `https`. Blocklists match without the scheme (Safe Browsing hashes host and
  path only: https://developers.google.com/safe-browsing/reference/URLs.and.Hashing), and the same
  page answers on both. A text without a scheme is read the same way. Nothing else is a page that
  a browser opens from a post, so other schemes are refused.
* A port that is not the scheme's own stays: on a shared host it is somebody else's server.
* `www.` stays, and so does the order of the query: both choose the page on some servers, and who
  wants to dodge a signal by adding a parameter can do so either way.
* Runs of slashes in the path become one, as Safe Browsing does and most servers do.
* The fragment goes, for it names a place on the page; but one such as `#!…`, `#/…` or `#F!…` names
  the page itself, and without it one shared file would stand for a whole file host.

The result is a key to compare, not an address to fetch: fetch what you were given.
"""

import re
from ipaddress import IPv6Address
from urllib.parse import unquote

from ada_url import URL

from seawall.errors import InputError
from seawall.media.media import Kind, Media
from seawall.media.tracking import is_tracking

MAX_TEXT = 65_536  # characters of a link as written; browsers cope with more, people do not send it
MAX_LINK = 2_048  # characters once canonical: the sitemap limit, and it fits any database index

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"[^/?#\\@:]+:[0-9]{1,5}(?:[/?#\\]|$)")
_NAMES_THE_PAGE = re.compile(r"[A-Za-z]?!|/")

# RFC 3986, section 2: letters, digits and -._~ mean the same with and without percent-encoding;
# what may stand bare in a path or a query beside them keeps the form it came in.
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_BARE = _UNRESERVED | frozenset("!$&'()*+,;=:@/?")
_ESCAPE_OR_CHARACTER = re.compile(r"%[0-9A-Fa-f]{2}|.", re.DOTALL)


def understand_link(text: str) -> Media:
    """
    Media that is a link, in its canonical form.

    Raises:
        InputError: The text is not a link to a page.

    """
    return Media(kind=Kind.LINK, media_type="text/uri-list", link=canonical(text))


def defanged(link: str) -> str:
    """
    A link to read and not to open: `hxxps://bad[.]example/page`.

    >>> defanged("https://bad.example/a.html")
    'hxxps://bad[.]example/a.html'
    """
    scheme, slashes, rest = link.partition("://")
    if not slashes:
        return link.replace(".", "[.]")
    host, slash, path = rest.partition("/")
    return f"{scheme.replace('tt', 'xx')}://{host.replace('.', '[.]')}{slash}{path}"


def canonical(text: str) -> str:
    """
    The one spelling of a link, stable when applied again.

    >>> canonical("HTTP://user@Example.ORG.:80/a/../%7eb?utm_source=x&q=%c3%a4#top")
    'https://example.org/~b?q=%C3%A4'

    Raises:
        InputError: The text is not a link to a page.

    """
    url = _parse(text)
    host = _host(url)
    path = re.sub("/{2,}", "/", _percent(url.pathname))
    parts = [part for part in _percent(url.search[1:]).split("&") if part]
    kept = [part for part in parts if not is_tracking(unquote(part.partition("=")[0]), host)]
    fragment = _percent(url.hash[1:])

    link = f"https://{host}{path}"
    if kept:
        link += "?" + "&".join(kept)
    if _NAMES_THE_PAGE.match(fragment):
        link += "#" + fragment
    if len(link) > MAX_LINK:
        raise InputError(
            f"A link has at most {MAX_LINK} characters; this one has {len(link)}."
            " Leave out what the page opens without."
        )
    return link


def _parse(text: str) -> URL:
    """The text as a browser's address bar reads it."""
    if len(text) > MAX_TEXT:
        raise InputError(f"A link has at most {MAX_LINK} characters; this text has {len(text)}.")
    written = text.strip()
    scheme = _SCHEME.match(written)
    if written.startswith("//"):
        written = f"https:{written}"
    elif scheme is None or _HOST_AND_PORT.match(written):
        if "." not in re.split(r"[/?#\\]", written, maxsplit=1)[0]:
            raise InputError(f"A link looks like https://example.org/page; this is {_short(text)}.")
        written = f"https://{written}"
    elif scheme[0].lower() not in ("http:", "https:"):
        raise InputError(
            f"Only http and https links name a page; this one begins with {_short(scheme[0])}."
        )
    try:
        return URL(written)
    except ValueError as error:
        raise InputError(
            f"A link looks like https://example.org/page; {_short(text)} cannot be opened by a browser."
        ) from error


def _host(url: URL) -> str:
    """The host as names are compared, with its port where it is not the scheme's own."""
    host = url.hostname.removesuffix(".")
    if "" in host.split("."):
        raise InputError(f"The host {_short(url.hostname)} has an empty part; check its dots.")
    if host.startswith("["):
        mapped = IPv6Address(host[1:-1]).ipv4_mapped
        host = str(mapped) if mapped else host
    return f"{host}:{url.port}" if url.port not in ("", "443") else host


def _percent(text: str) -> str:
    """The text with every character percent-encoded that must be, and none that need not be."""
    return "".join(_one_spelling(piece) for piece in _ESCAPE_OR_CHARACTER.findall(text))


def _one_spelling(piece: str) -> str:
    if len(piece) == 3:
        character = chr(int(piece[1:], 16))
        return character if character in _UNRESERVED else piece.upper()
    if piece in _BARE:
        return piece
    return "".join(f"%{byte:02X}" for byte in piece.encode())


def _short(text: str) -> str:
    """Enough of a stranger's text to recognise it by."""
    return repr(text if len(text) <= 60 else text[:60] + "…")
