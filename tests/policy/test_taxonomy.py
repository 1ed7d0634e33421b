"""The built-in categories are the Transparency Database's."""

import csv

import pytest

from seawall.errors import InputError
from seawall.policy.taxonomy import taxonomy
from tests.shared import shared_data


def test_every_official_category_and_keyword_is_there():
    """The Commission's own template lists them."""
    file = next(shared_data("dsa_templates").glob("*Part_2*"))
    with file.open(encoding="utf-8-sig") as lines:
        official = [row[2] for row in csv.reader(lines)][2:]

    assert [category.code for category in taxonomy()] == official


def test_a_category_is_found_by_name_and_by_code():
    """Both spellings mean the same, and a keyword knows the category it belongs to."""
    found = taxonomy().find("KEYWORD_TERRORIST_CONTENT")

    assert found == taxonomy().find(" Terrorist-Content ")
    assert found.parent == "risk-for-public-security"
    assert taxonomy().covers("risk-for-public-security", "terrorist-content")
    assert not taxonomy().covers("terrorist-content", "risk-for-public-security")
    assert not taxonomy().covers("animal-welfare", "terrorist-content")


def test_an_unknown_category_is_answered_with_the_nearest():
    """A typing mistake costs one look, not a search through a hundred names."""
    with pytest.raises(InputError, match="did you mean 'terrorist-content'"):
        taxonomy().find("terrorist-contnet")


def test_an_operator_adds_categories():
    """House rules stand beside the law's."""
    own = taxonomy({"house-rules": "What our terms do not allow"})

    assert own.names(["house-rules", "defamation"]) == ("defamation", "house-rules")
