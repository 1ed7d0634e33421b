"""
What a form hands in becomes a fingerprint: a file, a link and what it leads to, or ready-made signals.

    file ─▶ sandbox ─▶ fingerprint
    url  ─▶ fetch ─▶ sandbox ─▶ fingerprint, and the link's own
"""

import asyncio
from dataclasses import replace

from pydantic import RootModel

from seawall.errors import FetchError, InputError, NotAllowed
from seawall.media.link import understand_link
from seawall.media.media import Kind
from seawall.sandbox.fetch import fetch
from seawall.signals.fingerprint import Fingerprint, failed, fingerprint
from seawall.signals.registry import parse_signal
from seawall.signals.signal import Reading, Signal
from seawall.web.bodies import Body, SignalText, parsed
from seawall.web.door import Door

NOT_FETCHED = (  # one sentence for all refusals, so that a link's owner learns nothing about our network
    "It was not fetched: only public http and https addresses are, on the ports 80 and 443, without a user name, "
    "and so is every address they redirect to."
)


class SignalIn(Body):
    """A signal as text."""

    type: str
    value: SignalText

    def signal(self) -> Signal:
        """
        The signal, checked.

        Raises:
            SignalError: There is no such type, or the value is not one of that type.

        """
        return parse_signal(f"{self.type}:{self.value}")


class SignalsIn(RootModel[list[SignalIn]]):
    """Signals in a form's field."""


async def of_file(data: bytes, door: Door) -> Fingerprint:
    """The fingerprint of a file's bytes; a decoder that died is told in it."""
    return await asyncio.wrap_future(door.sandbox.submit(data))


async def of_link(url: str, door: Door) -> tuple[Fingerprint, bytes | None]:
    """
    The fingerprint of a link and of what it leads to, and that content; what cannot be had is told as a failure.

    Whoever owns the page chooses where it redirects to, so a refusal to fetch must not spare the link its verdict.

    Raises:
        InputError: It is not a link.

    """
    link = fingerprint(understand_link(url))
    try:
        data = await fetch(url, door.app.settings.fetch)
    except FetchError as failed:
        return _unfetched(link, str(failed)), None
    except (NotAllowed, InputError):
        return _unfetched(link, NOT_FETCHED), None
    content = await of_file(data, door)
    both = replace(
        content,
        readings=(*link.readings, *content.readings),
        missing=(*link.missing, *content.missing),
    )
    return both, data


def of_signals(text: str) -> Fingerprint:
    """
    The fingerprint made of ready-made signals: `[{"type": "pdq", "value": "…"}]`.

    Raises:
        RequestValidationError: It is not such a list.
        SignalError: A value is not one of its type.

    """
    given = parsed(SignalsIn, text).root
    if not given:
        raise InputError("The list of signals is empty; there is nothing to screen.")
    signals = dict.fromkeys(each.signal() for each in given)
    return Fingerprint(
        kind=Kind.OTHER,
        media_type="application/json",
        size=0,
        readings=tuple(Reading(signal=signal) for signal in signals),
    )


def _unfetched(link: Fingerprint, reason: str) -> Fingerprint:
    return replace(link, missing=(*link.missing, *failed(Kind.OTHER, reason)), error=reason)
