"""What is pinned is what `pyproject.toml` asks for, and comes from no particular place."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN = [
    *PROJECT["build-system"]["requires"],
    *PROJECT["project"]["dependencies"],
    *PROJECT["project"]["optional-dependencies"]["postgresql"],
]
ASKED_FOR = {"run": RUN, "check": [*RUN, *PROJECT["dependency-groups"]["check"]]}


def pinned(purpose):
    """The lines of a requirements file that pin something: name, version and where it applies."""
    text = (ROOT / "requirements" / f"{purpose}.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^[a-z0-9].*(?= \\$)", text, re.MULTILINE))


def name(requirement):
    """`psycopg[binary]>=3.2` is about psycopg."""
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


@pytest.mark.parametrize("purpose", ["run", "check"])
def test_everything_asked_for_is_pinned(purpose):
    """After a change of the dependencies, `python3 tools/lock.py` brings the files up to date."""
    assert {name(each) for each in ASKED_FOR[purpose]} <= {name(each) for each in pinned(purpose)}


def test_what_is_checked_is_what_runs():
    """The same versions; otherwise the tests speak about another program."""
    versions = {
        purpose: {each.partition(" ;")[0] for each in pinned(purpose)} for purpose in ASKED_FOR
    }

    assert versions["run"] <= versions["check"]


@pytest.mark.parametrize("purpose", ["run", "check"])
def test_every_line_is_a_pin_or_a_hash(purpose):
    """No index, no address, no path of somebody's machine."""
    text = (ROOT / "requirements" / f"{purpose}.txt").read_text(encoding="utf-8")
    pin = re.compile(r"#.*|[a-z0-9-]+==[\w.+]+( ; [^/:]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")

    assert [line for line in text.splitlines() if not pin.fullmatch(line)] == []
