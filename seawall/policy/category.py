"""What kind of illegal content something is said to be."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seawall.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One kind of content, by our name and, where it has one, the Transparency Database's code."""

    name: str
    code: str | None
    covers: str
    parent: str | None = None


class Taxonomy:
    """Every category that entries and rules may name."""

    def __init__(self, categories: Iterable[Category]) -> None:
        self._by_name = {category.name: category for category in categories}
        codes = [category.code for category in self._by_name.values()]
        self._by_code = {
            category.code: category
            for category in self._by_name.values()
            if category.code and codes.count(category.code) == 1  # KEYWORD_OTHER is in every group
        }

    def __iter__(self) -> Iterator[Category]:
        return iter(self._by_name.values())

    def find(self, text: str) -> Category:
        """
        The category of this name (`terrorist-content`) or code (`KEYWORD_TERRORIST_CONTENT`).

        Raises:
            InputError: No category is called that.

        """
        name = text.strip()
        found = self._by_name.get(name.lower()) or self._by_code.get(name.upper())
        if found is None:
            near = difflib.get_close_matches(name.lower(), self._by_name, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "`seawall rule categories` lists them."
            raise InputError(f"There is no category '{name}': {hint}")
        return found

    def names(self, texts: Iterable[str]) -> tuple[str, ...]:
        """The names of these categories, each once, in order."""
        return tuple(sorted({self.find(text).name for text in texts}))

    def covers(self, wide: str, narrow: str) -> bool:
        """Whether something filed under `narrow` is also filed under `wide`."""
        if wide == narrow:
            return True
        category = self._by_name.get(narrow)
        return category is not None and category.parent == wide
