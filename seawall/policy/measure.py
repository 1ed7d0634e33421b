"""What is done about an upload."""

from enum import StrEnum


class Measure(StrEnum):
    """
    What happens to an upload, mildest first.

    `restrict` withholds it in named territories; `hold` keeps it back until a person has looked.
    """

    ALLOW = "allow"
    LABEL = "label"
    RESTRICT = "restrict"
    HOLD = "hold"
    BLOCK = "block"

    @property
    def severity(self) -> int:
        """Place in the order of measures: 0 for `allow`, 4 for `block`."""
        return _ORDER.index(self)


_ORDER = tuple(Measure)


def strictest(*measures: Measure) -> Measure:
    """The most severe of these; `allow` when there are none."""
    return max(measures, key=lambda measure: measure.severity, default=Measure.ALLOW)
