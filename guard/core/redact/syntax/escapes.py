"""What follows a backslash."""

from __future__ import annotations

import string

from guard.core.redact.syntax.charset import CATEGORY_SETS, CharSet
from guard.core.redact.syntax.reader import Reader
from guard.core.redact.syntax.tree import Node, edge, word_boundary

_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
_HEX_LENGTHS = {"x": 2, "u": 4, "U": 8}
_HIGHEST_CODE_POINT = 0x10FFFF


def escaped_char(reader: Reader) -> str | CharSet:
    """A literal character, or the set of a category such as ``\\d``. The backslash has been read."""
    start = reader.position - 1
    char = reader.take("an escaped character")
    if char in CATEGORY_SETS:
        return CATEGORY_SETS[char]
    if char in _CONTROLS:
        return _CONTROLS[char]
    if char in _HEX_LENGTHS:
        return _code_point(reader, start, _HEX_LENGTHS[char])
    if char in string.digits:
        raise reader.error(
            f"back-reference \\{char} is not supported: it cannot be matched in linear time", start
        )
    if char in string.ascii_letters:
        raise reader.error(f"escape \\{char} is not supported", start)
    return char


def escaped_assertion(reader: Reader) -> Node | None:
    """``\\b \\B \\A \\Z \\z``, None when something else follows the backslash (which has been read)."""
    for letter, node in _ASSERTIONS.items():
        if reader.accept(letter):
            return node
    return None


def _code_point(reader: Reader, start: int, length: int) -> str:
    digits = reader.pattern[reader.position : reader.position + length]
    if len(digits) < length or not all(digit in string.hexdigits for digit in digits):
        raise reader.error(f"{length} hexadecimal digits expected", start)
    reader.position += length
    number = int(digits, 16)
    if number > _HIGHEST_CODE_POINT:
        raise reader.error("no such code point", start)
    return chr(number)


_ASSERTIONS: dict[str, Node] = {
    "b": word_boundary(True),
    "B": word_boundary(False),
    "A": edge(ahead=False),
    "Z": edge(ahead=True),
    "z": edge(ahead=True),
}
