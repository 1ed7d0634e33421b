"""A folder's altered copies, looked for."""

from itertools import chain
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from seawall.errors import InputError
from seawall.media.limits import MediaLimits
from seawall.sandbox.sandbox import Sandbox
from seawall.workflows.alterations import chosen
from seawall.workflows.evaluate import LADDERS, Evaluation, Strangers, evaluate
from seawall.workflows.evaluation_charts import charts
from seawall.workflows.pictures import jpeg, landscape
from seawall.workflows.sounds import encoded, track
from seawall.workflows.video_alterations import Film, filmed, pan
from tests.cli.run import seawall


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """Two landscapes and something else, altered in two ways, against another landscape."""
    folder = tmp_path_factory.mktemp("evaluated")
    paths = []
    for seed in (2, 3, 4):
        path = folder / f"{seed}.jpg"
        path.write_bytes(jpeg(landscape(seed)))
        paths.append(str(path))
    (folder / "note.bin").write_bytes(bytes(range(256)))
    with Sandbox(MediaLimits(), workers=1, orientations=True) as sandbox:
        return evaluate(
            [*paths[:2], str(folder / "note.bin")],
            others=paths[2:],
            only=("pad", "scale", "crop"),
            sandbox=sandbox,
            seconds=iter(range(1000)).__next__,
        )


def test_copies_are_counted_by_alteration_and_strength(evaluated: Evaluation):
    """A smaller copy is found by the whole, a framed one only by the part within the frame."""
    rungs = {f"{each.alteration} {each.strength}": each for each in evaluated.rungs}

    assert evaluated.originals == 2
    assert {each.copies for each in evaluated.rungs} == {2}
    assert {each.found for each in evaluated.rungs if each.alteration != "crop"} == {2}
    assert rungs["scale to 50%"].found_whole == 2
    assert rungs["pad letterbox 30%"].found_whole == 0
    assert {each.milliseconds for each in evaluated.rungs} == {1000}


def test_crops_are_found_where_the_original_would_be_filed_with_them(evaluated: Evaluation):
    """So that whoever keeps a bank sees what `--crops` would bring."""
    (crop,) = (each for each in evaluated.rungs if each.strength == "80% centre")

    assert (crop.found, crop.found_with_crops) == (0, 2)


def test_every_kind_has_a_ladder(tmp_path: Path):
    """A video, a sound and a text, each altered in two ways and found again; kinds that lack a name are passed over."""
    (tmp_path / "a.mp4").write_bytes(
        filmed(Film(lambda: chain(pan(1, (320, 240), 40), pan(2, (320, 240), 40)), 10, 80))
    )
    (tmp_path / "a.mp3").write_bytes(encoded(track(3, 20)))
    (tmp_path / "a.txt").write_text(" ".join(f"the {n}th house by the river" for n in range(60)))
    with Sandbox(MediaLimits(), workers=1, orientations=True) as sandbox:
        found = evaluate(
            [str(path) for path in sorted(tmp_path.iterdir())],
            others=[str(tmp_path / "a.txt")],
            only=("loop", "change_volume", "change_case", "insert_in_longer"),
            sandbox=sandbox,
            seconds=iter(range(1000)).__next__,
        )

    assert {(each.kind, each.alteration) for each in found.rungs if each.found} == {
        ("video", "loop"),
        ("sound", "loop"),
        ("sound", "change_volume"),
        ("text", "change_case"),
        ("text", "insert_in_longer"),
    }
    assert {(each.matches, each.comparisons) for each in found.strangers} == {(1, 1)}


def test_what_cannot_be_altered_is_named(evaluated: Evaluation):
    """Never silently left out."""
    assert [Path(path).name for path, _ in evaluated.left_out] == ["note.bin"]
    assert all(reason.strip() for _, reason in evaluated.left_out)


def test_false_matches_are_counted_by_threshold(evaluated: Evaluation):
    """Each original against each other file, at its nearest."""
    assert Strangers(threshold=31, matches=0, comparisons=2) in evaluated.strangers


def test_charts_are_svg_with_a_bar_for_each_rung(evaluated: Evaluation):
    """They open anywhere, and say in words what they show."""
    drawn = dict(charts(evaluated))

    assert list(drawn) == ["recall-image.svg", "distance-image.svg", "false-matches.svg"]
    for text in drawn.values():
        assert ET.fromstring(text).find("{*}title") is not None  # noqa: S314 - our own
    everywhere = sum(each.found == each.copies for each in evaluated.rungs)
    assert drawn["recall-image.svg"].count("100%") == everywhere


def test_the_command_prints_a_table_and_writes_charts(tmp_path: Path):
    """From the shell to the files."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/one.jpg").write_bytes(jpeg(landscape(2)))

    ran = seawall(
        tmp_path / "home",
        "evaluate",
        tmp_path / "in",
        "--ladder",
        "hflip",
        "--svg",
        tmp_path / "out",
    )

    assert ran.code == 0
    assert "hflip" in ran.out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "distance-image.svg",
        "recall-image.svg",
    ]


def test_an_unknown_alteration_is_refused_with_those_there_are():
    """Before an hour is spent."""
    with pytest.raises(InputError, match="hflip"):
        chosen(LADDERS, ["nonsense"])


def test_one_unreadable_file_costs_only_itself(tmp_path: Path):
    """It is named, the others are counted, and the exit code says that something is missing."""
    for folder in ("in", "others"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.jpg").write_bytes(jpeg(landscape(len(folder))))
    (tmp_path / "others/gone.jpg").symlink_to(tmp_path / "nowhere.jpg")

    asked = ("evaluate", tmp_path / "in", "--others", tmp_path / "others", "--ladder", "hflip")
    ran = seawall(tmp_path / "home", *asked, "--json")

    assert ran.code == 3
    assert [Path(path).name for path, _ in ran.lines[0]["left_out"]] == ["gone.jpg"]
    assert ran.lines[0]["strangers"][0]["comparisons"] == 1
