"""An upload becomes a verdict."""

from dataclasses import replace
from datetime import timedelta

from seawall.policy.measure import Measure
from seawall.policy.rule import STARTING_RULES, Rule, Rules, Trigger
from seawall.policy.taxonomy import taxonomy
from seawall.screening.screen import Known, screen
from seawall.screening.verdict import Match, NotScreened, Verdict
from seawall.signals.signal import Cause, NoSignal, Orientation
from tests.made import NOON, entry, flipped, pdq, reading


def known(distance=0, orientation=Orientation.UPRIGHT, frame=0, **fields):
    """An entry this many bits away."""
    signal = pdq()
    near = flipped(signal, distance)
    return Known(
        reading=reading(near, orientation, frame), distance=distance, entry=entry(signal, **fields)
    )


def judged(*near, rules, missing=(), territory=None, chance=1.0):
    """The verdict these rules give."""
    return screen(
        near,
        missing,
        rules=Rules(rules=tuple(rules)),
        taxonomy=taxonomy(),
        territory=territory,
        chance=chance,
        now=NOON,
    )


def test_the_verdict_says_everything_about_a_match():
    """Signal, distance, threshold, turn, bank, entry, categories, vouchers and rule, all in one value."""
    near = known(9, Orientation.MIRROR, id="en_1", vouchers=("alpha", "beta"))

    assert judged(near, rules=STARTING_RULES) == Verdict(
        measure=Measure.HOLD,
        measures_by_territory={"*": Measure.HOLD},
        matches=(
            Match(
                signal=near.reading.signal,
                known=near.entry.signal,
                distance=9,
                orientation=Orientation.MIRROR,
                frame=0,
                bank="known",
                entry="en_1",
                categories=("terrorist-content",),
                vouchers=2,
                rule="known-nearly",
                threshold=31,
                rules=("known-nearly",),
                shadow_rules=(),
            ),
        ),
        not_screened=(),
        review=True,
        rules=("known-nearly",),
        shadow_measure=None,
    )


def test_the_strictest_rule_wins():
    """An exact copy satisfies both starting rules; it is blocked, not held."""
    verdict = judged(known(0), rules=STARTING_RULES)

    assert verdict.measure is Measure.BLOCK
    assert verdict.rules == ("known-exactly", "known-nearly")
    assert verdict.matches[0].rule == "known-exactly"
    assert verdict.matches[0].threshold == 0


def test_nothing_known_is_allowed():
    """No match, no rule, no restriction."""
    assert judged(rules=STARTING_RULES).measure is Measure.ALLOW


def test_what_cannot_be_screened_is_held_by_a_rule():
    """Never silently open: the rule for failures decides, and the reason is in the verdict."""
    torn = NoSignal(type="pdq", reason="The picture breaks off.", cause=Cause.FAILED)
    verdict = judged(rules=STARTING_RULES, missing=[torn])

    assert verdict.measure is Measure.HOLD
    assert verdict.not_screened == (
        NotScreened(what="pdq", reason="The picture breaks off.", cause=Cause.FAILED),
    )
    assert verdict.rules == ("could-not-be-screened",)


def test_a_blank_picture_is_no_failure():
    """It was read, and has nothing to fingerprint; another rule answers to that."""
    blank = NoSignal(type="pdq", reason="too flat")
    strict = Rule(name="blank", measure=Measure.LABEL, trigger=Trigger.NO_SIGNAL)

    assert judged(rules=STARTING_RULES, missing=[blank]).measure is Measure.ALLOW
    assert judged(rules=[*STARTING_RULES, strict], missing=[blank]).measure is Measure.LABEL


def test_a_kind_that_cannot_be_looked_into_has_a_rule_of_its_own():
    """A video is not broken; whoever wants to let it pass can say so without opening the door for failures."""
    video = NoSignal(type="pdq", reason="video/mp4 is no picture", cause=Cause.UNSUPPORTED)
    relaxed = Rule(name="cannot-be-looked-into", measure=Measure.LABEL, trigger=Trigger.UNSUPPORTED)

    assert judged(rules=STARTING_RULES, missing=[video]).rules == ("cannot-be-looked-into",)
    assert judged(rules=STARTING_RULES, missing=[video]).measure is Measure.HOLD
    assert judged(rules=[relaxed], missing=[video]).measure is Measure.LABEL


def test_no_set_of_rules_is_an_open_door():
    """Without a rule for failures, or with one that is off, on trial or only for Germany, uploads are still held."""
    torn = NoSignal(type="pdq", reason="The picture breaks off.", cause=Cause.FAILED)
    allow = Rule(name="let", measure=Measure.ALLOW, trigger=Trigger.FAILURE)
    not_enough = [
        [],
        [replace(allow, enabled=False)],
        [replace(allow, shadow=True)],
        [replace(allow, territories=("DE",))],
        [replace(allow, signal_type="md5")],
    ]

    assert [judged(rules=rules, missing=[torn]).measure for rules in not_enough] == [
        Measure.HOLD
    ] * 5
    assert judged(rules=[allow], missing=[torn]).measure is Measure.ALLOW


def test_rules_ask_for_bank_category_type_distance_and_vouchers():
    """Each condition alone keeps a rule from applying."""
    fits = Rule(
        name="fits",
        measure=Measure.BLOCK,
        bank="known",
        category="risk-for-public-security",
        signal_type="pdq",
        max_distance=10,
        min_vouchers=2,
    )
    near = known(10, vouchers=("alpha", "beta"))
    apart = [
        replace(fits, bank="other"),
        replace(fits, category="animal-welfare"),
        replace(fits, signal_type="md5"),
        replace(fits, max_distance=9),
        replace(fits, min_vouchers=3),
        replace(fits, enabled=False),
    ]

    assert judged(near, rules=[fits]).measure is Measure.BLOCK
    assert [judged(near, rules=[rule]).measure for rule in apart] == [Measure.ALLOW] * 6
    assert judged(near, rules=[apart[0]]).matches[0].rule is None


def test_each_territory_has_its_measure():
    """A restriction binds where it is named; asked without a territory, the verdict is `restrict` at most."""
    rules = [
        Rule(name="label", measure=Measure.LABEL),
        Rule(name="block", measure=Measure.BLOCK, territories=("DE", "FR")),
        Rule(name="mild", measure=Measure.ALLOW, territories=("AT",)),
    ]

    assert judged(known(), rules=rules).measures_by_territory == {
        "*": Measure.LABEL,
        "DE": Measure.BLOCK,
        "FR": Measure.BLOCK,
    }
    assert judged(known(), rules=rules).measure is Measure.RESTRICT
    assert judged(known(), rules=rules, territory="DE").measure is Measure.BLOCK
    assert judged(known(), rules=rules, territory="US").measure is Measure.LABEL


def test_a_rule_on_trial_is_noted_and_changes_nothing():
    """Shadow rules say what they would do."""
    trial = Rule(name="trial", measure=Measure.BLOCK, max_distance=31, shadow=True)
    verdict = judged(known(20), rules=[*STARTING_RULES, trial])

    assert (verdict.measure, verdict.shadow_measure) == (Measure.HOLD, Measure.BLOCK)
    assert verdict.matches[0].shadow_rules == ("trial",)
    assert "trial" not in verdict.rules


def test_a_share_of_uploads_is_sampled_for_review():
    """Chance is an argument: below the share, a person looks."""
    rule = Rule(name="some", measure=Measure.LABEL, sample_share=0.25)

    assert judged(known(), rules=[rule], chance=0.24).review
    assert not judged(known(), rules=[rule], chance=0.25).review


def test_an_entry_is_listed_once_at_its_nearest():
    """Eight turns and many frames may all be near the same entry."""
    far, near = (
        known(20, Orientation.ROTATE90, id="en_1"),
        known(4, Orientation.MIRROR, frame=3, id="en_1"),
    )
    matches = judged(far, near, rules=STARTING_RULES).matches

    assert [(match.distance, match.orientation, match.frame) for match in matches] == [
        (4, Orientation.MIRROR, 3)
    ]


def test_entries_that_are_off_or_expired_match_nothing():
    """The last moment of an entry is no longer part of its life."""
    assert judged(known(enabled=False), rules=STARTING_RULES).matches == ()
    assert judged(known(expires_at=NOON), rules=STARTING_RULES).matches == ()
    assert (
        len(judged(known(expires_at=NOON + timedelta(seconds=1)), rules=STARTING_RULES).matches)
        == 1
    )
