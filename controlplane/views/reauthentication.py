"""``/api/sessions/{id}/reauthenticate``: the application shows a fresh ticket for its client."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from controlplane.callers import caller_of
from controlplane.operations import renewals
from controlplane.views.official import invalid, official, read_body
from controlplane.views.realtime import wish_of


@official
def shown(request: HttpRequest, session_id: UUID) -> dict[str, Any]:
    """``POST``: ``{"ticket": "ek_…"}``"""
    caller = caller_of(request)
    ticket = read_body(request, {"ticket"}).get("ticket")
    if not isinstance(ticket, str) or not 0 < len(ticket) <= 200:
        raise invalid("ticket", "a ticket")
    binding = renewals.own_session(wish_of(caller), str(session_id))
    renewal = renewals.redeem(
        session_id=str(binding.pk), ticket=ticket, elsewhere=request.META.get("REMOTE_ADDR", "")
    )
    return {
        "object": "realtime.session",
        "id": str(binding.pk),
        "reauthenticate_by": int(renewal.stamp) if renewal else None,
    }
