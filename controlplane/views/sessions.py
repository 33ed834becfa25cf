"""``/api/sessions``: what runs and what ran, and its end.

Whose a session is: its user's, signed in; the application's whose key asked for the ticket; and for staff with the
permission, everybody's. To anybody else there is no such session, and that somebody asked for it is on record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from controlplane.models import SessionBinding
from controlplane.operations import revocation
from controlplane.views import access, pages
from controlplane.views.access import CHANGE, VIEW, Viewer, viewer_of
from controlplane.views.official import endpoint, invalid, read_body
from guard.core.closing import EndReason
from guard.ports import Refused

State = SessionBinding.State
NAMES = {"user": "user__username", "role": "role__name", "provider": "provider__name"}
"""What sessions are chosen by -> where it stands."""
SHOWN = ("user", "role", "provider", "service_key")
LONGEST_NAME = 150


def listed(request: HttpRequest) -> dict[str, Any]:
    """``GET /api/sessions?state=&user=&role=&provider=&limit=&after=``: the newest first, a page at a time."""
    wanted = pages.query_of(request, {"state", *NAMES, "limit", "after"})
    rows = _of(viewer_of(request), VIEW)
    if (state := wanted.get("state")) is not None:
        if state not in State.values:
            raise invalid("state", f"one of {', '.join(State.values)}")
        rows = rows.filter(state=state)
    rows = rows.filter(**{NAMES[key]: _name(wanted[key], key) for key in NAMES if key in wanted})
    return pages.page(rows.select_related(*SHOWN), wanted, _view)


def shown(request: HttpRequest, session_id: UUID) -> dict[str, Any]:
    """``GET /api/sessions/{id}``"""
    return _view(_single(viewer_of(request), VIEW, session_id))


def ended(request: HttpRequest, session_id: UUID) -> dict[str, Any]:
    """``POST /api/sessions/{id}/end``: ``{"reason": "…"}``. One that is over stays as it was."""
    viewer = viewer_of(request)
    row = _single(viewer, CHANGE, session_id)
    reason = access.reason_in(read_body(request, {"reason"}))
    revocation.end_sessions(
        actor=viewer.actor, chosen=SessionBinding.objects.filter(pk=row.pk), reason=reason
    )
    return _view(_single(viewer, CHANGE, session_id))


def many_ended(request: HttpRequest) -> dict[str, Any]:
    """``POST /api/sessions/end``: ``{"user" | "role" | "provider": "…", "reason": "…"}``: those that are all of it."""
    viewer = viewer_of(request)
    body = read_body(request, {*NAMES, "reason"})
    chosen = {NAMES[key]: _name(body[key], key) for key in NAMES if key in body}
    if not chosen:
        said = "Name at least one of 'user', 'role' and 'provider'."
        raise Refused(EndReason.BAD_FRAME, said, "missing_required_parameter", "user")
    reason = access.reason_in(body)
    rows = _of(viewer, CHANGE).filter(**chosen)
    count = revocation.end_sessions(actor=viewer.actor, chosen=rows, reason=reason)
    return {"object": "session.end", "ended": count}


collection = endpoint(access.record, GET=listed)
single = endpoint(access.record, GET=shown)
end = endpoint(access.record, POST=ended)
end_many = endpoint(access.record, POST=many_ended)


def _of(viewer: Viewer, permission: str) -> Any:
    rows = SessionBinding.objects.all()
    if viewer.service_key is not None:
        return rows.filter(service_key=viewer.service_key)
    if viewer.may(permission, SessionBinding):
        return rows
    return rows.filter(user=viewer.user)


def _single(viewer: Viewer, permission: str, session_id: UUID) -> SessionBinding:
    """One question, whether the session is somebody else's or nobody's: the answer takes as long."""
    rows = _of(viewer, permission).select_related(*SHOWN)
    row: SessionBinding | None = rows.filter(pk=session_id).first()
    if row is None:
        raise Refused(EndReason.NOT_ALLOWED, "There is no such session.", "not_found")
    return row


def _name(value: object, key: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME or "\0" in value:
        raise invalid(key, f"text of 1 to {LONGEST_NAME} characters")
    return value


def _view(row: SessionBinding) -> dict[str, Any]:
    """Named one by one: no digest of a ticket is among them. Times in unix seconds, as the official API tells them."""
    return {
        "object": "session",
        "id": str(row.pk),
        "state": row.state,
        "username": row.user.username,
        "role": row.role.name,
        "provider": row.provider.name,
        "model": row.model,
        "service_key": row.service_key.name if row.service_key else None,
        "policy_version": row.policy_version,
        "created_at": pages.seconds(row.created_at),
        "start_by": pages.seconds(row.start_by),
        "started_at": pages.seconds(row.started_at),
        "end_by": pages.seconds(row.end_by),
        "ended_at": pages.seconds(row.ended_at),
        "end_reason": row.end_reason or None,
        "tools_allowed": row.tools_allowed,
        "tools_denied": row.tools_denied,
    }
