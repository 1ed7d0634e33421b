"""Cases, rulings and policies as the doors show them."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from seawall.cases.case import Case, CaseEvent, Item
from seawall.cases.policy import Policy
from seawall.cases.ruling import Ruling
from seawall.cases.urgency import priority, score
from seawall.clock import rfc3339
from seawall.storage.case_rows import Listed
from seawall.storage.memory import Stores
from seawall.storage.quality import Tried
from seawall.workflows.matches import latest_matches
from seawall.workflows.quality import known_answer
from seawall.workflows.ruling import confirmation, waits_for_a_second
from seawall.workflows.wire import match_document

Document = dict[str, Any]


def listed_document(case: Listed) -> Document:
    """A case as a queue shows it."""
    return {
        "id": case.id,
        "status": case.status,
        "queue": case.queue,
        "category": case.category,
        "territory": case.territory,
        "priority": priority(score(case.severity, case.confidence)),
        "severity": case.severity,
        "confidence": case.confidence,
        "reach": case.reach,
        "items": case.items,
        "deadline": _moment(case.deadline),
        "opened_at": rfc3339(case.opened_at),
        "claimed_by": case.claimed_by,
        "assigned_to": case.assigned_to,
        "until": _moment(case.until),
        "ruling": case.ruling,
        "version": case.version,
    }


def case_document(case: Case) -> Document:
    """A case with its items, as it stands."""
    return {
        "id": case.id,
        "status": case.status,
        "queue": case.queue,
        "category": case.category,
        "territory": case.territory,
        "priority": priority(score(case.severity, case.confidence)),
        "severity": case.severity,
        "confidence": case.confidence,
        "reach": case.reach,
        "sources": list(case.sources),
        "items": [_item_document(item) for item in case.items],
        "removed": list(case.removed),
        "deadline": _moment(case.deadline),
        "opened_at": rfc3339(case.opened_at),
        "claimed_by": case.claimed_by,
        "assigned_to": case.assigned_to,
        "reason": case.reason,
        "until": _moment(case.until),
        "ruling": case.ruling,
        "version": case.version,
    }


def whole_case_document(case: Case, stores: Stores) -> Document:
    """The same with what its uploads match, rulings, events, the earlier ruling that would cover it, a known answer."""
    earlier = confirmation(case, stores)
    rulings = stores.rulings.of_case(case.id)
    if any(waits_for_a_second(case, each) for each in rulings):
        case = replace(case, until=None)
    return case_document(case) | {
        "items": _matched_items(case, stores),
        "rulings": [ruling_document(each) for each in rulings],
        "confirms": ruling_document(earlier) if earlier else None,
        "golden": _golden_document(known_answer(case, stores)),
        "events": [_event_document(each) for each in stores.cases.events(case.id)],
    }


def ruling_document(ruling: Ruling) -> Document:
    """A ruling, field by field."""
    moments = ("at", "ends_at", "undone_at", "carried_out_at", "ended_at")
    return asdict(ruling) | {
        "territories": list(ruling.territories),
        "share": list(ruling.share),
        "needs": list(ruling.needs),
        **{name: _moment(getattr(ruling, name)) for name in moments},
    }


def policy_document(policy: Policy) -> Document:
    """One version of a policy."""
    return {
        "id": policy.id,
        "version": policy.version,
        "title": policy.title,
        "text": policy.text,
        "categories": list(policy.categories),
        "ground": asdict(policy.ground),
        "measure": policy.measure,
        "strikes": policy.strikes,
        "severity": policy.severity,
        "at": rfc3339(policy.at),
    }


def _golden_document(tried: Tried | None) -> Document | None:
    """Whether a case with a known answer was decided rightly, and why; None while it is not decided."""
    if tried is None:
        return None
    return {"right": tried.right, "decision": tried.golden.decision, "why": tried.golden.why}


def _item_document(item: Item) -> Document:
    matches = [asdict(match) | {"categories": list(match.categories)} for match in item.matches]
    names = {"key": item.key, "ref": item.ref}
    return asdict(item) | names | {"signals": list(item.signals), "matches": matches}


def _matched_items(case: Case, stores: Stores) -> list[Document]:
    """Each item, with what its upload matches: by which rule, and where."""
    uploads = [item.upload for item in case.items if item.upload is not None]
    matches = latest_matches(stores.uploads.verdicts(uploads), stores)
    documents = []
    for item in case.items:
        near = sorted(matches.get(item.upload or "", {}).values(), key=lambda each: each.distance)
        documents.append(
            _item_document(item) | {"screened": [match_document(match) for match in near]}
        )
    return documents


def _event_document(event: CaseEvent) -> Document:
    return {
        "version": event.version,
        "at": rfc3339(event.at),
        "actor": event.actor,
        "kind": event.kind,
        "body": dict(event.body),
    }


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
