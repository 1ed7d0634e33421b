"""The links in a text are found as a reader would find them."""

import pytest

from seawall.media.links_in_text import MAX_LINKS, links

FOUND = {
    "See https://example.org/a?b=1. Or (http://example.net/x_(y)).": (
        "https://example.org/a?b=1",
        "https://example.net/x_(y)",
    ),
    "看https://example.org/页，然后回来。": ("https://example.org/%E9%A1%B5",),
    "اقرأ https://example.org/a؛ ثم": ("https://example.org/a",),
    "hxxps://bad[.]example[.]com/x": ("https://bad.example.com/x",),
    "exam\u200bple.com/p and ｗｗｗ．example.net": (
        "https://example.com/p",
        "https://www.example.net/",
    ),
    "write to me@example.com about file.py and/or 3.5": (),
    "t.me/joinchat/abc, example.ru": ("https://t.me/joinchat/abc", "https://example.ru/"),
    "https://example.org/?utm_source=x https://example.org/": ("https://example.org/",),
    "https://[nonsense https://": (),
}


@pytest.mark.parametrize("text", FOUND)
def test_links_are_found(text: str):
    """Canonical, each once, in their order."""
    assert links(text).found == FOUND[text]
    assert links(text).left_out == ()


def test_links_beyond_the_limit_are_named():
    """A text of a megabyte may hold a hundred thousand; none is passed over in silence, and a repeat is none."""
    written = [f"https://example.org/{n}" for n in range(MAX_LINKS)]

    assert links(" ".join([*written, *written])).left_out == ()
    found = links(" ".join([*written, "https://bad.example/known", "bad.example/2"]))
    assert (len(found.found), found.left_out) == (MAX_LINKS, ("2 more links were not looked at",))


def test_a_long_run_of_dots_takes_no_time():
    """A pattern that tries every way to read it would take minutes."""
    assert links("a." * 50_000).found == ()
    assert links("-" * 50_000 + "/").found == ()


def test_a_million_closing_brackets_are_taken_off_at_once():
    """Counting them anew for each would take eight minutes."""
    assert links("https://example.org/x(1)" + ")" * 900_000).found == ("https://example.org/x(1)",)
