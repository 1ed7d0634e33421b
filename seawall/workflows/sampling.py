"""
Records are drawn, and two reviewers look at each without seeing what the other found.

    root of the log ──draw──▶ sample ──finding──▶ half reviewed ──another's finding──▶ reviewed, shown to both
"""

from dataclasses import asdict
from datetime import datetime

from seawall.access.key import Key
from seawall.clock import rfc3339
from seawall.errors import InputError, NotAllowed, WrongState
from seawall.exchange.agreement import Role
from seawall.exchange.opinion import Word
from seawall.exchange.record import Record
from seawall.exchange.sample import (
    REVIEWERS,
    Finding,
    Sample,
    Tally,
    checked_reason,
    draw,
    tally,
)
from seawall.ids import new_id
from seawall.storage.memory import Memory, Stores
from seawall.workflows.acting import Doing, acting_member, is_operator
from seawall.workflows.wire import Document, share_document

LONGEST_NAME = 64  # characters of a reviewer's name that are kept


def may_draw(by: Key, agreement: str, stores: Stores) -> None:
    """
    Whether the key may draw a sample: an administrator's, an auditor's, or the operator's.

    Raises:
        NotFound: There is no such agreement, or the caller was never in it.
        NotAllowed: It may not.

    """
    if is_operator(by):
        stores.organisations.agreement(agreement)
    else:
        acting_member(by, agreement, Role.ADMINISTER, Role.AUDIT, stores=stores)


def draw_sample(agreement: str, count: int, *, memory: Memory, now: datetime) -> Sample:
    """
    So many records that somebody confirms, as the log up to this moment has it; nothing is remembered yet.

    Raises:
        NotFound: There is no such agreement.
        InputError: A sample has 1 to 100 000 records.
        WrongState: Nobody confirms anything.

    """
    with memory.reading() as stores:
        size = stores.deltas.size(agreement)
        root = stores.deltas.root(agreement, size)
        drawn = draw(root, stores.samples.confirmed(agreement), count)
    if not drawn:
        raise WrongState(
            f"Nobody confirms anything under '{agreement}', so there is nothing to draw."
        )
    return Sample(
        id=new_id("sam", at=now), agreement=agreement, size=size, records=drawn, created_at=now
    )


def keep_sample(sample: Sample, *, stores: Stores, doing: Doing) -> None:
    """The sample is there to be reviewed."""
    stores.samples.add(sample)
    details = {"agreement": sample.agreement, "records": len(sample.records), "size": sample.size}
    doing.record(stores, action="sample:drawn", subject=sample.id, details=details)


def review(
    sample: Sample,
    record: str,
    exception: str | None,
    *,
    by: Key,
    stores: Stores,
    now: datetime,
) -> Document:
    """
    A reviewer's finding, which stays as it is; two make a record reviewed.

    A reviewer is a key's name in an organisation: it survives the key's renewal.

    Raises:
        InputError: The sample has no such record, or the reason is no short word.
        NotAllowed: The reviewer's organisation has said something on the record itself.
        WrongState: The reviewer found something else before, or two others have reviewed the record.

    """
    if record not in sample.records:
        raise InputError(f"The sample '{sample.id}' has no record '{record}'.")
    found = Finding(
        sample=sample.id,
        record=record,
        organisation=by.owner,
        reviewer=by.name[:LONGEST_NAME],
        exception=checked_reason(exception),
        at=now,
    )
    _check_independent(stores.records.find(sample.agreement, record), by.owner)
    before = stores.samples.findings(sample.id, record=record)
    mine = next((each for each in before if _is_by(each, by)), None)
    if mine is not None and mine.exception != found.exception:
        raise WrongState(f"'{found.reviewer}' has reviewed {record} already; a finding is final.")
    if mine is None and len(before) == REVIEWERS:
        raise WrongState(f"Two reviewers have looked at {record} already; take another record.")
    if mine is None:
        stores.samples.add_finding(found)
        # What was found is left out: whoever reads the audit log may be the second reviewer.
        details = {"record": record, "organisation": found.organisation}
        Doing.with_key(by, at=now).record(
            stores, action="sample:reviewed", subject=sample.id, details=details
        )
    reviewed = len(before) + (mine is None) == REVIEWERS
    return {"record": record, "exception": found.exception, "reviewed": reviewed}


def sample_document(sample: Sample, stores: Stores) -> Document:
    """A sample and its results so far; `root` is what it was drawn by."""
    told = tally(len(sample.records), stores.samples.findings(sample.id))
    return {
        "id": sample.id,
        "agreement": sample.agreement,
        "size": sample.size,
        "root": stores.deltas.root(sample.agreement, sample.size).hex(),
        "created_at": rfc3339(sample.created_at),
        "results": _results(told),
    }


def sampled_records(
    sample: Sample, *, after: int, limit: int, by: Key, stores: Stores
) -> tuple[list[Document], int | None]:
    """
    A page of the sample's records in the order they were drawn, and after which place the next one begins.

    The caller sees its own findings, and those of others once a record has both.
    """
    page = sample.records[after : after + limit]
    known = stores.records.by_id(sample.agreement, page)
    findings: dict[str, list[Finding]] = {}
    for each in stores.samples.findings(sample.id):
        findings.setdefault(each.record, []).append(each)
    rows = [_row(known[ident], findings.get(ident, []), by) for ident in page]
    end = after + limit
    return rows, end if end < len(sample.records) else None


def _row(record: Record, findings: list[Finding], by: Key) -> Document:
    reviewed = len(findings) == REVIEWERS
    shown = [each for each in findings if reviewed or _is_by(each, by)]
    categories = {
        name for each in record.opinions if each.word is Word.CONFIRM for name in each.categories
    }
    return {
        "record": record.id,
        "signal": str(record.signal),
        "piece": record.piece,
        "categories": sorted(categories),
        "reviewed": reviewed,
        "findings": [
            {
                "organisation": each.organisation,
                "reviewer": each.reviewer,
                "exception": each.exception,
                "at": rfc3339(each.at),
            }
            for each in shown
        ],
    }


def _results(told: Tally) -> Document:
    return asdict(told) | {
        name: share_document(getattr(told, name)) for name in ("exceptions", "doubted", "agreed")
    }


def _check_independent(record: Record, organisation: str) -> None:
    if any(each.organisation == organisation for each in record.opinions):
        raise NotAllowed(
            f"'{organisation}' has an opinion on {record.id} itself; somebody independent must review it."
        )


def _is_by(finding: Finding, by: Key) -> bool:
    return (finding.organisation, finding.reviewer) == (by.owner, by.name[:LONGEST_NAME])
