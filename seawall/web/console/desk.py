"""Every page of the desk, in the order in which addresses are tried."""

from pathlib import Path

from seawall.web.console import (
    account,
    approvals,
    audit,
    case,
    case_acts,
    overview,
    people,
    queue,
    signing,
)

STATIC = Path(__file__).parent / "static"
PAGES = (
    signing,
    account,
    people,
    audit,
    queue,
    case,
    case_acts,
    approvals,
    overview,
)  # the overview last: it answers for the rest
