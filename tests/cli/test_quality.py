"""`seawall quality` and `seawall golden`, as a person at a terminal sees them."""

from seawall.errors import InputError, NotFound
from tests.cli.run import seawall


def test_golden_items_are_put_listed_and_removed(tmp_path):
    """And the figures say that there is nothing to count yet."""
    put = ("policy", "put", "terror", "--title", "No terror", "--ground", "illegal: Article 2(7)")
    assert seawall(tmp_path, *put).code == 0
    item = ("golden", "put", "--item", "text 1", "--policy", "terror", "--why", "News.")
    assert isinstance(seawall(tmp_path, *item, "--decision", "burn").error, InputError)
    assert isinstance(seawall(tmp_path, *item, "--decision", "keep").error, InputError)
    made = seawall(tmp_path, *item, "--decision", "keep", "--queue", "texts", "--json").lines[0]
    assert seawall(tmp_path, "golden", "list", "--json").lines == [made]
    assert (made["decision"], made["rests"]) == ("keep", False)

    assert seawall(tmp_path, "golden", "remove", made["id"]).code == 0
    assert isinstance(seawall(tmp_path, "golden", "remove", made["id"]).error, NotFound)
    assert "no golden item" in seawall(tmp_path, "golden", "list").err
    assert "Nobody has decided" in seawall(tmp_path, "quality").err
    assert seawall(tmp_path, "quality", "--json").lines[0]["people"] == []
