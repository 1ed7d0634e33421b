"""What uploads match, by the latest verdict on each: a signal that came later may have changed it."""

from collections.abc import Mapping

from seawall.screening.verdict import Match, Verdict
from seawall.storage.memory import Stores


def latest_matches(verdicts: Mapping[str, Verdict], stores: Stores) -> dict[str, dict[str, Match]]:
    """Of each of these uploads, given its first verdict, its match with each entry, as last judged."""
    later = stores.retroactions.latest(list(verdicts))
    found: dict[str, dict[str, Match]] = {}
    for upload, first in verdicts.items():
        every = [*first.matches, *(later[upload][1].matches if upload in later else ())]
        found[upload] = {match.entry: match for match in every}
    return found
