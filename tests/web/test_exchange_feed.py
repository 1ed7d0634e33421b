"""Opinions, records and the feed, over HTTP."""

import json
import secrets
import socket
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from urllib.parse import urlsplit

import httpx
import pytest
import zstandard

from seawall.access.key import imprint_of, new_text
from seawall.clock import now, rfc3339
from seawall.exchange import merkle
from seawall.exchange.agreement import Status, Terms
from seawall.exchange.note import Checkpoint, opened
from seawall.storage import bulk as stored
from seawall.web import snapshots
from seawall.web.api import exchange_feed, exchange_records
from seawall.workflows import feed, sharing
from seawall.workflows.key import revoke_key
from tests.made import NOON, pdq, sound, video, words
from tests.sharing import EVERYTHING, agree, key_of
from tests.web.serving import Served

NDJSON = {"Content-Type": "application/x-ndjson"}
CSV = {"Content-Type": "text/csv"}


@dataclass(frozen=True)
class Table:
    """An agreement of its own on a running hub, and its members' clients."""

    served: Served
    agreement: str
    acme: httpx.Client
    beta: httpx.Client
    reader: httpx.Client

    @property
    def path(self) -> str:
        """Where the agreement is."""
        return f"/v1/exchange/agreements/{self.agreement}"

    def say(self, signal: object, client: httpx.Client | None = None, **fields: object):
        """One word on a signal."""
        body = {"signals": [str(signal)], "categories": ["terrorist-content"], **fields}
        return (client or self.acme).post(f"{self.path}/opinions", json=body)

    def deltas(self, **params: object) -> tuple[dict, list[bytes], str]:
        """First line, the lines that were hashed, and the signed note."""
        answer = self.reader.get(f"{self.path}/deltas", params=params)
        assert answer.status_code == 200, answer.text
        first, *lines, last = answer.content.splitlines()
        return json.loads(first), lines, json.loads(last)["checkpoint"]

    def checkpoint(self, note: str) -> Checkpoint:
        """What the hub has signed."""
        return Checkpoint.parse(opened(note, self.served.door.signer.key.verifier))


@pytest.fixture
def table(served: Served) -> Iterator[Table]:
    """Two contributors and one who only reads."""
    agreement = f"a{secrets.token_hex(5)}"
    names = [f"{name}-{agreement}" for name in ("acme", "beta", "reader")]
    memory = served.door.app.memory
    agree(
        memory,
        agreement,
        **dict(zip(names, ("contribute,consume", EVERYTHING, "consume"), strict=True)),
    )
    texts = [key_of(memory, name)[1] for name in names]
    served.door.app.knowledge.refresh_now()
    acme, beta, reader = (served.stranger(Authorization=f"Bearer {text}") for text in texts)
    with acme, beta, reader:
        yield Table(served, agreement, acme, beta, reader)


def test_what_one_says_the_others_read(table: Table):
    """As a record, in its history and as a delta; said again it is nothing new."""
    answer = table.say(pdq(1), severity=5, incident="attack")
    assert answer.status_code == 201
    (result,) = answer.json()["results"]
    assert (result["changed"], result["held"]) == (True, False)
    record = result["record"]
    assert (record["standing"], record["delta"], record["precision"]) == ("active", 1, None)

    again = table.say(pdq(1), severity=5, incident="attack").json()["results"]
    disputed = table.say(pdq(1), table.beta, word="dispute", reason="news", categories=[])

    assert again == [{"record": record, "held": False, "changed": False}]
    assert disputed.json()["results"][0]["record"]["standing"] == "disputed"
    shown = table.reader.get(f"{table.path}/records/{record['id']}").json()
    assert [each["word"] for each in shown["opinions"]] == ["confirm", "dispute"]
    history = table.reader.get(f"{table.path}/records/{record['id']}/history").json()
    first, lines, _ = table.deltas()
    assert history["deltas"] == [json.loads(line) for line in lines]
    assert first == {"after": 0, "size": 2}
    listed = table.reader.get(f"{table.path}/records", params={"standing": "disputed"}).json()
    assert listed == {"records": [shown], "next": None}
    for name, value in (("signal", str(pdq(1))), ("piece", record["piece"])):
        assert table.reader.get(f"{table.path}/records", params={name: value}).json() == listed


def test_a_word_told_again_is_as_old_as_it_was(table: Table):
    """What was said since stands, a moment to come is now, and none is before the agreement."""
    first = table.say(pdq(1)).json()
    later = table.say(pdq(1), severity=5).json()
    again = table.say(pdq(1), said_at=first["at"]).json()
    lost = table.say(pdq(2), said_at=first["at"]).json()
    ahead = table.say(pdq(3), said_at="2999-01-01T00:00:00Z").json()
    ancient = table.say(pdq(4), said_at="1999-01-01T00:00:00Z").json()

    assert again["results"] == [later["results"][0] | {"changed": False}]
    assert lost["results"][0]["record"]["opinions"][0]["at"] == first["at"]
    assert ahead["results"][0]["record"]["opinions"][0]["at"] == ahead["at"]
    assert ancient["results"][0]["record"]["opinions"][0]["at"] == rfc3339(NOON)


def test_signals_given_together_are_one_piece(table: Table):
    """Also with one that was shared before."""
    (alone,) = table.say(pdq(1)).json()["results"]
    both = {"signals": [str(pdq(2)), str(pdq(1))], "categories": ["terrorist-content"]}
    results = table.acme.post(f"{table.path}/opinions", json=both).json()["results"]

    assert {each["record"]["piece"] for each in results} == {alone["record"]["piece"]}


def test_a_request_that_is_repeated_is_done_once(table: Table):
    """The same Idempotency-Key gets the same answer."""
    body = {"signals": [str(pdq(1))], "categories": ["terrorist-content"]}
    answers = [
        table.acme.post(f"{table.path}/opinions", json=body, headers={"Idempotency-Key": "one"})
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["results"][0]["changed"]


@pytest.mark.parametrize(
    "fields",
    [
        {"categories": []},
        {"categories": ["no-such"]},
        {"word": "dispute", "categories": []},
        {"severity": 8},
        {"confidence": 101},
        {"unknown": 1},
        {"signals": []},
        {"signals": ["pdq:x"]},
        {"reason": "\0"},
    ],
)
def test_a_word_that_says_nothing_is_refused(table: Table, fields: dict[str, object]):
    """422, and nothing is recorded."""
    assert table.say(pdq(1), **fields).status_code == 422
    assert table.deltas()[0]["size"] == 0


def test_pages_can_be_resumed_anywhere_and_every_checkpoint_fits(table: Table):
    """Read by threes, by ones or at once: the same lines, and the signed root is the root over them."""
    for n in range(10):
        table.say(pdq(n))
    _, whole, _ = table.deltas()

    for limit in (1, 3, 10):
        read: list[bytes] = []
        tree = merkle.Frontier()
        while len(read) < len(whole):
            first, lines, note = table.deltas(after=len(read), limit=limit)
            assert first == {"after": len(read), "size": 10}
            read += lines
            for line in lines:
                tree.append(merkle.leaf_hash(line))
            signed = table.checkpoint(note)
            assert (signed.size, signed.root) == (len(read), tree.root())
            hub = table.served.door.signer.key.verifier.name
            assert signed.origin == f"{hub}/{table.agreement}"
        assert read == whole
    assert [json.loads(line)["number"] for line in whole] == list(range(1, 11))
    all_of_it = table.checkpoint(table.reader.get(f"{table.path}/checkpoint").text)
    assert all_of_it == table.checkpoint(table.deltas(after=10)[2])


def test_who_has_read_more_than_there_is_learns_so_at_once(table: Table):
    """As after a backup was restored: no waiting, and the checkpoint is over what there is."""
    table.say(pdq(1))
    first, lines, note = table.deltas(after=5, wait=20)

    assert (first, lines) == ({"after": 5, "size": 1}, [])
    assert table.checkpoint(note).size == 1


def test_proofs_verify(table: Table):
    """Of every delta in every tree, and from every tree to every later one."""
    for n in range(6):
        table.say(pdq(n))
    lines = table.deltas()[1]
    roots = [merkle.Frontier().root()]
    tree = merkle.Frontier()
    for line in lines:
        tree.append(merkle.leaf_hash(line))
        roots.append(tree.root())

    def proof(kind: str, **params: int) -> list[bytes]:
        answer = table.reader.get(f"{table.path}/proofs/{kind}", params=params)
        return [b64decode(each) for each in answer.json()["hashes"]]

    for size in (1, 4, 6):
        for number in range(1, size + 1):
            hashes = proof("inclusion", number=number, size=size)
            leaf = merkle.leaf_hash(lines[number - 1])
            assert merkle.verify_inclusion(leaf, number - 1, size, hashes, roots[size])
        for old in range(size + 1):
            hashes = proof("consistency", **{"from": old, "to": size})
            assert merkle.verify_consistency(old, roots[old], size, roots[size], hashes)
    for wrong in ({"number": 7}, {"number": 1, "size": 7}, {"number": 0}):
        answer = table.reader.get(f"{table.path}/proofs/inclusion", params=wrong)
        assert answer.status_code == 422


def test_the_snapshot_is_the_fold_of_all_deltas_and_signed(table: Table):
    """Withdrawn records aside; its peaks lead on from there."""
    for n in range(5):
        table.say(pdq(n))
    table.say(pdq(1), word="withdraw", categories=[])
    table.say(pdq(2), table.beta, word="dispute", reason="news", categories=[])
    table.say(pdq(9), table.beta, word="dispute", reason="a hoax", categories=[])

    answer = table.reader.get(f"{table.path}/snapshot")
    assert answer.headers["content-type"] == "application/zstd"
    text = zstandard.ZstdDecompressor().decompressobj().decompress(answer.content)

    *body, last = text.splitlines(keepends=True)
    first, records, last = json.loads(body[0]), list(map(json.loads, body[1:])), json.loads(last)
    _, lines, note = table.deltas()
    fold = {
        delta["record"]["id"]: {"number": delta["number"], "record": delta["record"]}
        for delta in map(json.loads, lines)
    }
    living = [
        each
        for each in fold.values()
        if any(said["word"] != "withdraw" for said in each["record"]["opinions"])
    ]
    assert records == sorted(living, key=lambda each: each["number"])
    assert len(records) == 5
    assert first == {"format": "seawall-snapshot/1", "agreement": table.agreement, "size": 8}
    key = table.served.door.signer.key
    digest = sha256(b"".join(body)).hexdigest()
    said = f"{key.name}/{table.agreement}/snapshot\n8\n{digest}\n"
    assert opened(last["signed"], key.verifier) == said
    assert (last["records"], last["checkpoint"]) == (5, note)
    tree = merkle.Frontier(8, [bytes.fromhex(peak) for peak in last["peaks"]])
    assert tree.root() == table.checkpoint(note).root


def test_a_snapshot_is_made_anew_when_there_is_more(table: Table):
    """What was shared a moment ago is in it."""
    for n in range(3):
        table.say(pdq(n))
        raw = table.reader.get(f"{table.path}/snapshot").content
        text = zstandard.ZstdDecompressor().decompressobj().decompress(raw)
        assert len(text.splitlines()) == n + 3


@pytest.mark.parametrize("end", ["suspended", "revoked"])
def test_a_snapshot_breaks_off_where_its_reader_may_read_no_more(
    table: Table, monkeypatch: pytest.MonkeyPatch, end: str
):
    """A reader on a thin line, looked at before every piece; what came is no snapshot."""
    monkeypatch.setattr(exchange_feed, "LOOK_AGAIN", 0)
    monkeypatch.setattr(snapshots, "PIECE", 32)
    for n in range(200):
        table.say(pdq(n))
    memory, owner = table.served.door.app.memory, f"reader-{table.agreement}"
    key, text = key_of(memory, owner)
    table.served.door.app.knowledge.refresh_now()

    came: list[bytes] = []

    def read(answer: httpx.Response) -> None:
        for piece in answer.iter_raw():
            if not came:
                with memory.transaction() as stores:
                    if end == "revoked":
                        revoke_key(key.id, stores=stores, by="test", now=now())
                    else:
                        member = stores.organisations.member(table.agreement, owner)
                        stores.organisations.save_member(replace(member, status=Status.SUSPENDED))
            came.append(piece)

    with (
        table.served.stranger(Authorization=f"Bearer {text}") as client,
        client.stream("GET", f"{table.path}/snapshot") as answer,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        read(answer)

    monkeypatch.undo()
    whole = table.acme.get(f"{table.path}/snapshot").content
    assert 0 < len(b"".join(came)) < len(whole)
    assert whole.startswith(b"".join(came))


def test_who_waits_is_told_at_once(table: Table):
    """By a commit of this process, single or bulk."""
    for n, bulk in enumerate((False, True, False)):
        waits: list[float] = []

        def wait(after: int = n, waits: list[float] = waits) -> None:
            begun = time.perf_counter()
            first, lines, _ = table.deltas(after=after, wait=20)
            waits.append(time.perf_counter() - begun)
            assert (first["size"], len(lines)) == (after + 1, 1)

        waiter = threading.Thread(target=wait)
        waiter.start()
        until(lambda: len(table.served.door.waiting) == 1)
        time.sleep(0.2)
        if bulk:
            row = {"signal_type": "pdq", "value": pdq(n).value, "categories": "terrorist-content"}
            table.acme.post(f"{table.path}/opinions/bulk", content=json.dumps(row), headers=NDJSON)
        else:
            table.say(pdq(n))
        waiter.join(10)
        assert 0.2 <= waits[0] < 2


def test_nothing_new_is_an_empty_page_when_the_time_is_over(table: Table):
    """With a checkpoint, so that who waits knows that nothing was hidden."""
    begun = time.perf_counter()
    first, lines, note = table.deltas(wait=0.3)

    assert 0.3 <= time.perf_counter() - begun < 5
    assert (first, lines) == ({"after": 0, "size": 0}, [])
    assert table.checkpoint(note).root == merkle.EMPTY


def test_a_key_that_is_revoked_while_it_waits_hears_nothing_more(table: Table):
    """The key is looked up again, as the membership is."""
    memory = table.served.door.app.memory
    owner = f"reader-{table.agreement}"
    key, text = key_of(memory, owner)
    answers: list[int] = []

    def wait() -> None:
        with table.served.stranger(Authorization=f"Bearer {text}") as client:
            answer = client.get(f"{table.path}/deltas", params={"wait": 20})
            answers.append(answer.status_code)

    table.served.door.app.knowledge.refresh_now()
    waiter = threading.Thread(target=wait)
    waiter.start()
    until(lambda: len(table.served.door.waiting) == 1)
    with memory.transaction() as stores:
        revoke_key(key.id, stores=stores, by="test", now=now())
    table.say(pdq(1))
    waiter.join(10)

    assert answers == [403]


def test_a_report_told_again_under_a_new_key_counts_once(table: Table):
    """Between two tries a member may have renewed its key; another's token is another's."""
    ident = table.say(pdq(1)).json()["results"][0]["record"]["id"]
    told, once = {"records": {ident: {"sightings": 3}}}, {"Idempotency-Key": "msg-1"}

    def report(client: httpx.Client) -> None:
        answer = client.post(f"{table.path}/reports", json=told, headers=once)
        assert (answer.status_code, answer.json()) == (200, {"counted": 1})

    report(table.reader)
    renewed = new_text(at=now())
    shown = {"key": imprint_of(renewed).document()}
    assert table.reader.post("/v1/exchange/key", json=shown).status_code == 201
    with table.served.stranger(Authorization=f"Bearer {renewed}") as client:
        report(client)
    assert table.reader.get(f"{table.path}/records/{ident}").json()["sightings"] == 3
    report(table.beta)
    assert table.reader.get(f"{table.path}/records/{ident}").json()["sightings"] == 6


def test_every_look_at_what_is_shared_is_written_down(table: Table):
    """One event a request; asking for deltas is not one."""
    ident = table.say(pdq(1)).json()["results"][0]["record"]["id"]
    for path in ("records", f"records/{ident}", f"records/{ident}/history", "snapshot", "deltas"):
        assert table.reader.get(f"{table.path}/{path}").status_code == 200
    with table.served.door.app.memory.reading() as stores:
        events = stores.audit.after(0, limit=100_000, subject=table.agreement)
    owner = f"reader-{table.agreement}"
    reads = [each.happening for each in events if each.happening.action == "exchange:read"]
    assert [each.details for each in reads] == [
        {"what": "records", "organisation": owner, "records": 1},
        {"what": "record", "organisation": owner, "record": ident},
        {"what": "history", "organisation": owner, "record": ident},
        {"what": "snapshot", "organisation": owner, "size": 1},
    ]


def test_who_hangs_up_waits_no_more(table: Table):
    """Two hundred of them at once, and others are served meanwhile."""
    at = urlsplit(table.served.url)
    asked = (
        f"GET {table.path}/deltas?wait=20 HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: {table.reader.headers['authorization']}\r\n\r\n"
    )
    callers = []
    for _ in range(200):
        callers.append(socket.create_connection((at.hostname, at.port)))
        callers[-1].sendall(asked.encode())
    until(lambda: len(table.served.door.waiting) == 200)
    begun = time.perf_counter()
    table.acme.get("/v1/exchange")
    assert time.perf_counter() - begun < 1

    for caller in callers:
        caller.close()

    until(lambda: len(table.served.door.waiting) == 0)


def test_all_who_wait_hear_of_the_same_change(table: Table):
    """A hundred members at once, within a second or two."""
    heard: list[int] = []

    def wait() -> None:
        with table.served.stranger(Authorization=table.reader.headers["authorization"]) as client:
            answer = client.get(f"{table.path}/deltas", params={"wait": 20})
            heard.append(len(answer.content.splitlines()))

    members = [threading.Thread(target=wait) for _ in range(100)]
    for each in members:
        each.start()
    until(lambda: len(table.served.door.waiting) == 100)
    table.say(pdq(1))
    for each in members:
        each.join(10)

    assert heard == [3] * 100


def test_bulk_keeps_good_lines_and_tells_of_bad_ones(table: Table):
    """By line; the same lines again change nothing."""
    body = (
        "signal_type,value,categories,severity,word,reason,piece\n"
        f"pdq,{pdq(1).value},terrorist-content,5,,,photo\n"
        "pdq,not-hex,terrorist-content,,,,\n"
        f"pdq,{pdq(2).value},,,,,\n"
        f"pdq,{pdq(3).value},terrorist-content,9,,,\n"
        f"pdq,{pdq(4).value},,,dispute,a hoax,\n"
        f"md5,{'0' * 32},terrorist-content,,confirm,,photo\n"
        f"pdq,{pdq(5).value},terrorist-content,,bless,,\n"
        f"pdq,{pdq(6).value},terrorist-content,much,,,\n"
    )

    def sent() -> list[dict]:
        answer = table.acme.post(f"{table.path}/opinions/bulk", content=body, headers=CSV)
        assert answer.status_code == 200
        return [json.loads(line) for line in answer.text.splitlines()]

    first, again = sent(), sent()

    assert [each["line"] for each in first[:-1]] == [3, 4, 5, 8, 9]
    assert first[-1] == {"added": 3, "unchanged": 0, "held": 0}
    assert again == [*first[:-1], {"added": 0, "unchanged": 3, "held": 0}]
    records = table.reader.get(f"{table.path}/records").json()["records"]
    assert records[0]["piece"] == records[2]["piece"] != records[1]["piece"]
    assert records[0]["opinions"][0]["severity"] == 5


def test_bulk_in_several_commits(table: Table):
    """Five thousand lines: a line for each batch that was written, and a tree that fits."""
    rows = [
        {"signal_type": "pdq", "value": pdq(n).value, "categories": ["terrorist-content"]}
        for n in range(5_000)
    ]
    body = "\n".join(map(json.dumps, rows))
    answer = table.acme.post(f"{table.path}/opinions/bulk", content=body, headers=NDJSON)

    told = [json.loads(line)["added"] for line in answer.text.splitlines()]
    assert told == [2_000, 2_000, 1_000]
    first, lines, note = table.deltas(limit=10_000)
    tree = merkle.Frontier()
    for line in lines:
        tree.append(merkle.leaf_hash(line))
    assert (first["size"], tree.root()) == (5_000, table.checkpoint(note).root)


def test_what_is_wrong_with_all_of_a_list_is_a_status(table: Table):
    """Columns nobody knows, a type nobody reads, one who may not, and no such agreement."""
    path = f"{table.path}/opinions/bulk"

    assert table.acme.post(path, content="a,b\n", headers=CSV).status_code == 422
    assert table.acme.post(path, json=[]).status_code == 415
    assert table.reader.post(path, content="signal_type,value\n", headers=CSV).status_code == 403
    gone = path.replace(table.agreement, "nowhere")
    assert table.acme.post(gone, content="signal_type,value\n", headers=CSV).status_code == 404


def test_beyond_the_quota_words_are_held(served: Served, table: Table):
    """Single ones and those of a list."""
    with served.door.app.memory.transaction() as stores:
        stores.organisations.save_terms(table.agreement, Terms(title="small", quota=2))
    table.say(pdq(1))
    lines = [
        {"signal_type": "pdq", "value": pdq(n).value, "categories": ["terrorist-content"]}
        for n in (1, 2, 3)
    ]
    body = "\n".join(map(json.dumps, lines))
    told = table.acme.post(f"{table.path}/opinions/bulk", content=body, headers=NDJSON)
    held = table.say(pdq(4)).json()["results"]

    assert json.loads(told.text) == {"added": 1, "unchanged": 1, "held": 1}
    assert held == [{"record": None, "held": True, "changed": False}]
    assert table.deltas()[0]["size"] == 2


def test_a_full_quarantine_takes_no_more(
    served: Served, table: Table, monkeypatch: pytest.MonkeyPatch
):
    """403 and what to do, for words and lists; no batch is half kept, and what stands is withdrawn and disputed."""
    table.say(pdq(8))
    table.say(pdq(9), table.beta)
    monkeypatch.setattr(sharing, "MOST_HELD", 2)
    with served.door.app.memory.transaction() as stores:
        stores.organisations.save_terms(table.agreement, Terms(title="small", quota=0))
    row = {"signal_type": "pdq", "categories": "terrorist-content"}
    body = "\n".join(json.dumps(row | {"value": pdq(n).value}) for n in (2, 3))
    assert table.say(pdq(1)).status_code == 201
    listed = table.acme.post(f"{table.path}/opinions/bulk", content=body, headers=NDJSON)
    assert table.say(pdq(2)).status_code == 201
    full = table.say(pdq(3))

    assert (listed.status_code, full.status_code) == (403, 403)
    assert "the most that wait in the quarantine" in full.json()["detail"]
    assert "Ask the hub's administrator to release or drop" in full.json()["detail"]
    own = table.say(pdq(8), word="withdraw", categories=[]).json()["results"]
    others = table.say(pdq(9), word="dispute", reason="news", categories=[]).json()["results"]
    assert [each["record"]["standing"] for each in own + others] == ["withdrawn", "disputed"]
    waiting = {f"acme-{table.agreement}": 2}
    assert table.beta.get(f"{table.path}/quarantine").json() == {"waiting": waiting}
    assert table.say(pdq(1), word="withdraw", categories=[]).status_code == 201
    assert table.say(pdq(3)).status_code == 201


def test_sightings_and_outcomes_are_counted_and_never_whose(table: Table):
    """A record's precision, and no name in the deltas that tell of it."""
    record = table.say(pdq(1)).json()["results"][0]["record"]["id"]
    told = {"records": {record: {"sightings": 3, "right": 1}, "rec_0": {"sightings": 1}}}
    answer = table.reader.post(f"{table.path}/reports", json=told)

    assert answer.json() == {"counted": 1}
    shown = table.reader.get(f"{table.path}/records/{record}").json()
    assert (shown["sightings"], shown["right"], shown["wrong"]) == (3, 1, 0)
    assert (shown["precision"], shown["high"]) == (1.0, 1.0)
    line = json.loads(table.deltas()[1][-1])
    assert (line["by"], line["what"]) == (None, "outcomes")


def test_an_operator_sees_it_in_the_metrics(table: Table, admin: httpx.Client):
    """Changes of each agreement, what waits in quarantine, who waits."""
    with table.served.door.app.memory.transaction() as stores:
        stores.organisations.save_terms(table.agreement, Terms(title="small", quota=1))
    table.say(pdq(1))
    table.say(pdq(2))
    text = admin.get("/metrics").text

    assert f'seawall_exchange_deltas{{agreement="{table.agreement}"}} 1.0' in text
    assert f'seawall_exchange_held{{agreement="{table.agreement}"}} 1.0' in text
    assert "seawall_exchange_waiting 0.0" in text


def test_a_stranger_sees_nothing(served: Served, table: Table):
    """An agreement one is not in answers like one that does not exist; no key, no answer."""
    text = key_of(served.door.app.memory, "elsewhere")[1]
    served.door.app.knowledge.refresh_now()
    routes = ("records", "deltas", "snapshot", "checkpoint", "proofs/inclusion?number=1")
    with served.stranger(Authorization=f"Bearer {text}") as other, served.stranger() as nobody:
        for route in routes:
            here = other.get(f"{table.path}/{route}")
            nowhere = other.get(f"{table.path}/{route}".replace(table.agreement, "a0"))
            assert (here.status_code, nowhere.status_code) == (404, 404)
            assert here.text.replace(table.agreement, "a0") == nowhere.text
            assert nobody.get(f"{table.path}/{route}").status_code == 401
        assert table.say(pdq(1), other).status_code == 404


def until(true, seconds: float = 10) -> None:
    """Wait for something that happens elsewhere."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_what_is_long_is_shared_as_what_is_short(table: Table):
    """Two hours of video and sound, and a long text: said, listed, followed and proven; many of them are many pages."""
    hours = 2 * 3600
    film = video(*map(pdq, range(hours)))
    signals = [film, sound(1, hours), words(1, 50_000)]
    body = {"signals": list(map(str, signals)), "categories": ["terrorist-content"]}
    assert len(film.value) > 500_000

    said = table.acme.post(f"{table.path}/opinions", json=body)
    assert said.status_code == 201, said.text
    _, lines, _ = table.deltas()
    records = table.reader.get(f"{table.path}/records").json()["records"]
    number = records[0]["delta"]
    proof = table.reader.get(f"{table.path}/proofs/inclusion", params={"number": number}).json()

    assert [each["signal"] for each in records] == list(map(str, signals))
    assert len({each["piece"] for each in records}) == 1
    shared = [json.loads(line)["record"] for line in lines]
    assert [each["signal"] for each in shared if each] == list(map(str, signals))
    assert b64decode(proof["leaf"]) == merkle.leaf_hash(lines[number - 1])
    blob = table.reader.get(f"{table.path}/snapshot").content
    copied = zstandard.ZstdDecompressor().decompressobj().decompress(blob)
    assert str(film).encode() in copied


def test_a_list_of_long_signals_is_taken_and_given_out_in_pages_of_bytes(table: Table, monkeypatch):
    """In CSV and NDJSON; one that is longer than any is a bad line, and the next is read."""
    monkeypatch.setattr(stored, "PAGE_BYTES", 300_000)
    monkeypatch.setattr(exchange_records, "PAGE_BYTES", 300_000)
    monkeypatch.setattr(feed, "MOST_BYTES", 300_000)
    films = [video(*map(pdq, range(n, n + 2_000))) for n in range(4)]
    rows = [{"signal_type": "vpdq", "value": each.value.split(";")} for each in films[:2]]
    rows.insert(1, {"signal_type": "vpdq", "value": "x" * (7 << 20)})
    ndjson = "".join(
        json.dumps(each | {"categories": ["terrorist-content"]}) + "\n" for each in rows
    )
    csv = "signal_type,value,categories\n" + "".join(
        f'vpdq,"{each.value}",terrorist-content\n' for each in films[2:]
    )
    told = []
    for content, kind in ((ndjson, NDJSON), (csv, CSV)):
        answer = table.acme.post(f"{table.path}/opinions/bulk", content=content, headers=kind)
        told += [json.loads(line) for line in answer.text.splitlines()]

    assert [each.get("line") or each["added"] for each in told] == [2, 2, 2]
    assert "6291456 characters" in told[0]["error"]
    pages, after = [], None
    while not pages or after:
        params = {"after": after} if after else {}
        page = table.reader.get(f"{table.path}/records", params=params).json()
        pages.append([each["signal"] for each in page["records"]])
        after = page["next"]
    assert [len(page) for page in pages] == [2, 2, 0]
    assert sum(pages, []) == list(map(str, films))  # noqa: RUF017 - two pages
    first, lines, _ = table.deltas()
    assert len(lines) < first["size"]
