"""Organisations, agreements, members: what becomes of them and of what they give."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from seawall.access.key import Imprint, Key, Scope, digest_of, imprint_of, new_text
from seawall.errors import InputError, NotAllowed, NotFound, StorageError, WrongState
from seawall.exchange.agreement import Agreement, Leaving, Member, Role, Status, Terms
from seawall.exchange.delta import Delta, delta_from
from seawall.exchange.opinion import Opinion, Word
from seawall.exchange.organisation import Kind
from seawall.policy.taxonomy import taxonomy
from seawall.storage.memory import Memory, Stores
from seawall.workflows import sharing
from seawall.workflows.acting import Doing, acting_member, may_administer, may_read, may_see
from seawall.workflows.agreements import change_terms, found_organisation, make_agreement
from seawall.workflows.feed import Signer
from seawall.workflows.hub import tie_hub_key
from seawall.workflows.invitations import Joined, invite, join, uninvite
from seawall.workflows.key import create_key, renew_key, revoke_key
from seawall.workflows.members import (
    Emptied,
    change_member,
    drop_quarantine,
    end_membership,
    release_quarantine,
    withdraw_everything,
)
from seawall.workflows.sharing import share
from tests.made import NOON, pdq

KNOWN = taxonomy({})
OPERATOR = Doing(actor="cli", organisation=None, at=NOON)
TERMS = Terms(title="Known content")
DAY = timedelta(days=1)


class Hub:
    """A hub's database, and short words for what tests do with it again and again."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    @contextmanager
    def __call__(self) -> Iterator[Stores]:
        """A transaction."""
        with self.memory.transaction() as stores:
            yield stores

    def commit(self, story):
        """What the story returned, committed."""
        with self() as stores:
            return story(stores)

    def agree(self, ident: str = "terror", terms: Terms = TERMS) -> Agreement:
        """A new agreement."""
        with self() as stores:
            return make_agreement(ident, terms, taxonomy=KNOWN, stores=stores, doing=OPERATOR)

    def invited(self, organisation: str, agreement: str = "terror", **other: object) -> str:
        """The token of an invitation."""
        usual = {
            "kind": Kind.PLATFORM,
            "roles": frozenset({Role.CONTRIBUTE}),
            "expires_at": NOON + DAY,
            "ours": "us",
            "doing": OPERATOR,
        }
        with self() as stores:
            return invite(agreement, organisation, **(usual | other), stores=stores)[1]

    def joined(
        self, organisation: str, agreement: str = "terror", by: Key | None = None, **other: object
    ) -> Joined:
        """A new member."""
        token = self.invited(organisation, agreement, **other)
        with self() as stores:
            return came(token, stores, name=organisation.title(), by=by)

    def contribute(self, organisation: str, *signals: int, agreement: str = "terror") -> None:
        """The organisation confirms these signals."""
        with self() as stores:
            member = stores.organisations.member(agreement, organisation)
            opinion = Opinion(
                organisation=organisation,
                kind=Kind.PLATFORM,
                word=Word.CONFIRM,
                at=NOON,
                categories=("terrorist-content",),
            )
            share(
                agreement,
                [(pdq(signal), opinion, None) for signal in signals],
                by=member,
                taxonomy=KNOWN,
                stores=stores,
                now=NOON,
                actor="test",
            )

    def deltas(self, agreement: str = "terror") -> list[Delta]:
        """Everything the members were told."""
        with self.memory.reading() as stores:
            return list(map(delta_from, stores.deltas.lines_after(agreement, 0, limit=1000)))

    def actions(self) -> list[str]:
        """What stands in the audit log."""
        with self.memory.reading() as stores:
            return [event.happening.action for event in stores.audit.after(0, limit=1000)]

    def words(self, agreement: str = "terror") -> list[tuple[str, str]]:
        """Who says what now, record by record."""
        with self.memory.reading() as stores:
            return [
                (opinion.organisation, opinion.word)
                for record in stores.records.page(agreement, limit=1000)
                for opinion in record.opinions
            ]


@pytest.fixture
def hub(database_url: str) -> Iterator[Hub]:
    """An empty hub on each kind of database."""
    memory = Memory(database_url)
    try:
        yield Hub(memory)
    finally:
        memory.close()


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two records a transaction, so that a few of them need several."""
    monkeypatch.setattr(sharing, "ENOUGH", 2)
    monkeypatch.setattr("seawall.workflows.members.ENOUGH", 2)


def everything(hub: Hub, story, organisation: str = "acme"):
    """What a story that goes page by page did, as the operator."""
    return story(
        "terror", organisation, commit=hub.commit, check=lambda _: None, who=lambda: OPERATOR
    )


def test_an_agreement_tells_its_terms_first(hub: Hub):
    """Delta 1 is what everybody who joins later agrees to."""
    made = hub.agree(terms=replace(TERMS, categories=("terrorist-content",)))

    (first,) = hub.deltas()
    assert (made.size, first.number, first.what, first.by) == (1, 1, "terms", None)
    assert first.details["categories"] == ["terrorist-content"]
    assert hub.actions() == ["agreement:created"]


def test_an_agreement_is_made_once(hub: Hub):
    """The second leaves the first as it was."""
    hub.agree()

    with pytest.raises(WrongState, match="already"):
        hub.agree(terms=replace(TERMS, title="another"))
    assert len(hub.deltas()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": " "},
        {"categories": ("nonsense",)},
        {"signal_types": ("smell",)},
        {"min_quality": 101},
        {"retention": timedelta(0)},
        {"quota": -1},
        {"leaving": ()},
    ],
    ids=str,
)
def test_terms_that_make_no_sense_are_refused(hub: Hub, wrong: dict[str, object]):
    """When they are made and when they are changed; nothing is recorded."""
    hub.agree()

    with pytest.raises(InputError):
        hub.agree("other", replace(TERMS, **wrong))
    with pytest.raises(InputError), hub() as stores:
        change_terms("terror", wrong, taxonomy=KNOWN, stores=stores, doing=OPERATOR)
    assert len(hub.deltas()) == 1


def test_members_are_told_of_other_terms(hub: Hub):
    """Once; saying the same again tells nothing."""
    hub.agree()

    for _ in range(2):
        with hub() as stores:
            change_terms("terror", {"quota": None}, taxonomy=KNOWN, stores=stores, doing=OPERATOR)

    assert [(delta.what, delta.details["quota"]) for delta in hub.deltas()] == [
        ("terms", 100_000),
        ("terms", None),
    ]
    assert hub.actions() == ["agreement:created", "agreement:changed"]


@pytest.mark.parametrize("ident", ["", "A", "with space", "../up", "x" * 64])
def test_ids_are_what_people_type(hub: Hub, ident: str):
    """Of organisations, agreements and those invited."""
    hub.agree()

    with pytest.raises(InputError):
        hub.agree(ident)
    with pytest.raises(InputError):
        hub.invited(ident)
    with pytest.raises(InputError), hub() as stores:
        found_organisation(ident, name="A", kind=Kind.PLATFORM, stores=stores, doing=OPERATOR)


def test_joining_makes_organisation_member_and_key(hub: Hub):
    """All in one transaction, told to the members and the audit log."""
    hub.agree()

    joined = hub.joined("acme", roles=frozenset({Role.CONTRIBUTE, Role.CONSUME}))

    assert joined.member == Member(
        agreement="terror",
        organisation="acme",
        roles=frozenset({Role.CONTRIBUTE, Role.CONSUME}),
        joined_at=NOON,
    )
    assert (joined.key.owner, joined.key.scopes) == ("acme", {Scope.EXCHANGE})
    with hub.memory.reading() as stores:
        assert stores.organisations.find("acme").name == "Acme"
        assert [key.id for key in stores.keys.all()] == [joined.key.id]
    told = hub.deltas()[-1]
    assert (told.what, told.by, told.details["status"]) == ("member", "acme", "active")
    assert hub.actions()[1:] == [
        "member:invited",
        "key:created",
        "organisation:added",
        "member:joined",
    ]


def test_a_token_works_once(hub: Hub):
    """And neither after its time nor when nobody gave it out."""
    hub.agree()
    used, late = hub.invited("acme"), hub.invited("globex")
    with hub() as stores:
        came(used, stores)

    for token, at, why in (
        (used, NOON, "used"),
        (late, NOON + DAY, "expired"),
        ("swi_x", NOON, "unknown"),
    ):
        with pytest.raises(NotAllowed, match=why), hub() as stores:
            came(token, stores, now=at)
    with hub.memory.reading() as stores:
        assert [each.id for each in stores.organisations.all()] == ["acme"]
        assert len(stores.keys.all()) == 1


def test_a_join_whose_answer_was_lost_is_done_again(hub: Hub):
    """With the same key it is the same answer, also when the token's time is over, and nothing is done twice."""
    hub.agree()
    token, mine = hub.invited("acme"), fresh()
    with hub() as stores:
        first = came(token, stores, imprint=mine)
    before, told = hub.actions(), hub.deltas()

    with hub() as stores:
        assert came(token, stores, imprint=mine, now=NOON + 2 * DAY) == first

    assert (hub.actions(), hub.deltas()) == (before, told)
    for other in (fresh(), replace(mine, digest=digest_of("x")), replace(mine, id=fresh().id)):
        with pytest.raises(NotAllowed, match="used"), hub() as stores:
            came(token, stores, imprint=other)


@pytest.mark.parametrize("end", ["revoked", "renewed", "left"])
def test_a_used_token_gives_back_no_key_that_has_had_its_time(hub: Hub, end: str):
    """Who joined again with it would soon be shut out without knowing why."""
    hub.agree()
    token, mine = hub.invited("acme"), fresh()
    with hub() as stores:
        key = came(token, stores, imprint=mine).key
        match end:
            case "revoked":
                revoke_key(key.id, stores=stores, by="cli", now=NOON)
            case "renewed":
                renewed(key, stores)
            case "left":
                end_membership("terror", "acme", Leaving.KEEP, stores=stores, doing=OPERATOR)

    with pytest.raises(NotAllowed, match="used"), hub() as stores:
        came(token, stores, imprint=mine)


def test_a_key_somebody_has_already_lets_nobody_in(hub: Hub):
    """Neither its id nor its digest is given twice, and the token stays good."""
    hub.agree()
    known, token = hub.joined("acme").key, hub.invited("globex")
    for taken in (
        Imprint(known.id, digest_of("another")),
        Imprint(fresh().id, known.digest),
    ):
        with pytest.raises(WrongState, match="known already"), hub() as stores:
            came(token, stores, imprint=taken)

    with hub() as stores:
        assert came(token, stores, name="Globex").key.owner == "globex"


def test_an_invitation_is_taken_back(hub: Hub):
    """Its token opens nothing any more; one that was used, or is another agreement's, is no invitation."""
    hub.agree()
    hub.agree("other")
    hub.joined("globex")
    token = hub.invited("acme")
    with hub.memory.reading() as stores:
        (made,) = stores.organisations.open_invitations("terror", at=NOON)
        assert stores.organisations.open_invitations("terror", at=NOON + DAY) == []
        ran = stores.connection.exec_driver_sql("SELECT id FROM invitations").scalars()
        (used,) = set(ran) - {made.id}

    for agreement, ident in (("other", made.id), ("terror", used), ("terror", "inv_0")):
        with pytest.raises(NotFound, match="is open"), hub() as stores:
            uninvite(agreement, ident, stores=stores, doing=OPERATOR)
    with hub() as stores:
        uninvite("terror", made.id, stores=stores, doing=OPERATOR)

    with pytest.raises(NotAllowed, match="unknown"), hub() as stores:
        came(token, stores)
    assert hub.actions()[-1] == "member:uninvited"


def test_only_a_digest_of_the_token_is_kept(hub: Hub):
    """Whoever reads the database cannot join with what is there."""
    hub.agree()
    token = hub.invited("acme")

    with hub.memory.reading() as stores:
        rows = stores.connection.exec_driver_sql("SELECT * FROM invitations").all()
        (shown,) = stores.organisations.open_invitations("terror", at=NOON)
    assert (shown.organisation, shown.invited_by) == ("acme", "cli")
    assert token.removeprefix("swi_") not in str(rows)


def test_a_known_organisation_joins_another_agreement_with_its_key(hub: Hub):
    """It gets a further key; the first goes on."""
    hub.agree()
    hub.agree("other")
    first = hub.joined("acme")

    second = hub.joined("acme", "other", by=first.key, kind=None)

    assert second.member.agreement == "other"
    assert second.key.id != first.key.id


def test_nobody_joins_in_the_name_of_a_known_organisation(hub: Hub):
    """An administrator elsewhere could invite it and come himself; the token stays good for the one meant."""
    hub.agree()
    hub.agree("other")
    first, rogue = hub.joined("acme"), hub.joined("rogue", "other")
    token = hub.invited("acme", "other")

    for by in (None, rogue.key):
        with pytest.raises(NotAllowed, match="key of that organisation"), hub() as stores:
            came(token, stores, by=by)

    with hub() as stores:
        assert came(token, stores, by=first.key).member.agreement == "other"


def test_an_organisation_made_known_before_joins_with_its_token_alone(hub: Hub):
    """It is nowhere a member and has no key, so there is nobody to come in the name of."""
    hub.agree()
    with hub() as stores:
        found_organisation("acme", name="Acme", kind=Kind.HOTLINE, stores=stores, doing=OPERATOR)

    assert hub.joined("acme", kind=None).member.organisation == "acme"


def test_a_token_that_names_another_kind_is_refused(hub: Hub):
    """When it is given out; and when the organisation became another meanwhile, when it is used."""
    hub.agree()
    token = hub.invited("acme", kind=Kind.PLATFORM)
    with hub() as stores:
        found_organisation("acme", name="Acme", kind=Kind.AUTHORITY, stores=stores, doing=OPERATOR)

    with pytest.raises(WrongState, match="of the kind 'authority'"):
        hub.invited("acme", kind=Kind.PLATFORM)
    with pytest.raises(WrongState, match="of the kind 'authority'"), hub() as stores:
        came(token, stores)
    with hub.memory.reading() as stores:
        assert stores.keys.all() == []  # the key it would have had went with the rest


def test_the_kind_of_a_newcomer_must_be_named(hub: Hub):
    """Nobody becomes a platform by default."""
    hub.agree()

    with pytest.raises(InputError, match="kind"):
        hub.invited("acme", kind=None)


def test_a_member_is_not_invited_twice(hub: Hub):
    """And an invitation given out before is refused once it is one."""
    hub.agree()
    spare = hub.invited("acme")
    key = hub.joined("acme").key

    with pytest.raises(WrongState, match="already"):
        hub.invited("acme")
    with pytest.raises(WrongState, match="already"), hub() as stores:
        came(spare, stores, by=key)


def test_members_are_told_of_roles_and_standing_not_of_quotas(hub: Hub):
    """How closely a member is watched is between it and the administrators."""
    hub.agree()
    hub.joined("acme")
    told = len(hub.deltas())

    for changes in (
        {"quota": 5},
        {"held": True},
        {"roles": frozenset({Role.AUDIT})},
        {"status": Status.SUSPENDED},
    ):
        with hub() as stores:
            change_member("terror", "acme", changes, stores=stores, doing=OPERATOR)

    assert [(delta.details["roles"], delta.details["status"]) for delta in hub.deltas()[told:]] == [
        (["audit"], "active"),
        (["audit"], "suspended"),
    ]
    assert hub.actions().count("member:changed") == 4
    with hub.memory.reading() as stores:
        member = stores.organisations.member("terror", "acme")
    assert (member.quota, member.held, member.status) == (5, True, Status.SUSPENDED)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("choice", Leaving)
def test_a_leaving_member_chooses_what_becomes_of_what_it_gave(hub: Hub, choice: Leaving):
    """Its own words only; others' stay as they are."""
    hub.agree()
    for organisation in ("acme", "globex"):
        hub.joined(organisation)
        hub.contribute(organisation, 1, 2, 3, 4, 5)

    with hub() as stores:
        made = end_membership("terror", "acme", choice, stores=stores, doing=OPERATOR)
    if made is Leaving.WITHDRAW:
        assert everything(hub, withdraw_everything) == 5

    acme = "confirm" if choice is Leaving.KEEP else "withdraw"
    assert set(hub.words()) == {("acme", acme), ("globex", "confirm")}
    left = next(
        delta
        for delta in hub.deltas()
        if delta.what == "member" and delta.details["status"] == "left"
    )
    assert left.details["contributions"] == choice
    with pytest.raises(NotAllowed):
        hub.contribute("acme", 6)


def test_the_terms_say_what_may_be_chosen(hub: Hub):
    """With one way only, nothing need be said; with two, it must be."""
    hub.agree()
    hub.agree("strict", replace(TERMS, leaving=(Leaving.KEEP,)))
    key = hub.joined("acme").key
    hub.joined("acme", "strict", by=key)

    with pytest.raises(InputError, match="keep or withdraw"), hub() as stores:
        end_membership("terror", "acme", None, stores=stores, doing=OPERATOR)
    with pytest.raises(NotAllowed, match="only keep"), hub() as stores:
        end_membership("strict", "acme", Leaving.WITHDRAW, stores=stores, doing=OPERATOR)
    with hub() as stores:
        assert end_membership("strict", "acme", None, stores=stores, doing=OPERATOR) is Leaving.KEEP


def test_leaving_again_changes_nothing(hub: Hub):
    """Whoever was cut short asks once more, and finishes."""
    hub.agree()
    hub.joined("acme")
    for _ in range(2):
        with hub() as stores:
            end_membership("terror", "acme", Leaving.KEEP, stores=stores, doing=OPERATOR)

    assert hub.actions().count("member:left") == 1
    with pytest.raises(WrongState, match="has left"), hub() as stores:
        change_member("terror", "acme", {"status": Status.ACTIVE}, stores=stores, doing=OPERATOR)


def test_who_comes_back_is_watched_as_before(hub: Hub):
    """Leaving is no way out of quarantine."""
    hub.agree()
    key = hub.joined("acme").key
    with hub() as stores:
        change_member("terror", "acme", {"held": True, "quota": 3}, stores=stores, doing=OPERATOR)
        end_membership("terror", "acme", Leaving.KEEP, stores=stores, doing=OPERATOR)

    member = hub.joined("acme", by=key).member

    assert (member.status, member.held, member.quota) == (Status.ACTIVE, True, 3)


@pytest.mark.usefixtures("small_pages")
def test_withdrawing_a_source_goes_on_where_it_was_cut_short(hub: Hub):
    """Each page is a transaction of its own; nothing is withdrawn twice and nothing is left."""
    hub.agree()
    hub.joined("acme")
    hub.contribute("acme", 1, 2, 3, 4, 5)
    pages = 0

    def breaks(story):
        nonlocal pages
        pages += 1
        if pages == 2:
            raise ConnectionError
        return hub.commit(story)

    with pytest.raises(ConnectionError):
        withdraw_everything(
            "terror", "acme", commit=breaks, check=lambda _: None, who=lambda: OPERATOR
        )
    assert [word for _, word in hub.words()].count("withdraw") == 2

    assert everything(hub, withdraw_everything) == 3
    assert set(hub.words()) == {("acme", "withdraw")}
    with pytest.raises(NotFound):
        everything(hub, withdraw_everything, "nobody")


@pytest.mark.usefixtures("small_pages")
def test_a_source_that_is_withdrawn_is_held_back(hub: Hub):
    """From the first page on, so that nothing new comes in; it stays so until somebody says otherwise."""
    hub.agree()
    hub.joined("acme")
    hub.contribute("acme", 1, 2, 3)
    pages = 0

    def commit(story):
        nonlocal pages
        pages += 1
        done = hub.commit(story)
        if pages == 1:
            hub.contribute("acme", 7)
        return done

    given = {"check": lambda _: None, "who": lambda: OPERATOR}
    assert withdraw_everything("terror", "acme", commit=commit, **given) == 3
    hub.contribute("acme", 8)

    assert set(hub.words()) == {("acme", "withdraw")}
    with hub.memory.reading() as stores:
        assert stores.organisations.member("terror", "acme").held
        assert stores.records.held("terror") == {"acme": 1}


def test_a_database_is_one_hub_keys(hub: Hub, tmp_path):
    """Another home's key signs nothing over it."""
    ours, theirs = (Signer(tmp_path / name, "hub.example") for name in ("ours", "theirs"))
    for each in ("ours", "theirs"):
        (tmp_path / each).mkdir()
    with hub() as stores:
        tie_hub_key(ours.key, stores)
    hub.agree()
    with hub() as stores:
        tie_hub_key(ours.key, stores)
        assert ours.checkpoint("terror", 1, stores)
        for refused in (
            lambda: tie_hub_key(theirs.key, stores),
            lambda: theirs.checkpoint("terror", 1, stores),
        ):
            with pytest.raises(StorageError, match=r"secrets/hub\.key"):
                refused()


@pytest.mark.usefixtures("small_pages")
def test_quarantine_is_released_or_dropped(hub: Hub):
    """Page by page, as much as waited; what is dropped was never shared."""
    hub.agree()
    for organisation in ("acme", "rogue"):
        hub.joined(organisation)
        with hub() as stores:
            change_member("terror", organisation, {"held": True}, stores=stores, doing=OPERATOR)
        hub.contribute(organisation, 1, 2, 3, 4, 5)
    assert hub.words() == []

    release = partial(release_quarantine, taxonomy=KNOWN)
    assert everything(hub, release) == Emptied(contributions=5)
    assert everything(hub, drop_quarantine, "rogue") == Emptied(contributions=5)

    assert hub.words() == [("acme", "confirm")] * 5
    with hub.memory.reading() as stores:
        assert stores.records.held("terror") == {}
    assert hub.actions().count("quarantine:released") == 3
    assert hub.actions().count("quarantine:dropped") == 3
    with pytest.raises(NotFound, match="waits"):
        everything(hub, drop_quarantine)


@pytest.mark.usefixtures("small_pages")
def test_a_rogues_signals_beyond_the_quota_wait_and_one_command_undoes_all(hub: Hub):
    """What got through before is withdrawn, what waits is dropped."""
    hub.agree(terms=replace(TERMS, quota=3))
    hub.joined("rogue")
    hub.contribute("rogue", *range(10))
    assert len(hub.words()) == 3

    assert everything(hub, withdraw_everything, "rogue") == 3

    assert set(hub.words()) == {("rogue", "withdraw")}
    with hub.memory.reading() as stores:
        assert stores.records.held("terror") == {}


def test_a_renewed_key_and_the_old_one_both_open_for_a_while(hub: Hub):
    """The old one ends after the overlap, or sooner where it would have."""
    hub.agree()
    old = hub.joined("acme").key

    with hub() as stores:
        new, ends = renewed(old, stores)

    with hub.memory.reading() as stores:
        assert {key.id: key.expires_at for key in stores.keys.all()} == {
            old.id: NOON + DAY,
            new.id: None,
        }
        assert stores.keys.find(old.id).successor == new.id
    assert ends == NOON + DAY
    assert (new.owner, new.scopes, new.name) == (old.owner, old.scopes, old.name)
    assert hub.actions()[-1] == "key:renewed"


def test_a_key_that_was_to_end_is_renewed_for_as_long(hub: Hub):
    """Ninety days become ninety days from now; the overlap never lengthens a life."""
    with hub() as stores:
        old, _ = made_key(stores, expires_at=NOON + 90 * DAY)
        new, ends = renewed(old, stores, now=NOON + 89.5 * DAY)

    assert ends == NOON + 90 * DAY
    assert new.expires_at == NOON + 179.5 * DAY


def test_a_renewal_whose_answer_was_lost_is_asked_for_again(hub: Hub):
    """For the same key it is the same answer; a second one is not given out."""
    hub.agree()
    old, mine = hub.joined("acme").key, fresh()
    with hub() as stores:
        first = renewed(old, stores, imprint=mine)
    before = hub.actions()

    with hub() as stores:
        assert renewed(old, stores, imprint=mine, now=NOON + DAY / 2) == first
    with pytest.raises(WrongState, match=first[0].id), hub() as stores:
        renewed(old, stores)

    assert hub.actions() == before
    with hub() as stores:
        revoke_key(first[0].id, stores=stores, by="cli", now=NOON)
    with pytest.raises(NotAllowed, match="revoked"), hub() as stores:
        renewed(old, stores, imprint=mine)


def test_a_revoked_key_does_not_renew_itself(hub: Hub):
    """Nor does an administrator's, whatever else it opens."""
    with hub() as stores:
        old, _ = made_key(stores)
        mighty, _ = made_key(stores, scopes=frozenset({Scope.EXCHANGE, Scope.ADMIN}))
        revoke_key(old.id, stores=stores, by="cli", now=NOON)

    for key, why in ((old, "revoked"), (mighty, "administrator")):
        with pytest.raises(NotAllowed, match=why), hub() as stores:
            renewed(key, stores)
    with hub.memory.reading() as stores:
        assert len(stores.keys.all()) == 2
        assert [key.expires_at for key in stores.keys.all()] == [None, None]


def test_only_the_operator_invites_the_homes_own_organisation(hub: Hub):
    """A key of that organisation would speak for the home; an invitation from before it was ours opens nothing."""
    hub.agree()
    boss = hub.joined("boss", roles=frozenset({Role.ADMINISTER})).key
    administrator = Doing.with_key(boss, at=NOON)
    with pytest.raises(NotAllowed, match="operator"):
        hub.invited("us", doing=administrator)
    early = hub.invited("us", ours="them", doing=administrator)
    with hub() as stores, pytest.raises(NotAllowed, match="operator"):
        came(early, stores)
    with hub() as stores:
        operator, _ = made_key(stores, owner="us", scopes=frozenset({Scope.ADMIN}))

    for by in (OPERATOR, Doing.with_key(operator, at=NOON)):
        token = hub.invited("us", doing=by)
    with hub() as stores:
        assert came(token, stores, by=operator).member.organisation == "us"


def test_whom_a_key_acts_for(hub: Hub):
    """By its owner's roles; the operator reads and administers, and contributes nothing."""
    hub.agree()
    hub.agree("other")
    acme, stranger = hub.joined("acme").key, hub.joined("stranger", "other").key
    with hub() as stores:
        operator, _ = made_key(stores, owner="us", scopes=frozenset({Scope.ADMIN}))

        assert acting_member(acme, "terror", Role.CONTRIBUTE, stores=stores).organisation == "acme"
        may_see(acme, "terror", stores)
        for may in (may_administer, may_read):
            with pytest.raises(NotAllowed, match="needs the role"):
                may(acme, "terror", stores)
            may(operator, "terror", stores)
            with pytest.raises(NotFound):
                may(operator, "nowhere", stores)
        with pytest.raises(NotAllowed, match="operator"):
            acting_member(operator, "terror", Role.CONTRIBUTE, stores=stores)
        told = []
        for agreement in ("terror", "nowhere"):
            with pytest.raises(NotFound) as refused:
                acting_member(stranger, agreement, Role.CONTRIBUTE, stores=stores)
            told.append(str(refused.value).replace(agreement, "it"))
    assert told[0] == told[1]


def came(token: str, stores: Stores, **other: object) -> Joined:
    """Who joins with this token, with a key of its own making."""
    usual = {"name": "Acme", "imprint": fresh(), "by": None, "ours": "us", "now": NOON}
    return join(token, stores=stores, **(usual | other))


def renewed(key: Key, stores: Stores, **other: object) -> tuple[Key, datetime]:
    """What the key was renewed to, and when it ends."""
    return renew_key(
        key, stores=stores, **({"imprint": fresh(), "overlap": DAY, "now": NOON} | other)
    )


def fresh() -> Imprint:
    """What is shown of a key that nobody has yet."""
    return imprint_of(new_text(at=NOON))


def made_key(stores: Stores, **other: object) -> tuple[Key, str]:
    """A key for the exchange."""
    usual = {"owner": "acme", "scopes": frozenset({Scope.EXCHANGE})}
    return create_key("test", **(usual | other), stores=stores, by="cli", now=NOON)
