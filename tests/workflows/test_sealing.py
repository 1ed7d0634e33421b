"""Media kept for a case, from the screening that wanted a person to its deletion, on both databases."""

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from seawall.cases.exposure import SAME_LOOK, Viewer
from seawall.errors import InputError, NotAllowed, NotFound, StorageError, WrongState
from seawall.media.limits import MediaLimits
from seawall.policy.measure import Measure
from seawall.sandbox.sandbox import Sandbox
from seawall.screening.verdict import Verdict
from seawall.signals.fingerprint import Fingerprint, fingerprint_unread
from seawall.storage import whole_files
from seawall.storage.memory import Memory
from seawall.storage.sealed import SealedMedia
from seawall.storage.sealed_files import SealedFiles
from seawall.storage.uploads import Upload
from seawall.workflows import sealing
from seawall.workflows.audit import verify_audit
from seawall.workflows.sealing import Safe
from seawall.workflows.upload import remember_upload
from tests.made import NOON
from tests.media.files import picture, saved
from tests.media.films import film, scene

ANA, BO = Viewer(id="ana"), Viewer(id="bo")
FILM = film(scene(1, 8))
PHOTO = saved(picture(), "JPEG", quality=95)
LATER = NOON + timedelta(days=91)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One worker for all."""
    with Sandbox(MediaLimits(), workers=1, orientations=True) as sandbox:
        yield sandbox


@pytest.fixture
def memory(database_url: str) -> Iterator[Memory]:
    """An empty memory."""
    opened = Memory(database_url)
    yield opened
    opened.close()


@pytest.fixture
def safe(memory: Memory, tmp_path: Path) -> Safe:
    """A safe in a home of its own, with a budget of ten points."""
    return Safe(
        files=SealedFiles(tmp_path / "home", memory.database_id()),
        after_closing=timedelta(days=30),
        at_most=timedelta(days=90),
        max_bytes=10_000_000,
        budget=10,
    )


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Width and height of a picture."""
    return Image.open(BytesIO(jpeg)).size


def screened(
    data: bytes = PHOTO, *, measure: Measure = Measure.HOLD, review: bool = False, name: str = "1"
) -> Upload:
    """An upload whose verdict may want a person."""
    found: Fingerprint = fingerprint_unread([data], reason="not looked into")
    verdict = Verdict(
        measure=measure,
        measures_by_territory={"*": measure},
        matches=(),
        not_screened=(),
        review=review,
        rules=(),
        shadow_measure=None,
    )
    return Upload(
        id=f"up_{name}",
        item="post 1",
        surface=None,
        uploader=None,
        territory=None,
        at=NOON,
        key="key_1",
        fingerprint=found,
        verdict=verdict,
    )


def keep(memory: Memory, safe: Safe, data: bytes = PHOTO, name: str = "1") -> SealedMedia:
    """What a screening keeps of these bytes."""
    upload = screened(data, name=name)
    media = sealing.keep_media(data, upload, safe=safe)
    assert media is not None
    with memory.transaction() as stores:
        remember_upload(upload, stores=stores, keep_ledger=True, media=media)
    return media


def reveal(
    media: SealedMedia,
    level: int,
    *,
    memory: Memory,
    safe: Safe,
    sandbox: Sandbox,
    viewer: Viewer = ANA,
    severity: int = 3,
    now: datetime = NOON,
) -> bytes:
    """A look."""
    return sealing.reveal(
        media.id,
        level,
        viewer=viewer,
        severity=severity,
        safe=safe,
        sandbox=sandbox,
        memory=memory,
        now=now,
    )


def events(memory: Memory, subject: str) -> list[tuple[str, str]]:
    """What the access log says of a thing, and who did it."""
    with memory.reading() as stores:
        found = stores.audit.after(0, limit=1000, subject=subject)
    return [(event.happening.action, event.happening.actor) for event in found]


def files(tmp_path: Path) -> list[Path]:
    """Everything that lies in the home but its secrets."""
    return [path for path in (tmp_path / "home/sealed").rglob("*") if path.is_file()]


def test_a_verdict_that_wants_a_person_has_its_bytes_kept(memory, safe, tmp_path):
    """Readable again as they came; what lies on the disk is neither them nor anything like them."""
    media = keep(memory, safe)

    (path,) = files(tmp_path)
    on_disk = path.read_bytes()
    assert path.name == media.path == f"{media.id}.sealed"
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"JFIF" in PHOTO
    assert b"JFIF" not in on_disk
    assert not any(PHOTO[at : at + 16] in on_disk for at in range(0, len(PHOTO) - 16, 16))
    assert safe.files.read(media.id, media.path, media.key) == PHOTO
    with memory.reading() as stores:
        kept = stores.sealed.find(media.id)
        assert kept == replace(media, number=kept.number)
        assert (kept.upload, kept.item, kept.size) == ("up_1", "post 1", len(PHOTO))
        assert kept.delete_at == NOON + timedelta(days=90)
    assert events(memory, media.id) == [("media:kept", "key_1")]
    assert PHOTO[:64] not in b"".join(
        each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()
    )


@pytest.mark.parametrize(
    ("measure", "review", "wanted"),
    [
        (Measure.ALLOW, False, False),
        (Measure.BLOCK, False, False),
        (Measure.BLOCK, True, True),
        (Measure.ALLOW, True, True),
        (Measure.HOLD, False, True),
    ],
)
def test_only_what_a_person_will_see_is_kept(safe, tmp_path, measure, review, wanted):
    """Review or hold, and nothing else: everything more is a risk nobody needs."""
    media = sealing.keep_media(PHOTO, screened(measure=measure, review=review), safe=safe)

    assert (media is not None) == wanted
    assert len(files(tmp_path)) == wanted


def test_a_home_may_keep_nothing(memory, safe, tmp_path):
    """Zero is never, and a page can say so."""
    never = replace(safe, after_closing=timedelta(0))

    assert sealing.keep_media(PHOTO, screened(), safe=never) is None
    assert sealing.keep_nothing(screened(), "no bytes", safe=never) is None
    assert files(tmp_path) == []
    assert sealing.why_nothing(None, safe=never) == (
        "This home keeps no media for cases: cases.keep_media is 0."
    )
    assert "none came with this upload" in sealing.why_nothing(None, safe=safe)
    assert sealing.why_nothing(keep(memory, safe), safe=safe) is None


def test_a_full_disk_costs_the_picture_and_not_the_verdict(memory, safe, monkeypatch, tmp_path):
    """The upload is remembered, and with it why there is nothing to see."""
    usage = shutil.disk_usage(tmp_path)._replace(free=whole_files.SPARE)
    monkeypatch.setattr(whole_files.shutil, "disk_usage", lambda _: usage)

    media = keep(memory, safe)

    assert files(tmp_path) == []
    assert media.missing == "The disk has no room to keep the media for a reviewer."
    assert sealing.why_nothing(media, safe=safe) == media.missing
    assert events(memory, media.id) == [("media:not-kept", "key_1")]
    with memory.reading() as stores:
        assert stores.uploads.find("up_1").verdict.measure is Measure.HOLD


def test_a_disk_that_refuses_leaves_no_half_file(safe, tmp_path):
    """A real refusal of the system: the folder cannot be made."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home/sealed").write_text("a file where a folder should be")

    media = sealing.keep_media(PHOTO, screened(), safe=safe)

    assert media is not None
    assert media.path is None
    assert media.missing.startswith("The media could not be kept for a reviewer: ")


def test_more_than_screening_takes_is_not_kept(safe, tmp_path):
    """One limit for both."""
    media = sealing.keep_media(
        bytes(3_000_001), screened(), safe=replace(safe, max_bytes=3_000_000)
    )

    assert media.missing == "The file is larger than the 2.9 MiB that are kept."
    assert files(tmp_path) == []


def test_a_file_is_kept_as_it_was_screened_or_not_at_all(safe, tmp_path):
    """A file that lies where others write may be another by now."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(PHOTO)
    assert sealing.keep_file(path, screened(), safe=safe).missing is None

    path.write_bytes(PHOTO + b"more")
    assert "changed after it was screened" in sealing.keep_file(path, screened(), safe=safe).missing
    path.unlink()
    assert "cannot be read" in sealing.keep_file(path, screened(), safe=safe).missing
    assert sealing.keep_file(path, screened(measure=Measure.ALLOW), safe=safe) is None


def test_of_a_film_too_large_to_keep_the_sheet_is_kept(safe, sandbox, tmp_path):
    """Whoever must rule sees the same frames; a sound shows its waveform, and what cannot be shown says so."""
    path = tmp_path / "film"
    path.write_bytes(FILM)
    upload = screened(FILM)
    small = replace(safe, max_bytes=len(FILM) - 1)

    media = sealing.keep_file(path, upload, safe=small, sandbox=sandbox)

    assert media.is_sheet
    assert media.missing is None
    kept = safe.files.read(media.id, media.path, media.key)
    assert size_of(sandbox.preview(kept, 1)) == size_of(sandbox.preview(FILM, 1))
    assert size_of(kept) == size_of(sandbox.preview(FILM, 4))
    path.write_bytes(FILM[:3000])
    broken = sealing.keep_file(path, upload, safe=replace(safe, max_bytes=9), sandbox=sandbox)
    assert broken.missing == "The file is larger than the 0.0 MiB that are kept."


def test_every_look_is_logged_and_the_smallest_costs_nothing(memory, safe, sandbox):
    """Who, what and how clearly; the picture gets larger, and colour comes last."""
    media = keep(memory, safe)
    with memory.transaction() as stores:
        stores.sealed.attach("case_1", uploads=["up_1"])

    least = Image.open(BytesIO(reveal(media, 0, memory=memory, safe=safe, sandbox=sandbox)))
    assert (max(least.size), least.mode) == (96, "L")
    assert (
        least.size
        == Image.open(
            BytesIO(
                sealing.preview(
                    media.id, viewer=ANA, safe=safe, sandbox=sandbox, memory=memory, now=NOON
                )
            )
        ).size
    )
    assert events(memory, media.id) == [("media:kept", "key_1")] + [("media:revealed", "ana")] * 2
    with memory.reading() as stores:
        told = stores.audit.after(0, limit=9, subject=media.id)[-1].happening.details
        assert (told["level"], told["counted"]) == (0, False)
        assert stores.sealed.looks("ana", "2026-01-01") == {}

    most = Image.open(BytesIO(reveal(media, 4, memory=memory, safe=safe, sandbox=sandbox)))
    assert (most.size, most.mode) == ((640, 480), "RGB")
    assert events(memory, media.id)[3:] == [("media:revealed", "ana")]
    with memory.reading() as stores:
        assert stores.audit.after(0, limit=9, subject=media.id)[-1].happening.details == {
            "level": 4,
            "severity": 3,
            "counted": True,
            "case": "case_1",
            "upload": "up_1",
            "item": "post 1",
        }
        assert stores.sealed.looks("ana", "2026-01-01") == {3: 1}
        assert stores.sealed.looks("bo", "2026-01-01") == {}
    assert verify_audit(memory).faults == ()


def test_the_least_is_as_somebody_prefers_it(memory, safe, sandbox):
    """In colour it is still blurred and free; sharp it is a look, and blurred again once that is too much."""
    media = keep(memory, safe)
    given = {"memory": memory, "safe": safe, "sandbox": sandbox}
    sharp = replace(ANA, blur=False, grey=False)

    blurred = Image.open(BytesIO(reveal(media, 0, viewer=replace(ANA, grey=False), **given)))
    assert (max(blurred.size), blurred.mode) == (96, "RGB")
    assert len(events(memory, media.id)) == 2
    for times in range(3):
        shown = reveal(media, 0, viewer=sharp, now=NOON + times * SAME_LOOK, **given)
    with memory.reading() as stores:
        assert stores.sealed.looks("ana", "2026-01-01") == {3: 3}
    later = reveal(media, 0, viewer=sharp, now=NOON + 3 * SAME_LOOK, **given)
    assert len(later) < len(shown)
    assert len(events(memory, media.id)) == 6


def test_a_page_that_is_loaded_again_costs_once(memory, safe, sandbox):
    """Each look is an event; only a higher level, another person or a later hour counts against a day."""
    media = keep(memory, safe)
    given = {"memory": memory, "safe": safe, "sandbox": sandbox, "severity": 1}
    for level, viewer, minutes in ((2, ANA, 0), (2, ANA, 9), (1, ANA, 9), (3, ANA, 9), (2, BO, 9)):
        reveal(media, level, viewer=viewer, now=NOON + timedelta(minutes=minutes), **given)
    reveal(media, 1, now=NOON + timedelta(minutes=19), **given)

    with memory.reading() as stores:
        assert stores.sealed.looks("ana", "2026-01-01") == {1: 3}
        assert stores.sealed.looks("bo", "2026-01-01") == {1: 1}
        seen = [
            each.happening.details["counted"]
            for each in stores.audit.after(0, limit=100, subject=media.id)
            if each.happening.action == "media:revealed"
        ]
    assert seen == [True, False, False, True, True, True]


def test_a_passage_is_sealed_and_read_by_whoever_asks(memory, safe, tmp_path):
    """Each reading is an event; what is severe counts, and words are not graphic."""
    text = "مرحبا, a passage"
    media = sealing.keep_text(text, item="post 1", safe=safe, now=NOON)
    with memory.transaction() as stores:
        sealing.remember_media(media, stores=stores, by="ana")
    given = {"safe": safe, "memory": memory, "now": NOON}
    spared = replace(ANA, nothing_graphic=True)

    (path,) = files(tmp_path)
    assert b"passage" not in path.read_bytes()
    assert sealing.read_passage(media.id, viewer=ANA, severity=1, **given) == text
    assert events(memory, media.id)[1:] == [("media:revealed", "ana")]
    assert sealing.read_passage(media.id, viewer=spared, severity=7, **given) == text
    assert events(memory, media.id)[1:] == [("media:revealed", "ana")] * 2
    with memory.reading() as stores:
        assert stores.sealed.looks("ana", "2026-01-01") == {7: 1}


def test_a_budget_is_each_persons_and_each_days(memory, safe, sandbox):
    """Beyond it nothing is shown, logged or counted, except the smallest preview."""
    media = keep(memory, safe)
    given = {"memory": memory, "safe": safe, "sandbox": sandbox}
    for times in range(3):
        reveal(media, 1, now=NOON + times * SAME_LOOK, **given)
    last = NOON + 3 * SAME_LOOK
    with pytest.raises(NotAllowed, match=r"9 of 10 points .* severity 1 or less"):
        reveal(media, 1, now=last, **given)
    assert len(events(memory, media.id)) == 4

    reveal(media, 1, severity=1, now=last, **given)
    reveal(media, 0, **given)
    reveal(media, 1, viewer=BO, **given)
    reveal(media, 1, now=NOON + timedelta(days=1), **given)
    with pytest.raises(NotAllowed, match="nothing graphic today"):
        reveal(media, 2, viewer=replace(BO, nothing_graphic=True), **given)
    with memory.reading() as stores:
        assert stores.sealed.looks("ana", "2026-01-01") == {3: 3, 1: 1}
        assert stores.sealed.looks("bo", "2026-01-01") == {3: 1}


def test_what_is_due_is_deleted_once(memory, safe, sandbox, tmp_path):
    """Thirty days after its case closed, ninety at most; the key first, so that a file left behind opens nothing."""
    first, second = keep(memory, safe, name="1"), keep(memory, safe, name="2")
    with memory.transaction() as stores:
        stores.sealed.attach("case_1", uploads=["up_1"])
        stores.sealed.shorten("case_1", delete_at=NOON + timedelta(days=5) + safe.after_closing)
    due = {"safe": safe, "memory": memory}

    assert sealing.delete_due(**due, now=NOON + timedelta(days=34)) == 0
    assert sealing.delete_due(**due, now=NOON + timedelta(days=35)) == 1
    assert [path.name for path in files(tmp_path)] == [second.path]
    assert events(memory, first.id)[-1] == ("media:deleted", "schedule")
    with pytest.raises(WrongState, match="It was deleted on 2026-02-05"):
        reveal(first, 0, memory=memory, safe=safe, sandbox=sandbox)
    with memory.reading() as stores:
        gone = stores.sealed.find(first.id)
        assert (gone.key, gone.path) == (None, None)
        assert "deleted on 2026-02-05" in sealing.why_nothing(gone, safe=safe)
        assert [each.id for each in stores.sealed.before(None, limit=9, kept=True)] == [second.id]
    with memory.transaction() as stores:  # closed late: the ninety days still hold
        stores.sealed.attach("case_2", uploads=["up_2"])
        stores.sealed.shorten("case_2", delete_at=NOON + timedelta(days=89) + safe.after_closing)
    assert sealing.delete_due(**due, now=NOON + timedelta(days=90)) == 1
    assert sealing.delete_due(**due, now=LATER) == 0
    assert files(tmp_path) == []


def test_many_are_deleted_in_several_transactions(memory, safe, monkeypatch):
    """None is forgotten at the border."""
    monkeypatch.setattr(sealing, "DELETED_AT_ONCE", 2)
    kept = [keep(memory, safe, b"text", name=str(number)) for number in range(5)]

    assert sealing.delete_due(safe=safe, memory=memory, now=LATER) == 5
    assert all(events(memory, each.id)[-1][0] == "media:deleted" for each in kept)


def test_by_hand_a_reason_is_asked_for(memory, safe, tmp_path):
    """Deleted or handed out, the log says why and by whom."""
    media = keep(memory, safe)
    given = {"by": "cli", "safe": safe, "memory": memory, "now": NOON}
    for act in (sealing.delete_media, sealing.export_media):
        with pytest.raises(InputError, match="reason is empty"):
            act(media.id, reason=" ", **given)
        with pytest.raises(NotFound):
            act("med_0", reason="r", **given)

    assert sealing.export_media(media.id, reason="order 7", **given) == PHOTO
    sealing.delete_media(media.id, reason="wrong person", **given)
    assert files(tmp_path) == []
    assert events(memory, media.id)[1:] == [("media:exported", "cli"), ("media:deleted", "cli")]
    with pytest.raises(WrongState):
        sealing.export_media(media.id, reason="order 7", **given)


def test_another_homes_vault_opens_nothing_and_says_so(memory, safe, sandbox, tmp_path):
    """With what to bring back."""
    media = keep(memory, safe)
    (tmp_path / "home/secrets/vault.key").unlink()

    with pytest.raises(StorageError, match=r"sealed with another secrets/vault\.key: bring that"):
        reveal(media, 1, memory=memory, safe=safe, sandbox=sandbox)
    assert events(memory, media.id) == [("media:kept", "key_1")]


def test_a_file_that_was_altered_or_swapped_is_not_shown(memory, safe, sandbox, tmp_path):
    """Neither a flipped bit, nor another's content under its name, nor the lack of it."""
    one, two = keep(memory, safe, name="1"), keep(memory, safe, name="2")
    first, second = sorted(files(tmp_path), key=lambda path: path.name != one.path)
    content = first.read_bytes()
    for other in (content[:-1] + bytes((content[-1] ^ 1,)), second.read_bytes(), b""):
        first.write_bytes(other)
        with pytest.raises(StorageError, match="was altered or damaged"):
            reveal(one, 0, memory=memory, safe=safe, sandbox=sandbox)
    with pytest.raises(StorageError, match="altered"):  # a row that names another's file and key
        safe.files.read(one.id, two.path, two.key)
    first.unlink()
    with pytest.raises(StorageError, match="cannot be read: No such file"):
        reveal(one, 0, memory=memory, safe=safe, sandbox=sandbox)


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"<!doctype html><script>alert(1)</script>",
        b"just words",
    ],
)
def test_what_is_no_picture_is_kept_and_never_shown(memory, safe, sandbox, data):
    """As evidence; a page gets a sentence and not a byte of it."""
    media = keep(memory, safe, data)

    for level in range(5):
        with pytest.raises(InputError, match="There is no preview of"):
            reveal(media, level, memory=memory, safe=safe, sandbox=sandbox)
    assert safe.files.read(media.id, media.path, media.key) == data
    assert len(events(memory, media.id)) == 1


KILLED = """
    import os
    from pathlib import Path
    from seawall.storage.sealed_files import SealedFiles

    if {midway}:
        Path.rename = lambda self, other: os._exit(9)
    SealedFiles(Path({home!r}), {database!r}).write("med_lost", b"secret" * 100)
    os._exit(9)
"""


@pytest.mark.parametrize("midway", [True, False])
def test_killed_before_the_commit_the_file_is_swept(memory, safe, tmp_path, midway):
    """Half written, or whole and never named; what is named or too young stays."""
    media = keep(memory, safe)
    script = KILLED.format(
        midway=midway, home=str(tmp_path / "home"), database=memory.database_id()
    )
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert died.returncode == 9
    (lost,) = [path for path in files(tmp_path) if path.name != media.path]
    assert lost.name.endswith(".part") == midway
    real = datetime.fromtimestamp(lost.stat().st_mtime, NOON.tzinfo)

    assert sealing.sweep(safe=safe, memory=memory, now=real + timedelta(minutes=59)) == 0
    for path in files(tmp_path):
        os.utime(path, (0, 0))
    assert sealing.sweep(safe=safe, memory=memory, now=NOON) == 1
    assert [path.name for path in files(tmp_path)] == [media.path]


def test_killed_after_the_deletion_committed_the_file_is_swept(memory, safe, tmp_path):
    """It could not be opened any more; now it is gone as well."""
    media = keep(memory, safe)
    with memory.transaction() as stores:
        stores.sealed.forget([media.id], at=NOON)
    os.utime(files(tmp_path)[0], (0, 0))

    assert sealing.sweep(safe=safe, memory=memory, now=NOON) == 1
    assert files(tmp_path) == []


def test_a_home_tried_with_another_database_sweeps_nothing(memory, safe, tmp_path):
    """Each database's files lie apart, for another one names none of them."""
    keep(memory, safe)
    os.utime(files(tmp_path)[0], (0, 0))
    other = Memory(f"sqlite:///{tmp_path / 'other.db'}")
    try:
        apart = replace(safe, files=SealedFiles(tmp_path / "home", other.database_id()))
        assert sealing.sweep(safe=apart, memory=other, now=LATER) == 0
    finally:
        other.close()
    assert len(files(tmp_path)) == 1
