"""The same hostile text in everything that others write: on every page of the desk it is text and nothing else."""

import json
import re
import secrets
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import quote

import httpx

from seawall.access.person import Limits, Role
from seawall.clock import now
from seawall.exchange.agreement import Member
from seawall.exchange.agreement import Role as AgreementRole
from seawall.exchange.organisation import Kind
from seawall.workflows.agreements import found_organisation
from tests.made import flipped, pdq
from tests.web.console.landscape import failing_endpoint
from tests.web.console.people import browser, somebody, word
from tests.web.console.test_access_table import table
from tests.web.console.test_defences import suspicious
from tests.web.exchange import doing, hub
from tests.web.serving import Served

SUM = "{{71917*71933}}"
MADE = '"><x-made x-made=1>'
HOSTILE = (
    f"{MADE}</script></title></textarea><script>alert(1)</script>' x-made=2 \" x-made=3 onclick=alert(4) "
    f"<img src=x onerror=alert(5)> javascript:alert(6) {SUM}{{% x %}}${{71917*71933}} \u202eesrever\u2066"
)
SHORT = MADE[: 40 - len("hostile-filter")]
ELSEWHERE = {  # not pages: a stream, pictures, and the way to a provider
    "/desk/changes",
    "/desk/cases/{ident}/items/{ref}/preview",
    "/desk/sign-in/oidc",
    "/desk/sign-in/oidc/back",
}


def made_by_text(html: str) -> list[str]:
    """Elements and attributes that only a hostile text can have made."""
    found = suspicious(html)

    class Reading(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            names = [tag, *(name for name, _ in attrs)]
            if any("x-made" in name for name in names):
                found.append(f"{tag} {attrs}")

    Reading().feed(html)
    return found + [str(71917 * 71933)] * (str(71917 * 71933) in html)


@dataclass
class Written:
    """What was written where, under a mark of its own, and the pages that should show it."""

    fields: set[str] = field(default_factory=set)
    pages: list[str] = field(default_factory=list)

    def text(self, name: str, rest: str = HOSTILE) -> str:
        """The hostile text of this field."""
        self.fields.add(name)
        return f"hostile-{name}{rest}"


def sent(client: httpx.Client, method: str, path: str, **body: object) -> dict:
    """What the server answers to what a program wrote."""
    answer = client.request(method, f"/v1/{path}", json=body)
    assert answer.is_success, (path, answer.text)
    return answer.json() if answer.content else {}


def banked(admin: httpx.Client, wrote: Written) -> None:
    """A bank, a policy, an upload that an entry matched, and its case: held, then ruled on and a known answer."""
    mark = secrets.token_hex(4)
    known = pdq(secrets.randbits(60))
    sent(admin, "POST", "banks", name=f"bank-{mark}", description=wrote.text("bank"))
    filing = {"note": wrote.text("note"), "source": wrote.text("source")}
    signal = {"signal_type": "pdq", "value": known.value, "vouchers": [wrote.text("voucher")]}
    added = sent(admin, "POST", f"banks/bank-{mark}/entries", **signal, **filing)
    entry = f"/banks/bank-{mark}/entries/{added['entries'][0]['id']}"
    ground = {"basis": "terms", "provision": wrote.text("provision")}
    policy = {"title": wrote.text("title"), "ground": ground, "text": wrote.text("policy")}
    sent(admin, "PUT", f"policies/policy-{mark}", **policy)
    given = json.dumps([{"type": "pdq", "value": flipped(known, 12).value}])
    item, user = wrote.text("item"), wrote.text("uploader")
    form = {"signals": given, "item_id": item, "uploader": user, "surface": wrote.text("surface")}
    verdict = admin.post("/v1/screen", data=form).json()
    case = verdict["case"]
    by = {"person": wrote.text("person", MADE)}
    ruling = {"decision": "remove", "policy": f"policy-{mark}", "note": wrote.text("ruling")}
    sent(admin, "POST", f"cases/{case}/claim", **by)
    sent(admin, "PUT", f"cases/{case}/ruling", **by, **ruling)
    wrote.pages += [
        "/banks",
        f"/banks/bank-{mark}",
        entry,
        f"{entry}/remove",
        "/policies",
        f"/policies/policy-{mark}",
        f"/uploads/{verdict['upload']}",
        f"/items/{quote(item, safe='')}",
        f"/users/{quote(user, safe='')}",
        f"/cases/{case}",
        "/rules",
        "/rules/known-nearly",
        "/rules/known-nearly/trial?measure=block&force=on",
        f"/quality?case={case}",
    ]


def by_hand(admin: httpx.Client, client: httpx.Client, wrote: Written) -> None:
    """Cases about a text, a link and a user; one is put aside for a reason, one handed out to the desk."""
    for kind in ("text", "link", "user"):
        name = wrote.text(f"{kind}-name")
        said = {"text": wrote.text("passage")} if kind == "text" else {}
        if kind == "link":
            bad = {"item": name, "kind": kind, "link": "javascript:alert(1)"}
            assert admin.post("/v1/cases", json=bad).status_code == 422
            said = {"link": f"https://elsewhere.example/{wrote.text('link')}"}
        queue = wrote.text("queue", SHORT)
        made = sent(admin, "POST", "cases", item=name, kind=kind, queue=queue, **said)
        form = {"csrf": word(client), "reason": wrote.text("hold")}
        case = f"/cases/{made['id']}"
        assert client.post(f"/desk{case}/claim", data=form).status_code == 303
        wrote.pages += [case, f"{case}?passage=0"]
        if kind == "link":
            assert client.post(f"/desk{case}/hold", data=form).status_code == 303
    assert client.get(f"/desk/queue?queue={quote(queue)}").status_code == 200
    name = wrote.text("filter", SHORT)
    form = {"csrf": word(client), "name": name, "queue": queue}
    assert client.post("/desk/queue/filters", data=form).status_code == 303
    wrote.pages += ["", "/queue", f"/queue?queue={quote(queue)}", "/queue?show=held", "/approvals"]


def exchanged(served: Served, wrote: Written) -> None:
    """An agreement whose terms, members and opinions are hostile, and an endpoint that fails."""
    made = hub(served, title=wrote.text("agreement"), purpose=wrote.text("purpose"))
    ours, theirs = made.member(), made.member()
    names = ("incident", "entity", "context", "order", "reason")
    said = {name: wrote.text(name) for name in names} | {"categories": ["terrorist-content"]}
    with made.client(ours) as client, made.client(theirs) as other:
        signals = {"signals": [str(pdq(secrets.randbits(60)))]}
        confirmed = sent(client, "POST", f"{made.path[4:]}/opinions", **signals, **said)
        sent(other, "POST", f"{made.path[4:]}/opinions", **signals, word="dispute", reason=MADE)
    failed = replace(
        failing_endpoint(f"ep_{secrets.token_hex(4)}"),
        url=f"https://platform.example/{wrote.text('endpoint')}",
        last_error=wrote.text("failure"),
    )
    member = {"organisation": f"org-{secrets.token_hex(4)}", "agreement": made.agreement}
    named = {"name": wrote.text("organisation"), "kind": Kind.HOTLINE}
    with served.door.app.memory.transaction() as stores:
        found_organisation(member["organisation"], **named, stores=stores, doing=doing())
        stores.organisations.add_member(
            Member(**member, roles=frozenset(AgreementRole), joined_at=now())
        )
        stores.deliveries.add_endpoint(failed)
    record = confirmed["results"][0]["record"]["id"]
    wrote.pages += [
        "/exchange",
        f"/exchange/{made.agreement}",
        f"/exchange/{made.agreement}/records/{record}",
        "/health",
        f"/health/endpoints/{failed.id}",
    ]


def test_what_others_write_is_text_on_every_page(served: Served):
    """No element, no attribute, no link and no sum is made by it; and every field of theirs does reach a page."""
    wrote = Written()
    seen = HOSTILE.replace("\u202e", "").replace("\u2066", "")  # a name has no letter that is not
    limits = Limits(queues=frozenset({wrote.text("limit")}))
    names = {"name": wrote.text("name", seen), "pseudonym": wrote.text("pseudonym", SHORT)}
    boss = somebody(served, Role.ADMIN, **names)
    limited = somebody(served, Role.REVIEWER, limits=limits, login=wrote.text("login", SHORT))
    with served.client() as admin, browser(served, boss) as client:
        banked(admin, wrote)
        by_hand(admin, client, wrote)
        exchanged(served, wrote)
        wrote.pages += [
            "/people",
            f"/people/{boss.id}",
            f"/people/{limited.id}",
            "/people/review",
            "/account",
            "/uploads",
            "/queue/new",
            "/audit",
            "/invitation",
            "/sign-in",
            *asked_for(wrote),
        ]
        pages = {path: client.get(f"/desk{path}") for path in wrote.pages}
        pages["failed"] = client.post("/desk/sign-in", data={"login": wrote.text("typed")})

    assert {path: each.status_code for path, each in pages.items() if each.status_code >= 500} == {}
    made = {path: made_by_text(each.text) for path, each in pages.items()}
    assert {path: found for path, found in made.items() if found} == {}
    texts = "".join(each.text for each in pages.values())
    assert {name for name in wrote.fields if f"hostile-{name}" not in texts} == set()
    patterns = {row["page"] for row in table("pages") if row["method"] == "GET"} - ELSEWHERE
    assert {each for each in patterns if not any(fits(each, path) for path in wrote.pages)} == set()


def asked_for(wrote: Written) -> list[str]:
    """What a link of somebody else's asks our pages for, in full and as short as some fields want it."""
    places = ["/banks?text=", "/audit?subject=", "/sign-in?next=", "?done=", "/invitation?token="]
    places += ["/queue?queue=", "/queue?after=", "/people?after=", "/quality?case=", "/items/", "/"]
    asked = quote(wrote.text("asked"), safe=""), quote(wrote.text("asked", SHORT), safe="")
    return [place + each for place in places for each in asked]


def fits(pattern: str, path: str) -> bool:
    """Whether this page is at such an address."""
    wanted = re.sub(r"\\\{\w+:path\\\}", ".+", re.escape(pattern))
    wanted = re.sub(r"\\\{\w+\\\}", "[^/]+", wanted)
    return re.fullmatch(wanted, f"/desk{path.partition('?')[0]}") is not None
