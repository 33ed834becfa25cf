"""A CEL expression as tokens, and the macros in it: what the library does not tell about an expression it has compiled.

Texts and comments are read exactly as CEL reads them, so that nothing that runs can pass for either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

MACROS = frozenset({"all", "exists", "exists_one", "existsOne", "map", "filter"})
WORDS = frozenset({"true", "false", "null", "in"})
_OPENING, _CLOSING = "([{", ")]}"
_TOKEN = re.compile(
    r"""
      (?P<blank>  \s+ | //[^\n]*+ )
    | (?P<text>   [bB]?[rR] (?: \"{3}(?s:.*?)\"{3} | '{3}(?s:.*?)'{3} | "[^"\n\r]*+" | '[^'\n\r]*+' )
                | [bB]? (?: \"{3}(?s:\\.|[^\\])*?\"{3} | '{3}(?s:\\.|[^\\])*?'{3}
                          | "(?:[^"\\\n\r]|\\.)*+" | '(?:[^'\\\n\r]|\\.)*+' ) )
    | (?P<name>   [A-Za-z_][A-Za-z0-9_]* )
    | (?P<number> 0[xX][0-9a-fA-F]+[uU]? | [0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?[uU]? )
    | (?P<mark>   && | \|\| | [<>=!]= | . )
    """,
    re.VERBOSE,
)


class Kind(Enum):
    TEXT = auto()
    NAME = auto()
    NUMBER = auto()
    MARK = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """``at`` is its place in the source."""

    kind: Kind
    text: str
    at: int

    @property
    def is_literal(self) -> bool:
        return self.kind in (Kind.TEXT, Kind.NUMBER)


@dataclass(slots=True)
class Macro:
    """``start`` and ``end`` are the places of its brackets among the tokens, ``head`` is the name that its range begins
    with where that is a plain way, such as ``args.items`` or ``order.lines[0]``, else "". ``inside``: the macro that it
    stands in."""

    name: str
    variable: str
    head: str
    start: int
    end: int
    inside: Macro | None = field(default=None, repr=False)

    def holds(self, place: int) -> bool:
        return self.start < place < self.end

    def binding(self, name: str) -> Macro | None:
        """The innermost macro around this one that has ``name`` for its variable."""
        around = self.inside
        while around is not None and around.variable != name:
            around = around.inside
        return around


class Tokens:
    """Of a source that the library has compiled: brackets are known to match."""

    def __init__(self, source: str) -> None:
        self.all = list(_read(source))
        self.closing = _pairs(self.all)
        self._opening = {end: start for start, end in self.closing.items()}
        self.macros = self._find_macros()

    def is_mark(self, place: int, mark: str) -> bool:
        return 0 <= place < len(self.all) and self.all[place].text == mark

    def is_called(self, place: int) -> bool:
        return self.is_mark(place + 1, "(")

    def is_member(self, place: int) -> bool:
        return self.is_mark(place - 1, ".")

    def names(self, places: Iterable[int]) -> set[str]:
        """Names that stand for a value, not for a member, a function or a word of the language."""
        return {
            self.all[place].text
            for place in places
            if self.all[place].kind is Kind.NAME
            and self.all[place].text not in WORDS
            and not self.is_called(place)
            and not self.is_member(place)
        }

    def outermost(self) -> list[int]:
        """Places in no macro, nor in what one makes."""
        return self._outside(range(len(self.all)), self.macros)

    def body(self, macro: Macro) -> list[int]:
        """Places that each round of the macro comes by: what is in a macro within it belongs to that one. But what a
        ``map`` speaks of becomes a value here."""
        within = [other for other in self.macros if macro.holds(other.start)]
        return self._outside(range(macro.start, macro.end), within)

    def _outside(self, places: range, macros: list[Macro]) -> list[int]:
        left = set(places)
        for macro in macros:
            if macro.name != "map":
                left -= set(range(macro.start + 1, macro.end))
        return sorted(left)

    def _find_macros(self) -> list[Macro]:
        """In the order in which they are written, so that one stands behind those around it."""
        found: list[Macro] = []
        for place, token in enumerate(self.all):
            if token.text in MACROS and self.is_member(place) and self.is_called(place):
                start = place + 1
                macro = Macro(
                    token.text,
                    self.all[start + 1].text,
                    self._head(place - 2),
                    start,
                    self.closing.get(start, len(self.all)),
                )
                macro.inside = next((outer for outer in reversed(found) if outer.holds(place)), None)
                found.append(macro)
        return found

    def _head(self, place: int) -> str:
        """The name at the beginning of the way that ends at ``place``."""
        while place >= 0:
            if self.is_mark(place, "]"):
                place = self._opening.get(place, 0) - 1
            elif self.all[place].kind is Kind.NAME and self.is_member(place):
                place -= 2
            else:
                break
        is_name = place >= 0 and self.all[place].kind is Kind.NAME and self.all[place].text not in WORDS
        return self.all[place].text if is_name else ""


def depth(source: str) -> int:
    """Brackets within brackets, counted also in texts and comments: too many there are too many as well."""
    deepest = now = 0
    for character in source:
        now += (character in _OPENING) - (character in _CLOSING)
        deepest = max(deepest, now)
    return deepest


def _read(source: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(source):
        if found.lastgroup != "blank":
            yield Token(Kind[str(found.lastgroup).upper()], found[0], found.start())


def _pairs(tokens: list[Token]) -> dict[int, int]:
    pairs, open_ones = {}, []
    for place, token in enumerate(tokens):
        if token.kind is Kind.MARK and token.text in _OPENING:
            open_ones.append(place)
        elif token.kind is Kind.MARK and token.text in _CLOSING and open_ones:
            pairs[open_ones.pop()] = place
    return pairs
