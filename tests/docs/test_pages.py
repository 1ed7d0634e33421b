"""Nothing on a page leads nowhere: links, commands, categories."""

import re
from contextlib import suppress

import pytest
import typer

from seawall.cli.main import app
from seawall.policy.taxonomy import taxonomy
from tests.docs.pages import FENCED, LESSONS, PAGES, ROOT, named, typed

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = typer.main.get_command(app)
TYPED = {" ".join(words): words for page in PAGES for words in typed(page)}
NAMED = {" ".join(words): words for page in PAGES for words in named(page)}


def anchors(page):
    """What a link into a page may name: its headings, as code hosts spell them."""
    heads = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """Files and headings; addresses elsewhere are not tried."""
    for link in LINK.findall(FENCED.sub("", page.read_text("utf-8"))):
        if link.startswith(("http://", "https://")):
            continue
        name, _, heading = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not heading or heading in anchors(target), link


def test_every_page_can_be_reached():
    """From the README, by links alone."""
    reached, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = LINK.findall(page.read_text("utf-8"))
        todo += [
            (page.parent / link.partition("#")[0]).resolve() for link in links if "://" not in link
        ]

    assert set(PAGES) <= reached


@pytest.mark.parametrize("words", TYPED.values(), ids=TYPED)
def test_commands_are_spelled_as_the_program_wants_them(words, tmp_path, monkeypatch):
    """Parsed, not run."""
    monkeypatch.chdir(tmp_path)
    for word in words:
        if word.endswith((".csv", ".ndjson", ".txt")):
            (tmp_path / word).touch()

    parsed(words)


@pytest.mark.parametrize("words", NAMED.values(), ids=NAMED)
def test_commands_that_are_named_exist(words):
    """In the middle of a sentence a command may stand without what belongs behind it."""
    with suppress(typer.BadParameter):  # something is missing
        parsed(words)


def parsed(words):
    """Goes through every group to the command itself, or says what is wrong."""
    command, context = COMMAND, None
    while True:
        context = command.make_context("seawall", list(words), parent=context)
        words = [*getattr(context, "_protected_args", ()), *context.args]
        if not words or not hasattr(command, "resolve_command"):
            return
        _, command, words = command.resolve_command(context, words)


def test_commands_were_found():
    """Otherwise the tests above would pass for want of anything to try."""
    assert len(TYPED) > 40
    assert len(NAMED) > 10


def test_categories_exist():
    """A category in an example is one that can be named."""
    names = {
        name
        for page in LESSONS
        for name in re.findall(r"--category ([a-z-]+)", page.read_text("utf-8"))
    }

    assert [name for name in names if taxonomy({}).find(name).name != name] == []
