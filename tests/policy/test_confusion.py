"""What is said of how well people decide is what the literature says."""

from collections import Counter
from math import sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seawall.errors import InputError
from seawall.policy.confusion import Confusion, Kappa, Outcomes, confusion_by
from seawall.policy.interval import Share, wilson

LABELS = ("keep", "label", "restrict", "remove")
PUBLISHED = Confusion(
    {("remove", "remove"): 114, ("remove", "keep"): 12, ("keep", "keep"): 44}
)  # n = 170, with no false positive
DIAGNOSES = Confusion(
    {
        ("psychotic", "psychotic"): 75,
        ("psychotic", "neurotic"): 1,
        ("psychotic", "organic"): 4,
        ("neurotic", "psychotic"): 5,
        ("neurotic", "neurotic"): 4,
        ("neurotic", "organic"): 1,
        ("organic", "organic"): 10,
    }
)
tables = st.dictionaries(
    st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), st.integers(0, 300)
).map(Confusion)


def test_the_published_example():
    """170 cases: precision 100 %, recall 90.5 %, kappa .831, Matthews .843."""
    outcomes = PUBLISHED.outcomes("remove")

    assert outcomes == Outcomes(right=114, missed=12, wrong=0, passed=44)
    assert outcomes.precision == Share(114, 114)
    assert outcomes.recall.value == pytest.approx(0.905, abs=5e-4)
    assert outcomes.false_positives == Share(0, 44)
    assert outcomes.false_negatives.value == pytest.approx(0.095, abs=5e-4)
    assert (outcomes.recall.low, outcomes.recall.high) == wilson(114, 126)
    assert PUBLISHED.total == 170
    assert PUBLISHED.kappa.value == pytest.approx(0.831, abs=5e-4)
    assert PUBLISHED.matthews == pytest.approx(0.843, abs=5e-4)


def test_the_error_of_kappa_is_that_of_the_textbook():
    """Two raters, 100 diagnoses: Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions", ch. 18."""
    assert DIAGNOSES.agreed == Share(89, 100)
    assert DIAGNOSES.kappa.value == pytest.approx(0.68, abs=5e-3)
    assert DIAGNOSES.kappa.error == pytest.approx(0.087, abs=1e-3)
    low, high = DIAGNOSES.kappa.bounds()
    assert (low, high) == pytest.approx((0.51, 0.85), abs=6e-3)


def kappa_of(shares):
    """Kappa by its definition, from shares of all cases; for derivatives."""
    seen = sum(share for (one, other), share in shares.items() if one == other)
    ones, others = Counter(), Counter()
    for (one, other), share in shares.items():
        ones[one] += share
        others[other] += share
    chance = sum(ones[label] * others[label] for label in ones)
    return (seen - chance) / (1 - chance)


@given(tables)
def test_kappa_and_its_error_are_those_of_the_delta_method(table):
    """Slowly: by how much kappa moves with each cell of the table, and how much each cell moves by chance."""
    assume(table.kappa is not None and table.total > 20 and abs(table.kappa.value) < 0.99)
    shares = {pair: count / table.total for pair, count in table.counts.items() if count}
    step = 1e-6
    slopes = {
        pair: (kappa_of(shares | {pair: share + step}) - kappa_of(shares | {pair: share - step}))
        / (2 * step)
        for pair, share in shares.items()
    }
    mean = sum(shares[pair] * slope for pair, slope in slopes.items())
    square = sum(shares[pair] * slope**2 for pair, slope in slopes.items())

    assert table.kappa.value == pytest.approx(kappa_of(shares), abs=1e-9)
    expected = max(0.0, square - mean**2) / table.total
    assert table.kappa.error**2 == pytest.approx(expected, abs=1e-5)


@given(tables)
def test_who_is_asked_first_does_not_matter(table):
    """Neither agreement, nor its error, nor the correlation; precision and recall change places."""
    turned = Confusion({(said, reference): n for (reference, said), n in table.counts.items()})

    assert turned.agreed == table.agreed
    assert turned.matthews == pytest.approx(table.matthews, abs=1e-9)
    if table.kappa is None:
        assert turned.kappa is None
    else:
        assert turned.kappa.value == pytest.approx(table.kappa.value, abs=1e-9)
        assert turned.kappa.error == pytest.approx(table.kappa.error, abs=1e-6)
    for label in table.labels:
        assert turned.outcomes(label).precision == table.outcomes(label).recall


@given(tables, st.permutations(LABELS))
def test_the_names_of_the_decisions_do_not_matter(table, names):
    """What is counted is whether they are the same."""
    renamed = dict(zip(LABELS, names, strict=True))
    other = Confusion({(renamed[a], renamed[b]): count for (a, b), count in table.counts.items()})

    assert other.matthews == pytest.approx(table.matthews, abs=1e-9)
    assert (other.kappa is None) is (table.kappa is None)
    if table.kappa is not None:
        assert other.kappa.value == pytest.approx(table.kappa.value, abs=1e-9)
        assert other.kappa.error == pytest.approx(table.kappa.error, abs=1e-6)


@given(tables)
def test_every_figure_is_within_its_bounds(table):
    """Also of tables with empty rows, and with nothing in them."""
    for label in LABELS:
        outcomes = table.outcomes(label)
        counted = outcomes.right + outcomes.missed + outcomes.wrong + outcomes.passed
        assert counted == table.total
        for share in (
            outcomes.precision,
            outcomes.recall,
            outcomes.false_positives,
            outcomes.false_negatives,
        ):
            assert 0 <= share.low <= (share.low if share.value is None else share.value)
            assert share.high <= 1
    if table.kappa is not None:
        low, high = table.kappa.bounds()
        assert -1 <= low <= table.kappa.value <= high <= 1 + 1e-12
        assert table.kappa.value <= table.agreed.value + 1e-12
    if table.matthews is not None:
        assert -1 - 1e-12 <= table.matthews <= 1 + 1e-12


@given(*[st.integers(0, 500)] * 4)
def test_matthews_of_two_decisions_is_the_one_everybody_knows(right, missed, wrong, passed):
    """The form for many decisions holds for two."""
    margins = [right + missed, right + wrong, passed + missed, passed + wrong]
    assume(all(margins))
    table = Confusion(
        {("a", "a"): right, ("a", "b"): missed, ("b", "a"): wrong, ("b", "b"): passed}
    )
    known = (
        (right * passed - wrong * missed)
        / sqrt(margins[0] * margins[1])
        / sqrt(margins[2] * margins[3])
    )

    assert table.matthews == pytest.approx(known, abs=1e-9)
    assert abs(table.kappa.value) <= abs(table.matthews) + 1e-9


@given(st.lists(st.sampled_from(LABELS), min_size=2))
def test_whoever_is_always_right_agrees_fully(decisions):
    """With no doubt left about it."""
    table = Confusion.of((each, each) for each in decisions)
    if len(table.labels) == 1:
        assert (table.kappa, table.matthews) == (None, None)
    else:
        assert table.kappa == Kappa(value=pytest.approx(1), error=pytest.approx(0, abs=1e-6))
        assert table.matthews == pytest.approx(1)


@given(st.lists(st.integers(1, 20), min_size=2, max_size=4), st.data())
def test_dice_do_not_agree_beyond_chance(rows, data):
    """What is said does not depend on what is so."""
    columns = data.draw(st.lists(st.integers(1, 20), min_size=len(rows), max_size=len(rows)))
    table = Confusion(
        {
            (LABELS[i], LABELS[j]): row * column
            for i, row in enumerate(rows)
            for j, column in enumerate(columns)
        }
    )

    assert table.kappa.value == pytest.approx(0, abs=1e-9)
    assert table.matthews == pytest.approx(0, abs=1e-9)


def test_nothing_is_said_of_no_cases():
    """A share of nothing has no value, and its bounds are 0 and 1."""
    empty = Confusion({})

    assert (empty.kappa, empty.matthews, empty.agreed.value, empty.labels) == (None, None, None, ())
    assert empty.outcomes("remove").precision == Share(0, 0)


def test_a_matrix_counts_cases():
    """A count below 0 is somebody's mistake."""
    with pytest.raises(InputError, match="below 0"):
        Confusion({("keep", "keep"): -1})


@pytest.mark.parametrize("confidence", [0, 1, -3])
def test_no_bounds_hold_always(confidence):
    """Nor never."""
    with pytest.raises(InputError, match="between 0 and 1"):
        Kappa(value=0.5, error=0.1).bounds(confidence=confidence)


def test_each_policy_has_a_matrix_of_its_own():
    """Or each queue, source, signal type or person: what the key names."""
    answers = [("hate", "keep", "keep"), ("hate", "keep", "remove"), ("fraud", "keep", "keep")]

    assert confusion_by(answers, key=lambda each: each[0], pair=lambda each: each[1:]) == {
        "hate": Confusion({("keep", "keep"): 1, ("keep", "remove"): 1}),
        "fraud": Confusion({("keep", "keep"): 1}),
    }
