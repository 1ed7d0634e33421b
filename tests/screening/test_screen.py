"""An upload becomes a verdict."""

from dataclasses import replace
from datetime import timedelta

import pytest

from seawall.banks.entry import Shared
from seawall.policy.measure import Measure
from seawall.policy.rule import STARTING_RULES, Rule, Rules, Trigger
from seawall.policy.taxonomy import taxonomy
from seawall.screening.recognise import Known
from seawall.screening.screen import screen
from seawall.screening.verdict import Match, NotScreened, Verdict, Withheld
from seawall.signals.signal import Cause, NoSignal, Orientation
from tests.made import NOON, entry, flipped, pdq, reading


def known(distance=0, orientation=Orientation.UPRIGHT, frame=0, **fields):
    """An entry this many bits away."""
    signal = pdq()
    near = flipped(signal, distance)
    return Known(
        reading=reading(near, orientation, frame), distance=distance, entry=entry(signal, **fields)
    )


DISPUTED = Shared(record="rec_1", piece="pc_1", disputed=True, origins=("flagger", "platform"))
AUTHORITY_ONLY = Shared(record="rec_2", piece="pc_2", authority_only=True, origins=("authority",))


def judged(*near, rules, missing=(), territory=None, chance=1.0, enforce_authority_only=False):
    """The verdict these rules give."""
    return screen(
        near,
        missing,
        rules=Rules(rules=tuple(rules), enforce_authority_only=enforce_authority_only),
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


def test_a_rule_may_ask_how_often_an_entry_was_right():
    """Nothing reviewed, or nothing an exchange counts, is no precision at all."""
    rule = Rule(name="proven", measure=Measure.BLOCK, min_precision=0.94)
    measured = Shared(record="rec_1", piece="pc_1", right=99, wrong=1)
    entries = [measured, replace(measured, wrong=2), replace(measured, right=0, wrong=0), None]

    assert [judged(known(shared=shared), rules=[rule]).measure for shared in entries] == [
        Measure.BLOCK,
        Measure.ALLOW,
        Measure.ALLOW,
        Measure.ALLOW,
    ]
    none_reviewed = known(shared=replace(measured, right=0, wrong=0))
    assert judged(none_reviewed, rules=[replace(rule, min_precision=0.0)]).matches[0].rule is None


@pytest.mark.parametrize(
    ("right", "wrong", "proven"),
    [(1, 0, 0.2065), (3, 1, 0.3006), (34, 0, 0.8984), (35, 0, 0.9010), (99, 1, 0.9455)],
)
def test_few_reviews_prove_little(right, wrong, proven):
    """One lucky review is no precision of 1: what counts is the least share that would be no surprise."""
    near = known(shared=Shared(record="rec_1", piece="pc_1", right=right, wrong=wrong))
    asked = [
        Rule(name=name, measure=Measure.BLOCK, min_precision=share)
        for name, share in (("as-much", proven), ("more", proven + 0.0001))
    ]

    assert judged(near, rules=asked).rules == ("as-much",)


@pytest.mark.parametrize(
    ("ends", "vouchers", "origins", "measure"),
    [
        (NOON + timedelta(seconds=1), 2, ("authority", "platform"), Measure.BLOCK),
        (NOON, 1, ("authority",), Measure.ALLOW),
    ],
)
def test_a_confirmation_that_has_ended_counts_no_more(ends, vouchers, origins, measure):
    """Nothing is written when it ends: who vouches is seen at the moment of screening."""
    shared = Shared(
        record="rec_1",
        piece="pc_1",
        origins=("authority", "platform"),
        vouched_until={"beta": ends},
        origins_until={"platform": ends},
    )
    two = Rule(name="two-say-so", measure=Measure.BLOCK, min_vouchers=2)
    verdict = judged(known(vouchers=("alpha", "beta"), shared=shared), rules=[two])
    (match,) = verdict.matches

    assert (match.vouchers, match.origins, verdict.measure) == (vouchers, origins, measure)


@pytest.mark.parametrize(
    ("shared", "reason"),
    [
        (DISPUTED, Withheld.DISPUTED),
        (AUTHORITY_ONLY, Withheld.AUTHORITY_ONLY),
        (replace(AUTHORITY_ONLY, disputed=True), Withheld.DISPUTED),
    ],
)
def test_what_is_disputed_or_only_an_authority_s_word_goes_to_a_person(shared, reason):
    """The match says which rules wanted it, on whose word, and why none of them is enforced."""
    near = known(0, shared=shared)
    verdict = judged(near, rules=STARTING_RULES)
    (match,) = verdict.matches

    assert judged(known(0), rules=STARTING_RULES).measure is Measure.BLOCK
    assert (verdict.measure, verdict.measures_by_territory) == (
        Measure.ALLOW,
        {"*": Measure.ALLOW},
    )
    assert (verdict.review, verdict.rules, verdict.shadow_measure) == (True, (), None)
    assert (match.withheld, match.origins) == (reason, shared.origins)
    assert (match.rule, match.rules) == ("known-exactly", ("known-exactly", "known-nearly"))


def test_a_node_may_choose_to_enforce_an_authority_s_word_but_never_a_disputed_one():
    """The setting is for what nobody disputes."""
    enforced = judged(
        known(0, shared=AUTHORITY_ONLY), rules=STARTING_RULES, enforce_authority_only=True
    )
    disputed = judged(
        known(0, shared=replace(AUTHORITY_ONLY, disputed=True)),
        rules=STARTING_RULES,
        enforce_authority_only=True,
    )

    assert (enforced.measure, enforced.matches[0].withheld) == (Measure.BLOCK, None)
    assert enforced.matches[0].origins == ("authority",)
    assert (disputed.measure, disputed.matches[0].withheld) == (Measure.ALLOW, Withheld.DISPUTED)


def test_an_entry_is_withheld_once_only_authorities_still_confirm_it():
    """From the moment the last other confirmation has ended, though no change was told."""
    waning = replace(AUTHORITY_ONLY, authority_only=False, authority_only_from=NOON)
    later = replace(waning, authority_only_from=NOON + timedelta(microseconds=1))
    ended = judged(known(0, shared=waning), rules=STARTING_RULES)
    living = judged(known(0, shared=later), rules=STARTING_RULES)

    assert (ended.measure, ended.matches[0].withheld) == (Measure.ALLOW, Withheld.AUTHORITY_ONLY)
    assert (living.measure, living.matches[0].withheld) == (Measure.BLOCK, None)


def test_another_match_still_counts_beside_a_disputed_one():
    """The same rule may be kept from one entry and enforced for another."""
    near, far = known(0, id="en_1", shared=DISPUTED), known(9, id="en_2")
    verdict = judged(near, far, rules=STARTING_RULES)

    assert (verdict.measure, verdict.rules) == (Measure.HOLD, ("known-nearly",))
    assert [match.withheld for match in verdict.matches] == [Withheld.DISPUTED, None]
    assert judged(near, known(0, id="en_2"), rules=STARTING_RULES).measure is Measure.BLOCK


def test_a_disputed_match_does_not_outweigh_what_could_not_be_screened():
    """The rule for failures answers to the upload, not to the match."""
    torn = NoSignal(type="pdq", reason="The picture breaks off.", cause=Cause.FAILED)
    verdict = judged(known(shared=DISPUTED), rules=STARTING_RULES, missing=[torn])

    assert (verdict.measure, verdict.rules) == (Measure.HOLD, ("could-not-be-screened",))


def test_a_rule_for_one_territory_is_withheld_there_too():
    """Nothing is restricted in Germany, and a person looks, wherever the upload was made."""
    rule = Rule(name="german", measure=Measure.RESTRICT, territories=("DE",))
    verdicts = [
        judged(known(shared=DISPUTED), rules=[rule], territory=place) for place in ("DE", "US")
    ]

    assert [verdict.measures_by_territory for verdict in verdicts] == [{"*": Measure.ALLOW}] * 2
    assert [verdict.review for verdict in verdicts] == [True, True]


def test_a_person_looks_at_all_that_is_withheld_and_not_at_a_sample():
    """Chance has no part in it, not even for a label."""
    rule = Rule(name="some", measure=Measure.LABEL, sample_share=0.25)
    verdict = judged(known(shared=DISPUTED), rules=[rule], chance=0.99)

    assert (verdict.measure, verdict.review) == (Measure.ALLOW, True)


def test_nobody_looks_at_a_disputed_match_that_nothing_would_follow_from():
    """No rule wants it, or one that allows: it is listed, with its dispute, as any other."""
    near = known(20, shared=DISPUTED)
    allow = Rule(name="let", measure=Measure.ALLOW)
    unwanted, allowed = judged(near, rules=[]), judged(near, rules=[allow])

    assert [verdict.review for verdict in (unwanted, allowed)] == [False, False]
    assert allowed.rules == ("let",)
    assert {verdict.matches[0].withheld for verdict in (unwanted, allowed)} == {Withheld.DISPUTED}
    assert judged(near, rules=[replace(allow, review=True)]).review


def test_a_rule_on_trial_would_not_be_enforced_for_a_disputed_match_either():
    """So it is noted at the match, changes no measure on trial, and asks for nobody."""
    trial = Rule(name="trial", measure=Measure.BLOCK, shadow=True)
    verdict = judged(known(shared=DISPUTED), rules=[trial])

    assert verdict.matches[0].shadow_rules == ("trial",)
    assert (verdict.shadow_measure, verdict.review) == (None, False)
