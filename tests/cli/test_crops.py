"""A picture that is known with its crops is found when a part of it is uploaded: from one command to the other."""

from random import Random

from seawall.workflows.photo_alterations import crop
from seawall.workflows.pictures import jpeg, landscape
from tests.cli.run import seawall


def test_a_crop_of_a_known_picture_is_found_as_a_part_of_it(tmp_path):
    """One entry holds all crops; without `--crops` the same copy is a stranger."""
    known, copy = tmp_path / "known.jpg", tmp_path / "copy.jpg"
    known.write_bytes(jpeg(landscape(7)))
    copy.write_bytes(jpeg(crop(landscape(7), Random(1), keep=0.7, where="corner")))
    home = tmp_path / "home"
    add = ("bank", "add", "known", known, "--category", "terrorist-content", "--json")
    assert "pdq_crops" not in {each["signal_type"] for each in seawall(home, *add).lines}
    assert not seawall(home, "scan", copy, "--json").lines[0]["matches"]

    added = seawall(home, *add, "--crops").lines
    (line,) = seawall(home, "scan", copy, "--json").lines

    assert [each["signal_type"] for each in added].count("pdq_crops") == 1
    (match,) = line["matches"]
    assert (match["signal_type"], match["known_share"]) == ("pdq_crops", 0.49)
    assert line["measure"] in ("hold", "block")
