"""What would have changed, had a rule been different."""

from seawall.policy.measure import Measure
from seawall.screening.replay import EXAMPLES_PER_CHANGE, Example, Retried, Shift, replay
from seawall.screening.verdict import Verdict


def verdict(measure, *, review=False):
    """A verdict without matches."""
    return Verdict(
        measure=measure,
        measures_by_territory={"*": measure},
        matches=(),
        not_screened=(),
        review=review,
        rules=(),
        shadow_measure=None,
    )


def test_changes_are_counted_by_kind_and_shown_by_example():
    """The most frequent change comes first; a hundred changes show a handful."""
    held, blocked = verdict(Measure.HOLD, review=True), verdict(Measure.BLOCK)
    allowed = verdict(Measure.ALLOW)
    past = [Retried(upload=f"up_{n}", item=None, before=held, after=blocked) for n in range(7)]
    past += [Retried(upload="up_7", item="post 7", before=allowed, after=held)]
    past += [Retried(upload="up_8", item=None, before=allowed, after=allowed)]

    found = replay(past)

    assert (found.uploads, found.unchanged, found.more_reviews) == (9, 1, -6)
    assert [(shift.before, shift.after, shift.count) for shift in found.shifts] == [
        (Measure.HOLD, Measure.BLOCK, 7),
        (Measure.ALLOW, Measure.HOLD, 1),
    ]
    assert len(found.shifts[0].examples) == EXAMPLES_PER_CHANGE
    assert found.shifts[1] == Shift(
        before=Measure.ALLOW,
        after=Measure.HOLD,
        count=1,
        examples=(Example(upload="up_7", item="post 7", match=None),),
    )
