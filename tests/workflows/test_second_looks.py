"""Second and third looks and golden items, from the queue to what the platform is told."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from seawall.access.person import Limits, Person, Role
from seawall.banks.bank import Bank
from seawall.cases.case import Item, ItemKind, ItemMatch, Source, Status
from seawall.cases.config import CasesConfig
from seawall.cases.policy import Policy
from seawall.cases.ruling import AccountMeasure, Decision
from seawall.errors import InputError, NotAllowed, WrongState
from seawall.policy.confusion import Confusion
from seawall.policy.ground import Basis, Ground
from seawall.policy.interval import Share
from seawall.policy.taxonomy import taxonomy
from seawall.storage.memory import Memory
from seawall.storage.quality import Precision
from seawall.workflows import carrying_out
from seawall.workflows.carrying_out import Bench, carry_out_due, restore
from seawall.workflows.case_sheet import case_within
from seawall.workflows.case_wire import whole_case_document
from seawall.workflows.cases import (
    assign,
    claim,
    hand_off,
    next_case,
    open_case,
    remove_from_cluster,
    skip,
)
from seawall.workflows.golden import golden_by_hand, golden_of_case
from seawall.workflows.policy import put_policy
from seawall.workflows.quality import quality_figures
from seawall.workflows.ruling import Answer, approve, rule, undo
from tests.made import NOON, entry, pdq

ANYTHING = Limits()
HOUR = timedelta(hours=1)
TWICE = CasesConfig(second_review=1.0, golden_every=0)
GOLDEN = CasesConfig(second_review=0.0, golden_every=2)
POLICY = Policy(
    id="terror",
    title="Terrorist content",
    ground=Ground(basis=Basis.ILLEGAL, provision="Regulation (EU) 2021/784, Article 2(7)"),
    at=NOON,
    categories=("terrorist-content",),
    strikes=3,
)
KEEP, REMOVE = Answer(decision=Decision.KEEP), Answer(decision=Decision.REMOVE, policy="terror")
SIGNAL = str(entry(pdq(1)).signal)


class Desk:
    """Cases and those who decide them, a minute for each act."""

    def __init__(self, memory, config):
        self.memory = memory
        self.config = config
        self.now = NOON

    def do(self, story, *args, **named):
        """A story in a transaction of its own, a minute later."""
        self.now += timedelta(minutes=1)
        with self.memory.transaction() as stores:
            return story(*args, stores=stores, now=self.now, **named)

    def opened(self, name, *, signals=(SIGNAL,), matches=(), category="terrorist-content"):
        """The case of a new item."""
        item = Item(
            id=name, kind=ItemKind.TEXT, uploader="user 1", signals=signals, matches=matches
        )
        return self.do(
            open_case, item, source=Source.SCREENING, by="key_1", category=category, queue="texts"
        ).id

    def next(self, person):
        """The next case for this person, theirs now."""
        return self.do(
            next_case, person, limits=ANYTHING, config=self.config, secret=b"the home's own"
        )

    def says(self, person, answer, case=None):
        """What this person rules on the next case, or on this one, carried out; the case's id."""
        ident = case or self.next(person).id
        self.do(rule, ident, answer, person, limits=ANYTHING, config=self.config)
        self.carry_out()
        return ident

    def carry_out(self):
        """How many rulings were due."""
        self.now += timedelta(minutes=2)
        return carry_out_due(self.memory, bench=self.bench, now=self.now)

    @property
    def bench(self):
        """What carrying out needs."""
        return Bench(
            config=self.config, taxonomy=taxonomy(), owner="us", keep_ledger=True, secret=b"s"
        )

    def read(self, question):
        """What the stores answer."""
        with self.memory.reading() as stores:
            return question(stores)

    def case(self, ident):
        """The case as it stands."""
        return self.read(lambda stores: stores.cases.find(ident))

    def shown(self, ident):
        """The case as a program is told of it."""
        return self.read(lambda stores: whole_case_document(stores.cases.find(ident), stores))

    def told(self):
        """What the platform was told about items, in order."""
        every = self.read(lambda stores: stores.outbox.after(0, limit=100))
        return [
            (each.topic, each.body["items"][0]["measure"])
            for each in every
            if each.topic.startswith("ruling:")
        ]

    def figures(self):
        """How well people decide."""
        return self.read(lambda stores: quality_figures(stores, since=NOON))


@pytest.fixture
def memory(tmp_path):
    """A memory with a bank and a policy."""
    opened = Memory(f"sqlite:///{tmp_path / 'seawall.db'}")
    with opened.transaction() as stores:
        stores.banks.add(Bank(name="known", owner="alpha", created_at=NOON))
        put_policy(POLICY, taxonomy=taxonomy(), stores=stores, by="cli", now=NOON)
    yield opened
    opened.close()


@pytest.fixture
def desk(memory):
    """A desk where every case is decided twice."""
    return Desk(memory, TWICE)


def test_two_who_agree_change_nothing(desk):
    """The first ruling counts at once; the second look closes, and the platform hears of it once."""
    first = desk.opened("post 1")
    assert desk.says("ann", REMOVE) == first
    assert desk.told() == [("ruling:made", "remove")]
    second = desk.says("ben", REMOVE)

    assert second != first
    assert (desk.case(first).status, desk.case(second).status) == (
        Status.CARRIED_OUT,
        Status.CLOSED,
    )
    assert desk.told() == [("ruling:made", "remove")]
    assert desk.next("cay") is None
    assert desk.figures().agreement == {"terror": Confusion({("remove", "remove"): 1})}


def test_where_two_differ_a_third_persons_word_stands(desk):
    """What was done is undone, the other ruling carried out, and strikes and bank follow."""
    first = desk.opened("post 1")
    desk.says("ann", REMOVE)
    desk.says("ben", KEEP)
    assert desk.told() == [("ruling:made", "remove")]
    assert (desk.next("ann"), desk.next("ben")) == (None, None)
    desk.says("cay", KEEP)

    assert desk.told() == [
        ("ruling:made", "remove"),
        ("ruling:undone", "remove"),
        ("ruling:made", "keep"),
    ]
    assert desk.case(first).status is Status.CARRIED_OUT
    of_case = desk.read(lambda stores: stores.rulings.of_case(first))
    assert [(each.by, each.decision, bool(each.undone_at)) for each in of_case] == [
        ("ann", "remove", True),
        ("cay", "keep", False),
    ]
    assert desk.read(lambda stores: stores.rulings.strikes_of("user 1", at=desk.now)) == 0
    assert desk.read(lambda stores: len(stores.rulings.allowed())) == 1
    assert desk.next("dee") is None
    assert desk.figures().against_settled == {"terror": Confusion({("keep", "remove"): 1})}


def test_a_third_person_who_sides_with_the_first_changes_nothing(desk):
    """Nobody is told twice what they know."""
    desk.opened("post 1")
    for person, answer in (("ann", KEEP), ("ben", REMOVE), ("cay", KEEP)):
        desk.says(person, answer)

    assert desk.told() == [("ruling:made", "keep")]


def test_what_was_kept_too_lightly_is_removed_in_the_end(desk):
    """Its signals are banked and its user has the strikes, as by any removal."""
    desk.opened("post 1")
    for person, answer in (("ann", KEEP), ("ben", REMOVE), ("cay", REMOVE)):
        desk.says(person, answer)

    assert desk.told()[1:] == [("ruling:undone", "keep"), ("ruling:made", "remove")]
    assert desk.read(lambda stores: stores.rulings.strikes_of("user 1", at=desk.now)) == 3
    assert desk.read(lambda stores: stores.rulings.allowed()) == {}


def test_a_look_tells_nothing_of_what_was_said(desk):
    """It is a case like the first one was; rulings on the same content show up when they are older."""
    first = desk.opened("post 1")
    before = desk.shown(first)
    desk.says("ann", replace(REMOVE, note="a slogan"))
    second = desk.next("ben").id
    shown = desk.shown(second)

    def like(document):
        """What of a case is not its own."""
        own = ("id", "opened_at", "events", "status", "claimed_by", "until", "version")
        return {name: value for name, value in document.items() if name not in own}

    assert like(shown) == like(before)
    assert [each["kind"] for each in shown["events"]] == ["opened", "claimed"]
    text = json.dumps(shown)
    for word in ('"ann"', "slogan", first, '"remove"', "look", "review"):
        assert word not in text, word

    ben = Person(
        id="ben",
        login="ben",
        name="Ben",
        pseudonym="Wren 7",
        roles=frozenset({Role.REVIEWER}),
        created_at=NOON,
    )
    assert desk.read(lambda stores: stores.quality.hidden_from("ben", [first, second])) == {first}
    with pytest.raises(NotAllowed):
        desk.read(lambda stores: case_within(first, ben, stores))
    desk.says("ben", REMOVE, second)
    assert desk.read(lambda stores: stores.quality.hidden_from("ben", [first, second])) == set()


def test_an_older_ruling_is_shown_to_both(desk):
    """What the first person could see, the second one sees too."""
    desk.config = GOLDEN
    desk.opened("post 1")
    desk.says("eve", REMOVE)
    desk.config = TWICE
    desk.opened("post 2")
    desk.says("ann", KEEP)

    assert desk.shown(desk.next("ben").id)["confirms"]["decision"] == "remove"


def test_whoever_has_said_a_word_is_not_asked_again(desk):
    """Not from the queue, not by its id, not handed over, not assigned."""
    desk.opened("post 1")
    desk.says("ann", REMOVE)
    second = desk.next("ben").id

    with pytest.raises(NotAllowed):
        desk.do(hand_off, second, "ben", to="ann")
    desk.do(skip, second, "ben")
    with pytest.raises(NotAllowed):
        desk.do(claim, second, "ann", limits=ANYTHING, config=TWICE)
    with pytest.raises(NotAllowed):
        desk.do(assign, second, "lead", to="ann", limits=ANYTHING)
    assert desk.next("ann") is None
    assert desk.next("cay").id == second


def test_a_second_word_can_be_taken_back_in_its_window(desk):
    """As any ruling; nothing was compared meanwhile."""
    desk.opened("post 1")
    desk.says("ann", REMOVE)
    second = desk.next("ben").id
    ruling = desk.do(rule, second, KEEP, "ben", limits=ANYTHING, config=TWICE)
    desk.now -= timedelta(minutes=1)
    desk.do(undo, ruling.id, "ben", config=TWICE)
    desk.says("ben", REMOVE, second)

    assert desk.figures().agreement == {"terror": Confusion({("remove", "remove"): 1})}


def test_what_was_restored_meanwhile_stays_restored(desk):
    """Whoever restored it has seen everything; the words still count for the figures."""
    first = desk.opened("post 1")
    desk.config = replace(TWICE, two_persons=frozenset())
    desk.says("ann", REMOVE)
    desk.says("ben", KEEP)
    ruling = desk.case(first).ruling
    desk.do(restore, ruling, "lead", note="An appeal.", bench=desk.bench)
    desk.says("cay", KEEP)

    assert desk.told() == [("ruling:made", "remove"), ("ruling:undone", "remove")]
    assert desk.case(first).status is Status.CLOSED


def test_a_settling_word_that_needs_a_second_person_waits_for_one(desk):
    """What stands goes on standing until somebody approves what takes its place."""
    first = desk.opened("post 1")
    desk.says("ann", KEEP)
    desk.says("ben", REMOVE)
    desk.says("cay", replace(REMOVE, account=AccountMeasure.REMOVE))
    waiting = desk.case(first)
    assert (waiting.status, waiting.until, desk.told()) == (
        Status.RULED,
        None,
        [("ruling:made", "keep")],
    )
    desk.do(approve, waiting.ruling, "lead", config=TWICE)
    assert desk.carry_out() == 1

    assert desk.told()[1:] == [("ruling:undone", "keep"), ("ruling:made", "remove")]
    assert desk.next("dee") is None


def test_killed_while_it_is_settled_it_is_settled_once(desk, monkeypatch):
    """Whatever was half done is not done, and the next round does all of it."""
    desk.opened("post 1")
    desk.says("ann", REMOVE)
    desk.says("ben", KEEP)
    third = desk.next("cay").id
    desk.do(rule, third, KEEP, "cay", limits=ANYTHING, config=TWICE)

    def killed(*_, **__):
        raise KeyboardInterrupt

    for place in ("compare", "begin_review", "count_matches"):
        with monkeypatch.context() as patch:
            patch.setattr(carrying_out, place, killed)
            with pytest.raises(KeyboardInterrupt):
                desk.carry_out()
        assert desk.told() == [("ruling:made", "remove")]
    assert (desk.carry_out(), desk.carry_out()) == (1, 0)

    assert len(desk.told()) == 3
    assert len(desk.figures().against_settled["terror"].counts) == 1


def test_a_golden_item_looks_like_a_case_and_nothing_is_sent(memory):
    """Whoever decides it is told afterwards whether they were right, and why; each decides it once."""
    desk = Desk(memory, GOLDEN)
    first = desk.opened("post 1")
    desk.says("lead", REMOVE)
    golden = desk.do(golden_of_case, first, why="It praises an attack.", by="lead")
    sent = desk.told()
    for number in range(4):
        desk.opened(f"post {number + 2}", signals=())
    given = {}
    for person, answer in (("ann", KEEP), ("ben", REMOVE)):
        for _ in range(2):
            case = desk.next(person)
            before = desk.shown(case.id)
            assert (before["golden"], before["confirms"], before["queue"]) == (None, None, "texts")
            assert "gold" not in json.dumps(before["items"])
            desk.says(person, answer, case.id)
            if after := desk.shown(case.id)["golden"]:
                given[person] = after

    told = desk.read(
        lambda stores: stores.quality.lately_told("ann", since=desk.now - HOUR, limit=9)
    )
    assert [(desk.shown(case)["golden"]["right"], tried.right) for case, tried in told] == [
        (False, False)
    ]
    known = {"decision": "remove", "why": "It praises an attack."}
    assert given == {"ann": {**known, "right": False}, "ben": {**known, "right": True}}
    assert len(desk.told()) == len(sent) + 2  # of the two cases that were none
    assert desk.figures().people == {
        "ann": Confusion({("remove", "keep"): 1}),
        "ben": Confusion({("remove", "remove"): 1}),
    }
    assert [each.id for each in desk.read(lambda stores: stores.quality.goldens())] == [golden.id]


def test_a_golden_item_by_hand_needs_a_policy_an_answer_and_a_reason(memory):
    """And one of a case needs what stands on it."""
    desk = Desk(memory, GOLDEN)
    item = Item(id="text 1", kind=ItemKind.TEXT)
    hand = {"queue": "texts", "decision": Decision.KEEP, "policy": "terror", "by": "lead"}
    golden = desk.do(golden_by_hand, item, why="News.", **hand)

    assert (golden.decision, golden.policy_version) == ("keep", 1)
    assert golden.opening["item"]["id"] == "text 1"
    with pytest.raises(InputError):
        desk.do(golden_by_hand, item, why=" ", **hand)
    with pytest.raises(WrongState):
        desk.do(golden_of_case, desk.opened("post 1"), why="Because.", by="lead")


def test_precision_is_what_rulings_say_of_matches(memory):
    """Kept is a false match, and so is what was restored; a replaced ruling counts for nothing."""
    desk = Desk(memory, replace(GOLDEN, two_persons=frozenset()))
    near = ItemMatch(bank="known", entry="ent_1", signal=SIGNAL, distance=3)
    also = replace(near, entry="ent_2")
    for number, (answer, matches) in enumerate(
        [(REMOVE, (near, also)), (REMOVE, (near,)), (KEEP, (near,)), (REMOVE, ())]
    ):
        desk.opened(f"post {number}", signals=(), matches=matches)
        last = desk.says("ann", answer)
    assert desk.figures().precision["bank"] == [
        Precision(name="known", bank=None, right=Share(2, 3))
    ]
    assert desk.figures().precision["entry"] == [
        Precision(name="ent_1", bank="known", right=Share(2, 3)),
        Precision(name="ent_2", bank="known", right=Share(1, 1)),
    ]
    assert desk.case(last).items[0].matches == ()

    desk.do(restore, first_ruling(desk), "lead", note="", bench=desk.bench)
    assert desk.figures().precision["policy"] == [
        Precision(name="terror", bank=None, right=Share(1, 3))
    ]
    desk.config = TWICE
    desk.opened("post 9", signals=(), matches=(also,))
    for person, answer in (("ann", KEEP), ("ben", REMOVE), ("cay", REMOVE)):
        desk.says(person, answer)
    assert desk.figures().precision["source"] == [
        Precision(name="screening", bank=None, right=Share(2, 4))
    ]


def first_ruling(desk):
    """The id of the first ruling that was carried out."""
    every = desk.read(lambda stores: stores.outbox.after(0, limit=1))
    return every[0].body["ruling"]


def test_what_is_taken_out_of_a_look_is_a_look(desk):
    """It looks like any other case of its own; what is said of it is neither carried out nor counted."""
    first = desk.opened("post 1")
    assert desk.opened("post 2") == first
    desk.says("ann", REMOVE, case=desk.next("ann").id)
    told = desk.told()
    look = desk.next("ben")

    rest, own = desk.do(remove_from_cluster, look.id, "text:post 2", "ben")
    assert (rest.id, [item.id for item in rest.items]) == (look.id, ["post 1"])
    assert ([item.id for item in own.items], own.status) == (["post 2"], Status.OPEN)
    desk.says("ben", KEEP, case=desk.do(claim, own.id, "ben", limits=ANYTHING, config=TWICE).id)
    assert desk.case(own.id).status is Status.CLOSED
    assert desk.told() == told
    assert desk.figures().waiting == 1
    assert desk.read(lambda stores: stores.quality.find(first)).review.stage == "second"

    desk.says("ben", REMOVE, case=look.id)
    assert desk.figures().waiting == 0
    assert desk.told() == told
    assert [item.id for item in desk.case(first).items] == ["post 1", "post 2"]
    assert desk.next("ann") is None
