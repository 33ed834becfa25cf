"""Every character is matched as what it looks like: full-width and Arabic digits are 0-9, a Cyrillic letter that looks
like a Latin one is that one, a ligature is its letters.

The fold works on one code point at a time, so it gives the same answer however a text is cut. (NFKC on strings does
not: it reorders and composes across code points.) Positions and output always refer to the original text.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from guard.core.redact.lookalikes import LOOKALIKES

_SPACES = "\t\n\v\f\r "
# Blank letters that Unicode calls letters or symbols: Hangul fillers, Khmer inherent vowels, the empty Braille cell.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u2065\ufffd")
_INVISIBLE_CATEGORIES = frozenset(("Mn", "Me", "Cf", "Cc", "Cs"))
_HANGUL = ("\uac00", "\ud7a3")


@lru_cache(maxsize=65536)
def fold_char(char: str) -> str:
    """``""`` when the character is invisible, else one or more characters."""
    if " " <= char <= "~" or char in _SPACES:
        return char
    known = LOOKALIKES.get(char)
    if known is not None:
        return known
    simple = _simple(char)
    if simple is not None:
        return simple
    # Decomposing Hangul would turn every syllable into three letters, and no pattern gains by it.
    if _HANGUL[0] <= char <= _HANGUL[1]:
        return char
    return "".join(_part(part) for part in unicodedata.normalize("NFKD", char))


def fold(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(fold_char, text))


def _part(char: str) -> str:
    if char.isascii():
        return char
    known = LOOKALIKES.get(char)
    if known is not None:
        return known
    simple = _simple(char)
    return char if simple is None else simple


def _simple(char: str) -> str | None:
    """The fold of invisible characters, digits and spaces; None for every other character."""
    if char == "\x85" or (not char.isascii() and char.isspace()):
        return " "
    if (
        char in _BLANKS
        or unicodedata.category(char) in _INVISIBLE_CATEGORIES
        or "\U000e0000" <= char <= "\U000e0fff"
    ):
        return ""
    digit = unicodedata.digit(char, None)
    return None if digit is None else str(digit)
