"""A named, owned list of known signals."""

import re
from dataclasses import dataclass
from datetime import datetime

from seawall.errors import InputError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """A list of known signals and the organisation that answers for it."""

    name: str
    owner: str
    description: str = ""
    enabled: bool = True
    created_at: datetime


def bank_name(text: str) -> str:
    """
    A bank's name, as given.

    Raises:
        InputError: It would not fit into an address or a file name.

    """
    if not _NAME.fullmatch(text):
        raise InputError(
            f"A bank's name is 1 to 64 letters, digits, dots, hyphens and underscores; this is '{text}'."
        )
    return text
