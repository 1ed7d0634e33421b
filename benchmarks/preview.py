"""
What does it cost to keep a photo for a case and to show its first preview, against screening it?

    python -m benchmarks.preview [--rounds 15]

Screening is what an upload costs without HTTP: the worker's fingerprint, the look-up, and the commit. Keeping is the
sealed file, waited for until the disk has it, and the row in a commit of its own (in a request it shares the upload's).
Showing is what a page asks for: the file opened, the worker's pixels at level 0, our JPEG. SQLite, one worker, each
once untimed and then timed in turn; the figures are medians, and the shares of screening the answer.
"""

import argparse
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

from PIL import Image

from benchmarks.pdq import QUALITY, SIZES, in_turn, photo
from seawall.app import App, open_app
from seawall.cases.exposure import Viewer
from seawall.clock import now
from seawall.policy.measure import Measure
from seawall.sandbox.sandbox import Sandbox
from seawall.settings import Settings
from seawall.storage.uploads import Upload
from seawall.workflows.sealing import keep_media, preview, remember_media
from seawall.workflows.upload import Context, remember_upload, screen_upload


def screened(data: bytes, app: App, sandbox: Sandbox) -> Upload:
    """An upload with its verdict, remembered."""
    found = sandbox.fingerprint(data)
    upload = screen_upload(
        found, Context(), knowledge=app.knowledge, chance=random.random(), now=now()
    )
    with app.memory.transaction() as stores:
        remember_upload(upload, stores=stores, keep_ledger=True)
    return upload


def kept(data: bytes, upload: Upload, app: App) -> str:
    """The id of what was kept of it."""
    held = replace(upload, verdict=replace(upload.verdict, measure=Measure.HOLD))
    media = keep_media(data, held, safe=app.safe)
    assert media is not None, "this home keeps media"
    assert media.missing is None, media.missing
    with app.memory.transaction() as stores:
        remember_media(media, stores=stores, by="benchmark")
    return media.id


def shown(ident: str, app: App, sandbox: Sandbox) -> bytes:
    """Its first preview."""
    return preview(
        ident,
        viewer=Viewer(id="benchmark"),
        safe=app.safe,
        sandbox=sandbox,
        memory=app.memory,
        now=now(),
    )


@contextmanager
def opened() -> Iterator[tuple[App, Sandbox]]:
    """A home of its own, and a worker."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        with (
            Sandbox(settings.media, workers=1, orientations=True) as sandbox,
            open_app(settings) as app,
        ):
            yield app, sandbox


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    print(f"{'':8}{'screen':>10}{'keep':>10}{'preview':>10}{'both, of screening':>20}")
    with opened() as (app, sandbox):
        for name, size in SIZES.items():
            file = BytesIO()
            photo().resize(size, Image.Resampling.BOX).save(file, "JPEG", quality=QUALITY)
            data = file.getvalue()
            upload = screened(data, app, sandbox)
            ident = kept(data, upload, app)
            tasks = (
                partial(screened, data, app, sandbox),
                partial(kept, data, upload, app),
                partial(shown, ident, app, sandbox),
            )
            screening, keeping, showing = in_turn(rounds, *tasks)
            times = "".join(f"{each * 1e3:8.1f}ms" for each in (screening, keeping, showing))
            print(f"{name:8}{times}{(keeping + showing) / screening:20.2f}")


if __name__ == "__main__":
    main()
