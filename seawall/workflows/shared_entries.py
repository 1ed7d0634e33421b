"""
What a hub's records come to at a member: entries of one of its banks.

    record, checked ─▶ what its opinions come to ─▶ entry, or none any more
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import orjson

from seawall.banks.entry import Entry, Shared
from seawall.errors import InputError
from seawall.exchange.delta import Document, record_from
from seawall.exchange.membership import Membership
from seawall.exchange.note import Verifier
from seawall.exchange.opinion import Opinion, Word
from seawall.exchange.proof import origin
from seawall.exchange.record import (
    LONGEST_NAME,
    Record,
    expires_at,
    from_authorities_only,
    from_authorities_only_after,
    living,
    record_id,
)
from seawall.index.digest import digest
from seawall.policy.category import Taxonomy
from seawall.signals.registry import parse_signal
from seawall.signals.signal import Signal

MOST_REVIEWS = 1 << 53  # beyond it JSON's numbers are not exact any more


def _check_opinion(opinion: Opinion) -> None:
    texts = (opinion.organisation, opinion.incident, opinion.entity, *opinion.categories)
    if not all(isinstance(text, str) and "\0" not in text for text in texts):
        raise InputError("An opinion has something else than text where text belongs.")
    moments = [each for each in (opinion.at, opinion.expires_at) if each is not None]
    if any(each.tzinfo is None for each in moments):
        raise InputError("An opinion has a moment without a time zone.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """What the opinions on a record come to, for an entry."""

    living: bool
    disputed: bool
    authority_only: bool
    authority_only_from: datetime | None
    categories: tuple[str, ...]
    vouchers: tuple[str, ...]
    origins: tuple[str, ...]
    vouched_until: dict[str, datetime]
    origins_until: dict[str, datetime]
    note: str
    expires_at: datetime | None


class SharedEntries:
    """
    What records come to: entries of a membership's bank, and the ids of those that do not count any more.

    What is taken last of a record holds.
    """

    def __init__(self, membership: Membership, taxonomy: Taxonomy, now: datetime) -> None:
        self.wanted: dict[str, Entry] = {}
        self.gone: set[str] = set()
        self.lost = 0  # lines that could not be understood
        self._agreement, self._bank, self._now = membership.agreement, membership.bank, now
        self._source = origin(Verifier.parse(membership.hub_key), membership.agreement)
        self._categories = frozenset(category.name for category in taxonomy)
        self._name = _entry_ids(membership.bank)
        self._words: dict[bytes, _Word] = {}  # in bulk, many signals come with the same word

    def take_line(self, line: bytes) -> None:
        """
        A record as a snapshot has it.

        Raises:
            ValueError, KeyError, TypeError, AttributeError, InputError: It is none.

        """
        document = orjson.loads(line)
        self.take(document["record"], int(document["number"]))

    def take(self, said: Document, number: int) -> str:
        """
        A record as the delta of this number has it, checked: no two are ever one entry, and every database can keep it.

        Returns its id.

        Raises:
            ValueError, KeyError, TypeError, AttributeError, InputError: It is none; nothing was taken.

        """
        word = self._word_of(said, number)
        record, piece, signal = str(said["id"]), str(said["piece"]), parse_signal(said["signal"])
        right, wrong, _ = int(said["right"]), int(said["wrong"]), int(said["sightings"])
        if record != record_id(self._agreement, signal):
            raise InputError(f"The record '{record[:80]}' is not that of its signal.")
        if not (0 <= right < MOST_REVIEWS and 0 <= wrong < MOST_REVIEWS):
            raise InputError("A record cannot have been reviewed so often.")
        if len(piece) > LONGEST_NAME or "\0" in piece:
            raise InputError("The record's piece has no id that can be kept.")
        ident = self._name(signal)
        if not word.living:
            self.gone.add(ident)
            self.wanted.pop(ident, None)
            return record
        self.gone.discard(ident)
        self.wanted[ident] = Entry(
            id=ident,
            bank=self._bank,
            signal=signal,
            categories=word.categories,
            vouchers=word.vouchers,
            note=word.note,
            source=self._source,
            expires_at=word.expires_at,
            created_at=self._now,
            shared=Shared(
                record=record,
                piece=piece,
                disputed=word.disputed,
                authority_only=word.authority_only,
                authority_only_from=word.authority_only_from,
                origins=word.origins,
                vouched_until=word.vouched_until,
                origins_until=word.origins_until,
                right=right,
                wrong=wrong,
            ),
        )
        return record

    def in_order(self) -> list[Entry]:
        """The entries, by their ids."""
        return [self.wanted[ident] for ident in sorted(self.wanted)]

    def _word_of(self, said: Document, number: int) -> _Word:
        opinions = orjson.dumps(said["opinions"])
        word = self._words.get(opinions)
        if word is None:
            record = record_from(said, self._agreement, number)
            for opinion in record.opinions:
                _check_opinion(opinion)
            word = self._words[opinions] = _word(record, self._categories, self._now)
        return word


def _word(record: Record, categories: frozenset[str], now: datetime) -> _Word:
    confirming = living(record, now=now)
    named = {name for each in confirming for name in each.categories}
    notes = {each.incident for each in confirming} | {each.entity for each in confirming}
    unknown = {f"category {name}, unknown here" for name in named - categories}
    last = expires_at(record, now=now)
    return _Word(
        living=bool(confirming),
        disputed=any(each.word is Word.DISPUTE for each in record.opinions),
        authority_only=from_authorities_only(record, now=now),
        authority_only_from=from_authorities_only_after(record, now=now),
        categories=tuple(sorted(named & categories)),
        vouchers=tuple(each.organisation for each in confirming),
        origins=tuple(sorted({each.kind.value for each in confirming})),
        note="; ".join(sorted((notes | unknown) - {""})),
        vouched_until=_ends(((each.organisation, each.expires_at) for each in confirming), last),
        origins_until=_ends(((each.kind.value, each.expires_at) for each in confirming), last),
        expires_at=last,
    )


def _ends(
    named: Iterable[tuple[str, datetime | None]], last: datetime | None
) -> dict[str, datetime]:
    """Until when each name counts, of those that end before the last."""
    latest: dict[str, datetime | None] = {}
    for name, end in named:
        known = latest.get(name, end)
        latest[name] = max(known, end) if known and end else None
    return {name: end for name, end in latest.items() if end is not None and end != last}


def _entry_ids(bank: str) -> Callable[[Signal], str]:
    """
    What names an entry of this bank: the same record is always the same entry, also when it comes back.

    Ids are in the order of the digests, so that many entries written in this order fill the database's indexes in
    theirs; a million take a third of the time.
    """
    suffix = hashlib.sha256(bank.encode()).hexdigest()[:16]
    return lambda signal: f"en_{digest(str(signal)).hex()[:32]}{suffix}"
