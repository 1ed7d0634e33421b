"""Every command on the embedded default, without a server."""

import csv
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from seawall.banks.entry import Shared
from seawall.errors import InputError, NotFound, RuleError
from seawall.storage.memory import Memory
from seawall.workflows.pictures import ALTERATIONS, jpeg, landscape
from tests.cli.run import seawall
from tests.made import flipped, pdq, sound, video, words


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """A folder with a picture, copies of it, a stranger and something torn."""
    folder = tmp_path_factory.mktemp("pictures")
    for name in ("saved again, badly", "mirrored", "64 colours"):
        (folder / f"{name.replace(', ', ' ')}.img").write_bytes(ALTERATIONS[name](landscape(1)))
    (folder / "original.jpg").write_bytes(jpeg(landscape(1)))
    (folder / "stranger.jpg").write_bytes(jpeg(landscape(2)))
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory, pictures) -> Path:
    """A home in which the original is known."""
    place = tmp_path_factory.mktemp("home")
    added = seawall(
        place, "bank", "add", "known", pictures / "original.jpg", "--category", "terrorist-content"
    )
    assert added.code == 0
    return place


def test_hash_prints_what_others_script_against(home, pictures):
    """One object a line: path, kind, signals with quality, what has no signal, error."""
    ran = seawall(home, "hash", pictures / "original.jpg", "--json")

    (document,) = ran.lines
    assert ran.code == 0
    assert set(document) == {"path", "kind", "signals", "no_signal", "error"}
    assert (document["kind"], document["no_signal"], document["error"]) == ("image", [], None)
    assert [signal["type"] for signal in document["signals"]] == ["pdq", "md5", "sha1", "sha256"]
    assert len(document["signals"][0]["value"]) == 64
    assert 50 <= document["signals"][0]["quality"] <= 100


def test_scan_finds_every_copy_and_no_stranger(home, pictures):
    """Exit code 1 says that something was found; every line tells how near and which way turned."""
    ran = seawall(home, "scan", pictures, "--json")
    found = {Path(line["path"]).name: line for line in ran.lines}

    assert ran.code == 1
    assert {name: line["measure"] for name, line in found.items()} == {
        "original.jpg": "block",
        "saved again badly.img": found["saved again badly.img"]["measure"],
        "mirrored.img": found["mirrored.img"]["measure"],
        "64 colours.img": found["64 colours.img"]["measure"],
        "stranger.jpg": "allow",
    }
    for name in ("saved again badly.img", "mirrored.img", "64 colours.img"):
        assert found[name]["measure"] in ("hold", "block")
    match = found["mirrored.img"]["matches"][0]
    assert match["orientation"] == "mirror"
    assert match["distance"] <= 31
    assert (match["signal_type"], match["bank"], match["categories"]) == (
        "pdq",
        "known",
        ["terrorist-content"],
    )
    assert match["rule"] in ("known-nearly", "known-exactly")


def test_scan_reads_patterns_lists_and_stdin(home, pictures, tmp_path):
    """And links."""
    listed = tmp_path / "list.txt"
    listed.write_text(f"{pictures / 'stranger.jpg'}\n{pictures / 'gone.jpg'}\n")

    pattern = seawall(home, "scan", f"{pictures}/**/*.jpg", "--json")
    from_list = seawall(home, "scan", "--files-from", listed, "--json")
    from_stdin = seawall(home, "scan", "-", "--json", stdin=f"{pictures / 'stranger.jpg'}\n")
    link = seawall(home, "scan", "https://example.org/a", "--json")

    assert [Path(line["path"]).name for line in pattern.lines] == ["original.jpg", "stranger.jpg"]
    assert [line["measure"] for line in from_list.lines] == ["allow", None]
    assert "gone.jpg" in from_list.lines[1]["error"]
    assert from_list.code == 3
    assert [line["measure"] for line in from_stdin.lines] == ["allow"]
    assert [line["measure"] for line in link.lines] == ["allow"]


def test_what_cannot_be_screened_is_held_and_said(home, tmp_path):
    """Exit code 3: not all of it could be done. Nothing passes because it is broken."""
    torn = tmp_path / "torn.jpg"
    torn.write_bytes(jpeg(landscape(3))[:5000])
    ran = seawall(home, "scan", torn, "--json")

    assert ran.code == 3
    assert ran.lines[0]["measure"] == "hold"
    assert ran.lines[0]["error"]
    assert [each["what"] for each in ran.lines[0]["not_screened"]] == ["pdq"]
    assert "1 hold" in seawall(home, "scan", torn).err


def test_a_kind_that_cannot_be_looked_into_is_not_let_through_in_silence(home, tmp_path):
    """Its exact digests are compared; the verdict says that this was all, and holds."""
    file = tmp_path / "archive.zip"
    file.write_bytes(b"PK\x03\x04" + bytes(range(256)))
    (line,) = seawall(home, "scan", file, "--json").lines

    assert (line["kind"], line["measure"]) == ("other", "hold")
    assert [(each["what"], each["cause"]) for each in line["not_screened"]] == [
        ("pdq", "unsupported")
    ]


def test_a_scan_goes_on_where_it_was_interrupted(home, pictures):
    """What was reported is not reported twice, and still counts; a finished scan leaves no journal."""
    from seawall.workflows.journal import Journal, Line, stamp

    first = str(pictures / "64 colours.img")
    size, changed = stamp(first)
    journal = Journal(home, [str(pictures), "", "None"])
    journal.path.parent.mkdir(exist_ok=True)
    line = {
        "path": first,
        "size": size,
        "changed": changed,
        "measure": "hold",
        "found": True,
        "failed": False,
    }
    journal.path.write_text(json.dumps(line) + '\n{"path": "cut sho')

    assert journal.read() == {first: Line(**line)}
    ran = seawall(home, "scan", pictures, "--resume", "--json")

    assert len(ran.lines) == 4
    assert "5 files" in ran.err
    assert "4 matched" in ran.err
    assert not journal.path.exists()


def test_match_looks_a_signal_up(home, pictures):
    """From the arguments or stdin; exit code 1 when it is known."""
    (signal,) = [
        s["value"]
        for s in seawall(home, "hash", pictures / "original.jpg", "--json").lines[0]["signals"]
    ][:1]
    near = flipped(pdq(), 0).__class__("pdq", signal)
    asked = str(flipped(near, 5))

    known = seawall(home, "match", asked, "--json")
    unknown = seawall(home, "match", "-", "--json", "--max-distance", 4, stdin=f"{asked}\n\n")

    assert known.code == 1
    assert [match["distance"] for match in known.lines[0]["matches"]] == [5]
    assert (unknown.code, unknown.lines[0]["matches"]) == (0, [])
    assert "terrorist-content" in seawall(home, "match", asked).out


def test_a_bank_is_filled_shown_searched_switched_off_and_emptied(tmp_path):
    """The whole life of a bank at a terminal."""
    signal = str(pdq(7))
    seawall(tmp_path, "bank", "create", "mine", "--owner", "alpha", "--description", "ours")
    added = seawall(
        tmp_path,
        "bank",
        "add",
        "mine",
        signal,
        "https://example.org/x",
        "--note",
        "seen",
        "--json",
        "--expires",
        "90d",
    )

    assert [line["signal_type"] for line in added.lines] == ["pdq", "url"]
    assert added.lines[0]["vouchers"] == ["alpha"]
    assert seawall(tmp_path, "bank", "list", "--json").lines[0]["entries"] == 2
    assert (
        len(seawall(tmp_path, "bank", "show", "mine", "--search", "example", "--json").lines) == 1
    )
    assert seawall(tmp_path, "match", signal).code == 1
    seawall(tmp_path, "bank", "disable", "mine")
    assert seawall(tmp_path, "match", signal).code == 0
    seawall(tmp_path, "bank", "enable", "mine")
    assert seawall(tmp_path, "match", signal).code == 1
    seawall(tmp_path, "bank", "remove", "mine", added.lines[0]["id"])
    assert seawall(tmp_path, "match", signal).code == 0
    assert isinstance(seawall(tmp_path, "bank", "show", "nobody").error, NotFound)


def test_an_import_keeps_good_lines_and_names_bad_ones(tmp_path):
    """And an export is an import again."""
    file = tmp_path / "list.csv"
    file.write_text(
        "signal_type,value,categories,note\n"
        f"pdq,{pdq(1).value.upper()},terrorist-content;hate-speech,first\n"
        "pdq,not a code,,\n"
        f"md5,{'a' * 32},,\n"
        f"pdq,{pdq(2).value},no-such-category,\n"
        "url,HTTP://Example.org:80/x#y,,\n"
        "photodna,abc,,\n"
        f"pdq,{pdq(3).value},,,one,cell,too,many,here\n"
    )
    ran = seawall(tmp_path / "h", "bank", "import", "lists", file, "--json")

    assert ran.code == 3
    assert [line.get("line") for line in ran.lines] == [3, 5, 7, 8, None]
    assert ran.lines[-1] == {"bank": "lists", "added": 3, "bad": 4}

    exported = seawall(tmp_path / "h", "bank", "export", "lists").out
    rows = list(csv.DictReader(io.StringIO(exported)))
    assert [(row["signal_type"], row["value"]) for row in rows] == [
        ("pdq", pdq(1).value),
        ("md5", "a" * 32),
        ("url", "https://example.org/x"),
    ]
    assert rows[0]["categories"] == "hate-speech;terrorist-content"
    again = tmp_path / "again.ndjson"
    again.write_text(seawall(tmp_path / "h", "bank", "export", "lists", "--ndjson").out)
    assert (
        seawall(tmp_path / "h", "bank", "import", "copy", again, "--json").lines[-1]["added"] == 3
    )


def test_an_entry_that_was_off_stays_off_when_it_moves(tmp_path):
    """An export into another home does not bring it back to life."""
    file = tmp_path / "list.csv"
    file.write_text(
        f"signal_type,value,enabled\npdq,{pdq(1).value},false\npdq,{pdq(2).value},perhaps\n"
    )
    ran = seawall(tmp_path, "bank", "import", "b", file, "--json")

    assert ran.lines[0]["error"] == "enabled is true or false; this is 'perhaps'."
    assert seawall(tmp_path, "match", str(pdq(1))).code == 0
    assert seawall(tmp_path, "bank", "export", "b").out.splitlines()[1].endswith("false")


def test_a_list_of_python_threatexchange_comes_in_and_goes_out(tmp_path):
    """A type and a signal on each line, whatever their length; of a raw text what it is known by."""
    film = video(*map(pdq, range(7200)))
    frames = json.dumps(film.value.split(";"))
    file = tmp_path / "list.txt"
    lines = [f"pdq {pdq(1).value}", f"vpdq {frames}", "", f"video_md5 {'a' * 32}", "trend_query {}"]
    file.write_text("\n".join([*lines, "raw_text Meet us at noon", f"HASH_SHA1 {'b' * 40}"]))

    ran = seawall(tmp_path / "h", "bank", "import", "lists", file, "--json")

    assert [line.get("line") for line in ran.lines] == [5, None]
    assert ran.lines[-1] == {"bank": "lists", "added": 5, "bad": 1}
    kinds = [
        row["signal_type"]
        for row in seawall(tmp_path / "h", "bank", "show", "lists", "--json").lines
    ]
    assert kinds == ["pdq", "vpdq", "md5", "text_sha256", "sha1"]
    exported = seawall(tmp_path / "h", "bank", "export", "lists", "--threatexchange")
    assert [line.split()[0] for line in exported.out.splitlines()] == ["pdq", "vpdq", "video_md5"]
    assert "2 of 5 entries were left out" in exported.err
    film_asked = seawall(tmp_path / "h", "match", str(film))
    assert (film_asked.code, "where" in film_asked.out) == (1, True)
    csv_file = tmp_path / "again.csv"
    csv_file.write_text(seawall(tmp_path / "h", "bank", "export", "lists").out)
    again = seawall(tmp_path / "h", "bank", "import", "others", csv_file, "--json")
    assert again.lines == [{"bank": "others", "added": 5, "bad": 0}]


def test_a_forgotten_quote_costs_one_error_and_no_silence(tmp_path):
    """The lines it swallowed are named; those after it are read."""
    lines = [f"pdq,{pdq(n).value},fine" for n in range(60)]
    lines[10] = f'pdq,{pdq(10).value},"never closed'
    lines[50] = f'pdq,{pdq(50).value},closed at last"'
    file = tmp_path / "list.csv"
    file.write_text("\n".join(["signal_type,value,note", *lines]) + "\n")
    ran = seawall(tmp_path, "bank", "import", "b", file, "--json")

    assert ran.lines[0]["line"] == 12
    assert "Lines 12 to 31 were lost" in ran.lines[0]["error"]
    assert ran.lines[-1] == {"bank": "b", "added": 40, "bad": 1}


def test_half_characters_and_impossible_dates_are_bad_lines(tmp_path):
    """One of them must not take two thousand good lines with it."""
    rows = [
        {"signal_type": "pdq", "value": pdq(1).value, "note": "\ud800"},
        {"signal_type": "pdq", "value": pdq(2).value, "note": "a\0b"},
        {"signal_type": "pdq", "value": pdq(3).value, "expires_at": "0001-01-01T00:00:00+14:00"},
        {"signal_type": "pdq", "value": pdq(4).value, "note": "fine"},
    ]
    file = tmp_path / "list.ndjson"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = seawall(tmp_path, "bank", "import", "b", file, "--json")

    assert [line.get("line") for line in ran.lines] == [1, 2, 3, None]
    assert ran.lines[-1]["added"] == 1


def test_a_name_that_is_no_text_is_scanned_and_said(tmp_path):
    """Names of files are bytes; a picture is not let through because of what it is called."""
    folder = tmp_path / "odd"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.jpg")).write_bytes(jpeg(landscape(1)))
    for options in (["--json"], ["--json", "--record"], []):
        ran = seawall(tmp_path / "h", "scan", folder, *options)
        assert ran.code == 0
    (line,) = seawall(tmp_path / "h", "scan", folder, "--json").lines
    assert line["path"].endswith("\\udcff\\udcfe.jpg")


def test_adding_says_what_it_did_not_get_and_goes_on(tmp_path):
    """A flat picture has no PDQ, a torn one nothing; neither keeps the next from being added."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    Image.new("RGB", (300, 300), "white").save(folder / "a-flat.png")
    (folder / "b-torn.jpg").write_bytes(jpeg(landscape(3))[:5000])
    (folder / "c-fine.jpg").write_bytes(jpeg(landscape(3)))
    ran = seawall(tmp_path, "bank", "add", "b", folder, "--json")

    assert ran.code == 3
    assert [line["signal_type"] for line in ran.lines] == [
        "md5",
        "sha1",
        "sha256",
        "pdq",
        "md5",
        "sha1",
        "sha256",
    ]
    assert "a-flat.png: pdq: too flat" in ran.err
    assert "b-torn.jpg: The JPEG is damaged or cut short" in ran.err


def test_a_file_that_is_no_list_is_refused_whole(tmp_path):
    """A wrong header or ending is one mistake, not a million."""
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("hash,label\nabc,def\n")
    ending = tmp_path / "list.xlsx"
    ending.write_text("x")

    assert "signal_type" in str(seawall(tmp_path, "bank", "import", "b", wrong).error)
    assert isinstance(seawall(tmp_path, "bank", "import", "b", ending).error, InputError)


def test_a_rule_is_tried_on_the_past_before_it_counts(tmp_path, pictures):
    """Replay counts what would have changed and puts nothing in force."""
    home = tmp_path
    seawall(home, "bank", "add", "known", pictures / "original.jpg")
    seawall(home, "scan", pictures, "--record")
    proposed = ("rule", "put", "softer", "label", "--bank", "known", "--json")
    stricter = ("rule", "put", "all-block", "block", "--within", 31, "--json")

    assert seawall(home, *proposed, "--replay").lines[0]["unchanged"] == 5
    (replayed,) = seawall(home, *stricter, "--replay").lines
    held = sum(
        line["measure"] == "hold" for line in seawall(home, "scan", pictures, "--json").lines
    )
    assert replayed["uploads"] == 5
    assert [(shift["before"], shift["after"], shift["count"]) for shift in replayed["shifts"]] == [
        ("hold", "block", held)
    ]
    assert "would have come out differently" in seawall(home, *stricter[:-1], "--replay").out

    seawall(home, *stricter)
    measures = {line["measure"] for line in seawall(home, "scan", pictures, "--json").lines}
    assert measures == {"block", "allow"}
    assert seawall(home, "rule", "remove", "all-block").code == 0
    assert isinstance(seawall(home, "rule", "remove", "could-not-be-screened").error, RuleError)
    assert "terrorist-content" in seawall(home, "rule", "categories").out


def test_an_authority_s_word_alone_is_shown_and_enforced_only_where_the_node_says_so(
    tmp_path, pictures
):
    """Also in a replay; the setting is the operator's."""
    seawall(tmp_path, "bank", "add", "known", pictures / "original.jpg")
    shared = Shared(record="rec_1", piece="pc_1", authority_only=True, origins=("authority",))
    memory = Memory(f"sqlite:///{tmp_path / 'seawall.db'}")
    with memory.transaction() as stores:
        for entry in list(stores.entries.all("known")):
            stores.entries.save(replace(entry, shared=shared))
    memory.close()
    scan = ("scan", pictures / "original.jpg", "--json")
    stricter = ("rule", "put", "all-block", "block", "--replay", "--json")

    (withheld,) = seawall(tmp_path, *scan, "--record").lines
    (replayed,) = seawall(tmp_path, *stricter).lines
    (tmp_path / "seawall.toml").write_text("[screening]\nenforce_authority_only = true\n")
    (enforced,) = seawall(tmp_path, *scan).lines

    assert (withheld["measure"], withheld["review"]) == ("allow", True)
    assert {match["withheld"] for match in withheld["matches"]} == {"authority-only"}
    assert (replayed["unchanged"], replayed["more_reviews"]) == (1, 0)
    assert enforced["measure"] == "block"
    assert {match["withheld"] for match in enforced["matches"]} == {None}
    for document in (withheld, enforced):
        assert [match["origins"] for match in document["matches"]] == [["authority"]] * 4


def test_a_rule_asks_for_precision(tmp_path):
    """A share from 0 to 1, or none."""
    put = ("rule", "put", "proven", "block", "--json")

    assert seawall(tmp_path, *put).lines[0]["min_precision"] is None
    assert seawall(tmp_path, *put, "--min-precision", 0.9).lines[0]["min_precision"] == 0.9
    assert "from 0 to below 1" in str(seawall(tmp_path, *put, "--min-precision", 90).error)


def test_a_rule_names_its_ground(tmp_path):
    """The law or the terms; anything else is refused with how to write it."""
    law = ("rule", "put", "law", "hold", "--ground", "illegal: Regulation (EU) 2021/784")
    seawall(tmp_path, *law)
    rules = {rule["name"]: rule for rule in seawall(tmp_path, "rule", "list", "--json").lines}

    assert rules["law"]["ground"] == {"basis": "illegal", "provision": "Regulation (EU) 2021/784"}
    assert "illegal or terms" in str(seawall(tmp_path, *law[:-1], "because: I say so").error)
    assert "'illegal: …'" in str(seawall(tmp_path, *law[:-1], "because").error)


def test_keys_are_made_listed_and_revoked(tmp_path):
    """The text of a key is printed once and never again."""
    first = seawall(tmp_path, "init", "--json").lines[0]
    made = seawall(tmp_path, "key", "create", "app", "--scope", "match,screen", "--json").lines[0]

    assert first["key"].startswith("swl_")
    assert seawall(tmp_path, "init", "--json").lines[0] == {**first, "key": None}
    assert {"id", "key"} <= set(made)
    listed = seawall(tmp_path, "key", "list", "--json")
    assert [key["scopes"] for key in listed.lines] == [["admin"], ["match", "screen"]]
    assert made["key"] not in listed.out
    seawall(tmp_path, "key", "revoke", made["id"])
    assert seawall(tmp_path, "key", "list", "--json").lines[1]["revoked_at"]
    assert isinstance(seawall(tmp_path, "key", "revoke", "key_none").error, NotFound)


def test_the_audit_log_is_listed_and_verified(tmp_path):
    """An altered line is found, and the exit code says so."""
    seawall(tmp_path, "init")
    seawall(tmp_path, "bank", "add", "known", str(pdq(1)))
    actions = [event["action"] for event in seawall(tmp_path, "audit", "list", "--json").lines]

    assert actions == ["key:created", "bank:created", "entry:added"]
    assert seawall(tmp_path, "audit", "verify", "--json").lines[0]["events"] == 3

    import sqlite3

    with sqlite3.connect(tmp_path / "seawall.db") as database:
        database.execute("UPDATE events SET actor = 'nobody' WHERE number = 2")
    broken = seawall(tmp_path, "audit", "verify")
    assert broken.code == 3
    assert "Event 2 was altered" in broken.err


def test_doctor_finds_a_healthy_home_well_and_rebuilds_its_index(home):
    """Disk, database, index, rules, background, workers, audit log, where messages go; an entry may be many codes."""
    rows = (video(*map(pdq, range(9))), sound(1), words(1))
    seawall(home, "bank", "add", "rows", *rows, "--category", "terrorist-content")

    ran = seawall(home, "doctor", "--rebuild", "--json")

    assert [(line["what"], line["well"]) for line in ran.lines] == [
        (what, True)
        for what in (
            *("disk", "database", "index", "rules", "background", "workers", "audit log"),
            "endpoints",
        )
    ]
    assert ran.code == 0


def test_the_demonstration_shows_copies_and_strangers(tmp_path):
    """Every copy but the torn one is recognised, no stranger is, and nothing of it touches the operator's own home."""
    ran = seawall(tmp_path, "demo", "--no-page")

    assert ran.code == 0
    assert ran.out.count("known in bank 'demo'") == 10
    assert ran.out.count("not known") == 4
    assert (tmp_path / "demo").is_dir()


def test_a_wrong_setting_is_named(tmp_path, monkeypatch):
    """A typing mistake in the environment is an error, not a silence."""
    monkeypatch.setenv("SEAWALL_MEDIA_MAX_BITES", "1")

    assert "max_bites" in str(seawall(tmp_path, "bank", "list").error)
