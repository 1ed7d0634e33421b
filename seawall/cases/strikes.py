"""When a user's breaches come to a measure against the account."""

from seawall.cases.config import CasesConfig
from seawall.cases.ruling import AccountMeasure


def measure_for(before: int, now: int, config: CasesConfig) -> AccountMeasure | None:
    """The gravest threshold that was crossed; an account is never removed without a person's word."""
    steps = (
        (config.suspend_at, AccountMeasure.SUSPEND),
        (config.warn_at, AccountMeasure.WARN),
    )
    return next((measure for at, measure in steps if at and before < at <= now), None)
