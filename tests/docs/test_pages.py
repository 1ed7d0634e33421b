"""Nothing on a page leads nowhere: links, commands, categories."""

import re

import pytest
import typer
from tests.docs.pages import FENCED, LESSONS, PAGES, ROOT, commands

from seawall.cli.main import app
from seawall.policy.taxonomy import taxonomy

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = typer.main.get_command(app)
ACTS_WHEN_PARSED = {"--install-completion", "--show-completion", "--help"}
FOUND = {
    " ".join(words): words
    for page in PAGES
    for words in commands(page)
    if not ACTS_WHEN_PARSED & set(words)
}


def anchors(page):
    """What a link into a page may name: its headings, as code hosts spell them."""
    heads = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text("utf-8")), re.M)
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

    assert set(PAGES) - reached == {ROOT / "CHANGELOG.md"}


@pytest.mark.parametrize("words", FOUND.values(), ids=FOUND)
def test_commands_are_spelled_as_the_program_wants_them(words, tmp_path, monkeypatch):
    """Parsed, not run."""
    monkeypatch.chdir(tmp_path)
    for word in words:
        if word.endswith((".csv", ".ndjson", ".txt")):
            (tmp_path / word).touch()

    command, context, rest = COMMAND, None, words
    while rest or context is None:
        context = command.make_context("seawall", list(rest), parent=context)
        if not hasattr(command, "resolve_command") or not _remaining(context):
            break
        _, command, rest = command.resolve_command(context, _remaining(context))
        if not rest:
            command.make_context("seawall", [], parent=context)

    assert not hasattr(command, "commands") or words[-1] == "--version"


def _remaining(context):
    return [*getattr(context, "_protected_args", ()), *context.args]


def test_commands_were_found():
    """Otherwise the test above would pass for want of anything to try."""
    assert len(FOUND) > 50


def test_categories_exist():
    """A category in an example is one that can be named."""
    names = {
        name
        for page in LESSONS
        for name in re.findall(r"--category ([a-z-]+)", page.read_text("utf-8"))
    }

    assert [name for name in names if taxonomy({}).find(name).name != name] == []
