"""A text is known by what it says, and by the links in it only where somebody asks."""

from tests.cli.run import seawall


def test_links_in_a_text_are_filed_where_that_is_asked(tmp_path):
    """Else every post that names the newspaper that a leaflet quotes would be known."""
    add = ("bank", "add", "known", "--text", "They lie on https://example.org/news.", "--json")

    without, asked = (seawall(tmp_path, *add, *more) for more in ((), ("--links",)))

    assert [line["value"] for line in without.lines if line["signal_type"] == "url"] == []
    assert "url: 1 link in it was left out; ask for links to have them" in without.err
    assert [line["value"] for line in asked.lines if line["signal_type"] == "url"] == [
        "https://example.org/news"
    ]
