"""How well people decide, and golden items, as the doors show them."""

from collections.abc import Callable, Mapping
from typing import Any

from seawall.cases.golden import Golden
from seawall.policy.confusion import Confusion, Kappa
from seawall.storage.memory import Stores
from seawall.workflows.quality import Figures
from seawall.workflows.wire import share_document

Document = dict[str, Any]


def pseudonyms(stores: Stores) -> Callable[[str], str]:
    """What somebody outside the team is told people are called; who is not known here keeps the name they gave."""
    people = {each.id: each.pseudonym for each in stores.people.all()}
    return lambda person: people.get(person, person)


def quality_document(figures: Figures, *, name_of: Callable[[str], str]) -> Document:
    """Matrices with what follows from them by policy and by person; precision by policy, source, bank and entry."""
    people = {name_of(person): table for person, table in figures.people.items()}
    return {
        "waiting": figures.waiting,
        "agreement": _matrices("policy", figures.agreement),
        "settled": _matrices("policy", figures.against_settled),
        "golden": _matrices("policy", figures.against_golden),
        "people": _matrices("person", people),
        "precision": {
            by: [
                {"name": each.name, "bank": each.bank, "right": share_document(each.right)}
                for each in found
            ]
            for by, found in figures.precision.items()
        },
    }


def golden_documents(stores: Stores) -> list[Document]:
    """Every golden item that is shown, with whether it rests because its policy has a newer version."""
    versions = {policy.id: policy.version for policy in stores.policies.all()}
    return [
        golden_document(each) | {"rests": versions.get(each.policy) != each.policy_version}
        for each in stores.quality.goldens()
    ]


def golden_document(golden: Golden) -> Document:
    """A golden item with its answer."""
    return {
        "id": golden.id,
        "queue": golden.queue,
        "item": golden.item,
        "kind": golden.kind,
        "category": golden.category,
        "decision": golden.decision,
        "policy": golden.policy,
        "policy_version": golden.policy_version,
        "why": golden.why,
    }


def _matrices(head: str, tables: Mapping[str, Confusion]) -> list[Document]:
    return [{head: name} | _matrix(table) for name, table in sorted(tables.items())]


def _matrix(table: Confusion) -> Document:
    return {
        "cases": table.total,
        "agreed": share_document(table.agreed),
        "kappa": _kappa(table.kappa),
        "matthews": table.matthews,
        "counts": [
            {"reference": reference, "said": said, "cases": count}
            for (reference, said), count in sorted(table.counts.items())
        ],
        "decisions": [
            {
                "decision": label,
                "precision": share_document(table.outcomes(label).precision),
                "recall": share_document(table.outcomes(label).recall),
            }
            for label in table.labels
        ],
    }


def _kappa(kappa: Kappa | None) -> Document | None:
    if kappa is None:
        return None
    low, high = kappa.bounds()
    return {"value": kappa.value, "low": low, "high": high}
