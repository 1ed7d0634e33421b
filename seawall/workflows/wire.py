"""
What the doors say, as JSON objects: the shapes that others script against.

Both doors render with these, so that `seawall scan --json` and `POST /v1/screen` never tell the same thing differently.
Fields are added, never renamed; moments are RFC 3339 in UTC; tuples become lists.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from seawall.access.key import Key
from seawall.audit.event import Event
from seawall.banks.bank import Bank
from seawall.banks.entry import Entry, Shared
from seawall.clock import rfc3339
from seawall.policy.category import Category
from seawall.policy.interval import Share
from seawall.policy.rule import Rule
from seawall.screening.recognise import Known
from seawall.screening.replay import Replay
from seawall.screening.verdict import Match, NotScreened
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.sequence import Likeness
from seawall.signals.signal import NoSignal, brief
from seawall.storage.outbox import Message
from seawall.storage.retroactions import Retroaction
from seawall.storage.screenings import Screening
from seawall.storage.sealed import SealedMedia
from seawall.storage.uploads import Upload

Document = dict[str, Any]


def hash_document(fingerprint: Fingerprint) -> Document:
    """The signals of a piece of media as it lies, and why some are absent."""
    return {
        "kind": fingerprint.kind,
        "signals": signal_documents(fingerprint),
        "no_signal": [_no_signal_document(absent) for absent in fingerprint.missing],
        "error": fingerprint.error,
    }


def not_filed(fingerprint: Fingerprint, *, links: bool) -> list[Document]:
    """Why some signals of media that is filed are absent; also the links inside it, where nobody asked for them."""
    read = fingerprint if links else fingerprint.without_links()
    return [_no_signal_document(absent) for absent in read.missing]


def signal_documents(fingerprint: Fingerprint) -> list[Document]:
    """The upright signals, each once; the turned ones only serve to find copies."""
    seen: dict[str, Document] = {}
    for reading in fingerprint.readings:
        if reading.plain:
            signal = reading.signal
            document = {"type": signal.type, "value": signal.value, "quality": reading.quality}
            seen.setdefault(str(signal), document)
    return list(seen.values())


def screen_document(upload: Upload, case: str | None = None) -> Document:
    """An upload, everything its verdict said, and the case that it is in."""
    verdict = upload.verdict
    return {
        "upload": upload.id,
        "item": upload.item,
        "surface": upload.surface,
        "uploader": upload.uploader,
        "territory": upload.territory,
        "reach": upload.reach,
        "at": rfc3339(upload.at),
        "key": upload.key,
        "kind": upload.fingerprint.kind,
        "media_type": upload.fingerprint.media_type,
        "measure": verdict.measure,
        "measures_by_territory": dict(verdict.measures_by_territory),
        "signals": signal_documents(upload.fingerprint),
        "matches": [match_document(match) for match in verdict.matches],
        "not_screened": [not_screened_document(absent) for absent in verdict.not_screened],
        "review": verdict.review,
        "rules": list(verdict.rules),
        "shadow_measure": verdict.shadow_measure,
        "error": upload.fingerprint.error,
        "case": case,
    }


def screening_document(screening: Screening, verdict: Document | None) -> Document:
    """How far a screening in the background is; `verdict` is the document of its upload, once it is done."""
    return {
        "id": screening.id,
        "state": screening.state,
        "progress": screening.share,
        "item": screening.context["item"],
        "size": screening.size,
        "at": rfc3339(screening.at),
        "changed_at": rfc3339(screening.changed_at),
        "reason": screening.reason,
        "verdict": verdict,
    }


def retroaction_document(retroaction: Retroaction) -> Document:
    """An upload judged again: `entry` made the difference, `before` is what was in force until then."""
    verdict = retroaction.verdict
    return {
        "number": retroaction.number,
        "upload": retroaction.upload,
        "item": retroaction.item,
        "entry": retroaction.entry,
        "before": retroaction.before,
        "measure": verdict.measure,
        "measures_by_territory": dict(verdict.measures_by_territory),
        "matches": [match_document(match) for match in verdict.matches],
        "review": verdict.review,
        "rules": list(verdict.rules),
        "shadow_measure": verdict.shadow_measure,
        "at": rfc3339(retroaction.at),
    }


def _likeness_document(likeness: Likeness | None) -> Document:
    """Where and how much two rows of codes are alike; nothing and null for what is one code."""
    if likeness is None:
        return {"upload_share": None, "known_share": None, "segments": []}
    return {
        "upload_share": round(likeness.asked_share, 4),
        "known_share": round(likeness.known_share, 4),
        "segments": [asdict(segment) for segment in likeness.segments],
    }


def match_document(match: Match) -> Document:
    """A known entry near an upload; `value` is the entry's, `signal` the upload's own; both in brief where long."""
    return {
        "signal_type": match.known.type,
        "value": match.known.value,
        "signal": match.signal.value,
        "distance": match.distance,
        "threshold": match.threshold,
        "orientation": match.orientation,
        "frame": match.frame,
        "region": asdict(match.region) if match.region else None,
        **_likeness_document(match.likeness),
        "bank": match.bank,
        "entry": match.entry,
        "categories": list(match.categories),
        "vouchers": match.vouchers,
        "rule": match.rule,
        "rules": list(match.rules),
        "shadow_rules": list(match.shadow_rules),
        "origins": list(match.origins),
        "withheld": match.withheld,
    }


def not_screened_document(absent: NotScreened) -> Document:
    """What could not be looked at, why, and which of the three kinds of cause it was."""
    return {"what": absent.what, "reason": absent.reason, "cause": absent.cause}


def known_document(known: Known, *, at: datetime) -> Document:
    """An entry near a signal somebody asked about, as it stands at that moment."""
    entry = known.entry
    return {
        "bank": entry.bank,
        "entry": entry.id,
        "signal_type": entry.signal.type,
        "value": brief(entry.signal).value,
        "distance": known.distance,
        "orientation": known.reading.orientation,
        "region": asdict(known.reading.region) if known.reading.region else None,
        **_likeness_document(known.likeness),
        "categories": list(entry.categories),
        "origins": list(entry.shared.origins_at(at)) if entry.shared else [],
    }


def bank_document(bank: Bank, size: int) -> Document:
    """A bank and how many entries it holds."""
    return {
        "name": bank.name,
        "owner": bank.owner,
        "description": bank.description,
        "enabled": bank.enabled,
        "created_at": rfc3339(bank.created_at),
        "entries": size,
    }


def entry_document(entry: Entry) -> Document:
    """A known signal; `change` grows with every change of it."""
    return {
        "id": entry.id,
        "bank": entry.bank,
        "signal_type": entry.signal.type,
        "value": entry.signal.value,
        "categories": list(entry.categories),
        "vouchers": list(entry.vouchers),
        "note": entry.note,
        "source": entry.source,
        "expires_at": _moment(entry.expires_at),
        "enabled": entry.enabled,
        "created_at": rfc3339(entry.created_at),
        "change": entry.change,
        "shared": _shared_document(entry.shared) if entry.shared else None,
    }


def rule_document(rule: Rule) -> Document:
    """A rule, field by field."""
    return asdict(rule) | {"territories": list(rule.territories)}


def category_document(category: Category) -> Document:
    """A category and, where it has one, its code in the EU Transparency Database."""
    return asdict(category)


def replay_document(replay: Replay) -> Document:
    """How a change of rules would have turned out, with a few examples of each kind."""
    return {
        "uploads": replay.uploads,
        "unchanged": replay.unchanged,
        "more_reviews": replay.more_reviews,
        "shifts": [
            {
                "before": shift.before,
                "after": shift.after,
                "count": shift.count,
                "examples": [
                    {
                        "upload": example.upload,
                        "item": example.item,
                        "match": match_document(example.match) if example.match else None,
                    }
                    for example in shift.examples
                ],
            }
            for shift in replay.shifts
        ],
    }


def event_document(event: Event) -> Document:
    """A line of the audit log; whoever keeps `digest` elsewhere can prove what came before it."""
    happening = event.happening
    return {
        "number": event.number,
        "at": rfc3339(happening.at),
        "action": happening.action,
        "subject": happening.subject,
        "actor": happening.actor,
        "details": happening.details,
        "previous": event.previous.hex(),
        "digest": event.digest.hex(),
    }


def key_document(key: Key) -> Document:
    """A key without its secret, which nobody keeps."""
    return {
        "id": key.id,
        "name": key.name,
        "owner": key.owner,
        "scopes": sorted(key.scopes),
        "created_at": rfc3339(key.created_at),
        "expires_at": _moment(key.expires_at),
        "revoked_at": _moment(key.revoked_at),
        "requests_per_second": key.requests_per_second,
    }


def message_document(message: Message) -> Document:
    """A message of the outbox; `number` is where to go on reading."""
    return {
        "number": message.number,
        "id": message.id,
        "topic": message.topic,
        "subject": message.subject,
        "body": message.body,
        "at": rfc3339(message.at),
    }


def media_document(media: SealedMedia) -> Document:
    """What was kept of an upload for a case; `missing` says why nothing was, `deleted_at` since when nothing is."""
    return {
        "id": media.id,
        "upload": media.upload,
        "item": media.item,
        "case": media.case,
        "kind": media.kind,
        "media_type": media.media_type,
        "size": media.size,
        "missing": media.missing,
        "at": rfc3339(media.at),
        "delete_at": rfc3339(media.delete_at),
        "deleted_at": _moment(media.deleted_at),
    }


def _no_signal_document(absent: NoSignal) -> Document:
    return {"type": absent.type, "reason": absent.reason}


def _shared_document(shared: Shared) -> Document:
    later = shared.authority_only_from
    return asdict(shared) | {
        "authority_only_from": rfc3339(later) if later else None,
        "origins": list(shared.origins),
        "vouched_until": _moments(shared.vouched_until),
        "origins_until": _moments(shared.origins_until),
        "precision": shared.precision.value,
        "low": shared.precision.low,
        "high": shared.precision.high,
    }


def share_document(share: Share) -> Document:
    """A share with the bounds between which the true one lies 95 times in 100."""
    return {
        "hits": share.hits,
        "trials": share.trials,
        "value": share.value,
        "low": share.low,
        "high": share.high,
    }


def _moments(moments: Mapping[str, datetime]) -> Document:
    return {name: rfc3339(moment) for name, moment in moments.items()}


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
