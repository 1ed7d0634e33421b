"""
Organisations are made known to the hub, and agree on terms.

    organisation ─┐
    agreement ────┴─▶ invitation ─▶ member       (invitations.py, members.py)
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from seawall.errors import InputError
from seawall.exchange.agreement import Agreement, Terms
from seawall.exchange.organisation import Kind, Organisation, slug
from seawall.policy.category import Taxonomy
from seawall.signals.registry import SIGNAL_TYPES
from seawall.storage.memory import Stores
from seawall.storage.organisations import terms_document
from seawall.workflows.acting import Doing
from seawall.workflows.sharing import tell_members


def found_organisation(
    ident: str, *, name: str, kind: Kind, stores: Stores, doing: Doing
) -> Organisation:
    """
    An organisation the hub knows from now on.

    Raises:
        InputError: The id cannot be one, or there is no name.
        WrongState: There is one of that id.

    """
    if not name.strip():
        raise InputError("An organisation needs a name that people know it by.")
    made = Organisation(
        id=slug(ident, "The id of an organisation"),
        name=name.strip(),
        kind=kind,
        created_at=doing.at,
    )
    stores.organisations.add(made)
    details = {"name": made.name, "kind": made.kind}
    doing.record(stores, action="organisation:added", subject=made.id, details=details)
    return made


def make_agreement(
    ident: str, terms: Terms, *, taxonomy: Taxonomy, stores: Stores, doing: Doing
) -> Agreement:
    """
    An agreement without members; its first delta tells its terms.

    Raises:
        InputError: The id cannot be one, or the terms make no sense.
        WrongState: There is one of that id.

    """
    made = Agreement(
        id=slug(ident, "The id of an agreement"),
        terms=_checked(terms, taxonomy),
        created_at=doing.at,
    )
    stores.organisations.add_agreement(made)
    _tell_terms(made.id, made.terms, stores, doing)
    doing.record(
        stores,
        action="agreement:created",
        subject=made.id,
        details=terms_document(made.terms),
    )
    return stores.organisations.agreement(made.id)


def change_terms(
    ident: str,
    changes: Mapping[str, Any],
    *,
    taxonomy: Taxonomy,
    stores: Stores,
    doing: Doing,
) -> Agreement:
    """
    The agreement under other terms; what was contributed before stays as it is.

    Raises:
        NotFound: There is no such agreement.
        InputError: The terms make no sense.

    """
    stores.deltas.lock(ident)
    before = stores.organisations.agreement(ident).terms
    after = _checked(replace(before, **changes), taxonomy)
    if after != before:
        stores.organisations.save_terms(ident, after)
        _tell_terms(ident, after, stores, doing)
        said = terms_document(after)
        details = {
            name: value for name, value in said.items() if value != terms_document(before)[name]
        }
        doing.record(stores, action="agreement:changed", subject=ident, details=details)
    return stores.organisations.agreement(ident)


def _tell_terms(ident: str, terms: Terms, stores: Stores, doing: Doing) -> None:
    tell_members(
        ident,
        "terms",
        terms_document(terms),
        by=doing.organisation,
        stores=stores,
        now=doing.at,
    )


def _checked(terms: Terms, taxonomy: Taxonomy) -> Terms:
    """The terms with their categories by name, if they make sense."""
    if not terms.title.strip():
        raise InputError("An agreement needs a title that people know it by.")
    unknown = sorted(set(terms.signal_types) - set(SIGNAL_TYPES))
    if unknown:
        raise InputError(
            f"There is no signal type '{unknown[0]}'; there are {', '.join(SIGNAL_TYPES)}."
        )
    if not 0 <= terms.min_quality <= 100:
        raise InputError(f"min_quality is 0 to 100; this is {terms.min_quality}.")
    if terms.retention is not None and terms.retention <= timedelta(0):
        raise InputError(
            "A retention lasts; leave it out to keep records until they are withdrawn."
        )
    if terms.quota is not None and terms.quota < 0:
        raise InputError("A quota is 0 or more opinions a day; leave it empty for no limit.")
    if not terms.leaving:
        raise InputError(
            "Say what a member that leaves may choose for what it gave: keep, withdraw."
        )
    return replace(
        terms,
        title=terms.title.strip(),
        categories=taxonomy.names(terms.categories),
        signal_types=tuple(sorted(set(terms.signal_types))),
        leaving=tuple(sorted(set(terms.leaving))),
    )
