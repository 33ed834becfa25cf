"""Halves of UTF-16 pairs, which arrive apart when a delta ends within a character outside the basic plane."""

from __future__ import annotations

import re
from bisect import bisect_left

_SURROGATE = re.compile("[\ud800-\udfff]")
_PAIR = re.compile("([\ud800-\udbff][\udc00-\udfff])")


class Halves:
    """Joins halves to characters; a half that stays alone becomes U+FFFD, since it can be sent nowhere."""

    __slots__ = ("_joined", "_length", "_waiting")

    def __init__(self) -> None:
        self._waiting = ""
        self._length = 0
        self._joined: list[int] = []

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def join(self, delta: str) -> str:
        """Sound text. A high half at the very end waits for the next delta."""
        if delta.isascii() and not self._waiting:
            self._length += len(delta)
            return delta
        text = self._waiting + delta
        self._waiting = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._waiting = text[:-1], text[-1]
        return self._sound(text)

    def flush(self) -> str:
        """What is left at the end of the text."""
        text, self._waiting = self._waiting, ""
        return self._sound(text)

    def original(self, position: int) -> int:
        """Position in the text as it was given, in which a joined pair counts twice."""
        return position + bisect_left(self._joined, position)

    def _sound(self, text: str) -> str:
        if not _SURROGATE.search(text):
            self._length += len(text)
            return text
        return "".join(map(self._sound_piece, _PAIR.split(text)))

    def _sound_piece(self, piece: str) -> str:
        if _PAIR.fullmatch(piece):
            self._joined.append(self._length)
            self._length += 1
            return piece.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        self._length += len(piece)
        return _SURROGATE.sub("\ufffd", piece)
