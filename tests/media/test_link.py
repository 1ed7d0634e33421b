"""One page has one spelling, and two pages have two."""

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seawall.errors import InputError
from seawall.media.link import MAX_LINK, canonical, understand_link
from seawall.media.media import Kind, Media

SAME_PAGE = {
    "https://example.org/": [
        "example.org",
        "EXAMPLE.org:443",
        "http://example.org",
        "http://example.org:80/",
        "HTTPS://example.org.",
        "//example.org",
        "http:example.org",
        "https:\\\\example.org",
        "  https://example.org/\n",
        "https://exam\tple.org/",
        "https://exa%6Dple.org",
        "https://someone:secret@example.org/",
        "https://example.org/#top",
        "https://example.org/#:~:text=a%20quote",
        "https://example.org/?",
        "https://example.org/?&&",
        "https://example.org/?utm_source=mail&UTM_Medium=x&fbclid=1&gclid=2",
        "https://example.org/?utm%5Fsource=mail",
        "https://example.org/a/..",
        "https://example.org/%2e/",
        "https://example.org///",
    ],
    "https://xn--bcher-kva.example/%C3%A4": [
        "https://bücher.example/ä",
        "https://BÜCHER.example/%c3%a4",
        "https://bücher.example/%C3%A4",
        "https://xn--bcher-kva.example/ä",
    ],
    "https://example.org/~b/c?q=a%20b%7C&r=%25zz": [
        "https://example.org/%7Eb/./c?q=a b|&r=%zz",
        "https://example.org/%7eb/x/../c?q=a%20b%7c&r=%25zz",
        "https://example.org//~b//c?q=%61%20b|&&r=%zz",
    ],
    "https://127.0.0.1/": [
        "http://2130706433",
        "http://0x7f.1/",
        "http://0177.0.0.1",
        "http://\N{FULLWIDTH DIGIT ONE}27.0.0.1",
        "127.1",
        "http://[::ffff:127.0.0.1]/",
        "http://[0:0:0:0:0:FFFF:7F00:1]/",
    ],
    "https://[2001:db8::1]:8080/x": ["http://[2001:0DB8:0:0::1]:8080/x"],
    "https://example.org:8080/x": ["example.org:8080/x", "http://example.org:8080/x#y"],
    "https://www.youtube.com/watch?v=8": [
        "https://www.youtube.com/watch?v=8&si=abc",
        "http://www.youtube.com/watch?feature=share&v=8",
    ],
}

ANOTHER_PAGE = [
    "https://example.org/",
    "https://www.example.org/",
    "https://example.org:8080/",
    "https://example.org/a",
    "https://example.org/A",
    "https://example.org/a/",
    "https://example.org/a%2Fb",
    "https://example.org/a/b",
    "https://example.org/a?x=1&y=2",
    "https://example.org/a?y=2&x=1",
    "https://example.org/a?x=1",
    "https://example.org/a?x=%252F",
    "https://example.org/a?x=%2F",
    "https://example.org/a?ref=1",
    "https://example.org/a?si=1",
    "https://example.org/#!one!key",
    "https://example.org/#!two!key",
    "https://example.org/#F!two!key",
    "https://example.org/#/room/one",
]


@pytest.mark.parametrize(
    ("text", "page"), [(text, page) for page, texts in SAME_PAGE.items() for text in [page, *texts]]
)
def test_spellings_of_one_page_are_one_link(text, page):
    """A known link is found however it was pasted."""
    assert canonical(text) == page


def test_other_pages_stay_apart():
    """What some server somewhere uses to choose its page is left alone."""
    assert [canonical(page) for page in ANOTHER_PAGE] == ANOTHER_PAGE


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "A link looks like https://example.org/page"),
        ("hello", "A link looks like"),
        ("two words.org", "cannot be opened by a browser"),
        ("https://", "cannot be opened by a browser"),
        ("https://example.org:99999/", "cannot be opened by a browser"),
        ("https://[::1", "cannot be opened by a browser"),
        ("https://\ud800.org/", "cannot be opened by a browser"),
        ("https://example.org/\ud800", "cannot be opened by a browser"),
        ("https://a..b/", "has an empty part"),
        ("https://./", "has an empty part"),
        ("mailto:someone@example.org", "begins with 'mailto:'"),
        ("javascript:alert(1)", "begins with 'javascript:'"),
        ("ftp://example.org/x", "Only http and https"),
        ("hxxps://example.org/x", "begins with 'hxxps:'"),
        ("https://example.org/" + "a" * MAX_LINK, "at most 2048 characters"),
        ("x" * 70_000, "at most 2048 characters"),
    ],
)
def test_what_is_not_a_link_is_refused_with_a_sentence(text, sentence):
    """The sentence says what a link looks like or what to change, and quotes little."""
    with pytest.raises(InputError, match=sentence) as refusal:
        canonical(text)

    assert len(str(refusal.value)) < 200


def test_a_long_link_is_judged_without_its_markers():
    """Two thousand characters of campaign do not hide a short link."""
    assert canonical("https://example.org/?utm_id=" + "x" * 9000) == "https://example.org/"


def test_a_link_is_media():
    """Its own kind, with no bytes."""
    assert understand_link("example.org/a#b") == Media(
        kind=Kind.LINK, media_type="text/uri-list", link="https://example.org/a"
    )


HOSTS = st.one_of(
    st.sampled_from(
        ["example.org", "EXAMPLE.org.", "bücher.example", "0x7f.1", "a.b:8080", "a.b:80"]
    ),
    st.integers(0, 2**128 - 1).map(lambda number: f"[{ipaddress.IPv6Address(number)}]"),
)
TAILS = st.one_of(
    st.text(alphabet="aZ09%25eEfF/.?&=#!;:@~|^\\[]{}'\"<> \tä\u202e\0", max_size=40),
    st.text(max_size=20),
)


@given(scheme=st.sampled_from(["http://", "https://", "//", ""]), host=HOSTS, tail=TAILS)
@example(scheme="https://", host="example.org", tail="/%%34%31")
@example(scheme="https://", host="example.org", tail="/?utm%255Fid=1&%75tm_id=1")
def test_a_canonical_link_is_already_canonical(scheme, host, tail):
    """Applying it twice changes nothing, and what comes out is plain ASCII."""
    try:
        once = canonical(f"{scheme}{host}/{tail}")
    except InputError:
        return

    assert canonical(once) == once
    assert once.isascii()
    assert once.isprintable()
    assert " " not in once
