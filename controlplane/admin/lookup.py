"""Rows of sessions are found by the session's id or by the user's name, whole: a part would match too much."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet


def by_session_or_user(rows: QuerySet[Any], term: str, session: str) -> QuerySet[Any]:
    """``session`` is the field that holds the session's id. No term: all of them."""
    term = term.strip()
    if not term:
        return rows
    try:
        return rows.filter(**{session: UUID(term)})
    except ValueError:
        return rows.filter(user__username=term)
