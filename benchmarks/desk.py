"""
What does the first page of the desk cost a browser that has never been here?

    python -m benchmarks.desk [--rounds 9]

A real server over a home with a week of uploads and cases, Chromium, and a new context for each round: nothing is in
its cache. Bytes are what the network carried, headers included, of every request the page made; server is the time to
the first byte of the page; painted is the first contentful paint; loaded is the load event, both from when the page
was asked for. One word of text from the same server is the floor.
The figures are medians of the rounds; the largest stands behind them.
"""

import argparse
import os
import shutil
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from seawall.settings import ServerConfig
from seawall.web.console.session import COOKIE
from tests.web.console.people import browser as client_of
from tests.web.serving import Served, serving
from tools.desk_home import furnished

PAGES = (("one word", "/health/ready", None), ("sign-in", "/desk/sign-in", None))
TIMES = """() => {
    const [page] = performance.getEntriesByType("navigation");
    const [painted] = performance.getEntriesByName("first-contentful-paint");
    return {
        server: page.responseStart - page.requestStart,
        painted: painted ? painted.startTime : NaN,
        loaded: page.loadEventEnd,
    };
}"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    print(f"{'':10}{'requests':>10}{'kB':>16}{'server ms':>16}{'painted ms':>16}{'loaded ms':>16}")
    with (
        tempfile.TemporaryDirectory() as place,
        serving(Path(place), server=ServerConfig(organisation="tern")) as served,
        sync_playwright() as playwright,
    ):
        ada = furnished(served).ada
        with client_of(served, ada) as client:
            token = client.cookies[COOKIE]
        chromium = os.environ.get("SEAWALL_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, path, kept in (
            *PAGES,
            ("overview", "/desk", token),
            ("queue", "/desk/queue", token),
        ):
            opened_once(browser, served, path, kept)  # templates are compiled, the browser is warm
            found = [opened_once(browser, served, path, kept) for _ in range(rounds)]
            print(f"{name:10}{row(found)}")
        browser.close()


def opened_once(
    browser: Browser, served: Served, path: str, token: str | None
) -> Mapping[str, float]:
    """The page, opened by somebody new."""
    context: BrowserContext = browser.new_context(viewport={"width": 1280, "height": 720})
    if token is not None:
        context.add_cookies([{"name": COOKIE, "value": token, "url": served.url}])
    page = context.new_page()
    carried: list[float] = []
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: carried.append(event["encodedDataLength"]))
    page.goto(f"{served.url}{path}", wait_until="load")
    page.wait_for_timeout(150)  # the icon is asked for last
    times = page.evaluate(TIMES)
    context.close()
    return {"requests": len(carried), "kilobytes": sum(carried) / 1000, **times}


def row(found: list[Mapping[str, float]]) -> str:
    """Medians, and the largest in brackets."""
    cells = f"{max(each['requests'] for each in found):>10.0f}"
    for name in ("kilobytes", "server", "painted", "loaded"):
        values = [each[name] for each in found]
        cells += f"{statistics.median(values):>8.1f} ({max(values):.0f})".rjust(16)
    return cells


if __name__ == "__main__":
    main()
