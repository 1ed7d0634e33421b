"""
Every sentence of an error that somebody at the desk may be shown, read out of the modules as they stand.

    raise WrongState(f"The case '{case.id}' is claimed.")  ─▶  "The case '{0}' is claimed."
"""

import ast
import importlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from seawall import errors

MODULES = (
    *(f"access.{name}" for name in ("id_token", "password", "person", "preferences")),
    "banks.bank",
    *(f"cases.{name}" for name in ("exposure", "policy", "ruling", "second_review")),
    *(f"policy.{name}" for name in ("category", "rule", "territory")),
    *(f"signals.{name}" for name in ("digests", "pdq", "registry", "url")),
    *("media.link", "media.preview", "sandbox.sandbox", "partners.identity_provider"),
    *(f"storage.{name}" for name in ("banks", "cases", "deliveries", "entries", "people")),
    *(f"storage.{name}" for name in ("policies", "quality", "rules", "rulings", "sealed")),
    *("storage.sealed_files", "storage.uploads"),
    *("web.bodies", "web.rates", "web.watching"),
    *(f"web.console.{name}" for name in ("account", "case", "case_acts", "elsewhere", "health")),
    *(f"web.console.{name}" for name in ("history", "new_rule", "overview", "page", "policies")),
    *(f"web.console.{name}" for name in ("quarantine", "rules", "session", "shared", "signing")),
    *(f"workflows.{name}" for name in ("bank", "by_hand", "carrying_out", "case_access", "cases")),
    *(f"workflows.{name}" for name in ("effects", "endpoints", "golden", "history", "opening")),
    *(f"workflows.{name}" for name in ("people", "quality", "restoring", "rule", "ruling")),
    *("workflows.sealing", "workflows.signing_in", "workflows.signing_in_elsewhere"),
)
NOT_AT_THE_DESK = {
    "A rate of second reviews lies between 0 and 1; {0} does not.",  # a setting
    "A second person must look at this, and both words came with one key: send this one with another key.",
    "This key has {0} requests in progress here, as many as one key may; nothing was recorded. "
    "Try again in a second.",
    *("This key may ask {0} times a second; wait a second.", "The field '{0}' is given twice."),
    "The file belongs into the field 'file', not '{0}'.",
    "You have decided this case already; another person decides it now.",  # what upkeep compares
    "This case is settled; a new decision needs a new case.",
    "You have decided this item before; its answer is known to you.",
    "Nobody has decided the case '{0}' yet.",
    "There is already a bank '{0}'.",  # banks are filled by programs and commands
    "There is nothing to fingerprint here.",
    "Nothing is kept of the upload '{0}', so nobody could see what they decide. "
    "Name one that waits for a person, or whose case was ruled on lately.",
    "The bank '{0}' holds what '{1}' shares; put your own entries into another, or share them: `seawall share {2} …`.",
    "A topic is such as upload:review-wanted, or * for all; this is '{0}'.",  # endpoints are added by commands
    "An endpoint has {0} topics at most; leave them out for all.",
    "Mail is not signed, so a mailbox has no secret to change.",
    "There is no state '{0}'; a delivery is {1}.",
    "Kept media cannot be removed: {0}.",  # it is deleted by commands and on schedule
    "Say why, for the log: the reason is empty.",
}
"""What only a program, a setting or a command can bring about."""
SHOWN = ("why_nothing",)
"""Functions whose answer a page shows as it shows errors."""
KEEPING = ("cli.local", "web.api.screen", "workflows.sealing")
"""Modules that say why nothing was kept of an upload."""
DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef)
RAISED = {name for name, kind in vars(errors).items() if isinstance(kind, type)}


def sentences() -> set[str]:
    """The English ones, with their holes numbered."""
    return every_sentence() - NOT_AT_THE_DESK


def every_sentence() -> set[str]:
    """The same, with those that nobody at the desk can meet."""
    found = {text for name in MODULES for text in _Module(name).of_errors()}
    found |= {text for name in KEEPING for text in _Module(name).of_calls("keep_nothing")}
    return found - {""}


class _Module:
    """One module: its syntax, and what its names stand for."""

    def __init__(self, name: str) -> None:
        self.module = importlib.import_module(f"seawall.{name}")
        tree = ast.parse(Path(str(self.module.__file__)).read_text("utf-8"))
        functions = [each for each in ast.walk(tree) if isinstance(each, DEFINED)]
        self.functions = {each.name: each for each in functions}
        self.local: dict[str, list[ast.expr]] = {}  # what the function that is read assigns

    def of_errors(self) -> Iterator[str]:
        """What its errors say, and what it answers where a page says why there is nothing."""
        for each in self._nodes():
            match each:
                case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=[said, *_])):
                    yield from self._said(said) if name in RAISED else ()
                case ast.keyword(arg="missing", value=said):
                    yield from self._said(said)
        for name in SHOWN:
            yield from self._returned(name)

    def of_calls(self, function: str) -> Iterator[str]:
        """What it hands to this function as the second argument."""
        for each in self._nodes():
            if isinstance(each, ast.Call) and _name(each.func) == function:
                yield from self._said(each.args[1])

    def _nodes(self) -> Iterator[ast.AST]:
        for function in self.functions.values():
            yield from self._within(function)

    def _within(self, function: ast.AST) -> Iterator[ast.AST]:
        before, self.local = self.local, {}
        for each in ast.walk(function):
            if isinstance(each, ast.Assign):
                self.local.setdefault(_name(each.targets[0]), []).append(each.value)
        yield from ast.walk(function)
        self.local = before

    def _returned(self, name: str) -> Iterator[str]:
        if name in self.functions:
            for each in self._within(self.functions[name]):
                if isinstance(each, ast.Return):
                    yield from self._said(each.value)

    def _said(self, node: ast.expr | None) -> Iterator[str]:
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr():
                yield from self._with_holes(node)
            case ast.IfExp(body=one, orelse=other):
                yield from (text for each in (one, other) for text in self._said(each))
            case ast.BoolOp(values=several):
                yield from (text for each in several for text in self._said(each))
            case ast.Name(id=name) if isinstance(getattr(self.module, name, None), str):
                yield getattr(self.module, name)
            case ast.Name(id=name):
                yield from (text for each in self.local.pop(name, ()) for text in self._said(each))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="format")):
                yield getattr(self.module, name).format(why="{0}")
                yield from (text for each in node.keywords for text in self._said(each.value))
            case ast.Call(func=ast.Name(id=name)):
                yield from self._returned(name)

    def _with_holes(self, node: ast.JoinedStr) -> Iterator[str]:
        """The sentence, with constants put in, and what is said where something of its own fills a hole."""
        text, holes = "", count()
        for part in node.values:
            is_hole = isinstance(part, ast.FormattedValue)
            value = part.value if isinstance(part, ast.FormattedValue) else part
            said = list(self._said(value))
            if is_hole and getattr(self.module, _name(value), None) not in said:
                yield from said
                text += f"{{{next(holes)}}}"
            else:
                text += said[0]
        yield text


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""
