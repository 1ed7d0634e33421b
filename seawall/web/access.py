"""Who may call: `by: Annotated[Key, may(Scope.MATCH)]` on every route that is not public."""

from dataclasses import dataclass

from fastapi import Depends, params
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from seawall.access.key import Key, Scope, allowed, digest_of
from seawall.clock import now
from seawall.web.asked import check_address
from seawall.web.door import door_of

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="seawall"'}


@dataclass(frozen=True, slots=True)
class Caller:
    """The key a request comes with, if it may do this."""

    scope: Scope

    async def __call__(self, request: Request) -> Key:
        """
        The caller's key; asked for before anything of the body is read.

        Raises:
            HTTPException: There is no key, or none we know (401).
            NotAllowed: The key has expired, was revoked, or lacks the scope.
            TooMany: It asks faster than it may.
            RequestValidationError: The address asks for something the route does not know.

        """
        door = door_of(request)
        text = _bearer(request.headers.get("authorization", ""))
        key = None
        if text:
            await door.catch_up()
            key = door.app.knowledge.keys.get(digest_of(text))
        if key is None:
            door.rates.count_stranger(request.client.host if request.client else "nowhere")
            raise HTTPException(
                401, "Send a key we know as `Authorization: Bearer swl_…`.", headers=CHALLENGE
            )
        request.scope["seawall.key"] = key.id  # for the log: the key's id, never its text
        door.rates.count(key)
        by = allowed(key, self.scope, at=now())
        check_address(request)
        return by


async def still(request: Request, by: Key, scope: Scope) -> None:
    """
    Whether the key of a request that has waited still may do this.

    Raises:
        HTTPException: It is not known any more (401).
        NotAllowed: It has expired or was revoked meanwhile, or lacks the scope.

    """
    door = door_of(request)
    await run_in_threadpool(door.app.knowledge.refresh_now)  # a revocation may be milliseconds old
    key = door.app.knowledge.keys.get(by.digest)
    if key is None:
        raise HTTPException(
            401, "Send a key we know as `Authorization: Bearer swl_…`.", headers=CHALLENGE
        )
    allowed(key, scope, at=now())


def may(scope: Scope) -> params.Depends:
    """What a route asks of its caller."""
    wanted: params.Depends = Depends(Caller(scope))
    return wanted


def _bearer(header: str) -> str | None:
    scheme, _, text = header.partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None
