"""How fast a key may ask, and how much may wait at once."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.exceptions import HTTPException

from seawall.access.attempts import network_of
from seawall.access.key import Key
from seawall.errors import TooMany

STRANGERS_PER_SECOND = (
    100  # requests without a key we know, from one address; a proxy has one for all
)


class Rates:
    """
    Requests of this second, by key, and by address where there is no key; each worker counts its own.

    Asked on the event loop for every request, so it is a dictionary that is emptied every second: the `limits`
    library starts a thread or walks over all it knows each time.
    """

    def __init__(self, requests_per_second: int) -> None:
        self._usual = requests_per_second
        self._second = 0
        self._hits: dict[str, int] = {}

    def count(self, key: Key) -> None:
        """
        One more request with this key.

        Raises:
            TooMany: It has had its share of this second.

        """
        most = key.requests_per_second or self._usual
        if self._hit(key.id) > most:
            raise TooMany(f"This key may ask {most} times a second; wait a second.")

    def count_stranger(self, address: str) -> None:
        """
        One more request without a key we know, from this address or from its IPv6 network.

        Raises:
            TooMany: The address has tried too often in this second.

        """
        if self._hit(f"from {network_of(address)}") > STRANGERS_PER_SECOND:
            raise TooMany("Too many requests without a key we know; wait a second.")

    def _hit(self, who: str) -> int:
        second = int(time.monotonic())
        if second != self._second:
            self._second = second
            self._hits.clear()
        hits = self._hits[who] = self._hits.get(who, 0) + 1
        return hits


class Room:
    """Places for what is in progress; nobody queues outside, so that waiting stays short."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.share = max(1, places // 2)  # of one key, so that no key keeps all others out
        self.taken = 0
        self._held: Counter[str] = Counter()

    @contextmanager
    def place(self, key: str) -> Iterator[None]:
        """
        A place for as long as the block lasts, or a 503 that says when to come back.

        Raises:
            TooMany: The key holds its share of the places already.

        """
        if self._held[key] >= self.share:
            raise TooMany(
                f"This key has {self.share} requests in progress here, as many as one key may; nothing was recorded. "
                "Try again in a second."
            )
        if self.taken >= self.places:
            raise HTTPException(
                503,
                f"{self.places} requests are in progress here already; nothing was recorded. Try again in a second.",
                headers={"Retry-After": "1"},
            )
        self.taken += 1
        self._held[key] += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]
