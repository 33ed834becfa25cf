"""What a CEL expression may cost at most, known before it runs: from its text and the size of what it speaks of.

One step is about a ten-millionth of a second on a plain machine; the weights are measured, and rather too high. The
library copies a value whenever it is spoken of, and the whole list for each entry that ``map`` or ``filter`` adds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from guard.core.cel_tokens import Kind, Macro, Token, Tokens

_VALUE = 4
"""Steps to copy or compare one value,"""
_CHARS = 25
"""and as many characters as one step reads."""
_GIVEN = 30
"""Steps to hand over one value."""
_ROUND = 5
"""Steps for each round of a macro, besides what it does."""
_MATCH = 20
"""Steps to begin a search; what it reads is counted where it is done (``cel_patterns``)."""
_LIGHT = frozenset({".", ",", "(", ")", "]", "}", "&&", "||", "!", "?", ":"})


@dataclass(frozen=True, slots=True)
class Size:
    """``longest``: the most entries of one list or members of one object."""

    values: int = 0
    chars: int = 0
    longest: int = 0

    @classmethod
    def of(cls, value: Any) -> Size:
        if isinstance(value, Mapping):
            parts = [*map(cls.of, value), *map(cls.of, value.values())]
        elif isinstance(value, list):
            parts = list(map(cls.of, value))
        else:
            return cls(1, len(value) if isinstance(value, str) else 0)
        return cls(
            1 + sum(part.values for part in parts),
            sum(part.chars for part in parts),
            max(len(value), *(part.longest for part in parts), 0),
        )

    @property
    def steps(self) -> float:
        return _VALUE * self.values + self.chars / _CHARS


@dataclass(slots=True)
class _Round:
    """A macro at work. ``groups`` times it goes through ``total`` entries, of at most ``longest`` at a stretch, which
    take ``steps`` to copy once. ``plain``: it goes through a part of what was given."""

    groups: float
    total: float
    longest: float
    steps: float
    size: Size
    plain: bool

    @property
    def rounds(self) -> float:
        return self.groups * self.total


@dataclass(slots=True)
class _Reckoning:
    tokens: Tokens
    sizes: Mapping[str, Size]
    source: Size
    growth: float = 1.0
    made: dict[int, _Round] = field(default_factory=dict)

    @property
    def longest(self) -> float:
        """Of any list that the expression can make."""
        return self.growth * max(self.source.longest, *(size.longest for size in self.sizes.values()), 1)

    @property
    def heaviest(self) -> float:
        return self.growth * (self.source.steps + sum(size.steps for size in self.sizes.values()))


def steps(tokens: Tokens, sizes: Mapping[str, Size]) -> float:
    """``sizes`` of the facts that the expression speaks of, by their names."""
    source, growth, outermost = _of_text(tokens)
    work = _Reckoning(tokens, sizes, source, growth)
    for macro in tokens.macros:
        if macro.name == "map" and _from_outside(macro, work):
            work.growth *= work.longest
    given = sum(size.values for size in sizes.values())
    return (
        _GIVEN * given
        + outermost * (1 + work.heaviest)
        + sum(_of_macro(macro, work) for macro in tokens.macros)
    )


@lru_cache(maxsize=1_024)
def _of_text(tokens: Tokens) -> tuple[Size, float, float]:
    """What does not depend on the facts, reckoned once for each expression: the size of its text, how far a value can
    grow, and the weight of what stands outside of all macros."""
    count = len(tokens.all)
    source = Size(count, sum(len(token.text) for token in tokens.all), count)
    return source, _growth(tokens), _weight(tokens, tokens.outermost())


def _of_macro(macro: Macro, work: _Reckoning) -> float:
    """``own`` is what it takes to copy each entry once, ``outside`` what the body speaks of besides, in all rounds."""
    made = work.made[macro.start] = _round(macro, work)
    body = work.tokens.body(macro)
    weight = _weight(work.tokens, body)
    own = work.growth * made.groups * made.steps
    outside = work.growth * sum(_outer(macro, name, work) for name in _from_outside(macro, work))
    searches = sum(work.tokens.all[place].text == "matches" for place in body)
    least = made.rounds * (weight + _ROUND + _MATCH * searches)
    return least + weight * (own + outside) + _collected(macro, work, own + outside)


def _collected(macro: Macro, work: _Reckoning, spoken_of: float) -> float:
    """The list made so far is copied in each round, and what is written out in it as well."""
    made = work.made[macro.start]
    if macro.name == "filter":
        return made.longest * spoken_of
    if macro.name != "map":
        return 0.0
    written = [work.tokens.all[place] for place in work.tokens.body(macro)]
    literal = Size(len(written), sum(len(token.text) for token in written if token.is_literal))
    return made.longest * (spoken_of + work.growth * made.rounds * literal.steps)


def _round(macro: Macro, work: _Reckoning) -> _Round:
    around = work.made[macro.inside.start] if macro.inside is not None else None
    binding = macro.binding(macro.head)
    over = work.made[binding.start] if binding is not None else None
    if over is not None and over.plain:
        if binding is macro.inside:
            # Parts of different entries: all of them together are no more than the whole.
            return _Round(over.groups, over.size.values, over.size.longest, over.size.steps, over.size, True)
        size = over.size
    elif binding is None and macro.head in work.sizes:
        size = work.sizes[macro.head]
    else:
        rounds = around.rounds if around is not None else 1.0
        return _Round(rounds, work.longest, work.longest, work.heaviest, Size(), plain=False)
    return _Round(
        around.rounds if around is not None else 1.0, size.longest, size.longest, size.steps, size, True
    )


def _from_outside(macro: Macro, work: _Reckoning) -> set[str]:
    """What the body of the macro speaks of besides its own entry: facts, and entries of macros around it."""
    around, inside = set(work.sizes), macro.inside
    while inside is not None:
        around.add(inside.variable)
        inside = inside.inside
    return (work.tokens.names(work.tokens.body(macro)) & around) - {macro.variable}


def _outer(macro: Macro, name: str, work: _Reckoning) -> float:
    """What it takes to copy it, in all rounds."""
    made, binding = work.made[macro.start], macro.binding(name)
    if binding is None:
        return made.rounds * work.sizes[name].steps
    over = work.made[binding.start]
    if binding is macro.inside:
        # Each entry around this macro as often as the macro goes round for it: all entries at most as often as that.
        return over.groups * over.steps * made.longest
    return made.rounds * over.steps


def _weight(tokens: Tokens, places: Iterable[int]) -> int:
    """How many parts of the expression do something with a value."""
    parts = (tokens.all[place] for place in places)
    return sum(not part.is_literal and part.text not in _LIGHT for part in parts)


def _growth(tokens: Tokens) -> float:
    """How many times larger than what went in a value can become. ``+`` and lists written out put values together;
    what comes of it may be the entry of the next macro. At most it grows when they are spread evenly."""
    joints = sum(_joins(tokens, place) for place in range(len(tokens.all)))
    levels = len(tokens.macros) + 1
    return float((1 + joints / levels) ** levels)


def _joins(tokens: Tokens, place: int) -> bool:
    token = tokens.all[place]
    if token.kind is not Kind.MARK or token.text not in ("+", ","):
        return False
    before, after = tokens.all[place - 1 : place], tokens.all[place + 1 : place + 2]
    return not (_are_literal(before) and _are_literal(after)) and not _separates(tokens, place)


def _are_literal(tokens: list[Token]) -> bool:
    return all(token.is_literal for token in tokens)


def _separates(tokens: Tokens, place: int) -> bool:
    """It is the comma behind the variable of a macro."""
    return any(place == macro.start + 2 for macro in tokens.macros)
