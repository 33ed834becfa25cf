"""Outcomes that a reader filters by, and how each one looks. Others are stored and shown as they are."""

from __future__ import annotations

GOOD, CARE, BAD, PLAIN = "good", "care", "bad", "plain"

TONES: dict[str, str] = {
    "allow": GOOD,
    "constrain": CARE,
    "require_approval": CARE,
    "deny": BAD,
    "approved": GOOD,
    "denied": BAD,
    "refused": BAD,
    "failed": BAD,
}


def tone(outcome: str) -> str:
    """One of ``good care bad plain``: the suffix of the badge's CSS class."""
    return TONES.get(outcome, PLAIN)
