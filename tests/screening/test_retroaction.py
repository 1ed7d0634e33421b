"""When an earlier verdict no longer stands."""

from dataclasses import replace

from seawall.banks.entry import Shared
from seawall.policy.measure import Measure
from seawall.policy.rule import Rule, Rules
from seawall.policy.taxonomy import taxonomy
from seawall.screening.recognise import Known
from seawall.screening.retroaction import reason_to_reconsider
from seawall.screening.screen import screen
from tests.made import NOON, entry, pdq, reading

EXACT, NEAR = entry(pdq(), id="en_exact"), entry(pdq(), id="en_near", bank="other")


def verdict(*near, rules, territory=None):
    """What these rules make of entries that are 0 and 9 bits away."""
    return screen(
        [
            Known(reading=reading(pdq()), distance=9 if known.bank == "other" else 0, entry=known)
            for known in near
        ],
        (),
        rules=Rules(rules=rules),
        taxonomy=taxonomy(),
        territory=territory,
        chance=1.0,
        now=NOON,
    )


def test_stricter_in_one_territory_is_stricter():
    """The platform may show the upload there, wherever it was made."""
    rules = (
        Rule(name="one", measure=Measure.LABEL, bank="known"),
        Rule(name="two", measure=Measure.BLOCK, bank="other", territories=("DE",)),
    )
    before = verdict(EXACT, rules=rules, territory="FR")
    after = verdict(EXACT, NEAR, rules=rules, territory="FR")

    assert before.measure is after.measure is Measure.LABEL
    assert reason_to_reconsider(before, after).entry == "en_near"
    assert reason_to_reconsider(after, before) is None
    assert reason_to_reconsider(after, after) is None


def test_a_match_that_no_rule_wants_changes_nothing():
    """It is listed in no verdict of its own."""
    rules = (Rule(name="one", measure=Measure.BLOCK, bank="known"),)

    assert reason_to_reconsider(verdict(rules=rules), verdict(NEAR, rules=rules)) is None


def test_the_new_match_with_a_rule_is_the_reason():
    """Not a nearer one that was there before, nor one that no rule wants."""
    rules = (Rule(name="one", measure=Measure.HOLD, bank="other"),)
    before, after = verdict(EXACT, rules=rules), verdict(EXACT, NEAR, rules=rules)

    assert [match.entry for match in after.matches] == ["en_exact", "en_near"]
    assert reason_to_reconsider(before, after).entry == "en_near"


def test_a_withheld_match_asks_for_a_person():
    """Nothing follows from it by itself, so the measure stays; and once it is withheld no longer, it counts."""
    rules = (Rule(name="one", measure=Measure.BLOCK),)
    shared = Shared(record="rec_1", piece="pc_1", disputed=True)
    nothing = verdict(rules=rules)
    disputed = verdict(replace(EXACT, shared=shared), rules=rules)
    settled = verdict(replace(EXACT, shared=replace(shared, disputed=False)), rules=rules)

    assert (disputed.measure, settled.measure) == (Measure.ALLOW, Measure.BLOCK)
    assert reason_to_reconsider(nothing, disputed).entry == "en_exact"
    assert reason_to_reconsider(disputed, disputed) is None
    assert reason_to_reconsider(disputed, settled).entry == "en_exact"
