"""On what ground something is restricted: the law, or the platform's own terms."""

from dataclasses import dataclass
from enum import StrEnum


class Basis(StrEnum):
    """The two grounds a statement of reasons knows."""

    ILLEGAL = "illegal"  # Regulation (EU) 2022/2065, Article 17(3)(d)
    TERMS = "terms"  # Regulation (EU) 2022/2065, Article 17(3)(e)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The ground and the provision: `illegal`, "Regulation (EU) 2021/784, Article 2(7)"."""

    basis: Basis
    provision: str


def ground_document(ground: Ground | None) -> dict[str, str] | None:
    """A ground as messages and events tell it."""
    return {"basis": ground.basis, "provision": ground.provision} if ground else None
