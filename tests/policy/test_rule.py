"""What a rule may say."""

import pytest

from seawall.errors import InputError
from seawall.policy.measure import Measure, strictest
from seawall.policy.rule import STARTING_RULES, Rule, Rules, Trigger, checked
from seawall.policy.territory import EU, territories, territory


def test_a_union_stands_for_its_members():
    """EU is 27 territories, spelled as the Transparency Database spells them."""
    assert len(EU) == 27
    assert territories(["eu"]) == EU
    assert territories(["EEA"]) == tuple(sorted((*EU, "IS", "LI", "NO")))
    assert territories(["de", "DE", "ch"]) == ("CH", "DE")


@pytest.mark.parametrize("name", ["EU", "UK", "EL", "Germany", "ZZ", ""])
def test_nobody_is_in_a_union_or_nowhere(name):
    """An upload comes from one country; `EU` would have meant its first member, and `UK` none at all."""
    with pytest.raises(InputError, match=r"GB|GR|such as DE"):
        territory(name)
    assert territory(" gb ") == "GB"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (Rule(name="No spaces!", measure=Measure.HOLD), "small letters"),
        (Rule(name="far", measure=Measure.HOLD, max_distance=65), "0 to 64"),
        (Rule(name="share", measure=Measure.HOLD, sample_share=1.5), "from 0 to 1"),
        (Rule(name="where", measure=Measure.RESTRICT), "name them"),
        (Rule(name="where", measure=Measure.HOLD, territories=("Germany",)), "two letters"),
        (
            Rule(name="what", measure=Measure.HOLD, trigger=Trigger.FAILURE, bank="known"),
            "no match",
        ),
        (Rule(name="who", measure=Measure.HOLD, min_vouchers=-1), "counts organisations"),
        (Rule(name="right", measure=Measure.HOLD, min_precision=1.5), "from 0 to below 1"),
        (Rule(name="right", measure=Measure.HOLD, min_precision=1.0), "no number of reviews"),
        (Rule(name="right", measure=Measure.HOLD, min_precision=float("nan")), "from 0 to below 1"),
        (
            Rule(name="what", measure=Measure.HOLD, trigger=Trigger.FAILURE, min_precision=0.9),
            "no match",
        ),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(wrong, says):
    """The sentence tells the person who wrote it what to change."""
    with pytest.raises(InputError, match=says):
        checked(wrong)


def test_the_starting_rules_are_valid_and_catch_failures():
    """A new home never begins open."""
    rules = Rules(rules=tuple(map(checked, STARTING_RULES)))

    assert [rule.measure for rule in rules.answering(Trigger.FAILURE)] == [Measure.HOLD]


def test_the_search_reaches_as_far_as_the_widest_rule():
    """A rule for 40 bits would be blind if the search stopped at 31; a rule that is off does not widen it."""
    wide = Rule(name="wide", measure=Measure.LABEL, max_distance=40, signal_type="pdq")
    off = Rule(name="off", measure=Measure.LABEL, max_distance=60, enabled=False)

    assert Rules(rules=(wide, off)).radius("pdq") == 40
    assert Rules(rules=(wide, off)).radius("other") == 31
    assert Rules().radius("pdq") == 31


def test_trying_a_rule_keeps_what_else_was_chosen():
    """Otherwise a replay would search less far, or enforce what the node does not."""
    chosen = Rules(least_distance=40, enforce_authority_only=True)
    trial = Rule(name="trial", measure=Measure.LABEL)
    other = Rule(name="trial", measure=Measure.BLOCK)

    assert chosen.with_rule(other).with_rule(trial) == Rules(
        rules=(trial,), least_distance=40, enforce_authority_only=True
    )


def test_measures_are_ordered():
    """From allow to block, each stricter than the last."""
    assert strictest() is Measure.ALLOW
    assert sorted(set(Measure), key=lambda measure: measure.severity) == list(Measure)
    assert strictest(Measure.HOLD, Measure.RESTRICT) is Measure.HOLD
