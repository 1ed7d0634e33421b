"""Documents as bytes."""

from typing import Any

import orjson
from starlette.responses import Response

PROBLEM = "application/problem+json"
NDJSON = "application/x-ndjson"


class Json(Response):
    """A document as JSON."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """UTF-8, in the order of the document."""
        return orjson.dumps(content)


def line(document: dict[str, Any]) -> bytes:
    """A document as one line of NDJSON."""
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
