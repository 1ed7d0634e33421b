"""
An organisation says its word on signals, and every member hears of it.

    contribution ─▶ terms, role, quota ─▶ record with the new opinion ─▶ delta, in one transaction
                                  └─ too many, or held ─▶ quarantine
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from seawall.audit.event import Happening
from seawall.errors import InputError, NotAllowed, NotFound
from seawall.exchange.agreement import (
    Agreement,
    Member,
    Role,
    Terms,
    check_contribution,
    check_role,
)
from seawall.exchange.delta import Delta, Document, delta_line
from seawall.exchange.opinion import Opinion, Word, checked
from seawall.exchange.record import (
    Record,
    is_piece,
    living,
    own_piece,
    record_id,
    until,
    with_opinion,
)
from seawall.policy.category import Taxonomy
from seawall.signals.signal import Signal
from seawall.storage.bulk import PAGE_BYTES, is_full
from seawall.storage.memory import Stores
from seawall.storage.records import Contribution

ENOUGH = 1_000  # records rewritten in one go
RENEWED = 10  # a repeated word moves an end that follows retention once a tenth of the retention has passed
MOST_OUTCOMES = 1_000  # right or wrong, of one record in one report
MOST_SIGHTINGS = 1_000_000  # the same
MOST_HELD = 1_000_000  # contributions of one member that wait in the quarantine of an agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What became of a contribution; `record` is None where there is none to be seen."""

    record: Record | None
    changed: bool  # there is a new delta; False when this was said before
    held: bool = False  # it waits in quarantine
    refused: str | None = None  # why the terms do not allow it


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How often a record was matched, and what reviews of the matches found."""

    sightings: int = 0
    right: int = 0
    wrong: int = 0


def share(
    agreement: str,
    contributions: Sequence[Contribution],
    *,
    by: Member,
    taxonomy: Taxonomy,
    stores: Stores,
    now: datetime,
    actor: str,
) -> list[Shared]:
    """
    What became of each contribution, in the order given; all are kept, or none.

    Signals given together that name no piece are one piece of their own each.

    Raises:
        InputError: An opinion says nothing, or the terms do not allow it.
        NotAllowed: The member may not contribute, or more of it would wait in quarantine than may.

    """
    stores.deltas.lock(agreement)
    by = stores.organisations.member(agreement, by.organisation)  # as it is now
    check_role(by, Role.CONTRIBUTE)
    shared = stores.organisations.known_agreement(agreement)
    for _, opinion, _ in contributions:
        checked(opinion)
    results = accept(
        shared, contributions, by=by, taxonomy=taxonomy, stores=stores, now=now, actor=actor
    )
    refused = next((each.refused for each in results if each.refused), None)
    if refused:
        raise InputError(refused)
    return results


def accept(
    agreement: Agreement,
    contributions: Sequence[Contribution],
    *,
    by: Member,
    taxonomy: Taxonomy,
    stores: Stores,
    now: datetime,
    actor: str,
) -> list[Shared]:
    """
    What became of contributions: written as far as the terms allow, held back once the member's quota is used up.

    What only repeats an earlier word uses no quota, whatever the terms say now. Withdrawing also takes back what waits
    in quarantine and is no newer. Who is held back or over its quota can still take back its own word, and who is only
    over its quota can dispute what is there.

    Raises:
        NotAllowed: More of the member's would wait in quarantine than may; nothing of this is kept.

    """
    stores.deltas.lock(agreement.id)
    withdrawn: dict[datetime, set[Signal]] = {}
    for signal, opinion, _ in contributions:
        if opinion.word is Word.WITHDRAW:
            withdrawn.setdefault(opinion.at, set()).add(signal)
    for at, signals in withdrawn.items():
        stores.records.drop_held(agreement.id, by.organisation, signals, until=at)
    wanted, quota = len(contributions), agreement.terms.quota if by.quota is None else by.quota
    most = None if quota is None else quota - _taken(agreement, by, wanted, stores, now)
    results = write_opinions(
        agreement,
        contributions,
        stores=stores,
        now=now,
        actor=actor,
        taxonomy=taxonomy,
        most=0 if by.held else most,
        always=frozenset({Word.WITHDRAW} if by.held else {Word.WITHDRAW, Word.DISPUTE}),
    )
    written = sum(each.changed for each in results)
    if quota is not None and written < wanted:
        _taken(agreement, by, written - wanted, stores, now)
    waiting = sum(each.held for each in results)
    if waiting:
        _check_room(agreement.id, by.organisation, stores)
        details: Document = {"organisation": by.organisation, "held": waiting}
        stores.audit.record(
            Happening(
                action="exchange:held", subject=agreement.id, actor=actor, at=now, details=details
            )
        )
    return results


def write_opinions(
    agreement: Agreement,
    contributions: Sequence[Contribution],
    *,
    stores: Stores,
    now: datetime,
    actor: str,
    taxonomy: Taxonomy | None = None,
    most: int | None = None,
    always: frozenset[Word] = frozenset(),
) -> list[Shared]:
    """
    Write opinions that may be written: records, deltas, and one audit event for all of them.

    With a taxonomy, what changes something must fit the terms. After `most` of them that change something, the rest is
    held back, but for these words on records there are. One that was said before now, and before the organisation's
    word that is there, changes nothing.
    """
    size = stores.deltas.lock(agreement.id)
    known = stores.records.of_signals(agreement.id, {signal for signal, _, _ in contributions})
    lines: list[tuple[bytes, int | None]] = []
    waiting: list[Contribution] = []
    touched: dict[Signal, Record] = {}
    results: list[Shared] = []
    words: set[str] = set()
    for contribution in contributions:
        signal, opinion, piece = contribution
        before = known.get(signal)
        ending = until(opinion, agreement.terms.retention)
        if opinion.word is Word.WITHDRAW:
            waiting = [each for each in waiting if each[0] != signal]
        if _changes_nothing(before, ending, agreement.terms.retention, now):
            results.append(Shared(record=before, changed=False))
            continue
        refused = _refused(agreement.terms, signal, opinion, taxonomy) if taxonomy else None
        if refused:
            results.append(Shared(record=before, changed=False, refused=refused))
            continue
        exempt = before is not None and opinion.word in always
        if most is not None and len(lines) >= most and not exempt:
            waiting.append(contribution)
            results.append(Shared(record=None, changed=False, held=True))
            continue
        number = size + len(lines) + 1
        after = _spoken(agreement.id, before, signal, ending, piece, number)
        line = _line(after, by=opinion.organisation, what="opinion", now=now)
        lines.append((line, before.delta if before else None))
        known[signal] = touched[signal] = after
        words.add(f"{opinion.organisation}:{opinion.word}")
        results.append(Shared(record=after, changed=True))
    stores.records.hold(agreement.id, waiting)
    if lines:
        stores.records.write(list(touched.values()), now=now)
        stores.deltas.append(agreement.id, lines, size=size, at=now)
        details: Document = {"deltas": [size + 1, size + len(lines)], "words": sorted(words)}
        stores.audit.record(
            Happening(
                action="exchange:shared", subject=agreement.id, actor=actor, at=now, details=details
            )
        )
    return results


def tell(
    agreement: str,
    told: Mapping[str, Told],
    *,
    by: Member,
    stores: Stores,
    now: datetime,
    actor: str,
) -> int:
    """
    Count sightings and outcomes of reviews on records; how many records there were of those named.

    Deltas tell the counts and never who gave them. Outcomes on what the member itself confirms are not counted. Each
    record that is touched uses one of the day's quota.

    Raises:
        InputError: A record has more of them than one report may tell.
        NotAllowed: The member may not contribute, is held back and tells outcomes, or has used up the day's quota.

    """
    size = stores.deltas.lock(agreement)
    by = stores.organisations.member(agreement, by.organisation)  # as it is now
    check_role(by, Role.CONTRIBUTE, Role.CONSUME)
    _check_counts(told, by)
    found = stores.records.by_id(agreement, told.keys())
    lines: list[tuple[bytes, int | None]] = []
    written: list[Record] = []
    outcomes: dict[str, list[int]] = {}
    for ident, record in sorted(found.items()):
        each = told[ident]
        own = _word_of(record, by.organisation)
        if own is not None and own.word is Word.CONFIRM:
            each = Told(sightings=each.sightings)
        if each == Told():
            continue
        after = replace(
            record,
            sightings=record.sightings + each.sightings,
            right=record.right + each.right,
            wrong=record.wrong + each.wrong,
            delta=size + len(lines) + 1,
        )
        what = "outcomes" if each.right or each.wrong else "sightings"
        lines.append((_line(after, by=None, what=what, now=now), record.delta))
        written.append(after)
        for opinion in living(record, now=now) if what == "outcomes" else ():
            counts = outcomes.setdefault(opinion.organisation, [0, 0])
            counts[0] += each.right
            counts[1] += each.wrong
    for organisation, (right, wrong) in sorted(outcomes.items()):
        stores.records.count_outcomes(agreement, organisation, right=right, wrong=wrong)
    if lines:
        _check_quota(agreement, by, len(lines), stores, now)
        stores.records.write(written, now=now)
        stores.deltas.append(agreement, lines, size=size, at=now)
        details: Document = {"deltas": [size + 1, size + len(lines)]}
        stores.audit.record(
            Happening(
                action="exchange:told", subject=agreement, actor=actor, at=now, details=details
            )
        )
    return len(found)


def withdraw_source(
    agreement: str, organisation: str, *, after: int, stores: Stores, now: datetime, actor: str
) -> tuple[int, int | None]:
    """
    Withdraw what an organisation has said, a page of records at a time.

    Returns how many opinions were withdrawn and the record number to go on after; None when that was all. What of its
    contributions waits in quarantine is dropped with the last page.

    Raises:
        NotFound: There is no such agreement.

    """
    stores.deltas.lock(agreement)
    shared = stores.organisations.agreement(agreement)
    page = stores.records.page(agreement, after=after, limit=ENOUGH, most=PAGE_BYTES)
    gone = [
        (record.signal, replace(opinion, word=Word.WITHDRAW, at=now, reason=""), None)
        for record in page
        for opinion in record.opinions
        if opinion.organisation == organisation and opinion.word is not Word.WITHDRAW
    ]
    write_opinions(shared, gone, stores=stores, now=now, actor=actor)
    if len(page) == ENOUGH or is_full(page):
        return len(gone), page[-1].number
    stores.records.drop_all_held(agreement, organisation)
    return len(gone), None


def release_held(
    agreement: str,
    organisation: str,
    *,
    taxonomy: Taxonomy,
    stores: Stores,
    now: datetime,
    actor: str,
) -> tuple[int, int]:
    """
    Share the oldest page of what an organisation has in quarantine; how many contributions there were.

    Where it has said something newer meanwhile, that stands. What does not fit the terms as they are now is dropped;
    the second number is how many these were.
    """
    stores.deltas.lock(agreement)
    shared = stores.organisations.agreement(agreement)
    waiting = stores.records.take_held(agreement, organisation, limit=ENOUGH)
    known = stores.records.of_signals(agreement, {signal for signal, _, _ in waiting})
    latest = {signal: _word_of(record, organisation) for signal, record in known.items()}
    newest = [
        each for each in waiting if not ((said := latest.get(each[0])) and said.at > each[1].at)
    ]
    results = write_opinions(shared, newest, stores=stores, now=now, actor=actor, taxonomy=taxonomy)
    return len(waiting), sum(each.refused is not None for each in results)


def tell_members(
    agreement: str, what: str, details: Document, *, by: str | None, stores: Stores, now: datetime
) -> None:
    """A delta about the agreement itself: its terms, a member."""
    size = stores.deltas.lock(agreement)
    delta = Delta(agreement=agreement, number=size + 1, at=now, by=by, what=what, details=details)
    stores.deltas.append(agreement, [(delta_line(delta), None)], size=size, at=now)
    stores.deltas.flush()  # the agreement may be shown next, with its size


def one_piece(agreement: str, signals: Iterable[Signal], stores: Stores) -> str:
    """The piece that signals of one content belong to: the one a record of them has, or a new one."""
    wanted = list(signals)
    if not wanted:
        raise NotFound("There are no signals to share.")
    known = stores.records.of_signals(agreement, set(wanted))
    pieces = (known[signal].piece for signal in wanted if signal in known)
    return next(pieces, own_piece(record_id(agreement, wanted[0])))


def piece_named(agreement: str, organisation: str, name: str) -> str:
    """The piece an organisation means by a name of its own, or the piece itself where it gives the id of one."""
    if is_piece(name):
        return name
    named = f"{agreement} {organisation} {name}"
    return f"pc_{hashlib.sha256(named.encode()).hexdigest()[:24]}"


def _spoken(
    agreement: str,
    before: Record | None,
    signal: Signal,
    opinion: Opinion,
    piece: str | None,
    number: int,
) -> Record:
    """The record once this was said in the delta of this number."""
    if before is not None:
        return replace(with_opinion(before, opinion), delta=number)
    ident = record_id(agreement, signal)
    return Record(
        id=ident,
        agreement=agreement,
        signal=signal,
        piece=piece or own_piece(ident),
        opinions=(opinion,),
        delta=number,
    )


def _changes_nothing(
    before: Record | None, opinion: Opinion, retention: timedelta | None, now: datetime
) -> bool:
    """Whether the organisation has said the same, or something since, or has nothing to withdraw."""
    earlier = _word_of(before, opinion.organisation)
    if earlier is None:
        return opinion.word is Word.WITHDRAW
    return opinion.at < min(earlier.at, now) or _says_the_same(earlier, opinion, retention)


def _refused(terms: Terms, signal: Signal, opinion: Opinion, taxonomy: Taxonomy) -> str | None:
    """Why the terms do not allow it, if they do not."""
    try:
        check_contribution(terms, signal, opinion, taxonomy)
    except InputError as wrong:
        return str(wrong)
    return None


def _word_of(record: Record | None, organisation: str) -> Opinion | None:
    """What the organisation has said of it so far."""
    if record is None:
        return None
    return next((each for each in record.opinions if each.organisation == organisation), None)


def _says_the_same(earlier: Opinion, now: Opinion, retention: timedelta | None) -> bool:
    """Whether the organisation only repeats itself, at another moment, too soon to renew what retention ends."""
    if replace(now, at=earlier.at, expires_at=earlier.expires_at) != earlier:
        return False
    if now.expires_at == earlier.expires_at:
        return True
    follows = retention is not None and all(
        each.expires_at == each.at + retention for each in (earlier, now)
    )
    return follows and retention is not None and now.at - earlier.at < retention / RENEWED


def _check_counts(told: Mapping[str, Told], by: Member) -> None:
    """Whether a member may tell so much of each record."""
    for ident, each in told.items():
        if by.held and (each.right or each.wrong):
            raise NotAllowed(
                f"What '{by.organisation}' gives is held back; until that ends it can tell sightings only."
            )
        if max(each.right, each.wrong) > MOST_OUTCOMES or each.sightings > MOST_SIGHTINGS:
            raise InputError(
                f"One report tells at most {MOST_OUTCOMES} outcomes of each kind and {MOST_SIGHTINGS} sightings"
                f" of a record; '{ident[:80]}' has more."
            )


def _check_quota(agreement: str, by: Member, count: int, stores: Stores, now: datetime) -> None:
    """Count records that a report touches against the day's quota."""
    terms = stores.organisations.known_agreement(agreement).terms
    quota = terms.quota if by.quota is None else by.quota
    if quota is None:
        return
    if stores.records.take_quota(agreement, by.organisation, now.date(), 0) + count > quota:
        raise NotAllowed(
            f"'{by.organisation}' has used up its quota of {quota} a day under '{agreement}'; report tomorrow."
        )
    stores.records.take_quota(agreement, by.organisation, now.date(), count)


def _check_room(agreement: str, organisation: str, stores: Stores) -> None:
    """Whether no more of a member's waits than may, so that a flood fills nobody's disk."""
    if stores.records.held_of(agreement, organisation) > MOST_HELD:
        raise NotAllowed(
            f"{MOST_HELD} contributions of '{organisation}' are the most that wait in the quarantine of '{agreement}';"
            " nothing more was taken. Ask the hub's administrator to release or drop what waits."
        )


def _taken(agreement: Agreement, by: Member, count: int, stores: Stores, now: datetime) -> int:
    """How many opinions of today the member had used before it takes these."""
    return stores.records.take_quota(agreement.id, by.organisation, now.date(), count)


def _line(record: Record, *, by: str | None, what: str, now: datetime) -> bytes:
    return delta_line(
        Delta(
            agreement=record.agreement,
            number=record.delta,
            at=now,
            by=by,
            what=what,
            record=record,
        )
    )
