"""A bank written to lines, and what of an exchange's word they keep."""

import json
from datetime import UTC, datetime

import pytest

from seawall.banks.entry import Entry, Shared
from seawall.signals.registry import parse_signal
from seawall.workflows.importing import export_entries

NOW = datetime(2026, 1, 1, tzinfo=UTC)


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
