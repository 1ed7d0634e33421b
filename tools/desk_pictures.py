"""
The pictures of the desk in `docs/pictures/desk`: `python -m tools.desk_pictures [NAME …]`.

    a home filled by `desk_home` ─▶ a server in this process ─▶ Chromium ─▶ every screen, three of them in every way

It needs a Chromium (`SEAWALL_CHROMIUM` names it, or it is on the path) and the packages of `requirements/check.txt`.
"""

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from seawall.access.person import Person
from seawall.settings import ServerConfig
from seawall.web.console.session import COOKIE
from tests.web.console.people import browser as client_of
from tests.web.serving import Served, serving
from tools.desk_home import AGREEMENT, OURS, Home, furnished

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "desk"
COLOURS = 48  # of a screenshot, so that it stays small


@dataclass(frozen=True, kw_only=True)
class View:
    """One way to look at a screen."""

    mark: str = ""  # at the end of the picture's name
    width: int = 1280
    height: int = 720
    theme: str = "light"
    language: str = "en"


USUAL = View()
EVERY = (
    USUAL,
    View(mark="-dark", theme="dark"),
    View(mark="-large", width=1920, height=1080),
    View(mark="-phone", width=390, height=844),
    View(mark="-arabic", language="ar"),
)
IN_EVERY_WAY = ("overview", "queue", "case")


def main(names: list[str]) -> None:
    """Make every picture anew, or these."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    server = ServerConfig(organisation="tern")
    with tempfile.TemporaryDirectory() as place, serving(Path(place), server=server) as served:
        shoot(served, furnished(served), names, into=PICTURES)


def shoot(served: Served, home: Home, names: list[str], *, into: Path) -> None:
    """These screens, or all of them, as PNGs of few colours."""
    wanted = {name: path for name, path in screens(home).items() if not names or name in names}
    with sync_playwright() as playwright:
        chromium = os.environ.get("SEAWALL_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for view in EVERY:
            with opened(browser, served, home.ada, view) as page:
                for name, path in wanted.items():
                    if view is USUAL or name in IN_EVERY_WAY:
                        page.goto(f"{served.url}{path}", wait_until="networkidle")
                        save(page, into / f"{name}{view.mark}.png")
        with strangers(browser) as page:
            page.goto(f"{served.url}/desk/sign-in", wait_until="networkidle")
            save(page, into / "sign-in.png")
        browser.close()


def screens(home: Home) -> Mapping[str, str]:
    """Where every screen is."""
    agreement = f"/desk/exchange/{AGREEMENT}"
    return {
        "overview": "/desk",
        "queue": "/desk/queue",
        "case": f"/desk/cases/{home.case}",
        "cluster": f"/desk/cases/{home.cluster}",
        "ruled": f"/desk/cases/{home.ruled}",
        "approvals": "/desk/approvals",
        "upload": f"/desk/uploads/{home.upload}",
        "item": f"/desk/items/{home.item}",
        "user": f"/desk/users/{home.user}",
        "banks": "/desk/banks",
        "bank": f"/desk/banks/{OURS}",
        "entry": f"/desk/banks/{OURS}/entries/{home.entry}",
        "rules": "/desk/rules",
        "replay": "/desk/rules/known-nearly/trial?measure=block&max_distance=31&force=on&days=7",
        "policies": "/desk/policies",
        "policy": "/desk/policies/terror",
        "exchange": "/desk/exchange",
        "agreement": agreement,
        "record": f"{agreement}/records/{home.record}",
        "health": "/desk/health",
        "endpoint": "/desk/health/endpoints/ep_trust?state=dead",
        "people": "/desk/people",
        "person": f"/desk/people/{home.ada.id}",
        "access-review": "/desk/people/review",
        "audit": "/desk/audit",
        "account": "/desk/account",
        "refused": "/desk/no-such-page",
    }


@contextmanager
def opened(browser: Browser, served: Served, who: Person, view: View) -> Iterator[Page]:
    """A page in which this person is signed in and has chosen this language and these colours."""
    preferences = replace(who.preferences, theme=view.theme, language=view.language)
    with served.door.app.memory.transaction() as stores:
        stores.people.save(replace(stores.people.find(who.id, lock=True), preferences=preferences))
    with client_of(served, who) as client:
        token = client.cookies[COOKIE]
    context = browser.new_context(
        viewport={"width": view.width, "height": view.height}, reduced_motion="reduce"
    )
    context.add_cookies([{"name": COOKIE, "value": token, "url": served.url}])
    yield context.new_page()
    context.close()


@contextmanager
def strangers(browser: Browser) -> Iterator[Page]:
    """A page in which nobody is signed in."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    yield context.new_page()
    context.close()


def save(page: Page, path: Path) -> None:
    """What the page shows, small."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
