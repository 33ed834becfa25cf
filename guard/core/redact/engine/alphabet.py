"""Characters grouped by what the rules can tell apart."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from guard.core.redact.fold import fold_char
from guard.core.redact.syntax.charset import Category, CharSet

# A text can hold a million different characters; the table starts again when it gets this long.
_MOST_CHARACTERS = 20_000

Masks = tuple[int, ...]
Kind = tuple[int, ...]


class Alphabet(dict[str, Masks]):
    """Maps a character to the masks of its folded characters; bit n of a mask: the folded character is in set n.

    Two characters with equal masks are interchangeable. An invisible character maps to ``()``. Safe to share by
    threads: an entry depends on nothing but the sets, and is stored by one atomic assignment.
    """

    def __init__(self, charsets: Sequence[CharSet]) -> None:
        super().__init__()
        self._charsets = charsets
        self._listed = frozenset().union(*(charset.singles for charset in charsets))
        self._edges = _edges(pair for charset in charsets for pair in charset.ranges)
        self._by_kind: dict[tuple[Kind, ...], int] = {}

    def __missing__(self, char: str) -> Masks:
        if len(self) >= _MOST_CHARACTERS:
            self.clear()
        masks = tuple(map(self._mask, fold_char(char)))
        self[char] = masks
        return masks

    def _mask(self, folded: str) -> int:
        """A character that no set lists by itself is known by its kind, which it shares with most of Unicode: a rule
        set has hundreds of sets, and a text thousands of characters."""
        forms = (folded, folded.lower(), folded.upper())
        if any(len(form) > 1 or form in self._listed for form in forms):
            return self._membership(folded)
        kind = tuple(map(self._kind, forms))
        mask = self._by_kind.get(kind)
        if mask is None:
            mask = self._by_kind[kind] = self._membership(folded)
        return mask

    def _kind(self, char: str) -> Kind:
        """Between which edges of ranges it is, and its categories: all that a set can ask."""
        return bisect_right(self._edges, ord(char)), *(char in category for category in Category)

    def _membership(self, folded: str) -> int:
        return sum(1 << number for number, charset in enumerate(self._charsets) if folded in charset)


def _edges(ranges: Iterable[tuple[str, str]]) -> list[int]:
    """Code points at which some range begins or has ended."""
    return sorted({edge for low, high in ranges for edge in (ord(low), ord(high) + 1)})
