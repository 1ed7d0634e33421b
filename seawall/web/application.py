"""The application: its routes, what every request passes, and what is open while it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from seawall.settings import Settings
from seawall.web import page
from seawall.web.api import (
    audit,
    banks,
    cases,
    endpoints,
    entries,
    exchange_agreements,
    exchange_feed,
    exchange_joining,
    exchange_members,
    exchange_memberships,
    exchange_records,
    exchange_samples,
    hash,  # noqa: A004 - the noun in the address
    health,
    keys,
    match,
    media,
    messages,
    people,
    policies,
    quality,
    retroactions,
    rules,
    screen,
    screenings,
    status,
    transfers,
    uploads,
)
from seawall.web.body_limit import BodyLimit
from seawall.web.console import desk
from seawall.web.door import open_door
from seawall.web.headers import Guarded
from seawall.web.log import log_as_json
from seawall.web.metrics import Metrics
from seawall.web.observed import Observed
from seawall.web.openapi import describe
from seawall.web.problems import answer_with_problems

NOUNS = (  # routes are tried in this order: the busiest first
    *(match, screen, screenings, hash, uploads, retroactions, banks, entries, transfers),
    *(exchange_feed, exchange_records),
    *(
        exchange_agreements,
        exchange_joining,
        exchange_members,
        exchange_memberships,
        exchange_samples,
    ),
    *(cases, policies, quality),
    *(rules, audit, keys, people, media, messages, endpoints, status, health, page),
    *desk.PAGES,
)


def application(settings: Settings) -> FastAPI:
    """An application that opens this home when it starts and closes it when it ends."""
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opening = open_door(settings, metrics)
        app.state.door = await run_in_threadpool(opening.__enter__)
        try:
            with app.state.door.waiting.until_stopped(app.state.door.watching.close):
                yield
        finally:
            await run_in_threadpool(opening.__exit__, None, None, None)

    log_as_json()
    app = FastAPI(lifespan=lifespan, openapi_url="/v1/openapi.json", docs_url=None, redoc_url=None)
    for noun in NOUNS:
        app.router.routes.extend(noun.router.routes)
    app.router.routes.append(Mount("/static/desk", StaticFiles(directory=desk.STATIC)))
    app.router.routes.append(Mount("/static", StaticFiles(directory=page.FOLDER / "static")))
    app.add_middleware(
        BodyLimit,
        media_bytes=settings.media.max_bytes,
        long_bytes=settings.media.max_long_bytes,
    )
    app.add_middleware(Guarded)
    app.add_middleware(Observed, metrics=metrics)
    answer_with_problems(app)
    describe(app)
    return app
