"""
An organisation comes into an agreement.

    invited (token shown once) ─┬─join──▶ organisation, membership, key ── the token lets nobody else in
                                └─uninvite──▶ the token opens nothing

Who joins has made its key itself and shows its imprint, so the hub's answer holds no secret and may get lost: joining
again with the same token and the same key is answered in the same way.

A token proves that its bearer was invited, not that it is an organisation the hub knows already: administrators of one
agreement could invite a member of another and come in its name. So whoever joins as a known member shows its key.
Keys of the organisation whose home this is speak for the home elsewhere: only the operator invites that one.
"""

from dataclasses import dataclass
from datetime import datetime

from seawall.access.key import Imprint, Key, Scope
from seawall.access.session import new_token, token_digest
from seawall.errors import InputError, NotAllowed, NotFound, WrongState
from seawall.exchange.agreement import Invitation, Member, Role, Status
from seawall.exchange.organisation import Kind, Organisation, slug
from seawall.ids import new_id
from seawall.storage.memory import Stores
from seawall.workflows.acting import Doing, is_operator
from seawall.workflows.agreements import found_organisation
from seawall.workflows.key import admit_key
from seawall.workflows.members import tell_of_member

PREFIX = "swi_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A new member and the key it acts with."""

    member: Member
    key: Key


def invite(
    agreement: str,
    organisation: str,
    *,
    kind: Kind | None,
    roles: frozenset[Role],
    expires_at: datetime,
    ours: str,
    stores: Stores,
    doing: Doing,
) -> tuple[Invitation, str]:
    """
    An invitation and its token, which cannot be had again.

    An organisation that the hub knows keeps its kind; of another the kind must be named. `ours` is the organisation
    whose home this is.

    Raises:
        NotAllowed: It is our own, and somebody else than the operator invites it.
        NotFound: There is no such agreement.
        InputError: The id cannot be one, the kind is missing, or the invitation would have expired already.
        WrongState: The organisation is a member, or of another kind.

    """
    stores.organisations.agreement(agreement)
    slug(organisation, "The id of an organisation")
    if organisation == ours and doing.organisation is not None:
        raise _only_the_operator(ours)
    if expires_at <= doing.at:
        raise InputError("This invitation would have expired already; give a moment in the future.")
    _check_no_member(agreement, organisation, stores)
    token = new_token(PREFIX)
    made = Invitation(
        id=new_id("inv", at=doing.at),
        agreement=agreement,
        organisation=organisation,
        kind=_kind(organisation, kind, stores),
        roles=roles,
        digest=token_digest(token),
        invited_by=doing.actor,
        created_at=doing.at,
        expires_at=expires_at,
    )
    stores.organisations.add_invitation(made)
    details = {"invitation": made.id, "organisation": organisation, "roles": sorted(roles)}
    doing.record(stores, action="member:invited", subject=agreement, details=details)
    return made, token


def uninvite(agreement: str, ident: str, *, stores: Stores, doing: Doing) -> None:
    """
    The token of this invitation opens nothing any more.

    Raises:
        NotFound: There is no such invitation to this agreement, or it was used.

    """
    stores.deltas.lock(agreement)
    gone = stores.organisations.remove_invitation(agreement, ident)
    details = {"invitation": gone.id, "organisation": gone.organisation}
    doing.record(stores, action="member:uninvited", subject=agreement, details=details)


def join(
    token: str,
    name: str,
    *,
    imprint: Imprint,
    by: Key | None,
    ours: str,
    stores: Stores,
    now: datetime,
) -> Joined:
    """
    The organisation is a member, and what has this imprint is its key; it is made known under this name if it is new.

    `by` is another key of the caller's, if it has one; `ours` is the organisation whose home this is.

    Raises:
        NotAllowed: The token is unknown, used or expired, or the organisation must show its key, or it is our own and
            somebody else than the operator invited it; the token stays good.
        WrongState: The organisation is a member, or of another kind, or there is a key with this id or digest.

    """
    invitation = _locked(token, stores)
    if invitation.key is not None:
        return _joined_before(invitation, imprint, stores, now)
    if invitation.expires_at <= now:
        raise NotAllowed("This invitation has expired; ask for a new one.")
    if invitation.organisation == ours and not _is_the_operators(invitation, stores):
        raise _only_the_operator(ours)
    known = _known(invitation.organisation, stores)
    _check_own_key(invitation.organisation, by, stores, now)
    key = admit_key(
        f"member of {invitation.agreement}",
        imprint=imprint,
        owner=invitation.organisation,
        scopes=frozenset({Scope.EXCHANGE}),
        stores=stores,
        by=by.id if by else invitation.id,
        now=now,
    )
    doing = Doing(actor=key.id, organisation=invitation.organisation, at=now)
    if known is None:
        known = found_organisation(
            invitation.organisation,
            name=name,
            kind=Kind(invitation.kind),
            stores=stores,
            doing=doing,
        )
    _check_kind(known, Kind(invitation.kind))
    member = _member(invitation, stores, now)
    stores.organisations.add_member(member)
    stores.organisations.use_invitation(invitation.id, key=key.id)
    tell_of_member(member, stores=stores, doing=doing)
    details = {"organisation": member.organisation, "invitation": invitation.id}
    doing.record(stores, action="member:joined", subject=member.agreement, details=details)
    return Joined(member=member, key=key)


def _locked(token: str, stores: Stores) -> Invitation:
    """The invitation as it is once its agreement is locked: others may join with it, or take it back, at once."""
    unknown = NotAllowed("This invitation is unknown here; ask for a new one.")
    invitation = stores.organisations.invitation(token_digest(token))
    if invitation is None:
        raise unknown
    stores.deltas.lock(invitation.agreement)
    invitation = stores.organisations.invitation(token_digest(token))
    if invitation is None:
        raise unknown
    return invitation


def _is_the_operators(invitation: Invitation, stores: Stores) -> bool:
    """Whether the operator gave it out, at the home or with a key."""
    inviter = next((key for key in stores.keys.all() if key.id == invitation.invited_by), None)
    return inviter is None or is_operator(inviter)


def _only_the_operator(ours: str) -> NotAllowed:
    return NotAllowed(
        f"'{ours}' is the organisation whose hub this is; only the hub's operator invites it."
    )


def _joined_before(
    invitation: Invitation, imprint: Imprint, stores: Stores, now: datetime
) -> Joined:
    """What was answered when the invitation was used for this key, as long as that is the key to go on with."""
    key = stores.keys.find(str(invitation.key))
    member = stores.organisations.member(invitation.agreement, invitation.organisation)
    if (
        not imprint.of(key)
        or not _opens(key, now)
        or key.successor is not None
        or member.status is Status.LEFT
    ):
        raise NotAllowed("This invitation was used; ask for a new one.")
    return Joined(member=member, key=key)


def _known(organisation: str, stores: Stores) -> Organisation | None:
    try:
        return stores.organisations.find(organisation)
    except NotFound:
        return None


def _kind(organisation: str, kind: Kind | None, stores: Stores) -> Kind:
    known = _known(organisation, stores)
    if known is None:
        if kind is None:
            raise InputError(f"Say of which kind '{organisation}' is: {', '.join(Kind)}.")
        return kind
    if kind is not None:
        _check_kind(known, kind)
    return known.kind


def _check_kind(known: Organisation, kind: Kind) -> None:
    if known.kind is not kind:
        raise WrongState(
            f"'{known.id}' is of the kind '{known.kind}' here, not '{kind}'; invite it as what it is."
        )


def _check_no_member(agreement: str, organisation: str, stores: Stores) -> None:
    before = stores.organisations.member_or_none(agreement, organisation)
    if before is not None and before.status is not Status.LEFT:
        raise WrongState(
            f"'{organisation}' is a member of '{agreement}' already ({before.status})."
        )


def _check_own_key(organisation: str, by: Key | None, stores: Stores, now: datetime) -> None:
    """A member of any agreement, or one that holds a key, comes with its key."""
    if by is not None and by.owner == organisation:
        return
    if stores.organisations.members(organisation=organisation) or any(
        key.owner == organisation and Scope.EXCHANGE in key.scopes and _opens(key, now)
        for key in stores.keys.all()
    ):
        raise NotAllowed(
            f"'{organisation}' is known to this hub: join with a key of that organisation."
            " The hub's operator can give out a new one if it was lost."
        )


def _opens(key: Key, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def _member(invitation: Invitation, stores: Stores, now: datetime) -> Member:
    """What the invitation says; one that comes back is watched as it was before."""
    before = stores.organisations.member_or_none(invitation.agreement, invitation.organisation)
    return Member(
        agreement=invitation.agreement,
        organisation=invitation.organisation,
        roles=invitation.roles,
        joined_at=now,
        quota=before.quota if before else None,
        held=before.held if before else False,
    )
