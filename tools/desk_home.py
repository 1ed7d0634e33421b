"""
A home in which every screen of the desk has a week of work on it: made-up names, content made by our own code.

    people, policies, banks, rules ─▶ seven days of uploads, cases and rulings ─▶ what waits today ─▶ an exchange
"""

import random
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import httpx
from PIL import ImageEnhance

from seawall.access.key import Scope
from seawall.access.person import Limits, Person, Role
from seawall.access.preferences import Filter, Preferences
from seawall.cases.case import Item
from seawall.cases.policy import Policy
from seawall.cases.ruling import Decision
from seawall.clock import now
from seawall.errors import NotFound
from seawall.exchange import agreement as shared
from seawall.exchange.membership import Membership
from seawall.exchange.merkle import Frontier
from seawall.exchange.organisation import Kind
from seawall.ids import new_id
from seawall.policy.ground import Basis, Ground
from seawall.policy.measure import Measure
from seawall.policy.rule import Rule
from seawall.signals.signal import Signal
from seawall.storage.deliveries import Endpoint, Progress
from seawall.storage.memory import Stores
from seawall.storage.secrets import Vault
from seawall.workflows.acting import Doing
from seawall.workflows.agreements import found_organisation, make_agreement
from seawall.workflows.bank import Filing, add_entries, create_bank
from seawall.workflows.carrying_out import carry_out_due
from seawall.workflows.cases import next_case
from seawall.workflows.key import create_key
from seawall.workflows.people import invite_person
from seawall.workflows.pictures import ALTERATIONS, jpeg, landscape
from seawall.workflows.policy import put_policy
from seawall.workflows.rule import put_rule
from seawall.workflows.ruling import Answer, rule
from seawall.workflows.upload import Context, remember_upload, screen_upload
from tests.made import fingerprint, flipped, pdq
from tests.web.console.people import browser, somebody, word
from tests.web.serving import Served
from tools import other_kinds

OURS, THEIRS, AGREEMENT, FOLLOWED = (
    "known-violence",
    "harbour-list",
    "northern-list",
    "harbour-list",
)
FILTERS = (Filter(name="Milder", severity=4), Filter(name="Orders first", queue="orders"))
LAW = Ground(basis=Basis.ILLEGAL, provision="Regulation (EU) 2021/784, Article 2(7)")
TERMS = Ground(basis=Basis.TERMS, provision="Community rules, section 4")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LANDSCAPES = range(301, 313)
POLICIES = (
    ("terror", "Terrorist content", LAW, ("terrorist-content",), Decision.REMOVE, 3, 7),
    ("attacks", "Praise of attacks", TERMS, ("terrorist-content",), Decision.REMOVE, 2, 6),
    ("graphic", "Graphic violence", TERMS, ("violence",), Decision.LABEL, 0, 4),
    ("hate", "Incitement to hatred", LAW, ("hate-speech",), Decision.RESTRICT, 1, 5),
)
TEXT = (
    "Nothing that calls for attacks, explains how to carry them out, or recruits for those who do.\n\n"
    "Reports, research and counter-speech stay: choose their context."
)
PEOPLE = (
    ("Ada Lindqvist", "ada@tern.example", (Role.ADMIN,), True),
    ("Bo Marchetti", "bo@tern.example", (Role.REVIEWER,), True),
    ("Chidi Okafor", "chidi@tern.example", (Role.REVIEWER,), False),
    ("Dalia Haddad", "dalia@tern.example", (Role.LEAD,), True),
    ("Emil Sørensen", "emil@tern.example", (Role.AUDITOR,), False),
)
RULES = (
    Rule(
        name="graphic-in-germany",
        measure=Measure.RESTRICT,
        category="incitement-violence-hatred",
        max_distance=24,
        territories=("DE", "AT"),
        ground=TERMS,
    ),
    Rule(
        name="label-graphic",
        measure=Measure.LABEL,
        category="violence",
        max_distance=31,
        ground=TERMS,
    ),
    Rule(
        name="known-nearly",
        measure=Measure.HOLD,
        category="terrorist-content",
        review=True,
        ground=LAW,
    ),
    Rule(name="wider-net", measure=Measure.HOLD, max_distance=40, review=True, shadow=True),
)


@dataclass(frozen=True, kw_only=True)
class Home:
    """The names that addresses need."""

    ada: Person
    case: str  # which Ada has claimed
    cluster: str  # with several items
    ruled: str  # whose undo window runs
    entry: str
    upload: str
    item: str
    user: str
    record: str
    order: str  # with a deadline near
    same: str  # about what was ruled on before
    other_kinds: dict[str, str]  # cases of a video, a sound and a text, by what they are
    chidi: Person  # has no second factor
    token: str  # of an invitation


def furnished(served: Served) -> Home:
    """A week of work, and what waits now."""
    people, token = _people(served)
    _known(served, people[0])
    _endpoints(served)
    _week(served, people, random.Random(4))  # noqa: S311 - the same week every time
    record = _exchange(served)
    case, cluster, ruled, order, same = _today(served, people)
    others = _other_kinds(served, people[0])
    with served.door.app.memory.reading() as stores:
        item = _struck(stores)
    return Home(
        ada=people[0],
        case=case,
        cluster=cluster,
        ruled=ruled,
        entry=next(each.entry for each in item.matches if each.bank == OURS),
        upload=item.upload or "",
        item=item.id,
        user=item.uploader or "",
        record=record,
        order=order,
        same=same,
        other_kinds=others,
        chidi=people[2],
        token=token,
    )


def _struck(stores: Stores) -> Item:
    """An item of the week whose uploader has strikes."""
    for number in range(40):
        strikes = stores.rulings.strike_list(f"user-{number:03}")
        if strikes:
            return stores.cases.find(
                stores.cases.of_user(f"user-{number:03}", limit=50)[-1].id
            ).items[0]
    raise NotFound("Nobody has strikes.")


def _people(served: Served) -> tuple[list[Person], str]:
    """Ada and her team; somebody is invited."""
    moment = now()
    made = [
        somebody(
            served,
            *roles,
            name=name,
            login=login,
            pseudonym=bird,
            created_at=moment - 40 * DAY,
            seen_at=moment - number * 2 * HOUR,
            totp=b"sealed" if coded else None,
            totp_at=moment - 30 * DAY if coded else None,
            preferences=Preferences(filters=FILTERS),
        )
        for number, ((name, login, roles, coded), bird) in enumerate(
            zip(PEOPLE, ("Teal 12", "Wren 40", "Knot 7", "Ruff 23", "Serin 5"), strict=True)
        )
    ]
    with served.door.app.memory.transaction() as stores:
        _, token = invite_person(
            "farah@tern.example",
            roles=frozenset({Role.REVIEWER}),
            limits=Limits(territories=frozenset({"DE", "AT"})),
            expires_at=moment + 7 * DAY,
            stores=stores,
            by=made[0].id,
            now=moment - HOUR,
        )
    return made, token


def _known(served: Served, ada: Person) -> None:
    """Policies, banks and rules; entries of our landscapes."""
    app, moment = served.door.app, now() - 30 * DAY
    with app.memory.transaction() as stores:
        for ident, title, ground, categories, measure, strikes, severity in POLICIES:
            policy = Policy(
                id=ident,
                title=title,
                ground=ground,
                text=TEXT,
                categories=categories,
                measure=measure,
                strikes=strikes,
                severity=severity,
                at=moment,
            )
            put_policy(policy, taxonomy=app.taxonomy, stores=stores, by=ada.id, now=moment)
        for name, says in (
            (OURS, "What our reviewers have removed"),
            ("own-links", "Links we block"),
        ):
            create_bank(name, owner="tern", description=says, stores=stores, by=ada.id, now=moment)
        create_bank(THEIRS, owner="tern", description="", stores=stores, by=ada.id, now=moment)
        for each in RULES:
            put_rule(each, taxonomy=app.taxonomy, stores=stores, by=ada.id, now=moment)
        known = [(_signal(seed), _filing(seed)) for seed in range(60)]
        add_entries(OURS, known, taxonomy=app.taxonomy, stores=stores, by=ada.id, now=moment)
        links = [
            (Signal("url", f"https://mirror-{n}.example/videos"), _filing(n)) for n in range(4)
        ]
        add_entries("own-links", links, taxonomy=app.taxonomy, stores=stores, by=ada.id, now=moment)
        listed = [
            (_signal(seed), replace(_filing(0), vouchers=("harbour", "skerry")))
            for seed in range(100, 124)
        ]
        add_entries(THEIRS, listed, taxonomy=app.taxonomy, stores=stores, by=ada.id, now=moment)
        stores.memberships.add(_membership(Vault(app.settings.home)))
    with served.client() as admin:
        files = [(f"landscape {seed}", jpeg(landscape(seed))) for seed in LANDSCAPES]
        for name, data in (*files, *other_kinds.known()):
            admin.post(
                f"/v1/banks/{OURS}/entries",
                files={"file": data},
                data={
                    "categories": "terrorist-content",
                    "note": f"Made by code: {name}",
                    "vouchers": "tern",
                },
            ).raise_for_status()


def _signal(seed: int) -> Signal:
    return pdq(9_000 + seed)


def _filing(seed: int) -> Filing:
    category = ("terrorist-content", "terrorist-content", "violence", "incitement-violence-hatred")[
        seed % 4
    ]
    return Filing(
        categories=(category,),
        vouchers=("tern",),
        note=f"Collected on patrol {seed}",
        source="list.csv",
    )


def _membership(vault: Vault) -> Membership:
    moment = now()
    return Membership(
        id=new_id("mb", at=moment),
        hub="https://hub.harbour.example",
        agreement=FOLLOWED,
        organisation="tern",
        bank=THEIRS,
        hub_key="hub.harbour.example+1d2a3c4e+AS",
        key=vault.seal("none"),
        key_at=moment,
        joined_at=moment - 30 * DAY,
        frontier=Frontier(size=0, peaks=[]),
        size=1_204,
        last_delta_at=moment - HOUR,
        checked_at=moment,
    )


def _endpoints(served: Served) -> None:
    moment = now()
    paused = Endpoint(
        id="ep_trust",
        url="https://trust.tern.example/hooks",
        secrets=b"sealed",
        topics=("*",),
        created_at=moment - 20 * DAY,
        paused_at=moment - 2 * HOUR,
        failing_since=moment - 5 * HOUR,
        failures=9,
        last_error="The connection was refused.",
    )
    calm = replace(
        paused,
        id="ep_posts",
        url="https://posts.tern.example/seawall",
        topics=("entry:added",),
        paused_at=None,
        failing_since=None,
        failures=0,
        last_error=None,
    )
    with served.door.app.memory.transaction() as stores:
        for each in (paused, calm):
            stores.deliveries.add_endpoint(each)


def _week(served: Served, people: list[Person], rng: random.Random) -> None:
    """Seven days of uploads; two reviewers rule on what came into cases."""
    app = served.door.app
    app.knowledge.refresh_now()
    start = now() - 7 * DAY
    for day in range(7):
        for _ in range(rng.randint(28, 60)):
            at = start + day * DAY + timedelta(minutes=rng.randint(10, 1_300))
            upload = screen_upload(
                fingerprint(
                    flipped(_signal(rng.randrange(60)), _bits(rng), seed=rng.randrange(10**6))
                ),
                Context(
                    item=f"posts/2026/{rng.randrange(10**6):06}",
                    uploader=f"user-{rng.randrange(40):03}",
                    territory=rng.choice(("DE", "FR", "SE")),
                    surface="feed",
                ),
                knowledge=app.knowledge,
                chance=rng.random(),
                now=at,
            )
            with app.memory.transaction() as stores:
                remember_upload(upload, stores=stores, keep_ledger=True)
        for who in people[1:3]:
            for _ in range(rng.randint(1, 4)):
                _rule(served, who, at=start + (day + 1) * DAY, rng=rng)
        carry_out_due(app.memory, bench=app.bench(), now=start + (day + 1) * DAY + HOUR / 2)
    with app.memory.transaction() as stores:
        waiting = stores.deliveries.of_state("ep_trust", state=Progress.WAITING, after=0, limit=3)
        stores.deliveries.save(
            replace(each.delivery, state=Progress.DEAD, attempts=9, last_status=500)
            for each in waiting
        )


def _bits(rng: random.Random) -> int:
    return rng.choice((0, 4, 12, 26, 90, 90, 90, 90, 90, 90, 90))


def _rule(served: Served, who: Person, *, at: datetime, rng: random.Random) -> None:
    app = served.door.app
    with app.memory.transaction() as stores:
        case = next_case(
            who.id, limits=who.limits, config=app.settings.cases, stores=stores, now=at
        )
        if case is None:
            return
        policy = rng.choice(("terror", "attacks", "graphic", None))
        decision = {"graphic": Decision.LABEL, None: Decision.KEEP}.get(policy, Decision.REMOVE)
        answer = Answer(
            decision=decision, policy=policy, note="Clear." if policy else "A news report."
        )
        rule(
            case.id,
            answer,
            who.id,
            limits=who.limits,
            config=app.settings.cases,
            stores=stores,
            now=at,
        )


def _today(served: Served, people: list[Person]) -> tuple[str, str, str, str, str]:
    """What waits now; Ada's own case, a cluster, one just ruled, one with a deadline, one about what was ruled on."""
    ada, bo = people[0], people[1]
    with served.client() as admin:
        cases, order = _arrivals(admin), _by_hand(admin)
        admin.post(f"/v1/cases/{cases[4]}/claim", json={"person": bo.id})
    with browser(served, ada) as client:
        form = {"csrf": word(client)}
        for ident in (cases[0], cases[1]):
            client.post(f"/desk/cases/{ident}/claim", data=form)
        ruling = form | {
            "decision": "remove",
            "policy": "terror",
            "note": "It calls for attacks.",
            "version": "2",
        }
        client.post(f"/desk/cases/{cases[1]}/ruling", data=ruling)
        client.post(f"/desk/cases/{cases[3]}/claim", data=form)
        client.post(f"/desk/cases/{cases[7]}/claim", data=form)
        client.post(f"/desk/cases/{cases[7]}/ruling", data=ruling)
    with served.door.app.memory.transaction() as stores:
        stores.cases.lock()
        stores.cases.extend(cases[7], until=now())
    with browser(served, bo) as client:
        form = {"csrf": word(client)}
        client.post(f"/desk/cases/{cases[5]}/claim", data=form)
        account = form | {
            "decision": "remove",
            "policy": "attacks",
            "account": "remove",
            "note": "The fourth time.",
            "version": "2",
        }
        client.post(f"/desk/cases/{cases[5]}/ruling", data=account)
    with served.client() as admin:
        carry_out_due(served.door.app.memory, bench=served.door.app.bench(), now=now())
        same = _upload(admin, LANDSCAPES[7], "64 colours", 1_007)
    with browser(served, ada) as client:
        for ident in (order, same):
            client.post(f"/desk/cases/{ident}/claim", data={"csrf": word(client)})
    return cases[0], cases[3], cases[1], order, same


def _other_kinds(served: Served, ada: Person) -> dict[str, str]:
    """Cases of uploads with a part of a known video, sound and text, which Ada claims."""
    cases = {}
    with served.client() as admin:
        for name, data in other_kinds.uploaded():
            form = {
                "item_id": f"posts/2026/{name}",
                "uploader": "user-021",
                "territory": "DE",
                "surface": "feed",
            }
            answer = admin.post("/v1/screen", files={"file": data}, data=form).raise_for_status()
            cases[name] = answer.json()["case"]
    with browser(served, ada) as client:
        for ident in cases.values():
            client.post(f"/desk/cases/{ident}/claim", data={"csrf": word(client)})
    return cases


def _arrivals(admin: httpx.Client) -> list[str]:
    """Today's uploads that want a person, and copies that join one of them; the cases of the former."""
    cases = [
        _upload(admin, seed, alteration, number)
        for number, (seed, alteration) in enumerate(
            zip(
                list(LANDSCAPES)[:8],
                ("saved again, badly", "captioned", "blurred", "64 colours") * 2,
                strict=True,
            )
        )
    ]
    for number, factor in enumerate((1.2, 1.25, 1.3, 1.35)):
        file = jpeg(ImageEnhance.Brightness(landscape(LANDSCAPES[3])).enhance(factor), quality=30)
        form = {
            "item_id": f"posts/2026/copy-{number}",
            "uploader": f"user-0{number}1",
            "territory": "FR",
        }
        admin.post("/v1/screen", files={"file": file}, data=form)
    return cases


def _by_hand(admin: httpx.Client) -> str:
    """A link with an order's deadline, and a user; the case of the link."""
    soon, opened = now() + timedelta(minutes=38), []
    for item, kind, queue, deadline in (
        ("https://mirror-9.example/videos/7", "link", "orders", soon),
        ("user-017", "user", "accounts", now() + 5 * HOUR),
    ):
        body = {
            "item": item,
            "kind": kind,
            "queue": queue,
            "category": "terrorist-content",
            "deadline": deadline.isoformat(),
            "reach": 12_400,
        }
        opened.append(admin.post("/v1/cases", json=body).raise_for_status().json()["id"])
    return opened[0]


def _upload(admin: httpx.Client, seed: int, alteration: str, number: int) -> str:
    picture = landscape(seed)
    form = {
        "item_id": f"posts/2026/{41_000 + number}",
        "uploader": f"user-{number:03}",
        "territory": "DE",
        "surface": "feed",
    }
    answer = admin.post(
        "/v1/screen", files={"file": ALTERATIONS[alteration](picture)}, data=form
    ).json()
    return answer["case"]


def _exchange(served: Served) -> str:
    """An agreement of four members whose records are confirmed, disputed and held back; a disputed record."""
    doing = Doing(actor="cli", organisation=None, at=now() - 20 * DAY)
    kinds = {
        "tern": Kind.PLATFORM,
        "skerry": Kind.PLATFORM,
        "coastguard": Kind.AUTHORITY,
        "beacon": Kind.HOTLINE,
    }
    names = ("Tern Social", "Skerry Video", "Coastal Referral Unit", "Beacon Hotline")
    keys = {}
    with served.door.app.memory.transaction() as stores:
        terms = shared.Terms(
            title="Northern list",
            purpose="Keeping known terrorist content from being uploaded again",
            categories=("terrorist-content",),
            retention=365 * DAY,
        )
        make_agreement(
            AGREEMENT, terms, taxonomy=served.door.app.taxonomy, stores=stores, doing=doing
        )
        for (ident, kind), name in zip(kinds.items(), names, strict=True):
            found_organisation(ident, name=name, kind=kind, stores=stores, doing=doing)
            member = shared.Member(
                agreement=AGREEMENT,
                organisation=ident,
                roles=frozenset(shared.Role),
                joined_at=doing.at,
                held=ident == "beacon",
            )
            stores.organisations.add_member(member)
            _, keys[ident] = create_key(
                "exchange",
                owner=ident,
                scopes=frozenset({Scope.EXCHANGE}),
                stores=stores,
                by="cli",
                now=doing.at,
            )
    served.door.app.knowledge.refresh_now()
    signals = [str(pdq(secrets.randbits(60))) for _ in range(14)]
    path = f"/v1/exchange/agreements/{AGREEMENT}"
    said = {"categories": ["terrorist-content"], "severity": 6}
    clients = {name: served.stranger(Authorization=f"Bearer {key}") for name, key in keys.items()}
    clients["tern"].post(f"{path}/opinions", json={"signals": signals[:9], **said})
    clients["skerry"].post(f"{path}/opinions", json={"signals": signals[4:12], **said})
    clients["beacon"].post(f"{path}/opinions", json={"signals": signals[10:], **said})
    against = {"signals": signals[:2], "word": "dispute", "reason": "A news agency published it."}
    disputed = clients["coastguard"].post(f"{path}/opinions", json=against).json()
    records = [each["record"]["id"] for each in disputed["results"]]
    counts = {
        records[0]: {"sightings": 11, "right": 8, "wrong": 3},
        records[1]: {"sightings": 40, "right": 37, "wrong": 1},
    }
    clients["skerry"].post(f"{path}/reports", json={"records": counts})
    for client in clients.values():
        client.close()
    return records[0]
