"""What fetching a stranger's address may cost; apart from `fetch`, whose libraries every command would load."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchConfig:
    """How much a stranger's address may cost us."""

    max_bytes: int = 64 * 1024 * 1024  # as much as one upload may have
    timeout: timedelta = timedelta(seconds=20)  # for everything, redirects included
    max_redirects: int = 5
    allowed_hosts: frozenset[str] = frozenset()  # "host" or "host:port", fetched wherever they are
