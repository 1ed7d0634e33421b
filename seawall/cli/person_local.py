"""People of this machine's home."""

from typing import Any

from seawall.access.person import Limits, parse_roles
from seawall.app import App
from seawall.clock import now
from seawall.errors import InputError
from seawall.workflows.people import (
    disable_person,
    enable_person,
    find_person,
    invite_person,
    read_limits,
    reset_person,
    set_roles,
    sign_out_person,
    uninvite_person,
)
from seawall.workflows.people_wire import invitation_document, person_document

Document = dict[str, Any]
BY = "cli"
MOST = 500  # invitations that are listed


class LocalPeople:
    """What the commands ask about people, done here."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._memory = app.memory

    def all(self) -> list[Document]:
        """Everybody, by login."""
        with self._memory.reading() as stores:
            return [person_document(each) for each in stores.people.all()]

    def show(self, who: str) -> Document:
        """One person."""
        with self._memory.reading() as stores:
            return person_document(find_person(who, stores))

    def invite(self, login: str, access: Document) -> Document:
        """An invitation with its token."""
        moment = now()
        with self._memory.transaction() as stores:
            made, token = invite_person(
                login,
                roles=parse_roles(access["roles"]),
                limits=self._limits(access),
                expires_at=moment + self._app.settings.console.invitation,
                stores=stores,
                by=BY,
                now=moment,
            )
        return invitation_document(made) | {"token": token}

    def invitations(self) -> list[Document]:
        """Invitations that can still be used, latest first."""
        with self._memory.reading() as stores:
            found = stores.people.open_invitations(at=now(), limit=MOST)
        return [invitation_document(each) for each in found]

    def uninvite(self, invitation: str) -> None:
        """An invitation opens nothing any more."""
        with self._memory.transaction() as stores:
            uninvite_person(invitation, stores=stores, by=BY, now=now())

    def change(self, who: str, access: Document) -> Document:
        """A person with other roles and limits."""
        with self._memory.transaction() as stores:
            changed = set_roles(
                find_person(who, stores).id,
                roles=parse_roles(access["roles"]),
                limits=self._limits(access),
                stores=stores,
                by=BY,
                now=now(),
            )
        return person_document(changed)

    def act(self, who: str, what: str) -> Document:
        """A person after `disable` or `enable`; an invitation with its token for `reset`; how many for `sign-out`."""
        moment = now()
        with self._memory.transaction() as stores:
            ident = find_person(who, stores).id
            match what:
                case "disable":
                    return person_document(disable_person(ident, stores=stores, by=BY, now=moment))
                case "enable":
                    return person_document(enable_person(ident, stores=stores, by=BY, now=moment))
                case "sign-out":
                    return {"sign_ins": sign_out_person(ident, stores=stores, by=BY, now=moment)}
                case "reset":
                    made, token = reset_person(
                        ident,
                        expires_at=moment + self._app.settings.console.invitation,
                        stores=stores,
                        by=BY,
                        now=moment,
                    )
                    return invitation_document(made) | {"token": token}
                case _:
                    raise InputError(f"A person cannot be told to {what}.")

    def _limits(self, access: Document) -> Limits:
        return read_limits(**access["limits"], taxonomy=self._app.taxonomy)
