"""What the doors say of organisations, agreements and members, as JSON objects; fields are added, never renamed."""

from datetime import datetime

from seawall.clock import rfc3339
from seawall.exchange.agreement import Agreement, Invitation, Member, Status
from seawall.exchange.delta import record_document
from seawall.exchange.organisation import Organisation
from seawall.exchange.record import Record, standing
from seawall.policy.interval import Share
from seawall.storage.memory import Stores
from seawall.storage.organisations import terms_document
from seawall.workflows.wire import Document


def organisation_document(organisation: Organisation) -> Document:
    """An organisation the hub knows."""
    return {
        "id": organisation.id,
        "name": organisation.name,
        "kind": organisation.kind,
        "created_at": rfc3339(organisation.created_at),
    }


def agreement_document(agreement: Agreement) -> Document:
    """An agreement: its terms, and how many changes it has seen."""
    return {
        "id": agreement.id,
        **terms_document(agreement.terms),
        "size": agreement.size,
        "created_at": rfc3339(agreement.created_at),
    }


def counted_agreement(ident: str, stores: Stores, *, now: datetime) -> Document:
    """
    The same with its records counted as they stand now, and for each source how often its word was found right.

    Raises:
        NotFound: There is no such agreement.

    """
    document = agreement_document(stores.organisations.agreement(ident))
    shares = stores.records.precisions(ident)
    return document | {
        "records": stores.records.counts(ident, now=now),
        "sources": {source: share_document(share) for source, share in sorted(shares.items())},
    }


def share_document(share: Share) -> Document:
    """What reviews found, the precision it makes, and the bounds of the true one."""
    return {
        "right": share.hits,
        "wrong": share.trials - share.hits,
        "precision": share.value,
        "low": share.low,
        "high": share.high,
    }


def shared_record_document(record: Record, *, now: datetime) -> Document:
    """A record as members see it, what its opinions come to now, and how often its matches were right."""
    share = record.precision
    return record_document(record) | {
        "standing": standing(record, now=now),
        "delta": record.delta,
        "precision": share.value,
        "low": share.low,
        "high": share.high,
    }


def member_document(member: Member, organisation: Organisation) -> Document:
    """A member as the others see it."""
    return {
        "agreement": member.agreement,
        "organisation": member.organisation,
        "name": organisation.name,
        "kind": organisation.kind,
        "roles": sorted(member.roles),
        "status": member.status,
        "quota": member.quota,
        "held": member.held,
        "joined_at": rfc3339(member.joined_at),
    }


def member_documents(agreement: str, stores: Stores) -> list[Document]:
    """Every member of an agreement, those that left too."""
    known = {each.id: each for each in stores.organisations.all()}
    return [
        member_document(member, known[member.organisation])
        for member in stores.organisations.members(agreement=agreement)
    ]


def membership_documents(stores: Stores, *, organisation: str, everything: bool) -> list[Document]:
    """What a caller is an active member of; with `everything`, each agreement, with its roles where it has some."""
    mine = {
        each.agreement: each
        for each in stores.organisations.members(organisation=organisation)
        if each.status is Status.ACTIVE
    }
    found = []
    for agreement in stores.organisations.agreements():
        member = mine.get(agreement.id)
        if member is None and not everything:
            continue
        found.append(
            {
                "id": agreement.id,
                "title": agreement.terms.title,
                "roles": sorted(member.roles) if member else [],
                "status": member.status if member else None,
                "size": agreement.size,
            }
        )
    return found


def invitation_document(invitation: Invitation) -> Document:
    """An invitation without its token."""
    return {
        "id": invitation.id,
        "agreement": invitation.agreement,
        "organisation": invitation.organisation,
        "kind": invitation.kind,
        "roles": sorted(invitation.roles),
        "invited_by": invitation.invited_by,
        "created_at": rfc3339(invitation.created_at),
        "expires_at": rfc3339(invitation.expires_at),
    }
