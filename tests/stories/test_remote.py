"""The same commands, asked of a server."""

import json

from benchmarks.server import running
from seawall.cli import remote
from seawall.media.limits import MIB
from seawall.workflows.pictures import ALTERATIONS, jpeg, landscape
from tests.cli.run import seawall
from tests.made import pdq
from tests.media.films import film, scene


def test_commands_speak_to_a_server_as_to_a_home(tmp_path, monkeypatch):
    """What a person types at the machine can be typed from elsewhere, with a key."""
    monkeypatch.setattr(remote, "ASK_EVERY", 0.05)
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    (tmp_path / "known.jpg").write_bytes(jpeg(landscape(1)))
    (tmp_path / "copy.jpg").write_bytes(ALTERATIONS["mirrored"](landscape(1)))
    (tmp_path / "list.ndjson").write_text(
        json.dumps({"signal_type": "pdq", "value": pdq(3).value})
        + "\n"
        + '{"signal_type": "pdq"}\n'
    )
    admin = seawall(home, "init", "--json").lines[0]["key"]
    (home / "seawall.toml").write_text("[media]\nmax_bytes = 900_000\n")
    with running(home) as server:

        def ask(*words):
            return seawall(elsewhere, *words, "--server", server.url, "--key", admin)

        added = ask("bank", "add", "known", tmp_path / "known.jpg", str(pdq(1)), "--json")
        assert [line["signal_type"] for line in added.lines] == [
            "pdq",
            "pdq",
            "md5",
            "sha1",
            "sha256",
        ]
        assert ask("bank", "list", "--json").lines[0]["entries"] == 5
        assert len(ask("bank", "show", "known", "--limit", 2, "--json").lines) == 2
        assert ask("match", str(pdq(1))).code == 1
        passage = "Some words of a leaflet that goes from hand to hand."
        filed = ask("bank", "add", "leaflets", "--text", passage, "--crops", "--json").lines
        assert "text_sha256" in [line["signal_type"] for line in filed]
        told = ask("match", "--text", passage, "--json")
        assert (told.code, told.lines[0]["matches"][0]["bank"]) == (1, "leaflets")
        (found,) = ask("scan", tmp_path / "copy.jpg", "--json").lines
        assert found["measure"] in ("hold", "block")
        assert found["matches"][0]["orientation"] == "mirror"
        (hashed,) = ask("hash", tmp_path / "known.jpg", "--json").lines
        assert hashed["signals"][0]["type"] == "pdq"
        imported = ask("bank", "import", "lists", tmp_path / "list.ndjson", "--json")
        assert imported.lines[-1] == {"bank": "lists", "added": 1, "bad": 1}
        assert pdq(3).value in ask("bank", "export", "lists").out
        (tmp_path / "list.txt").write_text(f"pdq {pdq(4).value}\n")
        assert ask("bank", "import", "theirs", tmp_path / "list.txt").code == 0
        theirs = ask("bank", "export", "theirs", "--threatexchange").out
        assert theirs == f"pdq {pdq(4).value}\n"
        assert ask("rule", "put", "mild", "label", "--json").lines[0]["measure"] == "label"
        assert ask("rule", "put", "mild", "block", "--replay", "--json").lines[0]["uploads"] == 1
        assert "mild" in ask("rule", "list").out
        assert ask("rule", "remove", "mild").code == 0
        assert len(ask("rule", "categories", "--json").lines) == 99
        made = ask("key", "create", "app", "--scope", "match", "--json").lines[0]
        assert ask("key", "revoke", made["id"]).code == 0
        assert ask("bank", "disable", "known").code == 0
        assert ask("bank", "remove", "known", added.lines[0]["id"]).code == 0
        assert ask("audit", "list", "--json", "--limit", 500).lines
        assert ask("audit", "verify").code == 0
        assert ask("person", "invite", "bo", "--role", "lead").out.startswith("swp_")
        assert ask("person", "list", "--json").lines == []
        assert "no person" in str(ask("person", "disable", "nobody").error)
        refused = seawall(elsewhere, "bank", "list", "--server", server.url, "--key", made["key"])
        assert "revoked" in str(refused.error)
        scan_a_film(ask, tmp_path)
        rule_on_a_case(ask)
    assert not (elsewhere / "seawall.db").exists()


def scan_a_film(ask, folder):
    """It is larger than what the server answers while one waits, so it is screened in the background."""
    known, longer, padding = folder / "known.mp4", folder / "longer.mp4", 2 * MIB
    known.write_bytes(film(scene(1, 8)))
    longer.write_bytes(known.read_bytes() + padding.to_bytes(4) + b"free" + bytes(padding - 8))
    assert ask("bank", "add", "films", known).code == 0

    ran = ask("scan", longer, "--json")

    (found,) = ran.lines
    assert (ran.code, found["kind"], found["error"]) == (1, "video", None)
    assert [match["signal_type"] for match in found["matches"]] == ["vpdq"]
    assert "1 file" in ran.err


def rule_on_a_case(ask):
    """Every command about cases, policies and what is kept for them."""
    ground = ("--title", "No terror", "--ground", "illegal: Article 2(7)")
    assert ask("policy", "put", "terror", *ground, "--json").lines[0]["version"] == 1
    assert ask("policy", "show", "terror", "--json").lines == ask("policy", "list", "--json").lines
    link = "https://bad.example/?utm_source=x"
    case = ask("case", "open", link, "--kind", "link", "--json").lines[0]
    assert case["items"][0]["signals"] == ["url:https://bad.example/"]
    ident = case["id"]
    assert ask("case", "list", "--queue", "by-hand", "--json").lines[0]["id"] == ident
    mine = ask("case", "next", "--queue", "by-hand", "--as", "ann", "--json")
    assert mine.lines[0]["claimed_by"] == "ann"
    assert ask("case", "hold", ident, "--reason", "law", "--as", "ann").code == 0
    for words in (("skip",), ("release",), ("hand-off", "bob")):
        act, *to = words
        assert ask("case", "claim", ident, "--as", "ann").code == 0
        assert ask("case", act, ident, *to, "--as", "ann").code == 0
    ruled = ask("case", "rule", ident, "remove", "--policy", "terror", "--as", "bob", "--json")
    (ruling,) = ruled.lines
    assert "nobody's approval" in str(ask("case", "approve", ruling["id"]).error)
    assert "nobody's approval" in str(ask("case", "refuse", ruling["id"]).error)
    assert "not in force" in str(ask("case", "restore", ruling["id"]).error)
    assert ask("case", "undo", ruling["id"], "--as", "bob", "--json").lines[0]["undone_at"]
    assert "No one earlier" in str(ask("case", "confirm", ident, "--as", "bob").error)
    assert "The last item" in str(
        ask("case", "take-out", ident, f"link:{link}", "--as", "bob").error
    )
    assert "remove" in ask("case", "show", ident).out
    assert ask("media", "list", "--json").code == 0
    assert "no kept media" in str(ask("media", "delete", "med_0", "--reason", "order 7").error)
