"""
The parts of the reference that the code knows best: `python tools/reference.py [--check]`.

    code ─▶ what stands in docs/ between `<!-- from the code: NAME -->` and `<!-- end -->`

Run it after changing a command, a setting, a route, a category, a signal type or a decision record.
With `--check` nothing is written, and it ends with 1 when something is out of date; the tests ask that.
"""

import inspect
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, Field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import typer

from seawall.access.person import GRANTS, Permission, Role
from seawall.cli.main import app
from seawall.media import tracking
from seawall.policy.rule import STARTING_RULES
from seawall.policy.taxonomy import taxonomy
from seawall.settings import PREFIX, read_settings, sections
from seawall.signals.registry import SIGNAL_TYPES
from seawall.signals.signal import Orientation
from seawall.web.application import application
from seawall.web.console import desk
from seawall.web.console.page import Page, permission_of

DOCS = Path(__file__).resolve().parent.parent / "docs"
PLAIN = {  # settings that need no comment in the code
    ("media", "max_bytes"): "bytes of a file; of a larger one only exact digests are taken",
    (
        "cases",
        "second_review_queues",
    ): "queues with a share of their own: `{ matches = 0.1 }`, in the environment `matches=0.1`",
    ("server", "host"): "the address to listen on",
    ("server", "port"): "the port to listen on",
    ("fetch", "max_redirects"): "how many times an address may lead to another",
}
PART = re.compile(r"(<!-- from the code: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main(options: list[str]) -> int:
    """Bring every marked part up to date; 1 when `--check` finds one that is not."""
    stale = []
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text("utf-8")
        fresh = PART.sub(lambda part: f"{part[1]}\n{PARTS[part[2]]().strip()}\n\n{part[3]}", text)
        if fresh == text:
            continue
        stale.append(str(page.relative_to(DOCS)))
        if "--check" not in options:
            page.write_text(fresh, "utf-8")
    for page_name in stale:
        sys.stdout.write(f"{page_name} {'is out of date' if '--check' in options else 'written'}\n")
    return 1 if stale and "--check" in options else 0


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that does something, by what one types."""
    return _commands("seawall", typer.main.get_command(app))


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - Typer keeps its command class to itself
    for child in getattr(command, "commands", {}).values():
        yield from _commands(f"{name} {child.name}", child)
    if not hasattr(command, "commands"):
        yield name, command


def command_reference() -> str:
    """A heading, a sentence, a usage line and a table for each command."""
    return "\n\n".join(_command(name, command) for name, command in commands())


def _command(name: str, command: Any) -> str:  # noqa: ANN401 - the same
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    shape = " ".join([name, *map(_shown, arguments), "[OPTIONS]" if options else ""]).strip()
    rows = [(f"`{_shown(each)}`", "", each.help or "") for each in arguments]
    rows += [
        (f"`{' / '.join([*each.opts, *each.secondary_opts])}`", _usual(each), each.help or "")
        for each in options
        if each.name != "help"
    ]
    return (
        f"### {name}\n\n{(command.help or '').strip()}\n\n```text\n{shape}\n```\n\n"
        f"{_table(('what', 'usually', 'meaning'), rows)}"
    )


def _shown(argument: Any) -> str:  # noqa: ANN401 - the same
    word = (argument.metavar or argument.name.rstrip("_")).upper()
    word = f"{word}..." if argument.nargs == -1 else word
    return word if argument.required else f"[{word}]"


def _usual(option: Any) -> str:  # noqa: ANN401 - the same
    default = option.default
    if callable(default) or default in (None, False, "", ()):
        return "required" if option.required else ""
    return f"`{default}`"


def settings_reference() -> str:
    """A table for each section: the setting, its variable, its default, and the comment beside it in the code."""
    return "\n\n".join(
        f"### [{name}]\n\n{_sentence(kind)}\n\n"
        + _table(("setting", "environment", "default", "meaning"), _settings(name, kind))
        for name, kind in sections().items()
    )


def _settings(section: str, kind: type[Any]) -> Iterator[tuple[str, ...]]:
    source = inspect.getsource(kind)
    for each in fields(kind):
        comment = re.search(rf"^    {each.name}: [^#\n]*#\s*(.+)$", source, re.MULTILINE)
        yield (
            f"`{each.name}`",
            f"`{PREFIX}{section.upper()}_{each.name.upper()}`",
            f"`{_default(each)}`",
            comment[1] if comment else PLAIN[section, each.name],
        )


def _default(each: Field[Any]) -> str:
    value = each.default if each.default is not MISSING else "none"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.10g} seconds"
    if isinstance(value, frozenset | tuple):
        return (
            ", ".join(sorted(value) if isinstance(value, frozenset) else map(str, value)) or "none"
        )
    return str(value).lower() if isinstance(value, bool) else str(value)


def routes_reference() -> str:
    """Every route of the HTTP door, with the scope it asks for."""
    rows = [
        (f"`{method}`", f"`{path}`", _scope(operation), _first_line(operation))
        for path, method, operation in operations()
    ]
    return _table(("method", "path", "scope", "what it does"), rows)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of every route that the API describes."""
    with tempfile.TemporaryDirectory() as home:
        described = application(read_settings(Path(home), environment={})).openapi()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _scope(operation: dict[str, Any]) -> str:
    found = re.search(r"scope (`[a-z:]+`)", operation.get("description", ""))
    return found[1] if found else "none: no key"


def _first_line(operation: dict[str, Any]) -> str:
    return str(operation.get("description") or operation.get("summary", "")).split("\n", 1)[0]


def pages_reference() -> str:
    """Every page of the desk, what it asks for, and which roles open it."""
    rows = []
    for route in desk_routes():
        signed_in, permission = permission_of(route)
        asks = f"`{permission}`" if permission else "to be signed in" if signed_in else "nothing"
        opens = ("no" if signed_in else "yes", *(_opens(role, permission) for role in Role))
        rows += [
            (f"`{method}`", f"`{route.path}`", asks, *opens) for method in sorted(route.methods)
        ]
    return _table(("method", "page", "asks for", "stranger", *Role), rows)


def desk_routes() -> list[Page]:
    """The pages of the desk, in the order in which addresses are tried."""
    return [
        route for module in desk.PAGES for route in module.router.routes if isinstance(route, Page)
    ]


def _opens(role: Role, permission: Permission | None) -> str:
    return "yes" if permission is None or permission in GRANTS[role] else "no"


def permissions_reference() -> str:
    """What each role may do."""
    rows = [(f"`{each}`", *(_opens(role, each) for role in Role)) for each in Permission]
    return _table(("permission", *Role), rows)


def signals_reference() -> str:
    """Every signal type, how it is compared, and an example."""
    rows = [
        (
            f"`{kind.name}`",
            f"{kind.bits} bits, Hamming distance" if kind.bits else "equal or not",
            f"`{kind.examples[0]}`",
        )
        for kind in SIGNAL_TYPES.values()
    ]
    return _table(("type", "compared by", "example"), rows)


def orientations_reference() -> str:
    """The names of the eight turns."""
    return ", ".join(f"`{turn}`" for turn in Orientation)


def rules_reference() -> str:
    """The rules a new home starts with."""
    rows = [
        (
            f"`{rule.name}`",
            f"`{rule.trigger}`",
            str(rule.max_distance) if rule.trigger == "match" else "",
            f"`{rule.measure}`",
            "yes" if rule.review else "no",
        )
        for rule in STARTING_RULES
    ]
    return _table(("rule", "answers to", "within (bits)", "measure", "review"), rows)


def categories_reference() -> str:
    """The built-in categories."""
    rows = [
        (f"`{each.name}`", f"`{each.parent}`" if each.parent else "", f"`{each.code}`", each.covers)
        for each in taxonomy({})
    ]
    return _table(("name", "part of", "code", "covers"), rows)


def tracking_reference() -> str:
    """The query parameters that are dropped from links."""
    everywhere = ", ".join(f"`{name}`" for name in sorted(tracking.NAMES))
    beginnings = ", ".join(f"`{name}…`" for name in tracking.PREFIXES)
    rows = [
        (f"`{site}`", ", ".join(f"`{name}`" for name in sorted(names)))
        for site, names in sorted(tracking.NAMES_ON_SITE.items())
    ]
    return (
        f"Every name that begins with {beginnings}.\n\nThese names, everywhere: {everywhere}.\n\n"
        f"These, on the site named and everything below it:\n\n{_table(('site', 'names'), rows)}"
    )


def decisions_reference() -> str:
    """A line for each decision record."""
    records = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    lines = (f"- [{_title(record)}]({record.name})" for record in records)
    return "\n".join(lines) or "None has been written yet."


def _title(record: Path) -> str:
    return record.read_text("utf-8").split("\n", 1)[0].lstrip("# ").strip()


def _sentence(kind: type[Any]) -> str:
    return (inspect.getdoc(kind) or "").split("\n", 1)[0]


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cells = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in cells
    )


PARTS: dict[str, Callable[[], str]] = {
    "commands": command_reference,
    "settings": settings_reference,
    "routes": routes_reference,
    "pages": pages_reference,
    "permissions": permissions_reference,
    "signals": signals_reference,
    "orientations": orientations_reference,
    "rules": rules_reference,
    "categories": categories_reference,
    "tracking": tracking_reference,
    "decisions": decisions_reference,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
