"""People and invitations as the doors show them: no secret in it."""

from datetime import datetime
from typing import Any

from seawall.access.person import Person, PersonInvitation
from seawall.clock import rfc3339

Document = dict[str, Any]


def person_document(person: Person) -> Document:
    """What may be told of somebody."""
    return {
        "id": person.id,
        "login": person.login,
        "name": person.name,
        "pseudonym": person.pseudonym,
        "roles": sorted(person.roles),
        "permissions": sorted(person.permissions),
        "limits": person.limits.document(),
        "password": person.password is not None,
        "second_factor": person.enrolled,
        "linked": person.oidc is not None,
        "created_at": _moment(person.created_at),
        "seen_at": _moment(person.seen_at),
        "disabled_at": _moment(person.disabled_at),
    }


def invitation_document(invitation: PersonInvitation) -> Document:
    """An invitation without its token."""
    return {
        "id": invitation.id,
        "login": invitation.login,
        "roles": sorted(invitation.roles),
        "limits": invitation.limits.document(),
        "person": invitation.person,
        "by": invitation.by,
        "created_at": _moment(invitation.created_at),
        "expires_at": _moment(invitation.expires_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
