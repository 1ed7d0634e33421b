"""
What is handed in becomes a fingerprint: a file, a text, a link and what it leads to, or ready-made signals.

    file ─▶ sandbox ─▶ fingerprint
    text ─▶ sandbox ─▶ fingerprint
    url  ─▶ fetch ─▶ sandbox ─▶ fingerprint, and the link's own
"""

import asyncio
from dataclasses import replace
from typing import Annotated

from pydantic import Field, RootModel, ValidationError
from starlette.requests import Request

from seawall.errors import FetchError, InputError, NotAllowed
from seawall.media.characters import MAX_CHARACTERS
from seawall.media.link import understand_link
from seawall.media.media import Kind
from seawall.sandbox.fetch import fetch
from seawall.signals.fingerprint import Fingerprint, failed, fingerprint
from seawall.signals.registry import parse_signal
from seawall.signals.signal import Reading, Signal
from seawall.web.bodies import Body, Form, SignalText, invalid, parsed, read_form
from seawall.web.door import Door

NOT_FETCHED = (  # one sentence for all refusals, so that a link's owner learns nothing about our network
    "It was not fetched: only public http and https addresses are, on the ports 80 and 443, without a user name, "
    "and so is every address they redirect to."
)


Passage = Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)]


class MediaIn(Body):
    """A link or a text, unless a file is sent."""

    url: str | None = None
    text: Passage | None = Field(None, description="A text, whatever it looks like")


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


def is_json(request: Request) -> bool:
    """Whether the body is JSON; otherwise it is a form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json"


async def read_media(request: Request) -> tuple[Form, MediaIn]:
    """
    The file, link or text of a request, as a form or as JSON.

    Raises:
        RequestValidationError: It is none of these.
        InputError: It is several.

    """
    if is_json(request):
        form, given = Form({}, None), parsed(MediaIn, await request.body())
    else:
        form = await read_form(request)
        try:
            given = MediaIn.model_validate(form.fields)
        except ValidationError as wrong:
            raise invalid(wrong, "form") from None
    if sum(part is not None for part in (form.file, given.url, given.text)) != 1:
        raise InputError("Send one of file, url and text.")
    return form, given


async def of_media(form: Form, given: MediaIn, door: Door) -> Fingerprint:
    """The fingerprint of what `read_media` has read."""
    if form.file is not None:
        return await of_file(form.file, door)
    if given.text is not None:
        return await of_text(given.text, door)
    found, _ = await of_link(given.url or "", door)
    return found


async def of_text(text: str, door: Door) -> Fingerprint:
    """The fingerprint of a text that was sent as such."""
    return await asyncio.wrap_future(door.sandbox.submit_text(text))


async def of_file(data: bytes, door: Door, *, crops: bool = False) -> Fingerprint:
    """The fingerprint of a file's bytes, perhaps with a picture's crops; a decoder that died is told in it."""
    return await asyncio.wrap_future(door.sandbox.submit(data, crops=crops))


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


def of_signals(given: list[SignalIn]) -> Fingerprint:
    """
    The fingerprint made of ready-made signals: `[{"type": "pdq", "value": "…"}]`.

    Raises:
        SignalError: A value is not one of its type.
        InputError: There is none.

    """
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
