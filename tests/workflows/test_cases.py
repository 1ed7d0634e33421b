"""Cases from their opening to what a ruling does, on both databases."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from seawall.access.person import Limits, Person, Role
from seawall.banks.bank import Bank
from seawall.cases.case import Item, ItemKind, Source, Status, fold
from seawall.cases.config import Act, CasesConfig
from seawall.cases.policy import Policy
from seawall.cases.ruling import AccountMeasure, Context, Decision
from seawall.errors import NotAllowed, NotFound, WrongState
from seawall.media.media import Kind
from seawall.policy.ground import Basis, Ground
from seawall.policy.interval import Share
from seawall.policy.measure import Measure
from seawall.policy.rule import STARTING_RULES, Rule
from seawall.policy.taxonomy import taxonomy
from seawall.storage.memory import Memory
from seawall.storage.sealed import PASSAGE, SealedMedia
from seawall.workflows.audit import verify_audit
from seawall.workflows.carrying_out import carry_out_due
from seawall.workflows.case_access import offered_to_nobody
from seawall.workflows.cases import (
    claim,
    hand_off,
    heartbeat,
    hold,
    next_case,
    release,
    remove_from_cluster,
    skip,
)
from seawall.workflows.effects import Bench
from seawall.workflows.knowledge import Knowledge
from seawall.workflows.opening import open_case
from seawall.workflows.policy import put_policy
from seawall.workflows.restoring import restore
from seawall.workflows.ruling import Answer, approve, confirm, confirmation, refuse, rule, undo
from seawall.workflows.upload import Context as About
from seawall.workflows.upload import remember_upload, screen_upload
from tests.made import NOON, entry, fingerprint, flipped, pdq

CONFIG = CasesConfig()
ANYTHING = Limits()
LAW = Ground(basis=Basis.ILLEGAL, provision="Regulation (EU) 2021/784, Article 2(7)")
TERROR = Policy(
    id="terror",
    title="Terrorist content",
    ground=LAW,
    at=NOON,
    categories=("terrorist-content",),
    strikes=3,
    severity=3,
)
REMOVE = Answer(decision=Decision.REMOVE, policy="terror")
KEEP = Answer(decision=Decision.KEEP)
BENCH = Bench(config=CONFIG, taxonomy=taxonomy(), owner="us", keep_ledger=True, secret=b"s")


def later(seconds):
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


class Place:
    """A platform's home in a test: it screens, and people work on its cases."""

    def __init__(self, memory, knowledge):
        self.memory = memory
        self.knowledge = knowledge

    def screened(self, *signals, item="post 1", at=NOON, chance=1.0):
        """An upload of these signals and the case that it is in, if any."""
        upload = screen_upload(
            fingerprint(*signals),
            About(item=item, uploader="user 1"),
            knowledge=self.knowledge,
            chance=chance,
            now=at,
        )
        with self.memory.transaction() as stores:
            case = remember_upload(upload, stores=stores, keep_ledger=True)
        return upload, case

    def do(self, story, *args, **named):
        """A story in a transaction of its own."""
        with self.memory.transaction() as stores:
            return story(*args, stores=stores, **named)

    def next(self, person, *, at=NOON, **filters):
        """The next case for this person, theirs now."""
        named = {"limits": ANYTHING, **filters}
        return self.do(next_case, person, config=CONFIG, now=at, **named)

    def rule(self, case, answer, person="ann", *, at=NOON, config=CONFIG, **named):
        """A ruling."""
        named = {"limits": ANYTHING, **named}
        return self.do(rule, case, answer, person, config=config, now=at, **named)

    def claim(self, case, person="ann", *, at=NOON):
        """This case, theirs now."""
        return self.do(claim, case, person, limits=ANYTHING, config=CONFIG, now=at)

    def case(self, ident):
        """The case as it stands."""
        with self.memory.reading() as stores:
            return stores.cases.find(ident)

    def messages(self, topic):
        """The bodies of the messages of this topic."""
        with self.memory.reading() as stores:
            every = stores.outbox.after(0, limit=1000)
        return [each.body for each in every if each.topic == topic]

    def carry_out(self, *, at):
        """How many rulings were carried out, with everything that follows known."""
        done = carry_out_due(self.memory, bench=BENCH, now=at)
        self.knowledge.refresh_now()
        return done

    def removed(self, signal, *, at=NOON):
        """A case and its ruling, which has removed an upload near the known signal."""
        _, case = self.screened(signal, at=at)
        self.claim(case, at=at)
        ruling = self.rule(case, REMOVE, at=at)
        assert self.carry_out(at=at + CONFIG.undo) == 1
        return case, ruling


def reviewer(ident, *, limits):
    """Somebody who rules within these limits."""
    return Person(
        id=ident,
        login=ident,
        name=ident,
        pseudonym=ident,
        roles=frozenset({Role.REVIEWER}),
        created_at=NOON,
        limits=limits,
    )


def media(ident, case, media_type):
    """What is kept for this case."""
    return SealedMedia(
        id=ident,
        upload=None,
        item="post 1",
        case=case,
        kind=Kind.OTHER,
        media_type=media_type,
        size=1,
        path=f"a/{ident}",
        at=NOON,
        delete_at=later(60),
        at_most_until=later(60),
    )


@pytest.fixture
def memory(database_url):
    """A memory with a bank, the starting rules and a policy."""
    opened = Memory(database_url)
    with opened.transaction() as stores:
        stores.banks.add(Bank(name="known", owner="alpha", created_at=NOON))
        for each in STARTING_RULES:
            stores.rules.put(each, at=NOON)
        put_policy(TERROR, taxonomy=taxonomy(), stores=stores, by="cli", now=NOON)
        stores.entries.add([entry(pdq(1)), entry(pdq(2))])
    yield opened
    opened.close()


@pytest.fixture
def place(memory, tmp_path):
    """A platform that knows two signals."""
    knowledge = Knowledge(
        memory,
        tmp_path / "index",
        taxonomy=taxonomy(),
        least_distance=31,
        look_every=timedelta(0),
    )
    yield Place(memory, knowledge)
    knowledge.close()


def test_near_copies_are_one_case_and_others_are_not(place):
    """The verdict, the message and the case name each other; the case is what its events say."""
    here = flipped(pdq(1), 12, seed=1)
    _, first = place.screened(here, item="a")
    _, second = place.screened(flipped(here, 4, seed=2), item="b")
    _, other = place.screened(flipped(pdq(2), 12), item="c")

    assert first == second != other
    assert [body["case"] for body in place.messages("upload:review-wanted")] == [
        first,
        second,
        other,
    ]
    case = place.case(first)
    assert [item.id for item in case.items] == ["a", "b"]
    assert (case.category, case.severity, case.queue) == ("terrorist-content", 3, "matches")
    with place.memory.reading() as stores:
        assert fold(stores.cases.events(first)) == case
        (listed,) = [each for each in stores.cases.page(limit=9) if each.id == first]
        assert (listed.items, listed.version) == (2, 2)
        assert stores.cases.of_uploads([case.items[0].upload]) == {case.items[0].upload: first}


def test_what_chance_chose_is_a_sample(place):
    """Its queue is another: nothing is suspected of it but by chance."""
    with place.memory.transaction() as stores:
        stores.entries.add([entry(pdq(3), bank="known", categories=())])
        sampling = Rule(name="sampled", measure=Measure.LABEL, max_distance=0, sample_share=0.5)
        for each in stores.rules.all():
            stores.rules.put(replace(each, review=False), at=NOON)
        stores.rules.put(sampling, at=NOON)
    place.knowledge.refresh_now()

    assert place.screened(pdq(3), chance=0.9)[1] is None
    _, ident = place.screened(pdq(3), chance=0.1)

    assert place.case(ident).sources == (Source.SAMPLE,)
    assert place.case(ident).queue == "samples"


def test_the_queue_offers_the_most_urgent_and_only_what_is_within_limits(place):
    """Deadline first; a skip does not come back, and a hand-off is for one person."""
    wanted = {}
    for name, deadline in (("late", 900), ("soon", 60), ("any", None)):
        item = Item(id=name, kind=ItemKind.TEXT)
        case = place.do(
            open_case,
            item,
            source=Source.HAND,
            by="cli",
            now=NOON,
            category="terrorist-content" if name == "soon" else None,
            deadline=later(deadline) if deadline else None,
        )
        wanted[case.id] = name

    soon = place.next("ann")
    assert wanted[soon.id] == "soon"
    place.do(skip, soon.id, "ann", now=NOON)
    late = place.next("ann")
    assert wanted[late.id] == "late"
    place.do(hand_off, late.id, "ann", to="bob", now=NOON)
    assert wanted[place.next("ann").id] == "any"
    assert place.next("ann") is None
    assert place.next("cem", queue="matches") is None
    assert place.next("cem", limits=Limits(categories=frozenset({"hate-speech"}))) is None
    assert wanted[place.next("bob").id] == "late"
    assert wanted[place.next("bob").id] == "soon"


def test_what_is_too_severe_for_somebody_is_left_to_others(place):
    """What is put on the day's limit is offered; beside it, what a queue says of its cases."""
    _, known = place.screened(flipped(pdq(1), 12, seed=1))
    hand = place.do(
        open_case,
        Item(id="user 9", kind=ItemKind.USER),
        source=Source.HAND,
        by="cli",
        now=NOON,
        deadline=later(600),
    )
    with place.memory.reading() as stores:
        severity = stores.cases.find(known).severity
        assert stores.cases.first_items([known, hand.id, "case_none"]) == {
            known: (place.case(known).items[0].kind, "post 1"),
            hand.id: (ItemKind.USER, "user 9"),
        }
        assert stores.cases.nearest_deadlines() == {"by-hand": later(600)}
        assert stores.cases.nearest_deadlines(Limits(queues=frozenset({"matches"}))) == {}
        assert [each.id for each in stores.cases.page(limit=9, most_severe=1)] == [hand.id]
    assert severity > 1
    assert place.next("ann", most_severe=0) is None
    assert place.next("ann", most_severe=severity - 1, queue="matches") is None
    assert place.next("ann", most_severe=severity, queue="matches").id == known


def test_whose_day_is_over_is_given_what_shows_no_media(place):
    """Not a case of which a picture is kept, until that is deleted; words cost nothing where they are not severe."""
    _, known = place.screened(flipped(pdq(1), 12, seed=1))
    user = Item(id="user 9", kind=ItemKind.USER)
    mild = place.do(open_case, user, source=Source.HAND, by="cli", now=NOON).id
    kept = [
        ("picture", known, "image/png"),
        ("words", known, PASSAGE),
        ("mild words", mild, PASSAGE),
    ]
    with place.memory.transaction() as stores:
        for name, case, media_type in kept:
            stores.sealed.add(media(name, case, media_type))

    assert place.next("ann", room=0).id == mild
    assert place.next("ann", room=0) is None
    with place.memory.transaction() as stores:
        stores.sealed.forget(["picture"], at=NOON)
    assert place.next("ann", room=0) is None
    with place.memory.transaction() as stores:
        stores.sealed.forget(["words"], at=NOON)
    assert place.next("ann", room=0, most_severe=2) is None
    assert place.next("ann", room=0).id == known


def test_what_nobody_may_see_is_counted(place):
    """Whoever lacks a category, a second category of it or its queue is not offered a case, nor is nobody at all."""
    for number, category in enumerate(("violence", "violence", None)):
        user = Item(id=f"user {number}", kind=ItemKind.USER, territory="DE")
        named = {"source": Source.HAND, "by": "cli", "now": NOON, "category": category}
        place.do(open_case, user, **named)

    def unseen(*people):
        with place.memory.transaction() as stores:
            for ident, limits in people:
                stores.people.add(reviewer(ident, limits=limits))
            return [
                (each.queue, each.category, each.territory, each.waiting)
                for each in offered_to_nobody(stores)
            ]

    groups = [("by-hand", "violence", "DE", 2), ("by-hand", None, "DE", 1)]
    assert unseen() == groups
    assert unseen(("ann", Limits(queues=frozenset({"matches"})))) == groups
    assert unseen(("ben", Limits(categories=frozenset({"violence"})))) == groups[1:]
    assert unseen(("cay", Limits(territories=frozenset({"FR"})))) == groups[1:]
    assert unseen(("dan", Limits())) == []


def test_an_entry_is_as_precise_as_the_rulings_on_its_matches(place):
    """One that was removed is one for it; an entry that nothing matched has none."""
    case, _ = place.removed(flipped(pdq(1), 12, seed=1))
    matched = place.case(case).items[0].matches[0].entry
    with place.memory.reading() as stores:
        assert stores.quality.precision_of(matched) == Share(1, 1)
        assert stores.quality.precision_of("en_none") == Share(0, 0)


def test_a_claim_lapses_without_a_heartbeat(place):
    """Then somebody else gets the case, and the first cannot rule on it any more."""
    _, ident = place.screened(flipped(pdq(1), 12))
    assert place.next("ann").id == ident
    assert place.next("bob", at=later(500)) is None
    place.do(heartbeat, ident, "ann", config=CONFIG, now=later(500))
    assert place.next("bob", at=later(1000)) is None
    assert place.next("bob", at=later(1101)).id == ident
    with pytest.raises(WrongState):
        place.rule(ident, KEEP, at=later(1101))
    with pytest.raises(WrongState):
        place.do(heartbeat, ident, "ann", config=CONFIG, now=later(1101))
    place.do(release, ident, "bob", now=later(1102))
    assert place.case(ident).status is Status.OPEN


def test_a_held_case_comes_back_when_its_time_is_over(place):
    """With the reason to be seen meanwhile."""
    _, ident = place.screened(flipped(pdq(1), 12))
    place.next("ann")
    told = {"reason": "waits for a translator", "until": later(3600)}
    place.do(hold, ident, "ann", now=NOON, **told)

    assert place.case(ident).reason == "waits for a translator"
    assert place.next("bob", at=later(3599)) is None
    assert place.next("bob", at=later(3600)).id == ident


def test_an_item_taken_out_is_a_case_of_its_own(place):
    """Nothing is lost; the last one stays."""
    here = flipped(pdq(1), 12, seed=1)
    _, ident = place.screened(here, item="a")
    place.screened(here, item="b")
    place.claim(ident)

    first, second = (item.key for item in place.case(ident).items)

    rest, own = place.do(remove_from_cluster, ident, second, "ann", now=NOON)

    assert [item.id for item in rest.items] == ["a"]
    assert [item.id for item in own.items] == ["b"]
    assert own.status is Status.OPEN
    with pytest.raises(WrongState):
        place.do(remove_from_cluster, ident, first, "ann", now=NOON)
    with pytest.raises(NotFound):
        place.do(remove_from_cluster, ident, second, "ann", now=NOON)


def test_a_removal_is_carried_out_once_and_blocks_what_comes_back(place):
    """A message an item, a strike that warns, the signal in our bank, and a copy is blocked."""
    here = flipped(pdq(1), 12, seed=1)
    upload, ident = place.screened(here, item="a")
    place.screened(here, item="b")
    place.claim(ident)
    ruling = place.rule(ident, REMOVE)

    assert place.carry_out(at=later(59)) == 0
    assert place.carry_out(at=later(60)) == 1
    assert place.carry_out(at=later(61)) == 0

    made = place.messages("ruling:made")
    assert [body["items"][0]["item"] for body in made] == ["a", "b"]
    assert made[0]["items"][0]["upload"] == upload.id
    assert made[0]["policy_version"] == 1
    assert made[0]["ground"] == {"basis": "illegal", "provision": LAW.provision}
    (measured,) = place.messages("user:measured")
    assert (measured["user"], measured["measure"], measured["strikes"]) == ("user 1", "warn", 3)
    assert place.case(ident).status is Status.CARRIED_OUT
    again, asked = place.screened(here, item="c", at=later(70))
    assert again.verdict.measure is Measure.BLOCK
    with place.memory.reading() as stores:
        assert confirmation(stores.cases.find(asked), stores).id == ruling.id
        assert stores.rulings.removed([upload.id]) == {upload.id}
        assert [each.id for each in stores.rulings.of_case(ident)] == [ruling.id]
    assert verify_audit(place.memory).faults == ()


def test_a_ruling_is_undone_within_its_window(place):
    """Nothing of it is ever sent; the case is in the hands of whoever took it back."""
    _, ident = place.screened(flipped(pdq(1), 12))
    place.claim(ident)
    ruling = place.rule(ident, REMOVE)

    case = place.do(undo, ruling.id, "ann", config=CONFIG, now=later(59))

    assert (case.status, case.claimed_by) == (Status.CLAIMED, "ann")
    assert place.carry_out(at=later(600)) == 0
    assert place.messages("ruling:made") == []
    again = place.rule(ident, KEEP, at=later(61))
    with pytest.raises(WrongState):
        place.do(undo, again.id, "ann", config=CONFIG, now=later(200))
    with pytest.raises(WrongState):
        place.do(undo, ruling.id, "ann", config=CONFIG, now=later(70))


def test_what_joined_meanwhile_must_be_looked_at_first(place):
    """A ruling covers what its giver saw."""
    here = flipped(pdq(1), 12, seed=1)
    _, ident = place.screened(here, item="a")
    seen = place.claim(ident)
    place.screened(here, item="b")

    with pytest.raises(WrongState):
        place.rule(ident, REMOVE, version=seen.version)
    assert place.rule(ident, REMOVE, version=place.case(ident).version)


def test_removing_an_account_takes_two_persons(place):
    """Nothing happens before the second agrees, and nobody is the own second."""
    _, ident = place.screened(flipped(pdq(1), 12))
    place.claim(ident)
    ruling = place.rule(ident, replace(REMOVE, account=AccountMeasure.REMOVE))
    assert ruling.needs == (Act.REMOVE_ACCOUNT,)
    assert place.carry_out(at=later(10_000)) == 0
    with pytest.raises(NotAllowed):
        place.do(approve, ruling.id, "ann", config=CONFIG, now=later(1))
    place.do(refuse, ruling.id, "bob", now=later(1))
    assert place.case(ident).status is Status.OPEN

    place.claim(ident, at=later(2))
    ruling = place.rule(ident, replace(REMOVE, account=AccountMeasure.REMOVE), at=later(2))
    place.do(approve, ruling.id, "bob", config=CONFIG, now=later(100))
    assert place.carry_out(at=later(159)) == 0
    assert place.carry_out(at=later(160)) == 1
    assert [body["measure"] for body in place.messages("user:measured")] == ["remove"]


def test_what_was_restored_is_let_through_until_its_time_is_over(place):
    """Two persons restore; the bank forgets, the user is forgiven, and the platform is told."""
    here = flipped(pdq(1), 12, seed=1)
    case, ruling = place.removed(here)
    told = {"note": "satire", "bench": BENCH, "now": later(100)}
    place.do(restore, ruling.id, "ann", **told)
    with pytest.raises(NotAllowed):
        place.do(restore, ruling.id, "ann", **told)
    assert place.messages("ruling:undone") == []

    place.do(restore, ruling.id, "bob", **told)
    place.knowledge.refresh_now()

    assert place.case(case).status is Status.CLOSED
    assert [body["ruling"] for body in place.messages("ruling:undone")] == [ruling.id]
    upload, none = place.screened(here, item="again", at=later(200))
    assert (upload.verdict.measure, none) == (Measure.ALLOW, None)
    assert [match.withheld for match in upload.verdict.matches] == ["restored"]
    with place.memory.reading() as stores:
        assert stores.rulings.strikes_of("user 1", at=later(101)) == 0
        assert stores.entries.page("own-rulings", text=None, limit=9) == []
    much_later = later(100) + CONFIG.restored_for
    upload, asked = place.screened(here, item="then", at=much_later)
    assert (upload.verdict.measure, asked is None) == (Measure.HOLD, False)


def test_the_same_content_is_confirmed_by_its_hash(place):
    """Not what a context decided, nor where two rulings say different things."""
    _, first = place.screened(flipped(pdq(1), 12, seed=1), item="a")
    place.claim(first)
    kept = place.rule(first, KEEP)
    place.carry_out(at=later(60))
    _, second = place.screened(flipped(pdq(1), 12, seed=1), item="b", at=later(61))
    place.claim(second, at=later(61))
    with place.memory.reading() as stores:
        assert confirmation(stores.cases.find(second), stores).id == kept.id

    named = {"limits": ANYTHING, "config": CONFIG, "now": later(62)}
    ruling = place.do(confirm, second, "ann", **named)
    assert (ruling.decision, ruling.context) == (Decision.KEEP, None)
    place.carry_out(at=later(122))

    _, news = place.screened(flipped(pdq(2), 12, seed=1), item="c")
    place.claim(news)
    place.rule(news, replace(KEEP, context=Context.NEWS))
    place.carry_out(at=later(130))
    _, copy = place.screened(flipped(pdq(2), 12, seed=1), item="d", at=later(131))
    with place.memory.reading() as stores:
        assert confirmation(stores.cases.find(copy), stores) is None


def test_what_was_held_and_kept_is_in_the_ledger(place):
    """It is on the platform now, so tomorrow's signal must find it."""
    upload, ident = place.screened(flipped(pdq(1), 12))
    assert upload.verdict.measure is Measure.HOLD
    place.claim(ident)
    place.rule(ident, KEEP)
    with place.memory.reading() as stores:
        assert stores.uploads.ledger_size() == 0

    place.carry_out(at=later(60))

    with place.memory.reading() as stores:
        assert stores.uploads.ledger_size() == 1


def test_a_ruling_remembers_what_the_policy_said_that_day(place):
    """The next version does not change what was ruled under the one before."""
    _, ident = place.screened(flipped(pdq(1), 12))
    place.claim(ident)
    ruling = place.rule(ident, REMOVE)
    with place.memory.transaction() as stores:
        put = {"taxonomy": taxonomy(), "stores": stores, "by": "cli", "now": later(1)}
        assert put_policy(TERROR, **put).version == 1
        assert put_policy(replace(TERROR, text="anew"), **put).version == 2

    with place.memory.reading() as stores:
        assert ruling.policy_version == 1
        assert stores.policies.find("terror", 1).text == ""
        assert [each.version for each in stores.policies.all()] == [2]
        with pytest.raises(NotFound):
            stores.policies.find("terror", 3)


def test_one_dies_while_carrying_out(place, monkeypatch):
    """Nothing of it is kept, and the next one does all of it, once."""
    _, ident = place.screened(flipped(pdq(1), 12))
    place.claim(ident)
    place.rule(ident, REMOVE)

    def killed(*_args, **_named):
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr("seawall.workflows.carrying_out._strike", killed)
        with pytest.raises(SystemExit):
            place.carry_out(at=later(60))
    assert place.case(ident).status is Status.RULED
    assert place.messages("ruling:made") == []

    done = []
    threads = [
        threading.Thread(target=lambda: done.append(place.carry_out(at=later(61))))
        for _ in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(done) == [0, 0, 0, 1]
    assert len(place.messages("ruling:made")) == 1


def test_twenty_claim_at_once_and_none_is_held_twice(memory):
    """Every case is claimed by exactly one, until none is left."""
    cases = 60
    with memory.transaction() as stores:
        for number in range(cases):
            item = Item(id=f"text {number}", kind=ItemKind.TEXT)
            open_case(item, source=Source.HAND, stores=stores, by="cli", now=NOON)
    got = []

    def work(person):
        while True:
            with memory.transaction() as stores:
                case = next_case(person, limits=ANYTHING, config=CONFIG, stores=stores, now=NOON)
            if case is None:
                return
            got.append(case.id)

    threads = [threading.Thread(target=work, args=(f"person {n}",)) for n in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(got) == cases
    assert len(set(got)) == cases
    with memory.reading() as stores:
        assert stores.cases.counts() == {Status.CLAIMED: cases}
