"""The documentation as text: its pages, their blocks of code, the commands in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
ACTS_WHEN_PARSED = {"--install-completion", "--show-completion", "--help"}
LESSONS = [page for page in PAGES if page.name == "README.md" or page.parent.name == "howto"]
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code: what language, and the text."""

    language: str
    text: str


def read(name: str) -> str:
    """A page below docs/."""
    return (ROOT / "docs" / name).read_text("utf-8")


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = FENCED.findall(page.read_text("utf-8"))
    return [Block(language, re.sub(f"(?m)^{indent}", "", text)) for indent, language, text in found]


def typed(page: Path) -> Iterator[list[str]]:
    """The words behind `seawall` of every command that a page shows in a block."""
    shown = [block.text for block in blocks(page) if block.language == "sh"]
    for line in "".join(shown).replace("\\\n", " ").splitlines():
        yield from _typed(line)


def named(page: Path) -> Iterator[list[str]]:
    """The words behind `seawall` of every command that a page names in a sentence."""
    for line in re.findall(r"`(seawall [^`\n]*)`", FENCED.sub("", page.read_text("utf-8"))):
        yield from _typed(line)


def _typed(line: str) -> Iterator[list[str]]:
    for inner in re.findall(r"\$\((seawall [^)]*)\)", line):
        yield from _typed(inner)
    words = shlex.shlex(
        re.sub(r"\$\([^)]*\)", "VALUE", line), posix=True, punctuation_chars="|&;<>"
    )
    words.whitespace_split = True
    words.commenters = "#"
    try:
        found = list(words)
    except ValueError:  # a line of another language, or of a block that goes on
        return
    while "seawall" in found:
        found = found[found.index("seawall") :]
        end = next((at for at, word in enumerate(found) if set(word) <= set("|&;<>")), len(found))
        command = found[1:end]
        if not ACTS_WHEN_PARSED & set(command) and not any("…" in word for word in command):
            yield command
        found = found[end:]
