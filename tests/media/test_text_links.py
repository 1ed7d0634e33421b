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
    assert links(text) == FOUND[text]


def test_a_list_of_links_is_looked_at_up_to_a_limit():
    """A text of a megabyte may hold a hundred thousand."""
    assert (
        len(links(" ".join(f"https://example.org/{n}" for n in range(MAX_LINKS + 9)))) == MAX_LINKS
    )


def test_a_long_run_of_dots_takes_no_time():
    """A pattern that tries every way to read it would take minutes."""
    assert links("a." * 50_000) == ()
    assert links("-" * 50_000 + "/") == ()
