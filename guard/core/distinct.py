"""Names of one object that may look alike once they are redacted."""

from __future__ import annotations


class Distinct:
    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def unlike(self, name: str) -> str:
        """``name``, or ``name (2)`` and so on: what was not returned before. The numbers that were given out are not
        tried again: a thousand keys alike would take a million tries."""
        counts, unlike = self._counts, name
        while unlike in counts:
            counts[name] += 1
            unlike = f"{name} ({counts[name]})"
        counts[unlike] = 1
        return unlike
