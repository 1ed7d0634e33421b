"""People of a server, asked over HTTP with an administrator's key."""

from typing import Any
from urllib.parse import quote

from seawall.cli.hub_remote import Ask

Document = dict[str, Any]
PEOPLE = "/v1/people"
PAGE = 500


class RemotePeople:
    """What the commands ask about people, done by a server."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def all(self) -> list[Document]:
        """Everybody, by login."""
        found: list[Document] = []
        wanted: Document = {"limit": PAGE}
        while True:
            page = self._ask("GET", PEOPLE, params=wanted)
            found += page["people"]
            if not page["next"]:
                return found
            wanted["after"] = page["next"]

    def show(self, who: str) -> Document:
        """One person."""
        return self._ask("GET", _at(who))

    def invite(self, login: str, access: Document) -> Document:
        """An invitation with its token."""
        return self._ask("POST", f"{PEOPLE}/invitations", json={"login": login} | access)

    def invitations(self) -> list[Document]:
        """Invitations that can still be used."""
        found: list[Document] = self._ask("GET", f"{PEOPLE}/invitations")["invitations"]
        return found

    def uninvite(self, invitation: str) -> None:
        """An invitation opens nothing any more."""
        self._ask("DELETE", f"{PEOPLE}/invitations/{quote(invitation, safe='')}")

    def change(self, who: str, access: Document) -> Document:
        """A person with other roles and limits."""
        return self._ask("PATCH", _at(who), json=access)

    def act(self, who: str, what: str) -> Document:
        """A person after `disable` or `enable`; an invitation with its token for `reset`; how many for `sign-out`."""
        return self._ask("POST", f"{_at(who)}/{what}")


def _at(who: str) -> str:
    return f"{PEOPLE}/{quote(who, safe='')}"
