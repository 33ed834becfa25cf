"""Whether a rule may be saved."""

from __future__ import annotations

from guard.core.redact.compiled import parts_of
from guard.core.redact.redactor import DEFAULT_CAP
from guard.core.redact.rule import Rule


def check(rule: Rule) -> None:
    """Raises ``PatternError`` with the field, the reason and the position."""
    parts_of(rule, DEFAULT_CAP)
