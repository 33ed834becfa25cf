"""From the text of a pattern to its tree, or to an error that says what is wrong and where."""

from __future__ import annotations

import string
from dataclasses import dataclass, replace

from guard.core.redact.fold import fold_char
from guard.core.redact.syntax.brackets import bracket
from guard.core.redact.syntax.charset import ANY, NEWLINE, CharSet, literal
from guard.core.redact.syntax.escapes import escaped_assertion, escaped_char
from guard.core.redact.syntax.looks import look_around
from guard.core.redact.syntax.reader import Reader
from guard.core.redact.syntax.tree import EMPTY, Chars, Look, Node, Repeat, choice, edge, nullable, sequence

MAX_REPEAT = 1000
MAX_DEPTH = 60
_NOT_NEWLINE = replace(NEWLINE, negated=True)
_LOOKS = {"?=": (True, True), "?!": (True, False), "?<=": (False, True), "?<!": (False, False)}
_REFUSED_GROUPS = {
    "?>": "atomic groups are not supported: every pattern is matched in linear time already",
    "?(": "conditional groups are not supported",
    "?P=": "back-references are not supported: they cannot be matched in linear time",
    "?P>": "recursion is not supported",
    "?&": "recursion is not supported",
    "?R": "recursion is not supported",
    "?|": "branch reset is not supported",
}


@dataclass(frozen=True, slots=True)
class _Flags:
    ignore_case: bool = False
    multiline: bool = False
    dotall: bool = False


_FLAG_NAMES = {"i": "ignore_case", "m": "multiline", "s": "dotall"}
# Unicode is always on after the fold, so these two change nothing that could be matched.
_IDLE_FLAGS = "ua"


def parse(pattern: str, *, ignore_case: bool = False) -> Node:
    """Raises ``PatternError``."""
    reader = Reader(pattern)
    node = _Parser(reader).alternatives(_Flags(ignore_case=ignore_case), 0)
    if not reader.at_end:
        raise reader.error("unbalanced parenthesis")
    return node


class _Parser:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def alternatives(self, flags: _Flags, depth: int) -> Node:
        """Up to the closing parenthesis or the end. ``(?i)`` in the middle holds for the rest of its group."""
        if depth > MAX_DEPTH:
            raise self.reader.error(f"groups are nested more than {MAX_DEPTH} deep")
        options: list[Node] = []
        parts: list[Node] = []
        while not self.reader.at_end and self.reader.peek() != ")":
            if self.reader.accept("|"):
                options.append(sequence(*parts))
                parts = []
                continue
            flags = self._rest_of_group_flags(flags)
            if self.reader.peek() not in ("", "|", ")"):
                parts.append(self._quantified(flags, depth))
        options.append(sequence(*parts))
        return choice(options)

    def _quantified(self, flags: _Flags, depth: int) -> Node:
        start = self.reader.position
        node = self._atom(flags, depth)
        times = self._quantifier()
        if times is None:
            return node
        if isinstance(node, Look) or (nullable(node) and node != EMPTY and _is_condition(node)):
            raise self.reader.error("a condition of no width cannot be repeated", start)
        if self._quantifier() is not None:
            raise self.reader.error("two quantifiers in a row; put the first in a group", start)
        return Repeat(node, *times)

    def _quantifier(self) -> tuple[int, int | None] | None:
        start = self.reader.position
        times = self._times()
        if times is None:
            return None
        low, high = times
        if low > MAX_REPEAT or (high or 0) > MAX_REPEAT:
            raise self.reader.error(f"repeat count is over {MAX_REPEAT}", start)
        if high is not None and low > high:
            raise self.reader.error("repeat counts are reversed", start)
        if self.reader.accept("+"):
            raise self.reader.error("possessive quantifiers are not supported; a plain one is as fast", start)
        # Laziness changes which match a regex reports first. Here every match counts, so it changes nothing.
        self.reader.accept("?")
        return times

    def _times(self) -> tuple[int, int | None] | None:
        for sign, times in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.reader.accept(sign):
                return times
        start = self.reader.position
        if self.reader.accept("{"):
            low = self.reader.take_while(string.digits)
            comma = self.reader.accept(",")
            high = self.reader.take_while(string.digits) if comma else low
            if (low or (comma and high)) and self.reader.accept("}"):
                return int(low or 0), int(high) if high else None
            self.reader.position = start
        return None

    def _atom(self, flags: _Flags, depth: int) -> Node:
        start = self.reader.position
        char = self.reader.take("a character")
        match char:
            case "(":
                return self._group(flags, depth, start)
            case "[":
                return bracket(self.reader, flags.ignore_case)
            case "\\":
                return self._escape(flags)
            case ".":
                return Chars(ANY if flags.dotall else _NOT_NEWLINE)
            case "^" | "$":
                return _line_edge(flags, ahead=char == "$")
            case "*" | "+" | "?":
                raise self.reader.error("nothing to repeat", start)
            case "{" if self._is_count(start):
                raise self.reader.error("nothing to repeat", start)
        return spelled(char, flags.ignore_case)

    def _is_count(self, start: int) -> bool:
        self.reader.position = start
        counted = self._times() is not None
        self.reader.position = start + 1
        return counted

    def _escape(self, flags: _Flags) -> Node:
        assertion = escaped_assertion(self.reader)
        if assertion is not None:
            return assertion
        found = escaped_char(self.reader)
        return Chars(found) if isinstance(found, CharSet) else spelled(found, flags.ignore_case)

    def _group(self, flags: _Flags, depth: int, start: int) -> Node:
        for opening, reason in _REFUSED_GROUPS.items():
            if self.reader.accept(opening):
                raise self.reader.error(reason, start)
        if self.reader.accept("?#"):
            return self._comment(start)
        for opening in sorted(_LOOKS, key=len, reverse=True):
            if self.reader.accept(opening):
                return self._look(flags, depth, start, *_LOOKS[opening])
        inner_flags = self._group_opening(flags, start)
        node = self.alternatives(inner_flags, depth + 1)
        self._close(start)
        return node

    def _group_opening(self, flags: _Flags, start: int) -> _Flags:
        if not self.reader.accept("?"):
            return flags
        if self.reader.accept("P<") or self.reader.accept("<"):
            self._group_name(start)
            return flags
        flags = self._flag_letters(flags, start)
        if not self.reader.accept(":"):
            raise self.reader.error("unknown kind of group", start)
        return flags

    def _group_name(self, start: int) -> None:
        name = self.reader.take_while(string.ascii_letters + string.digits + "_")
        if not name.isidentifier() or not self.reader.accept(">"):
            raise self.reader.error("bad group name", start)

    def _rest_of_group_flags(self, flags: _Flags) -> _Flags:
        start = self.reader.position
        if self.reader.accept("(?"):
            changed = self._flag_letters(flags, start)
            if self.reader.position > start + 2 and self.reader.accept(")"):
                return changed
        self.reader.position = start
        return flags

    def _flag_letters(self, flags: _Flags, start: int) -> _Flags:
        value = True
        while (letter := self.reader.peek()) and letter in "-imsuax":
            self.reader.position += 1
            if letter == "-":
                value = False
            elif letter == "x":
                raise self.reader.error("verbose patterns (?x) are not supported", start)
            elif letter not in _IDLE_FLAGS:
                flags = replace(flags, **{_FLAG_NAMES[letter]: value})
        return flags

    def _comment(self, start: int) -> Node:
        end = self.reader.pattern.find(")", self.reader.position)
        if end < 0:
            raise self.reader.error("comment is not closed", start)
        self.reader.position = end + 1
        return EMPTY

    def _look(self, flags: _Flags, depth: int, start: int, ahead: bool, wanted: bool) -> Node:
        node = self.alternatives(flags, depth + 1)
        self._close(start)
        found = look_around(node, ahead=ahead, wanted=wanted)
        if found is None:
            raise self.reader.error(
                "look-around is supported for one character only; use before or after", start
            )
        return found

    def _close(self, start: int) -> None:
        if not self.reader.accept(")"):
            raise self.reader.error("parenthesis is not closed", start)


def spelled(char: str, ignore_case: bool) -> Node:
    """A literal as it appears in folded text: none, one or several characters."""
    return sequence(*(Chars(literal(part, ignore_case)) for part in fold_char(char)))


def _line_edge(flags: _Flags, *, ahead: bool) -> Look:
    return Look(ahead, NEWLINE, wanted=True, at_edge=True) if flags.multiline else edge(ahead=ahead)


def _is_condition(node: Node) -> bool:
    """Whether it is made of conditions only, as ``\\b`` is."""
    match node:
        case Look():
            return True
        case Chars():
            return False
        case Repeat(part, _, _):
            return _is_condition(part)
    parts = node.parts if hasattr(node, "parts") else node.options
    return bool(parts) and all(map(_is_condition, parts))
