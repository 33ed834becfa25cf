"""Internal words that no customer should hear."""

from __future__ import annotations

from guard.core.redact.rule import Rule

KEYWORDS = (
    Rule("internal_keywords", keywords=("internal_code", "admin_panel", "production_database"), priority=5),
)
