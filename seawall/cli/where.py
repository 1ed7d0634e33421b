"""Where in a file something known is, short enough for a column: times, letters, or the part of a picture."""

from typing import Any

from seawall.clock import position


def where(match: dict[str, Any]) -> str:
    """
    The longest segment of a match document, and how many more there are; or its region; nothing for all of it.

    >>> at = {"start": 12.0, "end": 45.0, "known_start": 0.0, "known_end": 33.0}
    >>> where({"signal_type": "vpdq", "region": None, "segments": [at]})
    '0:12–0:45 = 0:00–0:33'
    """
    segments = match["segments"]
    if not segments:
        return match["region"]["kind"] if match["region"] else ""
    longest = max(segments, key=lambda each: each["end"] - each["start"])
    more = f" +{len(segments) - 1}" if len(segments) > 1 else ""
    return _told(match["signal_type"], longest) + more


def _told(known: str, segment: dict[str, float]) -> str:
    start, end = segment["start"], segment["end"]
    first, last = segment["known_start"], segment["known_end"]
    if known == "text":
        return f"letters {start + 1:.0f}–{end:.0f} = {first + 1:.0f}–{last:.0f}"
    if known == "pdq":  # a photo that a video shows
        return _from_to(start, end)
    if start == end == 0:  # a photo, in a known video
        return f"= {_from_to(first, last)}"
    return f"{_from_to(start, end)} = {_from_to(first, last)}"


def _from_to(start: float, end: float) -> str:
    first, last = position(start), position(end)
    return first if first == last else f"{first}–{last}"
