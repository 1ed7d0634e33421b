"""Every page of the desk, in the order in which addresses are tried."""

from pathlib import Path

from seawall.web.console import (
    account,
    approvals,
    audit,
    banks,
    case,
    case_acts,
    elsewhere,
    exchange,
    health,
    history,
    overview,
    people,
    policies,
    quality,
    queue,
    rules,
    signing,
)

STATIC = Path(__file__).parent / "static"
PAGES = (
    signing,
    elsewhere,
    account,
    people,
    audit,
    health,
    banks,
    exchange,
    rules,
    history,
    policies,
    quality,
    queue,
    case,
    case_acts,
    approvals,
    overview,
)  # the overview last: it answers for the rest
