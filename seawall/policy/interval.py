"""How far a share seen in a few trials can be from the true one."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from seawall.errors import InputError


def wilson(hits: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """
    The lowest and the highest share that would make this many hits no surprise; 0 to 1 when nothing was tried.

    Wilson's score interval: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
    Journal of the American Statistical Association 22 (1927), https://doi.org/10.1080/01621459.1927.10502953

    >>> low, high = wilson(1, 10)
    >>> f"{low:.3f} to {high:.3f}"
    '0.018 to 0.404'

    Raises:
        InputError: There are more hits than trials, or the confidence is not between 0 and 1.

    """
    if not 0 <= hits <= trials:
        raise InputError(f"There cannot be {hits} hits in {trials} trials.")
    if not 0 < confidence < 1:
        raise InputError(f"A confidence lies between 0 and 1; {confidence} does not.")
    if trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, weight = hits / trials, z * z / trials
    middle = (share + weight / 2) / (1 + weight)
    reach = z * sqrt((share * (1 - share) + weight / 4) / trials) / (1 + weight)
    # At the two ends the formula gives exactly 0 and 1; floating point would miss them by a hair.
    low = 0.0 if hits == 0 else middle - reach
    high = 1.0 if hits == trials else middle + reach
    return low, high


@dataclass(frozen=True, slots=True)
class Share:
    """So many hits in so many trials, with the bounds between which the true share lies 95 times in 100."""

    hits: int
    trials: int

    def __post_init__(self) -> None:
        wilson(self.hits, self.trials)

    @property
    def value(self) -> float | None:
        """The share as it was seen; none when nothing was tried."""
        return self.hits / self.trials if self.trials else None

    @property
    def low(self) -> float:
        """The lower bound."""
        return wilson(self.hits, self.trials)[0]

    @property
    def high(self) -> float:
        """The upper bound."""
        return wilson(self.hits, self.trials)[1]
