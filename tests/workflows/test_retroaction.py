"""A signal that comes later finds what was let through before, once, whoever is killed in between."""

import random
import shutil
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from seawall.access.person import Person, Role
from seawall.banks.bank import Bank
from seawall.policy.measure import Measure
from seawall.policy.rule import STARTING_RULES, Rule
from seawall.policy.taxonomy import taxonomy
from seawall.signals.signal import Orientation, Signal
from seawall.storage import uploads as stored
from seawall.storage.memory import Memory
from seawall.workflows import retroaction
from seawall.workflows.audit import verify_audit
from seawall.workflows.case_sheet import case_sheet
from seawall.workflows.case_wire import whole_case_document
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.ledger import Ledger
from seawall.workflows.retroaction import look_back
from seawall.workflows.upload import Context, remember_upload, screen_upload
from tests.made import NOON, entry, fingerprint, flipped, pdq, reading, sound, video, words
from tests.workflows.test_second_looks import SAFE

BANK = Bank(name="known", owner="alpha", created_at=NOON)
LATER = NOON + timedelta(days=1)


class Node:
    """One process on one home: what it knows, and its index of the ledger."""

    def __init__(self, memory, folder):
        self.memory = memory
        self.knowledge = Knowledge(
            memory,
            folder / "index",
            taxonomy=taxonomy(),
            least_distance=31,
            look_every=timedelta(0),
        )
        self.ledger = Ledger(memory, folder / "ledger-index")

    def screened(self, *signals, found=None):
        """An upload of these signals, screened and not yet remembered."""
        return screen_upload(
            found or fingerprint(*signals),
            Context(item="post 1"),
            knowledge=self.knowledge,
            chance=1.0,
            now=NOON,
        )

    def remember(self, upload):
        """The upload, committed."""
        with self.memory.transaction() as stores:
            remember_upload(upload, stores=stores, keep_ledger=True)
        return upload

    def let_through(self, *signals, found=None):
        """The id of an upload that was allowed."""
        upload = self.remember(self.screened(*signals, found=found))
        assert upload.verdict.measure is Measure.ALLOW
        return upload.id

    def add(self, *entries):
        """Entries, committed."""
        with self.memory.transaction() as stores:
            return stores.entries.add(entries)

    def steps(self, *, chance=1.0):
        """Looking back, commit by commit."""
        return look_back(
            memory=self.memory,
            knowledge=self.knowledge,
            ledger=self.ledger,
            chance=lambda: chance,
            now=lambda: LATER,
        )

    def look_back(self, *, chance=1.0):
        """What was judged otherwise: upload, measure before, measure now."""
        return [
            (each.upload, each.before, each.verdict.measure)
            for written in self.steps(chance=chance)
            for each in written
        ]

    def remembered(self):
        """Every retroaction there is, oldest first."""
        with self.memory.reading() as stores:
            return stores.retroactions.before(None, limit=1000)[::-1]

    def messages(self):
        """Topic and subject of every message."""
        with self.memory.reading() as stores:
            return [(each.topic, each.subject) for each in stores.outbox.after(0, limit=1000)]


@pytest.fixture
def memory(database_url):
    """A memory with a bank and the starting rules."""
    opened = Memory(database_url)
    with opened.transaction() as stores:
        stores.banks.add(BANK)
        for rule in STARTING_RULES:
            stores.rules.put(rule, at=NOON)
    yield opened
    opened.close()


@pytest.fixture
def node(memory, tmp_path):
    """One process."""
    return Node(memory, tmp_path)


def test_yesterday_s_upload_is_judged_by_today_s_signal(node):
    """A copy is blocked, a near copy held for a person, a stranger left alone; each is told once."""
    copy, near = node.let_through(pdq()), node.let_through(flipped(pdq(), 9))
    node.let_through(pdq(1))
    (added,) = node.add(entry(pdq()))

    assert node.look_back() == [(copy, "allow", "block"), (near, "allow", "hold")]
    assert node.look_back() == []
    first, second = node.remembered()
    assert (first.entry, first.item, first.at) == (added.id, "post 1", LATER)
    assert second.verdict.matches[0].distance == 9
    assert node.messages() == [
        ("upload:reconsidered", copy),
        ("upload:review-wanted", copy),  # the rule for near copies applies to it, too
        ("upload:reconsidered", near),
        ("upload:review-wanted", near),
    ]
    with node.memory.reading() as stores:
        event = stores.audit.after(0, limit=9, subject=near)[-1].happening
    assert (event.action, event.actor) == ("upload:reconsidered", "retroaction")
    assert event.details == {
        "entry": added.id,
        "before": "allow",
        "measure": "hold",
        "entries": [added.id],
        "rules": ["known-nearly"],
    }


def test_videos_sounds_and_texts_are_found_as_photos_are(node):
    """A clip of what is known, and what is known within a video; photos meet frames both ways."""
    clip, still = [pdq(100 + number) for number in range(12)], pdq(300)
    others = [pdq(200 + number) for number in range(8)]
    uploads = [
        node.let_through(video(*others, *(flipped(each, 5) for each in clip))),
        node.let_through(video(*others[:5], flipped(still, 5), *others[5:])),
        node.let_through(flipped(others[3], 5)),
        node.let_through(sound(1)),
        node.let_through(words(1)),
    ]
    node.let_through(video(*map(pdq, range(400, 412))), sound(2), words(2), pdq(5))
    known = [video(*clip), still, video(*others), sound(1), words(1)]
    ids = [
        each.id for each in node.add(*(entry(each, id=f"en_{n}") for n, each in enumerate(known)))
    ]

    node.look_back()

    found = {
        (each.upload, match.entry) for each in node.remembered() for match in each.verdict.matches
    }
    assert set(zip(uploads, ids, strict=True)) <= found
    assert {upload for upload, _ in found} == set(uploads)
    assert node.look_back() == []


def test_the_case_says_where_in_the_upload_the_later_signal_is(node):
    """Its segments, the rule and its distance, at the desk and at the terminal."""
    frames = [pdq(number) for number in range(400, 460)]
    upload = node.let_through(video(*frames))
    node.add(entry(video(*frames[20:40]), id="en_clip"))
    node.look_back()

    ann = Person(
        id="ann", login="ann", name="", pseudonym="", created_at=NOON, roles=frozenset(Role)
    )

    with node.memory.transaction() as stores:
        (listed,) = stores.cases.page(limit=10)
        case = stores.cases.find(listed.id)
        assert [item.upload for item in case.items] == [upload]
        sheet = case_sheet(case.id, ann, stores=stores, safe=SAFE, now=LATER)
        ((told,),) = (item["screened"] for item in whole_case_document(case, stores)["items"])

    ((near,),) = (item.near for item in sheet.items)
    assert (near.rule, near.threshold) == (told["rule"], told["threshold"])
    assert near.rule is not None
    (segment,) = near.likeness.segments
    assert (segment.start, segment.end) == (20.0, 39.0)
    assert [each["start"] for each in told["segments"]] == [20.0]


def test_a_copy_is_found_however_it_was_turned(node):
    """The ledger's index has all that the upload was looked up by, not only how it lay."""
    found = fingerprint(pdq(1))
    mirrored = reading(flipped(pdq(), 4), Orientation.MIRROR)
    upload = node.let_through(found=replace(found, readings=(*found.readings, mirrored)))
    node.add(entry(pdq()))

    assert node.look_back() == [(upload, "allow", "hold")]
    (match,) = node.remembered()[0].verdict.matches
    assert (match.orientation, match.distance) == (Orientation.MIRROR, 4)


def test_exact_signals_are_found_exactly(node):
    """Digests and links, by equality."""
    link = Signal("url", "https://example.org/a")
    upload = node.let_through(Signal("md5", "0" * 32), link)
    node.let_through(Signal("md5", "1" * 32))
    node.add(entry(link))

    assert node.look_back() == [(upload, "allow", "block")]


def test_looking_back_finds_what_looking_forward_would_have(node):
    """The oracle: screen everything again. Random codes, some near one another, at every distance of the rules."""
    rng = random.Random(7)
    known = [pdq(n) for n in range(40)]
    uploads = [
        node.let_through(flipped(rng.choice(known), rng.randrange(60), seed=n)) for n in range(150)
    ]
    node.add(*(entry(signal, id=f"en_{n}") for n, signal in enumerate(known)))

    with node.memory.reading() as stores:
        again = {each.id: node.screened(found=each.fingerprint) for each in stores.uploads.all()}
    wanted = {ident for ident in uploads if again[ident].verdict.measure is not Measure.ALLOW}
    assert {upload for upload, _, _ in node.look_back()} == wanted
    assert 20 < len(wanted) < 130


def test_what_cannot_be_matched_judges_nothing(node):
    """A bank that is off, an entry that is off, expired or gone: as on the way in. Switched on again, they count."""
    signals = [pdq(n) for n in range(4)]
    off, disabled, expired, gone = (node.let_through(signal) for signal in signals)
    with node.memory.transaction() as stores:
        stores.banks.add(replace(BANK, name="off", enabled=False))
    added = node.add(
        entry(signals[0], bank="off"),
        entry(signals[1], enabled=False),
        entry(signals[2], expires_at=NOON),
        entry(signals[3]),
    )
    with node.memory.transaction() as stores:
        stores.entries.remove(added[3], at=NOON)
    assert node.look_back() == []

    with node.memory.transaction() as stores:
        stores.banks.save(replace(BANK, name="off", enabled=True))
        stores.entries.save(replace(added[1], enabled=True))
        stores.entries.save(replace(added[2], expires_at=None))
    assert [upload for upload, _, _ in node.look_back()] == [off, disabled, expired]
    assert gone not in [each.upload for each in node.remembered()]


def test_a_later_entry_counts_only_where_it_is_stricter(node):
    """The same again, or milder, changes nothing; stricter does, from the verdict in force on."""
    upload = node.let_through(pdq())
    (held,) = node.add(entry(flipped(pdq(), 20), id="en_20"))
    assert node.look_back() == [(upload, "allow", "hold")]
    node.add(entry(flipped(pdq(), 10), id="en_10"))
    with node.memory.transaction() as stores:
        stores.entries.save(replace(held, note="only a word changed"))
    assert node.look_back() == []
    node.add(entry(pdq(), id="en_0"))

    assert node.look_back() == [(upload, "hold", "block")]
    assert [each.entry for each in node.remembered()] == ["en_20", "en_0"]


def test_a_person_is_asked_for_a_new_match_only(node):
    """Drawn by chance once for each match, however often its entry changes."""
    with node.memory.transaction() as stores:
        stores.rules.put(Rule(name="known-exactly", measure=Measure.ALLOW, max_distance=0), at=NOON)
        stores.rules.put(
            Rule(name="known-nearly", measure=Measure.ALLOW, max_distance=31, sample_share=0.5),
            at=NOON,
        )
    node.add(entry(flipped(pdq(), 20), id="en_20"))
    upload = node.let_through(pdq())  # screened with a match, and not drawn
    with node.memory.transaction() as stores:
        (known,) = stores.entries.page("known")
        stores.entries.save(replace(known, note="only a word changed"))
    assert node.look_back(chance=0.0) == []
    node.add(entry(flipped(pdq(), 10), id="en_10"))

    assert node.look_back(chance=0.0) == [(upload, "allow", "allow")]
    assert node.messages() == [("upload:reconsidered", upload), ("upload:review-wanted", upload)]


def test_an_upload_committed_after_its_entry_was_looked_up_is_not_missed(node):
    """It was screened before the entry came and written after the ledger had been searched."""
    node.let_through(pdq(5))
    slow = node.screened(pdq())
    node.add(entry(pdq()))
    assert node.look_back() == []
    node.remember(slow)

    assert node.look_back() == [(slow.id, "allow", "block")]
    assert node.look_back() == []


def test_whoever_stops_between_two_commits_loses_and_doubles_nothing(node, monkeypatch):
    """One entry near many uploads is worked off in several transactions; its change counts with the last."""
    monkeypatch.setattr(retroaction, "UPLOADS_PER_COMMIT", 3)
    uploads = [node.let_through(flipped(pdq(), n)) for n in range(10)]
    node.add(entry(pdq()))
    with closing(node.steps()) as steps:
        stopped = next(written for written in steps if written)
    assert [each.upload for each in stopped] == uploads[:3]

    assert [upload for upload, _, _ in node.look_back()] == uploads[3:]
    assert [each.upload for each in node.remembered()] == uploads
    assert len(node.messages()) == 10 + 10  # judged otherwise, and a person should look
    assert verify_audit(node.memory).faults == ()


def test_uploads_of_long_signals_are_read_few_at_a_time(node, monkeypatch):
    """On a page as in a commit of looking back: those of two hours of video have megabytes."""
    film = video(*(pdq(number) for number in range(500, 520)))
    uploads = [node.let_through(film) for _ in range(3)]
    monkeypatch.setattr(stored, "PAGE_BYTES", 2 * len(film.value))

    with node.memory.reading() as stores:
        page = stores.uploads.before(None, limit=10)
        rest = stores.uploads.before(page[-1].number, limit=10)
        assert [stored.is_full(each) for each in (page, rest)] == [True, False]
    assert [each.id for each in (*page, *rest)] == uploads[::-1]

    node.add(entry(film))
    assert [[each.upload for each in written] for written in node.steps() if written] == [
        uploads[:2],
        uploads[2:],
    ]


def test_processes_take_turns(memory, tmp_path):
    """Two on one home, one on another home and the same database, all at once: each upload is told of once."""
    nodes = [
        Node(memory, tmp_path / "a"),
        Node(memory, tmp_path / "a"),
        Node(memory, tmp_path / "b"),
    ]
    uploads = [nodes[0].let_through(pdq(n)) for n in range(60)]
    stop = threading.Event()
    failed = []

    def work(node):
        try:
            while not stop.is_set():
                node.look_back()
        except Exception as broken:
            failed.append(broken)
            raise

    threads = [threading.Thread(target=work, args=(node,)) for node in nodes]
    for thread in threads:
        thread.start()
    for n in range(60):
        nodes[0].add(entry(pdq(n), id=f"en_{n}"))
    stop.set()
    for thread in threads:
        thread.join()
    nodes[0].look_back()

    assert failed == []
    told = sorted((each.upload, each.entry) for each in nodes[0].remembered())
    assert told == sorted((upload, f"en_{n}") for n, upload in enumerate(uploads))


def test_while_another_is_at_it_there_is_nothing_to_do(memory, tmp_path):
    """Whoever has begun goes on; whoever asks for all of it waits."""
    one, two = Node(memory, tmp_path), Node(memory, tmp_path)
    one.let_through(pdq())
    one.add(entry(pdq()))
    with one.ledger.alone(wait=False):
        assert two.look_back() == []

    assert len(two.look_back()) == 1


def test_the_index_of_the_ledger_can_be_thrown_away(node, tmp_path, caplog):
    """It is made anew from the database: when it is missing, damaged, or asked to."""
    uploads = [node.let_through(pdq(n)) for n in range(50)]
    node.ledger.rebuild()
    assert len(node.ledger) == 50
    node.ledger.close()
    for file in (tmp_path / "ledger-index").rglob("MANIFEST"):
        file.write_text("{")
    node.add(entry(pdq(7), id="en_7"))
    assert [upload for upload, _, _ in node.look_back()] == [uploads[7]]
    assert "It is being rebuilt now" in caplog.text
    node.ledger.close()
    shutil.rmtree(tmp_path / "ledger-index")
    node.add(entry(pdq(8), id="en_8"))

    assert [upload for upload, _, _ in node.look_back()] == [uploads[8]]


def test_the_ledger_is_taken_in_page_by_page(memory, tmp_path, monkeypatch):
    """Uploads whose lines a page cuts apart are indexed whole; another process takes over what was merged."""
    monkeypatch.setattr("seawall.workflows.ledger.PAGE", 4)
    one, two = Node(memory, tmp_path), Node(memory, tmp_path)
    for n in range(9):
        one.let_through(pdq(n), Signal("md5", f"{n:032x}"), Signal("sha1", f"{n:040x}"))
    while not one.ledger.follow():
        pass
    one.ledger.rebuild()
    assert len(one.ledger) == 27
    assert two.ledger.follow()
    assert (len(two.ledger), two.ledger.position) == (27, one.ledger.position)


def test_progress_along_the_ledger_is_written_now_and_then(node, monkeypatch):
    """Without a new entry there is hardly anything to write; a restart does not begin at the ledger's start."""
    monkeypatch.setattr(retroaction, "LINES_UNTOLD", 5)
    for n in range(4):
        node.let_through(pdq(n))
    node.look_back()
    with node.memory.reading() as stores:
        assert stores.retroactions.progress().line == 0
    for n in range(4, 8):
        node.let_through(pdq(n))
    node.look_back()

    with node.memory.reading() as stores:
        assert stores.retroactions.progress().line == stores.uploads.last_line()
