"""Counts beside rows, as one correlated subquery each: joins would multiply rows and each other's counts."""

from __future__ import annotations

from django.db.models import CharField, Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.models import Record
from controlplane.admin.words import count
from controlplane.models import SessionBinding


def live_sessions(field: str) -> Coalesce:
    """How many active sessions name the outer row in ``field`` (``user``, ``role``)."""
    live = SessionBinding.objects.filter(**{field: OuterRef("pk")}, state=SessionBinding.State.ACTIVE)
    return _number(live.order_by().values(field).annotate(number=Count("pk")).values("number"))


def calls(outcomes: tuple[str, ...]) -> Coalesce:
    """How many tool calls of the outer session had one of ``outcomes``: from the records, so that a running
    session has a number too."""
    decided = Record.objects.filter(
        session_id=Cast(OuterRef("pk"), CharField()), verb="tool.decided", outcome__in=outcomes
    )
    return _number(decided.order_by().values("session_id").annotate(number=Count("pk")).values("number"))


def live_link(number: int, query: str) -> str | SafeString:
    """``2 live sessions``, leading to them."""
    if not number:
        return "none"
    url = f"{reverse('admin:controlplane_sessionbinding_changelist')}?{query}"
    return format_html('<a href="{}">{}</a>', url, count(number, "live session"))


def _number(counted: object) -> Coalesce:
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)  # type: ignore[arg-type]


def concerned(rows: QuerySet[SessionBinding]) -> str:
    """``3 sessions, unused tickets among them``: how many of them an action would end."""
    number = rows.exclude(state=SessionBinding.State.ENDED).count()
    return f"{count(number, 'session')}, unused tickets among them" if number else "no session"
