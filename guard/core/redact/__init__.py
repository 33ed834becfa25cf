"""Streaming redaction: what a client may see of a text, the same however the text was cut into deltas.

Interface: ``Redactor(rules)``, its ``whole(text)`` and its ``stream()``; ``check(rule)`` before a rule is saved.
"""

from __future__ import annotations

from guard.core.redact.catalogue import CATALOGUE, PACKS
from guard.core.redact.check import check
from guard.core.redact.redactor import Redactor
from guard.core.redact.rule import Direction, Hit, Operator, PatternError, Redaction, Rule
from guard.core.redact.stream import Stream
from guard.core.redact.validators import VALIDATORS

__all__ = [
    "CATALOGUE",
    "PACKS",
    "VALIDATORS",
    "Direction",
    "Hit",
    "Operator",
    "PatternError",
    "Redaction",
    "Redactor",
    "Rule",
    "Stream",
    "check",
]
