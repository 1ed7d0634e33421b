"""A home in which every screen of the desk has something to show, and names that are its own."""

import json
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from seawall.banks.entry import Shared
from seawall.cases.policy import Policy
from seawall.cases.ruling import Decision
from seawall.clock import now
from seawall.exchange.agreement import Role, Status
from seawall.exchange.membership import Membership, State
from seawall.exchange.merkle import Frontier
from seawall.exchange.organisation import Kind
from seawall.exchange.record import record_id
from seawall.ids import new_id
from seawall.policy.ground import Basis, Ground
from seawall.storage.deliveries import Delivery, Endpoint, Progress
from seawall.workflows.bank import Filing, add_entries, ensure_bank
from seawall.workflows.policy import put_policy
from tests.made import flipped, pdq
from tests.web.exchange import Hub, hub
from tests.web.serving import Served

GROUND = Ground(basis=Basis.ILLEGAL, provision="Regulation (EU) 2021/784, Article 2(7)")
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Landscape:
    """The names of what was made."""

    bank: str
    entry: str  # which the upload is near
    spare: str  # another of the same bank
    filled: str  # a bank that a hub fills
    shared: str  # its entry
    endpoint: str
    hub: Hub
    member: str  # an organisation that contributes
    record: str  # of the agreement, disputed
    upload: str
    item: str
    user: str
    case: str
    policy: str

    def pages(self) -> list[str]:
        """Every screen, with something on it."""
        return [
            "",
            "/health",
            f"/health/endpoints/{self.endpoint}?state=dead",
            "/banks",
            f"/banks/{self.bank}",
            f"/banks/{self.bank}/entries/{self.entry}",
            f"/banks/{self.bank}/entries/{self.entry}/remove",
            f"/banks/{self.filled}/entries/{self.shared}",
            "/rules",
            "/rules/known-nearly",
            "/rules/known-nearly/trial?measure=block&force=on&max_distance=31&days=7",
            f"/uploads/{self.upload}",
            f"/items/{self.item}",
            f"/users/{self.user}",
            "/policies",
            f"/policies/{self.policy}",
            "/quality",
            "/exchange",
            f"/exchange/{self.hub.agreement}",
            f"/exchange/{self.hub.agreement}/records/{self.record}",
        ]


def furnished(served: Served) -> Landscape:
    """A home with entries, messages, hubs, an upload that was ruled on, and policies."""
    mark = secrets.token_hex(4)
    known = [pdq(secrets.randbits(60)) for _ in range(4)]
    moment = now()
    app = served.door.app
    with app.memory.transaction() as stores:
        ensure_bank(f"ours-{mark}", owner="alpha", stores=stores, by="test", now=moment)
        ensure_bank(f"theirs-{mark}", owner="alpha", stores=stores, by="test", now=moment)
        filing = Filing(categories=("terrorist-content",), note="a <b>note</b>", source="list.csv")
        own = add_entries(
            f"ours-{mark}",
            [(signal, filing) for signal in known[:3]],
            taxonomy=app.taxonomy,
            stores=stores,
            by="test",
            now=moment,
        )
        (theirs,) = add_entries(
            f"theirs-{mark}",
            [(known[3], replace(filing, vouchers=("acme", "police")))],
            taxonomy=app.taxonomy,
            stores=stores,
            by="test",
            now=moment,
        )
        said = Shared(
            record=record_id("terror", known[3]),
            piece="pc_5f2f0b9a8f0e4f6a8c1d2e3f",
            disputed=True,
            origins=("platform", "authority"),
            vouched_until={"police": moment + DAY},
            right=8,
            wrong=1,
        )
        stores.entries.save(replace(theirs, shared=said, expires_at=moment + 30 * DAY))
        stores.memberships.add(_membership(f"terror-{mark}", f"theirs-{mark}"))
        policy = Policy(
            id=f"terror-{mark}",
            title="Terrorist content",
            ground=GROUND,
            text="Nothing that calls for attacks.",
            categories=("terrorist-content",),
            strikes=2,
            at=moment,
        )
        for each in (
            policy,
            replace(policy, text="Nothing that calls for attacks or praises them."),
        ):
            put_policy(each, taxonomy=app.taxonomy, stores=stores, by="test", now=moment)
        stores.deliveries.add_endpoint(failing_endpoint(f"ep_{mark}"))
    app.knowledge.refresh_now()
    upload, item, user, case = _ruled(served, known[0], policy.id)
    _bury(served, f"ep_{mark}")
    made, member, record = _shared(served)
    return Landscape(
        bank=f"ours-{mark}",
        entry=own[0].id,
        spare=own[1].id,
        filled=f"theirs-{mark}",
        shared=theirs.id,
        endpoint=f"ep_{mark}",
        hub=made,
        member=member,
        record=record,
        upload=upload,
        item=item,
        user=user,
        case=case,
        policy=policy.id,
    )


def _membership(agreement: str, bank: str) -> Membership:
    moment = now()
    return Membership(
        id=new_id("mb", at=moment),
        hub="http://127.0.0.1:9",  # nobody answers there
        agreement=agreement,
        organisation="alpha",
        bank=bank,
        hub_key="hub.example+1d2a3c4e+AS",
        key=b"sealed",
        key_at=moment,
        joined_at=moment,
        frontier=Frontier(size=0, peaks=[]),
        size=7,
        state=State.UNREACHABLE,
        error="The hub does not answer.",
        disputed=1,
        clock_skew=900,
        last_delta_at=moment - DAY,
        checked_at=moment,
    )


def failing_endpoint(ident: str) -> Endpoint:
    """One that is paused because it refuses everything."""
    moment = now()
    return Endpoint(
        id=ident,
        url="https://platform.example/hooks",
        secrets=b"sealed",
        topics=("*",),
        created_at=moment,
        paused_at=moment,
        failing_since=moment - DAY,
        failures=9,
        last_error="The connection was refused.",
    )


def _bury(served: Served, endpoint: str) -> None:
    """The first message of this endpoint is dead."""
    with served.door.app.memory.transaction() as stores:
        waiting = stores.deliveries.of_state(endpoint, state=Progress.WAITING, after=0, limit=1)
        dead: list[Delivery] = [
            replace(each.delivery, state=Progress.DEAD, attempts=9, last_status=500)
            for each in waiting
        ]
        stores.deliveries.save(dead)


def _ruled(served: Served, known: object, policy: str) -> tuple[str, str, str, str]:
    """An upload near a known signal, whose case was ruled on; upload, item, user, case."""
    item, user = f"posts/2026/{secrets.token_hex(4)}", f"user {secrets.token_hex(4)}"
    with served.client() as admin:
        signals = json.dumps([{"type": "pdq", "value": flipped(known, 12).value}])
        form = {"signals": signals, "item_id": item, "uploader": user, "territory": "DE"}
        verdict = admin.post("/v1/screen", data=form).json()
        case = verdict["case"]
        admin.post(f"/v1/cases/{case}/claim", json={"person": "ann"})
        answer = {"person": "ann", "decision": Decision.REMOVE, "policy": policy, "note": "Clear."}
        assert admin.put(f"/v1/cases/{case}/ruling", json=answer).status_code == 200
    return verdict["upload"], item, user, case


def _shared(served: Served) -> tuple[Hub, str, str]:
    """An agreement with members and records, one of them disputed; the hub, a member, the record."""
    made = hub(served)
    ours, theirs = made.member(), made.member(kind=Kind.AUTHORITY)
    made.member(Role.CONSUME, status=Status.SUSPENDED)
    quiet = made.member(held=True)
    signals = [str(pdq(secrets.randbits(60))) for _ in range(3)]
    confirmed = {"categories": ["terrorist-content"], "severity": 5}
    with made.client(ours) as client, made.client(theirs) as other, made.client(quiet) as third:
        for signal in signals:
            said = client.post(f"{made.path}/opinions", json={"signals": [signal], **confirmed})
            assert said.status_code == 201, said.text
        against = {"signals": signals[:1], "word": "dispute", "reason": "It is news."}
        disputed = other.post(f"{made.path}/opinions", json=against).json()
        third.post(f"{made.path}/opinions", json={"signals": signals[1:2], **confirmed})
        record: str = disputed["results"][0]["record"]["id"]
        reported = {"records": {record: {"sightings": 3, "right": 2, "wrong": 1}}}
        assert other.post(f"{made.path}/reports", json=reported).status_code == 200
    return made, ours, record
