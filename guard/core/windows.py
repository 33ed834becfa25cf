"""Sentences: the pieces in which a growing text is judged.

Where a window ends is decided by the text alone, never by its deltas, so every copy of a text has the same windows.
"""

from __future__ import annotations

import re

LONGEST = 400
"""Characters. A text without an end of a sentence is judged in pieces of this length."""

SHORTEST = 12
"""Characters. What ends sooner is judged together with what follows: each question costs."""

_CLOSERS = r"['\")\]\u201d\u2019]"
_END = re.compile(
    rf"[.!?\u2026]{_CLOSERS}{{0,3}}(?=\s)"
    rf"|[\u3002\uff01\uff1f]{_CLOSERS}{{0,3}}(?!{_CLOSERS})(?=.)"  # Chinese and Japanese put no space behind it
    r"|\n",
    re.DOTALL,
)


class Windows:
    """``push`` every piece of the text, then ``finish``: the windows that are complete so far, in order. Joined, they
    are the text."""

    __slots__ = ("_rest", "_seen")

    def __init__(self) -> None:
        self._rest = ""
        self._seen = SHORTEST - 1

    @property
    def rest(self) -> str:
        """What has arrived of the window that is not complete yet."""
        return self._rest

    def push(self, piece: str) -> list[str]:
        self._rest += piece
        complete, at = [], 0
        while (end := self._end(at)) is not None:
            complete.append(self._rest[at:end])
            at, self._seen = end, end + SHORTEST - 1
        self._rest, self._seen = self._rest[at:], self._seen - at
        return complete

    def finish(self) -> list[str]:
        rest, self._rest, self._seen = self._rest, "", SHORTEST - 1
        return [rest] if rest else []

    def _end(self, at: int) -> int | None:
        """Of the window that begins at ``at``. An end of a sentence shows when the white space behind it arrives, which
        belongs to the next window."""
        found = _END.search(self._rest, max(self._seen, at), at + LONGEST + 8)
        if found is not None and found.end() - at <= LONGEST:
            return found.end()
        if len(self._rest) - at > LONGEST:
            return at + LONGEST
        # An end that is not complete yet has begun in the last few characters.
        self._seen = max(self._seen, len(self._rest) - 8)
        return None


def windows_of(text: str) -> list[str]:
    """The windows of a whole text."""
    windows = Windows()
    return [*windows.push(text), *windows.finish()]
