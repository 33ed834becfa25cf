"""A set of folded characters, as a predicate: what one position of a pattern accepts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    DIGIT = "d"
    WORD = "w"
    SPACE = "s"
    ANY = "any"

    def __contains__(self, char: object) -> bool:
        return isinstance(char, str) and _in_category(self, char)


def _in_category(category: Category, char: str) -> bool:
    match category:
        case Category.DIGIT:
            return char.isdecimal()
        case Category.WORD:
            return char.isalnum() or char == "_"
        case Category.SPACE:
            return char.isspace()
        case Category.ANY:
            return True


@dataclass(frozen=True, slots=True)
class CharSet:
    """``ranges`` are inclusive pairs; ``categories`` are (category, negated) pairs; ``negated`` turns all of it
    round."""

    singles: frozenset[str] = frozenset()
    ranges: tuple[tuple[str, str], ...] = ()
    categories: tuple[tuple[Category, bool], ...] = ()
    negated: bool = False
    ignore_case: bool = False

    def __contains__(self, char: object) -> bool:
        if not isinstance(char, str):
            return False
        found = self._lists(char)
        if not found and self.ignore_case:
            found = self._lists(char.lower()) or self._lists(char.upper())
        return found is not self.negated

    def _lists(self, char: str) -> bool:
        if char in self.singles:
            return True
        if any(low <= char <= high for low, high in self.ranges):
            return True
        return any((char in category) is not negated for category, negated in self.categories)

    def union(self, other: CharSet) -> CharSet | None:
        """None when the two cannot be written as one set."""
        if self.negated or other.negated or self.ignore_case != other.ignore_case:
            return None
        return CharSet(
            self.singles | other.singles,
            self.ranges + other.ranges,
            self.categories + other.categories,
            ignore_case=self.ignore_case,
        )


WORD = CharSet(categories=((Category.WORD, False),))
DIGIT = CharSet(categories=((Category.DIGIT, False),))
SPACE = CharSet(categories=((Category.SPACE, False),))
ANY = CharSet(categories=((Category.ANY, False),))
NEWLINE = CharSet(frozenset("\n"))
NOTHING = CharSet()
CATEGORY_SETS = {
    "d": DIGIT,
    "w": WORD,
    "s": SPACE,
    "D": CharSet(categories=((Category.DIGIT, True),)),
    "W": CharSet(categories=((Category.WORD, True),)),
    "S": CharSet(categories=((Category.SPACE, True),)),
}


def literal(char: str, ignore_case: bool) -> CharSet:
    """One folded character; both cases are listed, so that equal sets of different rules are one set."""
    return CharSet(frozenset((char, char.lower(), char.upper())) if ignore_case else frozenset((char,)))
