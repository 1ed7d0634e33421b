"""Cases, policies and kept media of this machine's home."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from seawall.access.person import Limits
from seawall.app import App
from seawall.cases.case import WAITING, ItemKind, Status
from seawall.cases.policy import Policy
from seawall.cases.ruling import AccountMeasure, Context, Decision, Ruling
from seawall.clock import now
from seawall.errors import InputError
from seawall.policy.ground import Basis, Ground
from seawall.policy.territory import territory
from seawall.storage.memory import Stores
from seawall.workflows import cases, ruling, sealing
from seawall.workflows.by_hand import Handed, handed_item, handed_text, open_by_hand
from seawall.workflows.case_wire import (
    case_document,
    listed_document,
    policy_document,
    ruling_document,
    whole_case_document,
)
from seawall.workflows.policy import put_policy
from seawall.workflows.restoring import restore
from seawall.workflows.sealing import day_of_person
from seawall.workflows.wire import media_document

Document = dict[str, Any]
W = TypeVar("W", bound=StrEnum)
BY = "cli"
EVERYTHING = Limits()  # whoever has the home may do everything


class LocalCases:
    """What the commands ask about cases, done here."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._memory = app.memory
        self._config = app.settings.cases

    def all(self, *, status: str | None, queue: str | None, limit: int) -> list[Document]:
        """Cases, most urgent first."""
        statuses = WAITING if status is None else (_word(Status, status, "A case"),)
        with self._memory.reading() as stores:
            found = stores.cases.page(limit=limit, statuses=statuses, queue=queue)
        return [listed_document(case) for case in found]

    def show(self, ident: str) -> Document:
        """One case."""
        with self._memory.reading() as stores:
            return whole_case_document(stores.cases.find(ident), stores)

    def open(self, handed: Document) -> Document:
        """The case that what is handed in is in now."""
        kind, place = _word(ItemKind, handed["kind"], "An item"), handed.get("territory")
        deadline, moment = handed.get("deadline"), now()
        asked = Handed(
            **handed
            | {
                "kind": kind,
                "signals": tuple(handed.get("signals", ())),
                "territory": territory(place) if place else None,
                "deadline": datetime.fromisoformat(deadline) if deadline else None,
            }
        )
        item = handed_item(asked, knowledge=self._app.knowledge, now=moment)
        text = handed_text(asked, safe=self._app.safe, now=moment)
        with self._memory.transaction() as stores:
            taxonomy = self._app.taxonomy
            case = open_by_hand(
                asked, item, text, taxonomy=taxonomy, stores=stores, by=BY, now=moment
            )
        return case_document(case)

    def next(self, wanted: Document) -> Document | None:
        """The most urgent case for this person, claimed."""
        moment = now()
        with self._memory.transaction() as stores:
            day = day_of_person(
                wanted["person"], key=BY, safe=self._app.safe, stores=stores, now=moment
            )
            case = cases.next_case(
                wanted["person"],
                limits=EVERYTHING,
                config=self._config,
                stores=stores,
                now=moment,
                queue=wanted.get("queue"),
                category=wanted.get("category"),
                most_severe=day.at_most,
                room=day.room,
            )
        return case_document(case) if case else None

    def act(self, ident: str, what: str, wanted: Document) -> Document:
        """The case after this."""
        person, moment = wanted["person"], now()
        with self._memory.transaction() as stores:
            about: dict[str, Any] = {"stores": stores, "now": moment}
            match what:
                case "claim":
                    self._claim(ident, person, stores, moment)
                case "release":
                    cases.release(ident, person, **about)
                case "skip":
                    cases.skip(ident, person, **about)
                case "hold":
                    until = datetime.fromisoformat(wanted["until"])
                    cases.hold(ident, person, reason=wanted["reason"], until=until, **about)
                case "hand-off":
                    cases.hand_off(ident, person, to=wanted["to"], **about)
                case "take-out":
                    cases.remove_from_cluster(ident, wanted["item"], person, **about)
                case _:
                    raise InputError(f"A case cannot {what}.")
            return case_document(stores.cases.find(ident))

    def rule(self, ident: str, answer: Document) -> Document:
        """The ruling."""
        wanted, person = _answer(answer), answer["person"]
        return self._ruled(
            ident, person, lambda **about: ruling.rule(ident, wanted, person, **about)
        )

    def confirm(self, ident: str, person: str) -> Document:
        """The same ruling as before."""
        return self._ruled(ident, person, lambda **about: ruling.confirm(ident, person, **about))

    def decide(self, ident: str, what: str, wanted: Document) -> Document:
        """The ruling after this."""
        person, note, bench = wanted["person"], wanted.get("note", ""), self._app.bench()
        with self._memory.transaction() as stores:
            about: dict[str, Any] = {"stores": stores, "now": now()}
            match what:
                case "undo":
                    ruling.undo(ident, person, config=self._config, **about)
                case "approve":
                    ruling.approve(ident, person, config=self._config, **about)
                case "refuse":
                    ruling.refuse(ident, person, **about)
                case "restore":
                    restore(ident, person, note=note, bench=bench, **about)
                case _:
                    raise InputError(f"A ruling cannot {what}.")
            return ruling_document(stores.rulings.find(ident))

    def policies(self) -> list[Document]:
        """Every policy."""
        with self._memory.reading() as stores:
            return [policy_document(each) for each in stores.policies.all()]

    def policy(self, name: str, *, version: int | None) -> Document:
        """One policy."""
        with self._memory.reading() as stores:
            return policy_document(stores.policies.find(name, version))

    def put_policy(self, name: str, wanted: Document) -> Document:
        """The policy from now on."""
        moment, ground = now(), wanted["ground"]
        basis = _word(Basis, ground["basis"], "The basis of a ground")
        given = {
            "id": name,
            "at": moment,
            "ground": Ground(basis=basis, provision=ground["provision"]),
            "measure": _word(Decision, wanted["measure"], "A measure"),
            "categories": tuple(wanted["categories"]),
        }
        with self._memory.transaction() as stores:
            taxonomy, policy = self._app.taxonomy, Policy(**wanted | given)
            made = put_policy(policy, taxonomy=taxonomy, stores=stores, by=BY, now=moment)
        return policy_document(made)

    def media(
        self, *, upload: str | None, case: str | None, kept: bool, limit: int
    ) -> list[Document]:
        """What was kept."""
        with self._memory.reading() as stores:
            found = stores.sealed.before(None, limit=limit, upload=upload, case=case, kept=kept)
        return [media_document(each) for each in found]

    def delete_media(self, ident: str, *, reason: str) -> None:
        """Media fewer."""
        safe = self._app.safe
        sealing.delete_media(ident, reason=reason, by=BY, safe=safe, memory=self._memory, now=now())

    def _ruled(self, ident: str, person: str, story: Callable[..., Ruling]) -> Document:
        """What the story rules once the case is the person's, in one transaction."""
        moment = now()
        with self._memory.transaction() as stores:
            self._claim(ident, person, stores, moment)
            made = story(limits=EVERYTHING, config=self._config, stores=stores, now=moment)
        return ruling_document(made)

    def _claim(self, ident: str, person: str, stores: Stores, moment: datetime) -> None:
        config = self._config
        cases.claim(ident, person, limits=EVERYTHING, config=config, stores=stores, now=moment)


def _answer(given: Document) -> ruling.Answer:
    ends, context, account = given.get("ends_at"), given.get("context"), given.get("account")
    return ruling.Answer(
        decision=_word(Decision, given["decision"], "A decision"),
        policy=given.get("policy"),
        territories=tuple(given.get("territories", ())),
        ends_at=datetime.fromisoformat(ends) if ends else None,
        context=_word(Context, context, "A context") if context else None,
        note=given.get("note", ""),
        bank_signals=given.get("bank_signals", True),
        bank=given.get("bank"),
        share=tuple(given.get("share", ())),
        account=_word(AccountMeasure, account, "What is done to an account") if account else None,
    )


def _word(words: type[W], text: str, what: str) -> W:
    try:
        return words(text)
    except ValueError:
        raise InputError(f"{what} is {', '.join(words)}; not '{text}'.") from None
