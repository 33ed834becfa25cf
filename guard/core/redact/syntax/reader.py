"""A pattern read from left to right, with errors that say where."""

from __future__ import annotations

from guard.core.redact.rule import PatternError


class Reader:
    """``folded``: how many members of ranges have been folded one by one."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.folded = 0

    @property
    def at_end(self) -> bool:
        return self.position >= len(self.pattern)

    def peek(self) -> str:
        """The next character, ``""`` at the end."""
        return self.pattern[self.position : self.position + 1]

    def take(self, expected: str) -> str:
        """The next character; the error says what was ``expected`` when there is none."""
        char = self.peek()
        if not char:
            raise self.error(f"pattern ends where {expected} is expected")
        self.position += 1
        return char

    def accept(self, prefix: str) -> bool:
        """Consume ``prefix`` if it comes next."""
        if self.pattern.startswith(prefix, self.position):
            self.position += len(prefix)
            return True
        return False

    def take_while(self, allowed: str) -> str:
        start = self.position
        while self.peek() and self.peek() in allowed:
            self.position += 1
        return self.pattern[start : self.position]

    def error(self, message: str, position: int | None = None) -> PatternError:
        return PatternError(message, self.position if position is None else position)
