"""A video that is known is found again, altered, with its times: from one command to the other."""

from itertools import chain

import pytest

from seawall.cli.where import where
from tests.cli.run import seawall
from tests.media.films import film, scene


def test_an_altered_copy_of_a_known_video_is_found_with_its_times(tmp_path):
    """Known: eight seconds. Uploaded: the same after five seconds of something else, coarser, in another format."""
    known, copy, stranger = (tmp_path / name for name in ("known.mp4", "copy.mkv", "other.mp4"))
    known.write_bytes(film(scene(1, 8)))
    copy.write_bytes(film(chain(scene(2, 5), scene(1, 8)), to="matroska", crf="34"))
    stranger.write_bytes(film(scene(3, 5)))
    home = tmp_path / "home"
    added = seawall(home, "bank", "add", "known", known, "--category", "terrorist-content")
    assert added.code == 0
    assert "characters, whole with --json" in added.out
    assert max(map(len, added.out.splitlines())) <= 200

    ran = seawall(home, "scan", copy, stranger, "--record", "--json")

    found = {line["path"].rpartition("/")[2]: line for line in ran.lines}
    assert found["other.mp4"]["measure"] == "allow"
    assert found["copy.mkv"]["kind"] == "video"
    (match,) = (each for each in found["copy.mkv"]["matches"] if each["signal_type"] == "vpdq")
    (segment,) = match["segments"]
    assert abs(segment["start"] - 5) < 0.5
    assert abs(segment["known_start"]) < 0.5
    assert match["known_share"] > 0.9
    assert where(match).endswith("= 0:00–0:07")
    assert found["copy.mkv"]["measure"] in ("hold", "block")

    shown = seawall(home, "case", "show", found["copy.mkv"]["case"]).out
    row = next(line for line in shown.splitlines() if "vpdq" in line)
    assert where(match) in row
    assert match["rule"] in row
    assert f"{match['known_share']:.0%}" in row
    assert where(match) in seawall(home, "match", copy).out


@pytest.mark.parametrize(
    ("known", "segments", "region", "told"),
    [
        ("pdq", [], None, ""),
        ("pdq", [], "without-border", "without-border"),
        ("chromaprint", [(12, 45, 0, 33)], None, "0:12–0:45 = 0:00–0:33"),
        ("vpdq", [(1, 2, 7, 8), (3600, 3725, 0, 125)], None, "1:00:00–1:02:05 = 0:00–2:05 +1"),
        ("text", [(188, 373, 3, 188)], None, "letters 189–373 = 4–188"),
        ("pdq", [(5, 9, 0, 0)], None, "0:05–0:09"),
        ("vpdq", [(0, 0, 61, 61)], None, "= 1:01"),
    ],
)
def test_a_column_says_where_something_known_is(known, segments, region, told):
    """The longest stretch and how many more there are, or the part of a picture."""
    names = ("start", "end", "known_start", "known_end")
    match = {
        "signal_type": known,
        "segments": [dict(zip(names, each, strict=True)) for each in segments],
        "region": {"kind": region} if region else None,
    }

    assert where(match) == told
