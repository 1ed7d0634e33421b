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
from seawall.clock import now
from seawall.settings import ServerConfig
from seawall.web.console.session import COOKIE
from tests.web.console.people import PASSWORD
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
        for name, act in ACTS.items():
            if not names or name in names:
                with opened(browser, served, home.ada, USUAL) as page:
                    act(page, f"{served.url}/desk", home)
                    save(page, into / f"{name}.png")
        with opened(browser, served, home.chidi, USUAL, nothing_graphic=now().date()) as page:
            for name, act in SPARED.items():
                if not names or name in names:
                    act(page, f"{served.url}/desk", home)
                    save(page, into / f"{name}.png")
        with strangers(browser) as page:
            for name, path in (
                ("sign-in", "sign-in"),
                ("invitation", f"invitation?token={home.token}"),
            ):
                if not names or name in names:
                    page.goto(f"{served.url}/desk/{path}", wait_until="networkidle")
                    save(page, into / f"{name}.png")
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
        "deadline": f"/desk/cases/{home.order}",
        "same": f"/desk/cases/{home.same}",
        "video": f"/desk/cases/{home.other_kinds['video']}",
        "sound": f"/desk/cases/{home.other_kinds['sound']}",
        "empty": "/desk/queue?show=held",
        "by-hand": "/desk/queue/new",
        "approvals": "/desk/approvals",
        "uploads": "/desk/uploads?measure=hold",
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
        "quality": "/desk/quality",
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


def keys(page: Page, desk: str, home: Home) -> None:
    """What the keys of a case are."""
    page.goto(f"{desk}/cases/{home.case}", wait_until="networkidle")
    page.keyboard.press("?")


def chosen(page: Page, desk: str, home: Home) -> None:
    """A case before its ruling is confirmed, and its picture somewhat larger."""
    page.goto(f"{desk}/cases/{home.case}", wait_until="networkidle")
    for key in ("2", "v"):
        page.keyboard.press(key)
    page.wait_for_load_state("networkidle")


def text(page: Page, desk: str, home: Home) -> None:
    """A text that somebody asked to read."""
    page.goto(f"{desk}/cases/{home.other_kinds['text']}", wait_until="networkidle")
    page.get_by_text("Show the text").click()
    page.wait_for_load_state("networkidle")


def spared(page: Page, desk: str, home: Home) -> None:  # noqa: ARG001 - as the others
    """The queue on a day without graphic things."""
    page.goto(f"{desk}/queue", wait_until="networkidle")


def second_factor(page: Page, desk: str, home: Home) -> None:  # noqa: ARG001 - as the others
    """The key that an app is given."""
    page.goto(f"{desk}/account", wait_until="networkidle")
    page.locator("#second-factor").get_by_label("Password now").fill(PASSWORD)
    page.get_by_role("button", name="Set up an app").click()
    page.wait_for_load_state("networkidle")


ACTS = {"keys": keys, "chosen": chosen, "text": text}
SPARED = {"spared": spared, "second-factor": second_factor}


@contextmanager
def opened(
    browser: Browser, served: Served, who: Person, view: View, **wishes: object
) -> Iterator[Page]:
    """A page in which this person is signed in and has chosen this language, these colours and what else they wish."""
    preferences = replace(who.preferences, theme=view.theme, language=view.language, **wishes)
    with served.door.app.memory.transaction() as stores:
        stores.people.save(replace(stores.people.find(who.id, lock=True), preferences=preferences))
    with client_of(served, who) as client:
        token = client.cookies[COOKIE]
    context = browser.new_context(
        viewport={"width": view.width, "height": view.height},
        has_touch=view.mark == "-phone",
        is_mobile=view.mark == "-phone",
        reduced_motion="reduce",
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
