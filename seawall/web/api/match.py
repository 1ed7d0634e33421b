"""`POST /v1/match`: is this signal known?"""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from seawall.access.key import Key, Scope
from seawall.clock import now
from seawall.policy.rule import MAX_DISTANCE
from seawall.web.access import may
from seawall.web.bodies import Body, parsed
from seawall.web.door import door_of
from seawall.web.handed import SignalIn
from seawall.web.openapi import described
from seawall.web.rendering import Json
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.match import match_signals
from seawall.workflows.wire import Document, known_document

MOST_SIGNALS = 1000
MOST_MATCHES = 1000  # for one signal, and a tenth of that where many are asked for
MANY = 100  # signals
QUICK = 2048  # bytes, some twenty signals: what is longer would keep everybody else waiting
AT_ONCE = 16  # signals looked up before what is too much is dropped
PDQ = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"

router = APIRouter(prefix="/v1", tags=["match"])


class MatchIn(Body):
    """Signals to look up, and how near counts."""

    signals: Annotated[list[SignalIn], Field(min_length=1, max_length=MOST_SIGNALS)]
    max_distance: Annotated[int, Field(ge=0, le=MAX_DISTANCE)] = 31


_EXAMPLE: dict[str, Any] = {"signals": [{"type": "pdq", "value": PDQ}], "max_distance": 31}
_ANSWER: dict[str, Any] = {
    "results": [
        {
            "matches": [
                {
                    "bank": "known",
                    "entry": "en_01jd3c7k2x9qhw4t5mz",
                    "value": PDQ,
                    "distance": 0,
                    "orientation": "upright",
                    "categories": ["terrorist-content"],
                    "origins": [],
                }
            ]
        }
    ]
}


@router.post("/match", openapi_extra=described(takes=MatchIn, example=_EXAMPLE, gives=_ANSWER))
async def match(request: Request, by: Annotated[Key, may(Scope.MATCH)]) -> Response:  # noqa: ARG001 - asked for its scope
    """For each signal the entries near it, nearest first; nothing is decided and nothing remembered."""
    raw = await request.body()
    knowledge = door_of(request).app.knowledge
    if len(raw) <= QUICK:
        return _answered(raw, knowledge)
    return await run_in_threadpool(_answered, raw, knowledge)


def _answered(raw: bytes, knowledge: Knowledge) -> Response:
    asked = parsed(MatchIn, raw)
    signals = [each.signal() for each in asked.signals]
    most = MOST_MATCHES if len(signals) <= MANY else MOST_MATCHES // 10
    results: list[Document] = []
    for start in range(0, len(signals), AT_ONCE):
        some = signals[start : start + AT_ONCE]
        at = now()
        found = match_signals(some, max_distance=asked.max_distance, knowledge=knowledge, now=at)
        results += [
            {"matches": [known_document(known, at=at) for known in each[:most]]} for each in found
        ]
    return Json({"results": results})
