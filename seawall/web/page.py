"""The page: drop a photo and see its hash, what is near it, and the verdict."""

from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.templating import Jinja2Templates

from seawall.policy.rule import MAX_DISTANCE
from seawall.web.door import door_of
from seawall.web.openapi import installed_version

FOLDER = Path(__file__).parent / "pages"
router = APIRouter(include_in_schema=False)
_templates = Jinja2Templates(directory=FOLDER)


@router.get("/", response_class=HTMLResponse)
async def check(request: Request) -> Response:
    """The page itself knows nothing and needs no key; what it asks for does."""
    settings = door_of(request).app.settings
    facts = {
        "organisation": settings.server.organisation,
        "most_bytes": settings.media.max_bytes,
        "furthest": MAX_DISTANCE,
        "version": installed_version(),
    }
    return _templates.TemplateResponse(request, "check.html", facts)
