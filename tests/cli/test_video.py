"""A video that is known is found again, altered, with its times: from one command to the other."""

from itertools import chain

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

    ran = seawall(home, "scan", copy, stranger, "--json")

    found = {line["path"].rpartition("/")[2]: line for line in ran.lines}
    assert found["other.mp4"]["measure"] == "allow"
    assert found["copy.mkv"]["kind"] == "video"
    (match,) = (each for each in found["copy.mkv"]["matches"] if each["signal_type"] == "vpdq")
    (segment,) = match["segments"]
    assert abs(segment["start"] - 5) < 0.5
    assert abs(segment["known_start"]) < 0.5
    assert match["known_share"] > 0.9
    assert found["copy.mkv"]["measure"] in ("hold", "block")
