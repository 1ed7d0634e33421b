"""`seawall case` and `seawall policy`, as a person at a terminal sees them."""

from seawall.errors import InputError, NotFound, WrongState
from tests.cli.run import seawall


def test_a_case_is_opened_ruled_on_and_taken_back(tmp_path):
    """Each answer leads to the next command."""
    put = ("policy", "put", "terror", "--title", "No terror", "--ground", "illegal: Article 2(7)")
    assert seawall(tmp_path, *put, "--json").lines[0]["version"] == 1
    assert seawall(tmp_path, *put, "--severity", 7, "--json").lines[0]["version"] == 2
    opened = seawall(tmp_path, "case", "open", "post 1", "--kind", "text", "--json").lines[0]
    assert [each["id"] for each in seawall(tmp_path, "case", "list", "--json").lines] == [
        opened["id"]
    ]

    ruled = seawall(
        tmp_path, "case", "rule", opened["id"], "remove", "--policy", "terror", "--json"
    ).lines[0]
    assert (ruled["decision"], ruled["policy_version"]) == ("remove", 2)
    assert seawall(tmp_path, "case", "undo", ruled["id"], "--json").lines[0]["undone_at"]

    shown = seawall(tmp_path, "case", "show", opened["id"])
    assert "text:post 1" in shown.out
    assert "remove" in shown.out
    assert (
        seawall(tmp_path, "policy", "show", "terror", "--version", 1, "--json").lines[0]["severity"]
        == 2
    )
    assert "No terror" in seawall(tmp_path, "policy", "list").out


def test_what_makes_no_sense_is_refused(tmp_path):
    """With the family of error that the exit code is made of."""
    opened = seawall(tmp_path, "case", "open", "user 7", "--kind", "user", "--json").lines[0]["id"]
    kept = ("case", "rule", opened, "keep")

    assert isinstance(seawall(tmp_path, *kept[:3], "burn").error, InputError)
    assert isinstance(seawall(tmp_path, *kept[:3], "remove").error, InputError)
    assert isinstance(seawall(tmp_path, "case", "open", "x", "--kind", "y").error, InputError)
    assert isinstance(seawall(tmp_path, "case", "list", "--status", "y").error, InputError)
    assert isinstance(seawall(tmp_path, "case", "show", "case_0").error, NotFound)
    assert isinstance(seawall(tmp_path, "policy", "show", "none").error, NotFound)
    assert seawall(tmp_path, *kept).code == 0
    assert isinstance(seawall(tmp_path, *kept).error, WrongState)
    bad = ("policy", "put", "p", "--title", "t", "--ground", "whim: mine")
    assert isinstance(seawall(tmp_path, *bad).error, InputError)
