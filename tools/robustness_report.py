"""
Write docs/reference/robustness.md: which altered copies are found, of what code makes and of the shared test data.

    python -m tools.robustness_report [--pictures 10] [--videos 2] [--sounds 3] [--texts 12]

It is `seawall evaluate`, once over photos, videos, sounds and texts made here against others made here, and once over
the photos and videos of ../shared/data where they are. Charts go beside the page.
"""

import argparse
import os
import platform
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from random import Random
from time import perf_counter

from benchmarks.paragraphs import TONGUES, paragraphs
from seawall.media.limits import MediaLimits
from seawall.sandbox.sandbox import Sandbox
from seawall.workflows.evaluate import Evaluation, Rung, evaluate
from seawall.workflows.evaluation_charts import charts
from seawall.workflows.photo_alterations import ORIGINAL
from seawall.workflows.pictures import jpeg, landscape
from seawall.workflows.sounds import encoded, track
from seawall.workflows.video_alterations import Film, filmed, pan

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/robustness.md"
CHARTS = ROOT / "docs/reference/robustness"
SHARED = ROOT.parent / "shared/data"
KINDS = {"image": "Photos", "video": "Videos", "sound": "Sounds", "text": "Texts"}
OTHERS = 500  # from this number on, what is made shows something else


def main() -> None:
    """Make, evaluate, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    for name, count in (("pictures", 10), ("videos", 2), ("sounds", 3), ("texts", 12)):
        parser.add_argument(f"--{name}", type=int, default=count)
    counts = vars(parser.parse_args())
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox(MediaLimits(), workers=1, orientations=True) as sandbox,
    ):
        ours = list(made(Path(folder), 0, counts))
        others = list(made(Path(folder), OTHERS, counts))
        own = evaluate(ours, others=others, sandbox=sandbox, seconds=perf_counter)
        paths = [*shared()]
        given = evaluate(paths, sandbox=sandbox, seconds=perf_counter) if paths else None
    CHARTS.mkdir(exist_ok=True)
    for name, drawn in charts(own):
        (CHARTS / name).write_text(drawn, encoding="utf-8")
    PAGE.write_text("\n".join(page(own, given)) + "\n", encoding="utf-8")


def made(folder: Path, first: int, counts: dict[str, int]) -> Iterator[str]:
    """Files made by code, by consecutive numbers."""
    for number in range(first, first + counts["pictures"]):
        yield kept(folder / f"{number}.jpg", jpeg(landscape(number), quality=ORIGINAL))
    for number in range(first, first + counts["videos"]):
        yield kept(folder / f"{number}.mp4", filmed(film(number)))
    for number in range(first, first + counts["sounds"]):
        yield kept(folder / f"{number}.mp3", encoded(track(number, 60), bit_rate=128_000))
    for number in range(first, first + counts["texts"]):
        text = next(paragraphs(TONGUES[number % len(TONGUES)], Random(number)))  # noqa: S311 - repeatable, and hides nothing
        yield kept(folder / f"{number}.txt", text.encode())


def film(number: int) -> Film:
    """Two scenes of six seconds, 10 pictures a second."""
    scenes = range(number * 10, number * 10 + 2)
    return Film(
        lambda: chain.from_iterable(pan(scene, (640, 360), 60) for scene in scenes), 10, 120
    )


def kept(path: Path, data: bytes) -> str:
    """The path, with the bytes in it."""
    path.write_bytes(data)
    return str(path)


def shared() -> Iterator[str]:
    """One photo and one video for each subject of the shared data, as far as it is here."""
    images = ("bridge-mods/aaa-orig.jpg", "exif/exif-rotn-1.jpg", "small.jpg")
    videos = ("chair-orig-22-sd-bar.mp4", "pattern-hd-no-bar.mp4", "test-padded-dimensions.mp4")
    names = (*(f"images/{name}" for name in images), *(f"video/{name}" for name in videos))
    yield from (str(SHARED / name) for name in names if (SHARED / name).exists())


def page(own: Evaluation, given: Evaluation | None) -> Iterator[str]:
    """The lines of the page."""
    yield "# Robustness"
    yield ""
    yield (
        "Which altered copies are found: what [`seawall evaluate`](../howto/evaluate-altered-copies.md) says of "
        "material this project makes itself, and of a few files of the shared test data. Written by "
        "`python -m tools.robustness_report`; run `seawall evaluate` on your own files, for yours are different."
    )
    yield ""
    yield f"{datetime.now(UTC):%d %B %Y}; {machine()}. Found means within {own.near} bits of 256."
    for kind, title in KINDS.items():
        rungs = [rung for rung in own.rungs if rung.kind == kind]
        if rungs:
            yield from ("", f"## {title}", "", f"{rungs[0].copies} made by code.", "")
            yield f"![Share found, by alteration](robustness/recall-{kind}.svg)"
            yield f"![Median distance, by alteration](robustness/distance-{kind}.svg)"
            yield from table(rungs, cropped=kind == "image")
    yield from ("", "## False matches", "")
    yield f"Each of these {own.originals} against as many others of its kind:"
    yield from ("", "| within, bits | pairs that match | of |", "| --- | --- | --- |")
    for each in own.strangers:
        yield f"| {each.threshold} | {each.matches} | {each.comparisons} |"
    if given:
        yield from ("", "## The shared test data")
        if given.left_out:
            left = "; ".join(f"`{Path(path).name}` ({reason})" for path, reason in given.left_out)
            yield from ("", f"Left out: {left}.")
        for kind, title in KINDS.items():
            rungs = [rung for rung in given.rungs if rung.kind == kind]
            if rungs:
                yield from ("", f"### {title} of the shared data", "")
                yield f"{rungs[0].copies}, from `shared/data`."
                yield from table(rungs, cropped=kind == "image")


def table(rungs: list[Rung], *, cropped: bool) -> Iterator[str]:
    """A row for each rung."""
    head = ["alteration", "strength", "found", "by the whole", "median distance", "ms a copy"]
    yield ""
    yield f"| {' | '.join([*head, *(['crops filed'] if cropped else [])])} |"
    yield "|" + " --- |" * (len(head) + cropped)
    for rung in rungs:
        shares = [f"{each / rung.copies:.0%}" for each in (rung.found, rung.found_whole)]
        distance = "" if rung.median_distance is None else f"{rung.median_distance:g}"
        cells = [
            f"`{rung.alteration}`",
            rung.strength,
            *shares,
            distance,
            f"{rung.milliseconds:.0f}",
        ]
        if cropped:
            cells.append(f"{rung.found_with_crops / rung.copies:.0%}")
        yield f"| {' | '.join(cells)} |"


def machine() -> str:
    """What it ran on, in words."""
    return f"{os.cpu_count()} cores of {platform.machine()}, shared with other work, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
