"""The same commands, asked of a server."""

import json

from benchmarks.server import running
from seawall.workflows.pictures import ALTERATIONS, jpeg, landscape
from tests.cli.run import seawall
from tests.made import pdq


def test_commands_speak_to_a_server_as_to_a_home(tmp_path):
    """What a person types at the machine can be typed from elsewhere, with a key."""
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    (tmp_path / "known.jpg").write_bytes(jpeg(landscape(1)))
    (tmp_path / "copy.jpg").write_bytes(ALTERATIONS["mirrored"](landscape(1)))
    (tmp_path / "list.ndjson").write_text(
        json.dumps({"signal_type": "pdq", "value": pdq(3).value})
        + "\n"
        + '{"signal_type": "pdq"}\n'
    )
    admin = seawall(home, "init", "--json").lines[0]["key"]
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
        (found,) = ask("scan", tmp_path / "copy.jpg", "--json").lines
        assert found["measure"] in ("hold", "block")
        assert found["matches"][0]["orientation"] == "mirror"
        (hashed,) = ask("hash", tmp_path / "known.jpg", "--json").lines
        assert hashed["signals"][0]["type"] == "pdq"
        imported = ask("bank", "import", "lists", tmp_path / "list.ndjson", "--json")
        assert imported.lines[-1] == {"bank": "lists", "added": 1, "bad": 1}
        assert pdq(3).value in ask("bank", "export", "lists").out
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
    assert not (elsewhere / "seawall.db").exists()
