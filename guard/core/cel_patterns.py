"""The function ``matches`` of conditions: patterns that are written out, compiled once, searched for in linear time.

The library's own compiles the pattern anew for each text, which takes a hundred times as long as the search, and takes
one of any size. The engine here is the one that judges ``pattern`` in schemas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cel
import jsonschema_rs

from guard.core.cel_tokens import Kind, Tokens

FUNCTION = "matches"
RENAMED = "matches_written_pattern"
"""The library prefers its own ``matches`` to any other."""

_SIZES = tuple(1024 * 2**step for step in range(1, 11))
"""Bytes of a compiled pattern, up to 1 MiB. At worst the engine looks at all of it for each character."""
_MOST_READ = 1_000_000
"""Characters, times KiB of the pattern, in one run: a third of a second at the very worst, mostly some thousandths."""
_EACH = 20
"""A search takes as long as some characters, even in an empty text."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    kib: int
    validator: Any


@dataclass(slots=True)
class Search:
    """One run of a condition. ``is_spent``: it would have read more than it may, and what it says is void."""

    patterns: Mapping[str, _Pattern]
    is_spent: bool = field(default=False, init=False)
    _left: int = field(default=_MOST_READ, init=False)

    def __call__(self, text: object, pattern: str) -> bool:
        if not isinstance(text, str):
            raise TypeError("matches is for texts")
        found = self.patterns[pattern]
        self._left -= (len(text) + _EACH) * found.kib
        if self._left < 0:
            self.is_spent = True
        return not self.is_spent and bool(found.validator.is_valid(text))


def patterns_of(tokens: Tokens) -> dict[str, _Pattern]:
    """Of all calls of ``matches``. Raises ValueError with a sentence for the administrator."""
    return {text: _compiled(text) for text in _written(tokens)}


def renamed(source: str, tokens: Tokens) -> str:
    """The source with calls of our function in place of the library's."""
    for place in reversed(list(_calls(tokens))):
        at = tokens.all[place].at
        source = source[:at] + RENAMED + source[at + len(FUNCTION) :]
    return source


def _calls(tokens: Tokens) -> Iterable[int]:
    return (
        place
        for place, token in enumerate(tokens.all)
        if token.kind is Kind.NAME and token.text == FUNCTION and tokens.is_called(place)
    )


def _written(tokens: Tokens) -> Iterable[str]:
    for place in _calls(tokens):
        end = tokens.closing.get(place + 1, 0)
        before = "(" if tokens.is_member(place) else ","
        pattern = tokens.all[end - 1]
        if pattern.kind is not Kind.TEXT or not tokens.is_mark(end - 2, before) or pattern.text[0] in "bB":
            raise ValueError("the pattern of matches must be a text that is written out")
        yield str(cel.evaluate(pattern.text))


def _compiled(pattern: str) -> _Pattern:
    for size in _SIZES:
        try:
            return _Pattern(size // 1024, _validator(pattern, size))
        except (jsonschema_rs.ValidationError, ValueError):
            continue
    raise ValueError(
        f"{pattern[:100]!r} is no pattern that can be searched for in linear time, or too large a one"
    )


def _validator(pattern: str, size: int) -> Any:
    options = jsonschema_rs.RegexOptions(size_limit=size)
    return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=options)
