"""Fingerprints and verdicts as the JSON they are stored as."""

from dataclasses import asdict
from typing import Any

from seawall.media.media import Kind, Region
from seawall.policy.measure import Measure
from seawall.screening.verdict import Match, NotScreened, Verdict, Withheld
from seawall.signals.fingerprint import Fingerprint
from seawall.signals.sequence import Likeness, Segment
from seawall.signals.signal import Cause, NoSignal, Orientation, Reading, Signal

Document = dict[str, Any]


def fingerprint_document(fingerprint: Fingerprint) -> Document:
    """What is needed to match the upload again without its media."""
    return {
        "kind": fingerprint.kind,
        "media_type": fingerprint.media_type,
        "width": fingerprint.width,
        "height": fingerprint.height,
        "size": fingerprint.size,
        "duration": fingerprint.duration,
        "readings": [_reading_document(each) for each in fingerprint.readings],
        "missing": [[each.type, each.reason, each.cause] for each in fingerprint.missing],
        "error": fingerprint.error,
    }


def fingerprint_from(document: Document) -> Fingerprint:
    """The fingerprint this document was made of."""
    return Fingerprint(
        kind=Kind(document["kind"]),
        media_type=document["media_type"],
        width=document["width"],
        height=document["height"],
        size=document["size"],
        duration=document.get("duration"),  # older fingerprints are of pictures
        readings=tuple(_reading(*each) for each in document["readings"]),
        missing=tuple(
            NoSignal(type=kind, reason=why, cause=Cause(cause))
            for kind, why, cause in document["missing"]
        ),
        error=document["error"],
    )


def verdict_document(verdict: Verdict) -> Document:
    """Everything the verdict said."""
    return {
        "measure": verdict.measure,
        "measures_by_territory": dict(verdict.measures_by_territory),
        "matches": [_match_document(match) for match in verdict.matches],
        "not_screened": [[each.what, each.reason, each.cause] for each in verdict.not_screened],
        "review": verdict.review,
        "rules": list(verdict.rules),
        "shadow_measure": verdict.shadow_measure,
        "sampled": verdict.sampled,
    }


def verdict_from(document: Document) -> Verdict:
    """The verdict this document was made of."""
    shadow = document["shadow_measure"]
    return Verdict(
        measure=Measure(document["measure"]),
        measures_by_territory={
            place: Measure(measure) for place, measure in document["measures_by_territory"].items()
        },
        matches=tuple(_match(each) for each in document["matches"]),
        not_screened=tuple(
            NotScreened(what=what, reason=reason, cause=Cause(cause))
            for what, reason, cause in document["not_screened"]
        ),
        review=document["review"],
        rules=tuple(document["rules"]),
        shadow_measure=Measure(shadow) if shadow else None,
        sampled=document.get("sampled", False),  # older verdicts do not say
    )


def _reading_document(reading: Reading) -> list[Any]:
    whole = [str(reading.signal), reading.quality, reading.orientation, reading.frame]
    return whole if reading.region is None else [*whole, asdict(reading.region)]


def _reading(
    text: str, quality: int | None, turn: str, frame: int, region: Document | None = None
) -> Reading:
    return Reading(
        signal=_signal(text),
        quality=quality,
        orientation=Orientation(turn),
        frame=frame,
        region=Region(**region) if region else None,
    )


def _match_document(match: Match) -> Document:
    fields = {name: getattr(match, name) for name in Match.__dataclass_fields__}
    return fields | {
        "signal": str(match.signal),
        "known": str(match.known),
        "region": asdict(match.region) if match.region else None,
        "likeness": asdict(match.likeness) if match.likeness else None,
    }


def _match(document: Document) -> Match:
    # Older verdicts have none of these, nor origins.
    withheld, region, found = (document.get(name) for name in ("withheld", "region", "likeness"))
    return Match(
        **document
        | {
            "signal": _signal(document["signal"]),
            "known": _signal(document["known"]),
            "orientation": Orientation(document["orientation"]),
            "categories": tuple(document["categories"]),
            "rules": tuple(document["rules"]),
            "shadow_rules": tuple(document["shadow_rules"]),
            "origins": tuple(document.get("origins", ())),
            "withheld": Withheld(withheld) if withheld else None,
            "region": Region(**region) if region else None,
            "likeness": _likeness(found) if found else None,
        }
    )


def _likeness(document: Document) -> Likeness:
    segments = tuple(Segment(**each) for each in document["segments"])
    return Likeness(**document | {"segments": segments})


def _signal(text: str) -> Signal:
    kind, _, value = text.partition(":")
    return Signal(kind, value)
