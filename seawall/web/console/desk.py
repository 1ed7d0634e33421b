"""Every page of the desk, in the order in which addresses are tried."""

from pathlib import Path

from seawall.web.console import (
    account,
    approvals,
    audit,
    banks,
    case,
    case_acts,
    changes,
    elsewhere,
    exchange,
    health,
    history,
    new_rule,
    opening,
    overview,
    people,
    policies,
    quality,
    quarantine,
    queue,
    rules,
    signing,
)

STATIC = Path(__file__).parent / "static"
PAGES = (
    signing,
    elsewhere,
    changes,
    account,
    people,
    audit,
    health,
    banks,
    exchange,
    quarantine,
    rules,
    new_rule,
    history,
    policies,
    quality,
    opening,
    queue,
    case,
    case_acts,
    approvals,
    overview,
)  # the overview last: it answers for the rest
