"""The reference says what the code says."""

import re
from dataclasses import fields

import pytest

from seawall import errors
from seawall.access.key import Scope
from seawall.policy.rule import Trigger
from seawall.settings import sections
from seawall.signals.registry import SIGNAL_TYPES
from seawall.signals.signal import Cause, Orientation
from tests.docs.pages import PAGES, ROOT, read
from tools.reference import commands, main, operations

CODE = {path: path.read_text("utf-8") for path in (ROOT / "seawall").rglob("*.py")}


def test_what_is_written_from_the_code_is_up_to_date():
    """After a change, `python tools/reference.py` writes these parts again."""
    assert main(["--check"]) == 0


def test_every_command_and_option_is_in_the_reference():
    """Also the ones that somebody adds to a subcommand."""
    page = read("reference/cli.md")
    for name, command in commands():
        part = page.partition(f"### {name}\n")[2].partition("\n### ")[0]
        assert part, name
        for option in command.params:
            for spelled in option.opts if option.param_type_name == "option" else ():
                assert spelled == "--help" or spelled in part, f"{name} {spelled}"


def test_every_setting_is_in_the_reference():
    """With the variable that sets it."""
    page = read("reference/settings.md")
    for section, kind in sections().items():
        for each in fields(kind):
            assert f"`SEAWALL_{section.upper()}_{each.name.upper()}`" in page


def test_every_route_is_in_the_reference():
    """As the API describes itself."""
    page = read("reference/http.md")
    for path, method, _ in operations():
        assert f"| `{method}` | `{path}` |" in page, f"{method} {path}"


def test_every_scope_is_explained():
    """Whoever gives out a key must know what it opens."""
    page = read("howto/give-out-keys.md")
    assert [scope for scope in Scope if f"`{scope}`" not in page] == []


def test_every_signal_type_orientation_trigger_and_cause_is_explained():
    """These words stand in verdicts and rules."""
    signals, rules = read("reference/signals.md"), read("howto/write-a-rule.md")
    assert [
        word for word in (*SIGNAL_TYPES, *Orientation, *Cause) if f"`{word}`" not in signals
    ] == []
    assert [trigger for trigger in Trigger if f"`{trigger}`" not in rules] == []


def test_the_events_and_messages_of_the_code_are_those_of_the_reference():
    """Auditors and platforms script against these names."""
    told = set(re.findall(r'(?:action=|topic=|record\(stores, )"([a-z]+:[a-z-]+)"', str(CODE)))
    listed = set(
        re.findall(
            r"^\| `([a-z]+:[a-z-]+)` \|", read("reference/events-and-messages.md"), re.MULTILINE
        )
    )

    assert "upload:screened" in told
    assert listed == told


def test_every_metric_is_in_the_reference():
    """Dashboards are built on these names."""
    metrics = CODE[ROOT / "seawall/web/metrics.py"]
    page = read("reference/http.md")
    for name in re.findall(r'(?:counter|histogram)\(\s*"(\w+)"', metrics):
        assert f"`seawall_{name}" in page, name


def test_every_error_is_in_the_reference():
    """By the name of its class."""
    page = read("reference/errors.md")
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    assert [each.__name__ for each in classes if f"`{each.__name__}`" not in page] == ["Error"]


def test_every_word_of_the_glossary_is_used():
    """A word nobody uses is not our word for anything."""
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", read("glossary.md"), re.MULTILINE)
    text = " ".join(
        [*CODE.values(), *(page.read_text("utf-8") for page in PAGES if page.name != "glossary.md")]
    )

    assert len(words) > 40
    assert words == sorted(words)
    assert [word for word in words if not re.search(rf"\b{word}", text, re.IGNORECASE)] == []


HELPERS = {  # what benchmarks are made of
    "as_a_worker",
    "hostile_containers",
    "hostile_texts",
    "paragraphs",
    "server",
}


def test_every_benchmark_has_a_row_and_every_row_a_benchmark():
    """A figure without its command cannot be checked by anybody."""
    written = {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - {"__init__", *HELPERS}
    told = set(re.findall(r"python -m benchmarks\.(\w+)", read("reference/figures.md")))

    assert told == written


@pytest.mark.parametrize(
    "record", sorted((ROOT / "docs/decisions").glob("[0-9]*.md")), ids=lambda path: path.stem
)
def test_every_decision_is_listed(record):
    """A record nobody finds was not written."""
    assert f"]({record.name})" in read("decisions/README.md")
