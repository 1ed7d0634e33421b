"""
What a request brings, checked: unknown fields are refused, not ignored.

A body is read by a dependency that stands after `may(…)` in its route, so nobody's bytes are read before their key is.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, BinaryIO, Final, TypeVar

from fastapi import Depends, Query, params
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from seawall.clock import in_utc
from seawall.errors import InputError
from seawall.signals.signal import LONGEST_GIVEN
from seawall.storage.spool import Spooled

M = TypeVar("M", bound=BaseModel)
MOST_FIELDS = 32
PATIENCE = 120.0  # seconds for each further step of a form, and for one that is shorter
STEP = 8 << 20  # bytes
MOST_ON_A_PAGE = 1000
MOST_OF_FIELD = 8 << 20  # bytes of a form's field that is no file: signals as JSON
NOT_PLAIN: Final = "Text has no NUL character and no half of a surrogate pair in it; leave them out"
_CURSOR = re.compile(r"(\d{1,19})\.(\d{1,19})", re.ASCII)
_NOT_PLAIN = re.compile("[\0\ud800-\udfff]")

SignalText = Annotated[str, Field(max_length=LONGEST_GIVEN)]
Limit = Annotated[int, Query(ge=1, le=MOST_ON_A_PAGE, description="How many at most.")]
After = Annotated[
    int | None,
    Query(ge=0, le=2**63 - 1, description="`next` of the page before; left out for the first."),
]


def is_plain(text: str) -> bool:
    """Whether every database can keep this text."""
    return _NOT_PLAIN.search(text) is None


def cursor_of(text: str) -> tuple[int, int]:
    """
    Two numbers that a database can hold, as the `next` of a page has them.

    Raises:
        InputError: It is not such a `next`.

    """
    numbers = _CURSOR.fullmatch(text)
    found = (int(numbers[1]), int(numbers[2])) if numbers else (2**63, 0)
    if max(found) >= 2**63:
        raise InputError("This page does not exist; begin again with the first.")
    return found


class Body(BaseModel):
    """Base of everything a program may send us."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=65_536)

    @field_validator("*")
    @classmethod
    def _can_be_kept(cls, value: object) -> object:
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and not is_plain(text):
                raise PydanticCustomError("text", NOT_PLAIN)
        if isinstance(value, datetime):
            try:
                return in_utc(value)
            except InputError as wrong:
                raise PydanticCustomError("moment", "{why}", {"why": str(wrong)}) from None
        return value


@dataclass(frozen=True, slots=True)
class Form:
    """A form's fields, checked elsewhere, and the file in it."""

    fields: dict[str, Any]
    file: bytes | None
    spooled: Spooled | None = None  # the file, where it was put aside


def json_body(model: type[BaseModel]) -> params.Depends:
    """What a route takes as JSON."""

    async def read(request: Request) -> BaseModel:
        return parsed(model, await request.body())

    given: params.Depends = Depends(read)
    return given


def parsed(model: type[M], raw: bytes | str) -> M:
    """
    The value this JSON stands for.

    Raises:
        RequestValidationError: It is not JSON, or not what the model says.

    """
    try:
        return model.model_validate_json(raw)
    except ValidationError as wrong:
        raise invalid(wrong, "body") from None


def invalid(wrong: ValidationError, place: str) -> RequestValidationError:
    """What Pydantic found, as FastAPI reports its own."""
    faults = wrong.errors(include_url=False, include_context=False, include_input=False)
    return RequestValidationError([{**fault, "loc": (place, *fault["loc"])} for fault in faults])


async def read_form(
    request: Request,
    *,
    several: frozenset[str] = frozenset(),
    put_aside: Callable[[BinaryIO], Spooled] | None = None,
) -> Form:
    """
    The fields and the file of a form; a field named in `several` is a list.

    A file that may be larger than memory is `put_aside` in a thread instead of being read.

    Raises:
        InputError: A field is given twice, or there is more than one file.

    """
    fields: dict[str, Any] = {}
    file: bytes | None = None
    spooled: Spooled | None = None
    bounds = {"max_files": 1, "max_fields": MOST_FIELDS, "max_part_size": MOST_OF_FIELD}
    async with _arrived(request, bounds) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                if name != "file":
                    raise InputError(f"The file belongs into the field 'file', not '{name}'.")
                if put_aside is None:
                    file = await value.read()
                else:
                    spooled = await run_in_threadpool(put_aside, value.file)
            elif name in several:
                fields.setdefault(name, []).append(value)
            elif name in fields:
                raise InputError(f"The field '{name}' is given twice.")
            else:
                fields[name] = value
    return Form(fields, file, spooled)


@asynccontextmanager
async def _arrived(request: Request, bounds: dict[str, int]) -> AsyncIterator[FormData]:
    """The form once all of it is here; whoever sends slowly holds a place that others wait for."""
    length, clock = 0, asyncio.get_running_loop().time

    async def receive() -> Message:
        nonlocal length
        message = await request.receive()
        before, length = length, length + len(message.get("body", b""))
        if length // STEP > before // STEP:
            patience.reschedule(clock() + PATIENCE)
        return message

    try:
        async with asyncio.timeout(PATIENCE) as patience:
            form = await Request(request.scope, receive).form(**bounds)
    except TimeoutError:
        sentence = f"The form took longer than {PATIENCE:.0f} seconds for {STEP >> 20} MiB of it."
        raise HTTPException(408, sentence) from None
    try:
        yield form
    finally:
        await form.close()
