"""Second and third looks and golden items, from the queue to what the platform is told."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from seawall.access.person import Limits, Person, Role
from seawall.banks.bank import Bank
from seawall.cases.case import Item, ItemKind, ItemMatch, Source, Status
from seawall.cases.config import Act, CasesConfig
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
from seawall.workflows.carrying_out import carry_out_due
from seawall.workflows.case_sheet import case_sheet, case_within
from seawall.workflows.case_wire import whole_case_document
from seawall.workflows.cases import (
    assign,
    claim,
    claimed,
    hand_off,
    next_case,
    release,
    remove_from_cluster,
    skip,
)
from seawall.workflows.effects import Bench
from seawall.workflows.ending import end_due
from seawall.workflows.golden import golden_by_hand, golden_of_case
from seawall.workflows.history import past
from seawall.workflows.opening import open_case
from seawall.workflows.policy import put_policy
from seawall.workflows.quality import compare, quality_figures
from seawall.workflows.restoring import restore
from seawall.workflows.ruling import Answer, approve, refuse, rule, undo, waits_for_a_second
from seawall.workflows.sealing import Safe
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
SAFE = Safe(files=None, after_closing=HOUR, at_most=HOUR, max_bytes=1, budget=0)
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

    def person(self, ident, *, role=Role.REVIEWER, limits=ANYTHING):
        """One of our people."""
        return Person(
            id=ident,
            login=ident,
            name=ident.title(),
            pseudonym="Wren 7",
            roles=frozenset({role}),
            created_at=NOON,
            limits=limits,
        )

    def refuses(self, ident, case, **fields):
        """Whether the case is not open to this person."""
        try:
            self.read(lambda stores: case_within(case, self.person(ident, **fields), stores))
        except NotAllowed:
            return True
        return False

    def waiting(self, person):
        """The ids of the cases in this person's queue."""
        return [
            each.id for each in self.read(lambda stores: stores.cases.page(limit=9, reader=person))
        ]

    def claims(self, person, case):
        """This case, theirs now."""
        return self.do(claim, case, person, limits=ANYTHING, config=self.config).id

    def sheet(self, ident, case, **fields):
        """The case as it is laid before this person."""
        return self.do(case_sheet, case, self.person(ident, **fields), safe=SAFE)

    def past(self, ident, user, **fields):
        """What this person may know of a user."""
        who = self.person(ident, **fields)
        return self.read(
            lambda stores: past(
                who,
                stores.cases.of_user(user, limit=9),
                stores,
                about=lambda item: item.uploader == user,
            )
        )

    def strikes(self):
        """Everything that counts against the user."""
        return self.read(lambda stores: stores.rulings.strike_list("user 1"))

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


@pytest.mark.parametrize("golden", [False, True])
def test_the_case_behind_a_look_is_closed_to_whoever_may_be_asked(memory, golden):
    """Before they claim it, after they gave it back, and until all is settled; not to whoever has said their word."""
    desk, first, second = behind(memory, golden=golden)

    for act in (None, claim, release):
        if act is claim:
            desk.do(claim, second, "ben", limits=ANYTHING, config=desk.config)
        elif act is release:
            desk.do(release, second, "ben")
        assert desk.refuses("ben", first)
        assert desk.refuses("cay", first)
        assert not desk.refuses("ben", second)
        assert not desk.refuses("ann", first)
        assert not desk.refuses("olga", first, role=Role.AUDITOR)
        assert second in desk.waiting("ben")
    desk.do(claim, second, "ben", limits=ANYTHING, config=desk.config)
    desk.do(rule, second, REMOVE, "ben", limits=ANYTHING, config=desk.config)
    assert desk.refuses("ben", first)
    assert not desk.refuses("ben", second)
    assert desk.refuses("cay", second)
    desk.carry_out()
    assert not any(desk.refuses(person, first) for person in ("ann", "ben", "cay"))


def behind(memory, *, golden):
    """A desk, a case that ann has removed, and a look at it, or a golden item of it, that waits."""
    desk = Desk(memory, GOLDEN if golden else TWICE)
    first = desk.opened("post 1")
    desk.says("ann", REMOVE)
    if not golden:
        return desk, first, desk.waiting("ben")[0]
    desk.do(golden_of_case, first, why="It praises an attack.", by="ann")
    for number in range(3):
        desk.opened(f"post {number + 2}", signals=())
    own = None
    while own is None:
        case = desk.next("ben")
        own = desk.read(lambda stores, ident=case.id: stores.quality.look(ident))
        if own is None:
            desk.says("ben", KEEP, case.id)
    desk.do(release, own.case, "ben")
    return desk, first, own.case


def test_a_look_is_in_no_queue_of_whoever_has_decided_it(desk):
    """Nor opened by its id: there it would be a copy of what they know."""
    desk.opened("post 1")
    desk.says("ann", REMOVE)
    (second,) = desk.waiting("ben")

    assert desk.waiting("ann") == []
    assert desk.read(lambda stores: stores.cases.waiting(reader="ann")) == {}
    assert desk.read(lambda stores: stores.cases.opened_after(0, reader="ann")) == 0
    assert desk.refuses("ann", second)


def test_a_case_that_somebody_wants_restored_opens_to_a_second_person(desk):
    """A wrong removal does not wait for a comparison."""
    first = desk.opened("post 1")
    desk.says("ann", REMOVE)
    assert desk.refuses("ben", first)
    desk.do(restore, desk.case(first).ruling, "ann", note="An appeal.", bench=desk.bench)

    assert not desk.refuses("ben", first)


def test_the_page_of_a_look_shows_no_strike_and_no_ruling_of_what_it_compares(desk):
    """Neither at the item nor on the page of its uploader, where the look stands in place of the case."""
    first = desk.opened("post 1")
    fresh = desk.sheet("ben", first)
    desk.says("ann", REMOVE)
    (second,) = desk.waiting("ben")
    copy = desk.opened("post 2")

    for ident in (second, copy):
        sheet = desk.sheet("ben", ident)
        assert sheet.items[0].standing == fresh.items[0].standing
        assert (sheet.earlier, sheet.confirms) == ((), None)
    assert desk.sheet("ann", copy).items[0].standing.strikes == 3
    for person in ("ben", "cay"):
        seen = desk.past(person, "user 1")
        assert [case.id for case in seen.cases] == [copy, second]
        assert (seen.rulings, seen.about) == ((), {first, copy, second})
        assert not any(map(seen.tells, desk.strikes()))
        assert not any(seen.before(each.at) for each in desk.strikes())
    seen = desk.past("ann", "user 1")
    assert [case.id for case in seen.cases] == [copy, first]
    assert all(map(seen.tells, desk.strikes()))
    desk.says("ben", REMOVE, desk.claims("ben", second))
    assert [case.id for case in desk.past("ben", "user 1").cases] == [copy, first]


def test_a_golden_item_by_hand_is_in_the_history_of_its_item(memory):
    """As every case is, for whoever decides it."""
    desk = Desk(memory, GOLDEN)
    item = Item(id="text 1", kind=ItemKind.TEXT, uploader="user 1")
    hand = {"queue": "texts", "decision": Decision.KEEP, "policy": "terror", "by": "lead"}
    desk.do(golden_by_hand, item, why="News.", **hand)
    for number in range(4):
        desk.opened(f"post {number}", signals=())
    laid = [desk.next("ben").id for _ in range(1)]
    while desk.read(lambda stores: stores.quality.look(laid[-1])) is None:
        desk.says("ben", KEEP, laid[-1])
        laid.append(desk.next("ben").id)

    assert laid[-1] in [case.id for case in desk.past("ben", "user 1").cases]


def test_a_ruling_on_a_look_waits_for_a_second_person_like_any_other(desk):
    """So it is shown, also in the list of what waits; and nobody approves it before it is compared."""
    desk.opened("post 1")
    desk.says("ann", REMOVE)
    (second,) = desk.waiting("ben")
    grave = replace(REMOVE, account=AccountMeasure.REMOVE)
    ruling = desk.do(rule, desk.claims("ben", second), grave, "ben", limits=ANYTHING, config=TWICE)

    assert ruling.needs == (Act.REMOVE_ACCOUNT,)
    assert waits_for_a_second(desk.case(second), ruling)
    assert desk.shown(second)["until"] is None
    listed = {
        person: desk.read(lambda stores, who=person: stores.rulings.awaiting(limit=9, reader=who))
        for person in ("ben", "cay")
    }
    assert {person: [each.id for each, _ in found] for person, found in listed.items()} == {
        "ben": [ruling.id],
        "cay": [],
    }
    assert desk.carry_out() == 1
    assert desk.case(second).status is Status.CLOSED


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

    with pytest.raises(InputError, match="Choose somebody who may rule on this case"):
        desk.do(hand_off, second, "ben", to="ann")
    desk.do(skip, second, "ben")
    with pytest.raises(NotAllowed, match="This case is not open to you for now"):
        desk.do(claim, second, "ann", limits=ANYTHING, config=TWICE)
    with pytest.raises(InputError, match="Choose somebody who may rule on this case"):
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


def test_where_what_would_replace_it_is_refused_the_ruling_stands(desk):
    """Nobody gets the case, so that no one person gives back alone what was removed."""
    first = desk.opened("post 1")
    desk.says("ann", REMOVE)
    desk.says("ben", KEEP)
    label = replace(REMOVE, decision=Decision.LABEL, account=AccountMeasure.REMOVE)
    desk.says("cay", label)
    standing, waiting = desk.read(lambda stores: stores.rulings.of_case(first))

    desk.do(refuse, waiting.id, "lead")

    case = desk.case(first)
    assert (case.status, case.ruling) == (Status.CARRIED_OUT, standing.id)
    assert desk.next("dee") is None
    assert desk.told() == [("ruling:made", "remove")]
    desk.config = replace(TWICE, two_persons=frozenset())
    desk.do(restore, standing.id, "lead", note="An appeal.", bench=desk.bench)
    assert desk.told()[1:] == [("ruling:undone", "remove")]


def label_until(desk, end):
    """A case of a label that ends then, and that a third person wants removed, which waits for an approval."""
    first = desk.opened("post 1")
    label = Answer(decision=Decision.LABEL, policy="terror", ends_at=end)
    desk.says("ann", label)
    desk.says("ben", KEEP)
    desk.says("cay", replace(REMOVE, account=AccountMeasure.REMOVE))
    desk.now = end
    assert end_due(desk.memory, bench=desk.bench, now=end) == 1
    return first, desk.case(first).ruling


def test_an_end_takes_nothing_from_what_is_to_replace_it(desk):
    """The label is over and told so; the removal is approved, carried out, and lets no copy through."""
    first, removal = label_until(desk, NOON + HOUR)
    assert desk.read(lambda stores: stores.rulings.allowed()) == {}
    desk.do(approve, removal, "lead", config=TWICE)
    assert desk.carry_out() == 1

    assert desk.told() == [
        ("ruling:made", "label"),
        ("ruling:ended", "label"),
        ("ruling:undone", "label"),
        ("ruling:made", "remove"),
    ]
    case = desk.case(first)
    assert (case.status, case.ruling) == (Status.CARRIED_OUT, removal)


def test_what_ended_while_its_replacement_waited_is_closed_when_that_is_refused(desk):
    """Nothing is in force then, and nobody has to decide it."""
    first, removal = label_until(desk, NOON + HOUR)
    desk.do(refuse, removal, "lead")

    assert desk.case(first).status is Status.CLOSED
    assert desk.told() == [("ruling:made", "label"), ("ruling:ended", "label")]


def test_a_third_word_counts_though_the_label_has_ended(desk):
    """What should have been removed is removed, however short the label was."""
    first = desk.opened("post 1")
    desk.says("ann", Answer(decision=Decision.LABEL, policy="terror", ends_at=NOON + HOUR))
    desk.says("ben", KEEP)
    desk.now = NOON + HOUR
    end_due(desk.memory, bench=desk.bench, now=desk.now)
    desk.says("cay", REMOVE)

    assert desk.told()[-1] == ("ruling:made", "remove")
    assert desk.case(first).status is Status.CARRIED_OUT
    assert desk.read(lambda stores: stores.rulings.allowed()) == {}


def test_whoever_has_said_a_word_does_not_get_the_look_by_undoing(desk):
    """It stays with whoever ruled on it, and is compared when its window is over."""
    desk.opened("post 1")
    desk.says("ann", REMOVE)
    look = desk.next("ben").id
    named = {"config": replace(TWICE, undo=HOUR)}
    ruling = desk.do(rule, look, KEEP, "ben", limits=ANYTHING, **named)
    with pytest.raises(NotAllowed):
        desk.do(undo, ruling.id, "ann", **named)
    assert desk.case(look).ruling == ruling.id
    desk.do(undo, ruling.id, "lead", **named)
    desk.do(release, look, "lead")
    desk.do(forced_claim, look, "ann", **named)
    with pytest.raises(NotAllowed):
        desk.do(rule, look, KEEP, "ann", limits=ANYTHING, **named)


def forced_claim(ident, person, *, config, stores, now):
    """The case, claimed past every check."""
    return claimed(stores.cases.find(ident), person, config=config, stores=stores, now=now)


def test_a_word_that_does_not_count_is_asked_of_another(desk):
    """A review never waits for a look that is closed."""
    first = desk.opened("post 1")
    desk.says("ann", REMOVE)
    ruling = desk.case(first).ruling

    def twice(*, stores, now):
        look = stores.quality.look(stores.cases.next_open("ben", limits=ANYTHING))
        hers = replace(stores.rulings.find(ruling), case=look.case)
        return compare(look, hers, config=TWICE, secret=b"s", stores=stores, now=now)

    before = desk.read(lambda stores: stores.cases.counts())[Status.OPEN]
    assert desk.do(twice) is None
    assert desk.read(lambda stores: stores.cases.counts())[Status.OPEN] == before + 1


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
    assert golden.item == "text 1"
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
