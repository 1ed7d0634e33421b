"""Samples that nobody picks, and what two reviewers make of them."""

from datetime import UTC, datetime
from random import Random

import pytest

from seawall.errors import InputError
from seawall.exchange.sample import Finding, checked_reason, draw, tally
from seawall.policy.interval import Share

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORDS = [f"rec_{number:024x}" for number in range(1000)]


def found(record: str, *exceptions: str | None) -> list[Finding]:
    """One finding for each reviewer who said something."""
    return [
        Finding(
            sample="sam_1",
            record=record,
            organisation=f"org-{number}",
            reviewer="a",
            exception=exception,
            at=NOON,
        )
        for number, exception in enumerate(exceptions)
    ]


def test_everybody_draws_the_same_records():
    """Whatever the order in which the records are read."""
    shuffled = Random(7).sample(RECORDS, len(RECORDS))

    assert draw(b"r" * 32, RECORDS, 20) == draw(b"r" * 32, shuffled, 20)
    assert len(set(draw(b"r" * 32, RECORDS, 20))) == 20


def test_a_larger_sample_goes_on_where_the_smaller_ended():
    """So a sample can be extended without starting over."""
    assert draw(b"r" * 32, RECORDS, 50)[:20] == draw(b"r" * 32, RECORDS, 20)


def test_another_log_draws_other_records():
    """The draw hangs on the root, which nobody knows before the last change."""
    assert draw(b"r" * 32, RECORDS, 20) != draw(b"s" * 32, RECORDS, 20)


def test_every_record_is_as_likely_as_any_other():
    """Over 400 draws of 100 out of 1000, each record comes about 40 times."""
    drawn = [each for n in range(400) for each in draw(n.to_bytes(32), RECORDS, 100)]
    times = [drawn.count(record) for record in RECORDS[:100]]

    assert 36 < sum(times) / len(times) < 44
    assert min(times) > 15
    assert max(times) < 70


def test_few_records_are_all_drawn():
    """And none is made up."""
    assert sorted(draw(b"r" * 32, RECORDS[:3], 10)) == RECORDS[:3]


@pytest.mark.parametrize("count", [0, -1, 100_001])
def test_a_sample_has_a_size_that_people_can_review(count):
    """The sentence says which."""
    with pytest.raises(InputError, match="1 to 100000"):
        draw(b"r" * 32, RECORDS, count)


def test_reasons_are_short_words():
    """Free, and countable."""
    assert checked_reason("not-in-scope") == "not-in-scope"
    assert checked_reason(None) is None
    for text in ("", "Not in scope", "x" * 64):
        with pytest.raises(InputError):
            checked_reason(text)


def test_what_two_reviewers_found_is_counted():
    """An exception both see, one they name differently, one that only one sees; one record waits for its second."""
    findings = [
        *found("a", None, None),
        *found("b", "damaged", "damaged"),
        *found("c", "damaged", "not-in-scope"),
        *found("d", None, "not-in-scope"),
        *found("e", "damaged"),
    ]

    told = tally(6, findings)

    assert (told.records, told.reviewed) == (6, 4)
    assert told.exceptions == Share(2, 4)
    assert told.doubted == Share(3, 4)
    assert told.reasons == {"damaged": 2, "not-in-scope": 2}
    assert told.agreed == Share(2, 4)
    by_chance = (3 / 8) ** 2 + (3 / 8) ** 2 + (2 / 8) ** 2
    assert told.beyond_chance == pytest.approx((0.5 - by_chance) / (1 - by_chance))


def test_the_rate_of_the_published_review_has_its_published_bounds():
    """59 exceptions in 538 922 records are between 0.0085 and 0.0141 %."""
    findings = [
        each
        for number in range(538_922)
        for each in found(str(number), *(("damaged", "damaged") if number < 59 else (None, None)))
    ]

    rate = tally(538_922, findings).exceptions

    assert (round(rate.low * 100, 4), round(rate.high * 100, 4)) == (0.0085, 0.0141)


def test_nothing_reviewed_is_no_rate():
    """And no agreement either."""
    told = tally(3, [])

    assert (told.reviewed, told.exceptions.value, told.agreed.value) == (0, None, None)
    assert told.beyond_chance is None
