"""What an admin writes down: a rule, where it looks, what it does with what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Which way the text travels that a rule is for."""

    TO_CLIENT = "to_client"
    TO_MODEL = "to_model"


class Operator(StrEnum):
    """REPLACE by a token · MASK all but the last characters · HASH by key, same value same token · BLOCK: cut the
    rest of the text at that point · FLAG: only record, the text passes."""

    REPLACE = "replace"
    MASK = "mask"
    HASH = "hash"
    BLOCK = "block"
    FLAG = "flag"


class PatternError(ValueError):
    """A rule that cannot be used. ``position`` is the index in the faulty pattern, None when no single place is to
    blame."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message if position is None else f"{message} at position {position}")
        self.message = message
        self.position = position


@dataclass(frozen=True, slots=True)
class Rule:
    """Hide every text that ``pattern`` (the documented regex subset, see ``syntax``) or one of ``keywords`` matches.

    ``before`` and ``after`` are patterns that must match right before and right behind; what they match stays visible.
    Keywords match whole words, in any case, with any white space between their words. ``validator`` names an entry of
    ``VALIDATORS`` that must accept the matched text (folded). ``keep_last`` (0 to 4) is for MASK. Among rules
    that match the same stretch of text the highest ``priority`` decides what is shown.
    """

    name: str
    pattern: str = ""
    keywords: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    ignore_case: bool = False
    validator: str = ""
    operator: Operator = Operator.REPLACE
    replacement: str = ""
    keep_last: int = 4
    priority: int = 0

    @property
    def token(self) -> str:
        """What is shown in place of the hidden text, unless MASK or HASH can do better."""
        return self.replacement or f"[{self.name.upper()}_REDACTED]"


@dataclass(frozen=True, slots=True)
class Hit:
    """``rule`` matched characters ``start`` up to ``end`` of the original text (code points, counted per stream)."""

    rule: str
    start: int
    end: int
    operator: Operator


@dataclass(frozen=True, slots=True)
class Redaction:
    """A whole text after redaction, and what was found in it."""

    text: str
    hits: tuple[Hit, ...]
