"""Links, compared as the page they open."""

from seawall.errors import InputError, SignalError
from seawall.media.link import canonical
from seawall.media.media import Kind, Media
from seawall.signals.signal import Cause, NoSignal, Reading, Signal


class Url:
    """A link in its one spelling; `seawall.media.link` says which, and why."""

    name = "url"
    bits = 0
    index = ""
    reach: int | None = None
    kinds = frozenset({Kind.LINK, Kind.TEXT, Kind.IMAGE})
    examples = (
        "https://example.org/",
        "https://www.example.org/watch?v=8&list=2",
        "https://xn--bcher-kva.example/%C3%A4pfel",
        "https://example.org:8443/a%2Fb",
    )

    def compute(self, media: Media) -> tuple[Reading, ...] | NoSignal | None:
        """The link itself, or those in a text or in the QR codes of a picture; None where there is none."""
        if media.kind in (Kind.TEXT, Kind.IMAGE):
            found = (Reading(signal=Signal(self.name, link)) for link in media.links.found)
            return tuple(found) or None
        if media.kind is not Kind.LINK or media.link is None:
            return None
        try:
            return (Reading(signal=self.parse(media.link)),)
        except SignalError as error:
            return NoSignal(type=self.name, reason=str(error), cause=Cause.FAILED)

    def parse(self, text: str) -> Signal:
        """
        Read a link somebody sent us, however they spelled it.

        Raises:
            SignalError: The text is not a link to a page.

        """
        try:
            return Signal(self.name, canonical(text))
        except InputError as error:
            raise SignalError(str(error)) from error
