"""Characters grouped by what the rules can tell apart."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from guard.core.redact.fold import fold_char
from guard.core.redact.syntax.charset import Category, CharSet

# A text can hold a million different characters; the table starts again when it gets this long.
_MOST_CHARACTERS = 20_000

Masks = tuple[int, ...]


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
        self._unlisted: dict[tuple[bool, ...], int] = {}

    def __missing__(self, char: str) -> Masks:
        if len(self) >= _MOST_CHARACTERS:
            self.clear()
        masks = tuple(map(self._mask, fold_char(char)))
        self[char] = masks
        return masks

    def _mask(self, folded: str) -> int:
        """A character that no set lists is known by its categories; most of Unicode is, and this keeps it cheap."""
        if any(map(self._is_listed, {folded, *folded.lower(), *folded.upper()})):
            return self._membership(folded)
        kind = tuple(folded in category for category in Category)
        mask = self._unlisted.get(kind)
        if mask is None:
            mask = self._unlisted[kind] = self._membership(folded)
        return mask

    def _is_listed(self, folded: str) -> bool:
        return folded in self._listed or bisect_right(self._edges, ord(folded)) % 2 == 1

    def _membership(self, folded: str) -> int:
        return sum(1 << number for number, charset in enumerate(self._charsets) if folded in charset)


def _edges(ranges: Iterable[tuple[str, str]]) -> list[int]:
    """Where the union of all ranges begins and ends, by turns: a code point with an odd number of edges up to it is
    inside."""
    edges: list[int] = []
    for low, high in sorted(ranges):
        if edges and ord(low) <= edges[-1]:
            edges[-1] = max(edges[-1], ord(high) + 1)
        else:
            edges += (ord(low), ord(high) + 1)
    return edges
