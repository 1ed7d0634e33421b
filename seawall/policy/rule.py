"""
How near a match must be, where, and what follows from it.

Rules do not run in an order: every rule that applies is listed, and the strictest measure wins.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from seawall.errors import InputError
from seawall.policy.ground import Basis, Ground
from seawall.policy.measure import Measure
from seawall.policy.territory import territories

MAX_DISTANCE = 64
EVERYWHERE = "*"  # every territory that is not named
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Trigger(StrEnum):
    """What a rule answers to."""

    MATCH = "match"  # the upload is near a known entry
    FAILURE = "failure"  # the upload could not be screened in full: truncated, a bomb, a crash
    UNSUPPORTED = "unsupported"  # it is of a kind that cannot be looked into yet
    NO_SIGNAL = "no-signal"  # it was read, and has nothing to fingerprint: a blank picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When this applies, this measure follows. `None` stands for any bank, category or signal type."""

    name: str
    measure: Measure
    trigger: Trigger = Trigger.MATCH
    bank: str | None = None
    category: str | None = None
    signal_type: str | None = None
    max_distance: int = 31  # bits; exact types always match at 0
    territories: tuple[str, ...] = ()  # where it applies; nowhere named is everywhere
    min_vouchers: int = 1  # organisations that vouch for the entry
    min_precision: float | None = (
        None  # lower bound (Wilson, 95 %) of the share of the entry's matches that is right
    )
    review: bool = False  # a person looks at every upload this rule decides
    sample_share: float = 0.0  # otherwise, the share of them a person looks at, 0 to 1
    shadow: bool = False  # noted in the verdict, without effect
    enabled: bool = True
    ground: Ground | None = None

    @property
    def guards(self) -> Trigger | None:
        """The kind of upload, of those that could pass unseen, every one of which this rule catches."""
        everywhere = self.enabled and not self.shadow and not self.territories
        return (
            self.trigger
            if everywhere and self.signal_type is None and self.trigger in _GUARDED
            else None
        )


GUARDS = (
    Rule(name="could-not-be-screened", measure=Measure.HOLD, trigger=Trigger.FAILURE, review=True),
    Rule(
        name="cannot-be-looked-into", measure=Measure.HOLD, trigger=Trigger.UNSUPPORTED, review=True
    ),
)
"""What answers to uploads that nobody could look into, when no other rule does."""

_GUARDED = tuple(guard.trigger for guard in GUARDS)


def unguarded(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The guards that are needed because no rule here does their work."""
    caught = {rule.guards for rule in rules}
    return tuple(guard for guard in GUARDS if guard.trigger not in caught)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    Every rule in force at one moment, and how far one must search so that none misses its match.

    Where none of them catches what cannot be screened, `GUARDS` do: no set of rules is an open door.
    """

    rules: tuple[Rule, ...] = ()
    least_distance: int = (
        31  # bits; matches nearer than this are listed even where no rule wants them
    )
    enforce_authority_only: bool = False  # act on what only authorities shared, without an order
    reaches: Mapping[str, int] = field(
        default_factory=dict
    )  # bits, by type: beyond them no rule acts
    _by_trigger: Mapping[Trigger, tuple[Rule, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the rules by what they answer to, once."""
        enabled = [rule for rule in self.rules if rule.enabled]
        enabled.extend(unguarded(enabled))
        grouped = {
            trigger: tuple(rule for rule in enabled if rule.trigger is trigger)
            for trigger in Trigger
        }
        object.__setattr__(self, "_by_trigger", grouped)

    def answering(self, trigger: Trigger) -> tuple[Rule, ...]:
        """The enabled rules that answer to this, shadow rules included."""
        return self._by_trigger[trigger]

    def radius(self, signal_type: str) -> int:
        """How many bits away a code of this type may be and still matter."""
        wanted = (
            rule.max_distance
            for rule in self.answering(Trigger.MATCH)
            if rule.signal_type in (None, signal_type)
        )
        furthest = max(self.least_distance, *wanted, 0)
        return min(furthest, self.reaches.get(signal_type, furthest))

    def with_rule(self, rule: Rule) -> "Rules":
        """These rules with this one added, or put in the place of its namesake."""
        others = tuple(other for other in self.rules if other.name != rule.name)
        return replace(self, rules=(*others, rule))


def checked(rule: Rule) -> Rule:
    """
    The rule in canonical form: territories spelled out and sorted.

    Raises:
        InputError: A field contradicts another or is out of range; the sentence says which.

    """
    if not _NAME.fullmatch(rule.name):
        raise InputError(
            f"A rule's name is 1 to 64 small letters, digits, dots and hyphens; this is '{rule.name}'."
        )
    if not 0 <= rule.max_distance <= MAX_DISTANCE:
        raise InputError(f"max_distance is 0 to {MAX_DISTANCE} bits; this is {rule.max_distance}.")
    if not 0 <= rule.sample_share <= 1:
        raise InputError(f"sample_share is a share from 0 to 1; this is {rule.sample_share}.")
    if rule.min_vouchers < 0:
        raise InputError(f"min_vouchers counts organisations; this is {rule.min_vouchers}.")
    if rule.min_precision is not None and not 0 <= rule.min_precision < 1:
        raise InputError(
            f"min_precision is from 0 to below 1, which no number of reviews proves; this is {rule.min_precision}."
        )
    if rule.measure is Measure.RESTRICT and not rule.territories:
        raise InputError("'restrict' withholds in named territories: name them, such as DE or EU.")
    of_an_entry = rule.bank or rule.category or rule.min_precision is not None
    if rule.trigger is not Trigger.MATCH and of_an_entry:
        raise InputError(
            f"A rule for '{rule.trigger}' has no match, so it cannot ask for a bank, a category or a precision."
        )
    return replace(rule, territories=territories(rule.territories))


STARTING_RULES = (
    Rule(
        name="known-exactly",
        measure=Measure.BLOCK,
        max_distance=0,
        ground=Ground(basis=Basis.ILLEGAL, provision="the category of the matched entry"),
    ),
    Rule(
        name="known-nearly",
        measure=Measure.HOLD,
        max_distance=31,
        review=True,
        ground=Ground(basis=Basis.ILLEGAL, provision="the category of the matched entry"),
    ),
    *GUARDS,
    Rule(name="nothing-to-fingerprint", measure=Measure.ALLOW, trigger=Trigger.NO_SIGNAL),
)
"""What a new home starts with: copies are blocked, near copies and failures wait for a person."""
