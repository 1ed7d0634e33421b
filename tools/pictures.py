"""
The pictures of the README, made from the real thing: `python tools/pictures.py`.

    seawall demo ─▶ docs/pictures/demo.svg
    seawall serve ─▶ its page in a browser, a photo dropped on it ─▶ docs/pictures/page-*.png

It needs a Chromium (`SEAWALL_CHROMIUM` names it, or it is on the path) and the packages of `requirements/check.txt`.
"""

import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from seawall.cli import output
from seawall.cli.demo import demo
from seawall.workflows.pictures import ALTERATIONS, landscape

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SEAWALL = str(Path(sys.executable).with_name("seawall"))
COLUMNS = 112
COLOURS = 128  # of a screenshot, so that it stays small
VIEWS = {  # name: width, height, colour scheme
    "page-light": (1280, 720, "light"),
    "page-dark": (1280, 720, "dark"),
    "page-phone": (390, 844, "light"),
}


def main() -> None:
    """Make every picture anew."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        draw_terminal(home)
        photo = home / "a photo, captioned.jpg"
        photo.write_bytes(ALTERATIONS["captioned"](landscape(101)))
        with served(home / "demo") as url, sync_playwright() as playwright:
            key = said(
                "key", "create", "page", "--scope", "hash,screen,uploads,banks:read", home=home
            )
            chromium = os.environ.get("SEAWALL_CHROMIUM") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            warm_up(url, key, photo)
            for name, (width, height, scheme) in VIEWS.items():
                shoot(browser, f"{url}/#key={key}", photo, name, width, height, scheme)
            browser.close()


def draw_terminal(home: Path) -> None:
    """What `seawall demo` prints, as an SVG."""
    screen = Console(
        record=True, width=COLUMNS, highlight=False, force_terminal=True, file=io.StringIO()
    )
    output.out = screen
    demo(home=home, port=None, page=False)
    # Rich would have the reader's browser fetch a font from elsewhere.
    plain = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    screen.save_svg(
        str(PICTURES / "demo.svg"), title="seawall demo", code_format=plain, unique_id="demo"
    )


def shoot(
    browser: Browser, address: str, photo: Path, name: str, width: int, height: int, scheme: str
) -> None:
    """The page with an answer on it, as a PNG of few colours."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(address)
    page.set_input_files("#file", str(photo))
    page.wait_for_selector("#answer .verdict")
    page.wait_for_load_state("networkidle")
    if width < 600:  # the answer stands below the question there
        page.evaluate("document.getElementById('answer').scrollIntoView()")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS).save(PICTURES / f"{name}.png", optimize=True)
    context.close()


@contextmanager
def served(home: Path) -> Iterator[str]:
    """A running server over this home, and where it is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(  # noqa: S603 - our own command
        [SEAWALL, "serve", "--home", str(home), "--port", str(port)], stderr=subprocess.DEVNULL
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/health/ready")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def warm_up(url: str, key: str, photo: Path) -> None:
    """Have the decoders loaded, so that the picture shows the time of an ordinary answer."""
    headers = {"Authorization": f"Bearer {key}"}
    for _ in range(4):
        with photo.open("rb") as file:
            httpx.post(f"{url}/v1/hash", headers=headers, files={"file": file}, timeout=60)


def wait_for(address: str) -> None:
    """Return once the address answers."""
    for _ in range(300):
        try:
            if httpx.get(address).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    sys.exit(f"{address} does not answer.")


def said(*command: str, home: Path) -> str:
    """What a command prints."""
    full = [SEAWALL, *command, "--home", str(home / "demo")]
    return subprocess.run(full, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - ours


if __name__ == "__main__":
    main()
