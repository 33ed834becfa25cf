"""Why somebody takes something away from people: always said, and short enough to be read later."""

from __future__ import annotations

LONGEST_REASON = 500


class BadReason(ValueError):
    """There is no reason, or a story. The text says so, after the name of the field."""


def given(reason: str) -> str:
    """Without the space around it. Raises ``BadReason``."""
    said = reason.strip()
    if not said:
        raise BadReason("reason: say why; it goes into the audit record")
    if len(said) > LONGEST_REASON:
        raise BadReason(f"reason: at most {LONGEST_REASON} characters")
    return said
