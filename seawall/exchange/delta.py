"""
A numbered change of an agreement, as the bytes everybody hashes.

    record as it has become, and who changed it ──▶ one line of JSON ──▶ leaf of the agreement's tree

A delta holds the whole record, so applying it twice changes nothing, and a snapshot is the latest delta of each record.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from seawall.clock import in_utc, rfc3339
from seawall.errors import InputError
from seawall.exchange.opinion import Opinion, Word
from seawall.exchange.organisation import Kind
from seawall.exchange.record import LONGEST_NAME, Record, record_id
from seawall.signals.registry import parse_signal
from seawall.signals.signal import Signal

Document = dict[str, Any]
FORMAT = "seawall-delta/1"
_TEXTS = ("incident", "entity", "context", "order", "reason")
_SHARES = ("confidence", "quality")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """One change. `by` is None where only a count is told, never whose."""

    agreement: str
    number: int  # from 1, without gaps
    at: datetime
    by: str | None
    what: str  # "opinion", "sightings", "outcomes", "member", "terms"
    record: Record | None = None
    details: Document | None = None  # of a member or the terms


def delta_line(delta: Delta) -> bytes:
    """The delta as canonical JSON (keys sorted, no spaces, UTF-8), without a line end: a leaf of the tree."""
    document = {
        "format": FORMAT,
        "agreement": delta.agreement,
        "number": delta.number,
        "at": rfc3339(delta.at),
        "by": delta.by,
        "what": delta.what,
        "record": _record_json(delta.record) if delta.record else None,
        "details": delta.details,
    }
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def delta_from(line: bytes | str) -> Delta:
    """
    The delta of such a line.

    Raises:
        InputError: It is none, or of a format we do not know.

    """
    try:
        document = delta_document(line)
        record = document["record"]
        return Delta(
            agreement=str(document["agreement"]),
            number=int(document["number"]),
            at=in_utc(datetime.fromisoformat(document["at"])),
            by=None if document["by"] is None else str(document["by"]),
            what=str(document["what"]),
            record=record_from(record, document["agreement"], document["number"])
            if record
            else None,
            details=document["details"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise InputError(f"This is not a delta: {type(wrong).__name__}: {wrong}.") from wrong


def delta_document(line: bytes | str) -> Document:
    """
    The delta of such a line as a document; nothing of it but the format is checked.

    Raises:
        InputError: It is of a format we do not know.
        ValueError, KeyError, TypeError: It is none.

    """
    document: Document = orjson.loads(line)
    if document["format"] != FORMAT:
        raise InputError(
            f"This delta is of the format '{document['format']}'; upgrade Seawall to read it."
        )
    return document


def records_named(line: bytes, agreement: str) -> dict[str, Signal | None]:
    """The records that a delta names which cannot be understood otherwise: by its signal, and by an id."""
    found: dict[str, Signal | None] = {}
    try:
        said = orjson.loads(line)["record"]
        ident, text = said.get("id"), said.get("signal")
    except (ValueError, KeyError, TypeError, AttributeError):
        return found
    if isinstance(ident, str) and 0 < len(ident) <= LONGEST_NAME and "\0" not in ident:
        found[ident] = None
    try:
        signal = parse_signal(text)
    except (InputError, ValueError, TypeError, AttributeError):
        return found
    return found | {record_id(agreement, signal): signal}


def record_document(record: Record) -> Document:
    """The record as members see it."""
    return _record_json(record) | {"opinions": list(map(opinion_document, record.opinions))}


def _record_json(record: Record) -> Document:
    return {
        "id": record.id,
        "signal": str(record.signal),
        "piece": record.piece,
        "opinions": list(map(opinion_json, record.opinions)),
        "sightings": record.sightings,
        "right": record.right,
        "wrong": record.wrong,
    }


def record_from(document: Document, agreement: str, number: int) -> Record:
    """
    The record of such a document, last touched by the delta of this number.

    Raises:
        ValueError, KeyError, TypeError, InputError: It is none.

    """
    return Record(
        id=str(document["id"]),
        agreement=agreement,
        signal=parse_signal(document["signal"]),
        piece=str(document["piece"]),
        opinions=tuple(opinion_from(each) for each in document["opinions"]),
        sightings=int(document["sightings"]),
        right=int(document["right"]),
        wrong=int(document["wrong"]),
        delta=number,
    )


def opinion_document(opinion: Opinion) -> Document:
    """The opinion with its fields as JSON; those that say nothing are left out."""
    said: Document = {
        "organisation": opinion.organisation,
        "kind": opinion.kind,
        "word": opinion.word,
        "at": rfc3339(opinion.at),
    }
    if opinion.categories:
        said["categories"] = list(opinion.categories)
    said["severity"] = opinion.severity
    for name in _TEXTS:
        if text := getattr(opinion, name):
            said[name] = text
    for name in _SHARES:
        if (share := getattr(opinion, name)) is not None:
            said[name] = share
    if opinion.expires_at is not None:
        said["expires_at"] = rfc3339(opinion.expires_at)
    return said


@lru_cache(1024)  # in bulk, many signals come with the same word
def opinion_json(opinion: Opinion) -> orjson.Fragment:
    """The same document as canonical JSON."""
    return orjson.Fragment(orjson.dumps(opinion_document(opinion), option=orjson.OPT_SORT_KEYS))


def opinion_from(document: Document) -> Opinion:
    """
    The opinion of such a document.

    Raises:
        ValueError, KeyError, TypeError, InputError: It is none.

    """
    return _opinion(orjson.dumps(document))


@lru_cache(1024)  # as above
def _opinion(text: bytes) -> Opinion:
    document = orjson.loads(text)
    ends = document.get("expires_at")
    fields = document | {
        "kind": Kind(document["kind"]),
        "word": Word(document["word"]),
        "at": in_utc(datetime.fromisoformat(document["at"])),
        "categories": tuple(document.get("categories", ())),
        "expires_at": in_utc(datetime.fromisoformat(ends)) if ends else None,
    }
    return Opinion(**fields)
