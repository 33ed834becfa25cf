"""Character classes: ``[a-z]``, ``[^\\s"]``."""

from __future__ import annotations

from guard.core.redact.fold import fold_char
from guard.core.redact.syntax.charset import Category, CharSet
from guard.core.redact.syntax.escapes import escaped_char
from guard.core.redact.syntax.reader import Reader
from guard.core.redact.syntax.tree import Chars, Node, choice, sequence

# Ranges up to this size are folded member by member; a larger one (whole planes) is taken as written.
_FOLDED_RANGE = 4096
# All ranges of one pattern together: hundreds of them would take minutes.
_MOST_FOLDED = 65_536


def _is_folded(low: str, high: str) -> bool:
    return high > "~" and ord(high) - ord(low) <= _FOLDED_RANGE


class _Members:
    """The members read so far, as they appear in folded text."""

    def __init__(self) -> None:
        self.singles: set[str] = set()
        self.ranges: list[tuple[str, str]] = []
        self.categories: list[tuple[Category, bool]] = []
        self.expansions: list[str] = []

    def add(self, char: str) -> None:
        folded = fold_char(char)
        if len(folded) > 1:
            self.expansions.append(folded)
        elif folded:
            self.singles.add(folded)

    def add_range(self, low: str, high: str) -> None:
        self.ranges.append((low, high))
        if _is_folded(low, high):
            for code in range(ord(low), ord(high) + 1):
                self.add(chr(code))

    def add_set(self, charset: CharSet) -> None:
        self.categories += charset.categories


def bracket(reader: Reader, ignore_case: bool) -> Node:
    """The class whose ``[`` has been read."""
    start = reader.position - 1
    negated = reader.accept("^")
    members = _members(reader, start)
    charset = CharSet(
        frozenset(members.singles), tuple(members.ranges), tuple(members.categories), negated, ignore_case
    )
    if not negated and members.expansions:
        spelled = [
            sequence(*(Chars(CharSet(frozenset(char))) for char in text)) for text in members.expansions
        ]
        return choice([Chars(charset), *spelled])
    return Chars(charset)


def _members(reader: Reader, start: int) -> _Members:
    members = _Members()
    first = True
    while first or reader.peek() != "]":
        if reader.at_end:
            raise reader.error("character class is not closed", start)
        _read_member(reader, members)
        first = False
    reader.position += 1
    return members


def _read_member(reader: Reader, members: _Members) -> None:
    start = reader.position
    low = _single(reader)
    if reader.peek() != "-" or reader.pattern[reader.position + 1 : reader.position + 2] in ("]", ""):
        members.add_set(low) if isinstance(low, CharSet) else members.add(low)
        return
    reader.position += 1
    high = _single(reader)
    if isinstance(low, CharSet) or isinstance(high, CharSet):
        raise reader.error("a range needs two characters", start)
    if low > high:
        raise reader.error(f"range {low}-{high} is reversed", start)
    reader.folded += ord(high) - ord(low) if _is_folded(low, high) else 0
    if reader.folded > _MOST_FOLDED:
        raise reader.error(f"character classes list more than {_MOST_FOLDED:,} characters", start)
    members.add_range(low, high)


def _single(reader: Reader) -> str | CharSet:
    start = reader.position
    char = reader.take("a member of the character class")
    if char == "[" and reader.peek() in (":", ".", "="):
        raise reader.error("POSIX classes such as [:alpha:] are not supported", start)
    if char != "\\":
        return char
    return "\b" if reader.accept("b") else escaped_char(reader)
