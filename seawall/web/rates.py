"""How fast a key may ask, and how much may wait at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.exceptions import HTTPException

from seawall.access.key import Key
from seawall.errors import TooMany

STRANGERS_PER_SECOND = 100  # requests without a key we know, from one address


class Rates:
    """Requests of this second, by key, and by address where there is no key; each worker counts its own."""

    def __init__(self, requests_per_second: int) -> None:
        self._usual = requests_per_second
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def count(self, key: Key) -> None:
        """
        One more request with this key.

        Raises:
            TooMany: It has had its share of this second.

        """
        most = key.requests_per_second or self._usual
        if not self._limiter.hit(_per_second(most), key.id):
            raise TooMany(f"This key may ask {most} times a second; wait a second.")

    def count_stranger(self, address: str) -> None:
        """
        One more request without a key we know.

        Raises:
            TooMany: The address has tried too often in this second.

        """
        if not self._limiter.hit(_per_second(STRANGERS_PER_SECOND), "stranger", address):
            raise TooMany("Too many requests without a key we know; wait a second.")


class Room:
    """Places for what is in progress; nobody queues outside, so that waiting stays short."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.taken = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for as long as the block lasts, or a 503 that says when to come back."""
        if self.taken >= self.places:
            raise HTTPException(
                503,
                f"{self.places} requests are in progress here already; nothing was recorded. Try again in a second.",
                headers={"Retry-After": "1"},
            )
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


@cache
def _per_second(most: int) -> RateLimitItem:
    return RateLimitItemPerSecond(most)
