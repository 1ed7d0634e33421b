"""
Whether an upload that was let through must be judged otherwise, now that more is known.

Only what is stricter counts, or what a person should look at now: nothing that was decided is taken back here.
"""

from seawall.policy.rule import EVERYWHERE
from seawall.screening.verdict import Match, Verdict


def reason_to_reconsider(before: Verdict, after: Verdict, *, ruled: bool = False) -> Match | None:
    """
    The match that makes the later verdict count; None where the earlier one stands.

    Of what a person has `ruled` on, knowing the earlier matches, only a new one that a rule wants makes it count.
    """
    seen = {_as_wanted(match) for match in before.matches}
    fresh = [match for match in after.matches if _as_wanted(match) not in seen]
    if ruled and not any(match.rules for match in fresh):
        return None
    asked = bool(fresh) and after.review and not before.review
    if not asked and not _stricter(before, after):
        return None
    return min(fresh or after.matches, key=lambda match: match.rule is None, default=None)


def _as_wanted(match: Match) -> tuple[object, ...]:
    return match.entry, match.rules, match.withheld


def _stricter(before: Verdict, after: Verdict) -> bool:
    """Whether it is so anywhere: the platform may show the upload in several territories."""
    then, now = before.measures_by_territory, after.measures_by_territory
    return any(
        now.get(place, now[EVERYWHERE]).severity > then.get(place, then[EVERYWHERE]).severity
        for place in {*then, *now}
    )
