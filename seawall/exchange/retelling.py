"""
What a member keeps of what its hub has acknowledged, and how it is told again to a hub that has lost it.

    message, answer ──acknowledged──▶ our word on each record ──told_again──▶ messages that say when it was said

A word told again changes nothing at a hub that still has it, or has a later one of ours.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime

import orjson

from seawall.clock import in_utc, rfc3339
from seawall.errors import InputError
from seawall.exchange.membership import Message, Said
from seawall.exchange.record import is_piece, record_id
from seawall.signals.registry import parse_signal

AGAIN = "said_at"  # the field that only a word told again has


def acknowledged(message: Message, answer: dict[str, object], *, agreement: str) -> list[Said]:
    """The words that a hub has taken with this answer; none for a word told again, which is kept already."""
    signals = message.body.get("signals")
    if not isinstance(signals, list) or AGAIN in message.body:
        return []
    opinion = {name: value for name, value in message.body.items() if name != "signals"}
    results = answer.get("results")
    pieces = [_piece(each) for each in results] if isinstance(results, list) else []
    pieces += [None] * (len(signals) - len(pieces))
    return [
        Said(
            membership=message.membership,
            record=record_id(agreement, parse_signal(signal)),
            signal=signal,
            opinion=opinion | ({"piece": piece} if piece else {}),
            at=_moment(answer.get("at"), otherwise=message.at),
            number=message.number,
        )
        for signal, piece in zip(dict.fromkeys(signals), pieces, strict=False)
    ]


def told_again(words: Iterable[Said], *, path: str, at: datetime) -> Iterator[Message]:
    """
    The messages that tell these words again, in the order of the words, which is that of the first telling.

    What was told together and is still said is told together. The id follows from what is told: telling the same again
    twice is telling it once.
    """
    together: dict[bytes, tuple[Said, list[str]]] = {}
    for word in words:
        same = orjson.dumps([word.number, word.opinion], option=orjson.OPT_SORT_KEYS)
        together.setdefault(same, (word, []))[1].append(word.signal)
    for word, signals in together.values():
        body = {**word.opinion, "signals": signals, AGAIN: rfc3339(word.at)}
        means = orjson.dumps([word.membership, word.number, body], option=orjson.OPT_SORT_KEYS)
        yield Message(
            id=f"msg_{hashlib.sha256(means).hexdigest()[:32]}",
            membership=word.membership,
            path=path,
            body=body,
            at=at,
        )


def _piece(result: object) -> str | None:
    """The piece that a hub's answer names for a signal, if it names one."""
    record = result.get("record") if isinstance(result, dict) else None
    piece = record.get("piece") if isinstance(record, dict) else None
    return piece if isinstance(piece, str) and is_piece(piece) else None


def _moment(text: object, *, otherwise: datetime) -> datetime:
    """When the hub says it was, in UTC; a hub may say anything."""
    try:
        return in_utc(datetime.fromisoformat(str(text)))
    except (ValueError, InputError):
        return otherwise
