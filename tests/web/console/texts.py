"""Every text that pages of the desk put through the translation, read out of templates and modules as they stand."""

import ast
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

from seawall.access.person import Role as PersonRole
from seawall.cases.case import ItemKind, Source, Status
from seawall.cases.config import Act
from seawall.cases.ruling import AccountMeasure, Context, Decision
from seawall.cases.urgency import Priority
from seawall.exchange.agreement import Role
from seawall.exchange.agreement import Status as MemberStatus
from seawall.exchange.membership import State
from seawall.exchange.opinion import Word
from seawall.exchange.organisation import Kind
from seawall.exchange.record import Standing
from seawall.policy.ground import Basis
from seawall.policy.measure import Measure
from seawall.policy.taxonomy import taxonomy
from seawall.screening.verdict import Withheld
from seawall.storage.deliveries import Progress
from seawall.web.console import case, health, page, queue, rules

CONSOLE = Path(page.__file__).parent
NAMED: tuple[type[StrEnum], ...] = (
    *(PersonRole, Role, Kind, Status, MemberStatus, State, health.State, Standing, Progress),
    *(Source, ItemKind, Act, AccountMeasure, Context, Decision, Measure, Word, Withheld, Basis),
    *(Priority, rules.Force),
)
HAPPENING = (  # to a case, to an agreement
    *(
        "opened",
        "joined",
        "item-removed",
        "claimed",
        "held",
        "handed-off",
        "released",
        "skipped",
        "lapsed",
    ),
    *(
        "resumed",
        "assigned",
        "ruled",
        "approved",
        "undone",
        "refused",
        "carried-out",
        "restored",
    ),
    *("opinion", "sightings", "outcomes", "member", "terms"),
)
LITERAL = r'"((?:[^"\\]|\\.)*)"'
_CALL = re.compile(rf"""\bt\(\s*(?:{LITERAL}|'([^']*)')""")
_CHOICE = re.compile(rf"\(\s*(?:{LITERAL}|[\w.]+),\s*{LITERAL}\s*\)")  # of a loop: value, text
_LOOP = re.compile(r"{%-? *(?:for|set) .*?%}", re.DOTALL)
_POST = re.compile(rf'\bpost\("[\w-]+", {LITERAL}')  # the macro of the case page
_MAPPED = re.compile(r"\bt\(\{(.*?)\}\[", re.DOTALL)


def texts() -> set[str]:
    """The English ones."""
    named = {str(member) for kind in NAMED for member in kind}
    listed = {*HAPPENING, *queue.SURE, *case.LEVELS.values(), *case.HOLDS.values()}
    listed |= {queue.title_of(each.name) for each in taxonomy()}
    return named | listed | set(_of_templates()) | set(_of_modules()) - {"Seawall"}


def _of_templates() -> Iterator[str]:
    for path in (CONSOLE / "templates").rglob("*.html"):
        source = path.read_text("utf-8")
        for double, single in _CALL.findall(source):
            yield double or single
        yield from _POST.findall(source)
        for loop in _LOOP.findall(source):
            yield from (text for _, text in _CHOICE.findall(loop))
        for mapped in _MAPPED.findall(source):
            yield from re.findall(rf":\s*{LITERAL}", mapped)


def _of_modules() -> Iterator[str]:
    for path in CONSOLE.glob("*.py"):
        if path.stem in ("charts", "language"):  # what they say is for whoever writes a page
            continue
        tree = ast.parse(path.read_text("utf-8"))
        dull = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
        dull |= {
            id(part)
            for each in ast.walk(tree)
            if isinstance(each, ast.JoinedStr)
            for part in each.values
        }
        yield from _sentences(ast.walk(tree), dull)
        for call in (each for each in ast.walk(tree) if isinstance(each, ast.Call)):
            if _translates(call.func) and call.args:
                yield from (text for text in _strings(ast.walk(call.args[0])) if text)


def _sentences(nodes: Iterable[ast.AST], dull: set[int]) -> Iterator[str]:
    """What begins with a capital and is neither a docstring nor part of a text that is put together."""
    told = (each for each in nodes if id(each) not in dull)
    yield from (
        text for text in _strings(told) if re.match(r"(\{\w+\}|[A-Z])[^_]* |[A-Z][a-z]+$", text)
    )


def _strings(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for each in nodes:
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def _translates(function: ast.expr) -> bool:
    return (isinstance(function, ast.Name) and function.id == "t") or (
        isinstance(function, ast.Attribute) and function.attr == "text"
    )
