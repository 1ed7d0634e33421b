"""A bank written to lines, and what of an exchange's word they keep."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from seawall.banks.entry import Entry, Shared
from seawall.signals.registry import parse_signal
from seawall.workflows.importing import export_entries

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("shared", "enabled"),
    [
        (None, True),
        (Shared(record="rec_1", piece="pc_1"), True),
        (Shared(record="rec_1", piece="pc_1", disputed=True), False),
        (Shared(record="rec_1", piece="pc_1", authority_only=True), False),
    ],
)
def test_what_is_not_enforced_here_is_not_enforced_by_a_copy(shared: Shared | None, enabled: bool):
    """A line does not say who disputes the entry, so a bank it is imported into could not know."""
    signal = parse_signal("pdq:" + "f0" * 32)
    entry = Entry(id="en_1", bank="shared", signal=signal, created_at=NOW, shared=shared)

    [line] = export_entries([entry], ndjson=True)

    assert json.loads(line)["enabled"] is enabled


@pytest.mark.parametrize(
    ("ends", "authority_only_from", "vouchers"),
    [
        (None, None, ["alpha"]),
        (NOW + 2 * DAY, None, ["alpha"]),
        (None, NOW + DAY, ["alpha", "beta"]),
    ],
)
def test_a_line_names_who_vouches_until_its_end(ends, authority_only_from, vouchers):
    """It has one end for all, so who stops earlier would be counted too long by whoever imports it."""
    shared = Shared(
        record="rec_1",
        piece="pc_1",
        authority_only_from=authority_only_from,
        vouched_until={"beta": NOW + DAY},
    )
    entry = Entry(
        id="en_1",
        bank="shared",
        signal=parse_signal("pdq:" + "f0" * 32),
        vouchers=("alpha", "beta"),
        created_at=NOW,
        expires_at=ends,
        shared=shared,
    )

    [line] = export_entries([entry], ndjson=True)

    assert json.loads(line)["vouchers"] == vouchers
