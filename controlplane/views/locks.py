"""``/api/locks``: kill switches. For people with the permission; applications act on their own sessions only."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from controlplane.models import Lock
from controlplane.operations import locks
from controlplane.operations.locks import BadTarget, SecondPerson
from controlplane.views import access, pages
from controlplane.views.access import ADD, CHANGE, VIEW, Viewer, viewer_of
from controlplane.views.official import endpoint, invalid, read_body
from guard.core.closing import EndReason
from guard.ports import Refused

LONGEST_TARGET = 150
HIGHEST_ID = 2**63 - 1
STATES = {"holds": True, "lifted": False}


def listed(request: HttpRequest) -> dict[str, Any]:
    """``GET /api/locks?state=holds|lifted&kind=&limit=&after=``: the newest first."""
    _permitted(request, VIEW)
    wanted = pages.query_of(request, {"state", "kind", "limit", "after"})
    rows = Lock.objects.all()
    if (state := wanted.get("state")) is not None:
        if state not in STATES:
            raise invalid("state", f"one of {', '.join(STATES)}")
        rows = rows.filter(lifted_at__isnull=STATES[state])
    if (kind := wanted.get("kind")) is not None:
        if kind not in Lock.Kind.values:
            raise invalid("kind", f"one of {', '.join(Lock.Kind.values)}")
        rows = rows.filter(kind=kind)
    return pages.page(rows, wanted, _view)


def raised(request: HttpRequest) -> dict[str, Any]:
    """``POST /api/locks``: ``{"kind": "…", "target": "…", "reason": "…"}``. Raised twice, it is the first one."""
    viewer = _permitted(request, ADD)
    body = read_body(request, {"kind", "target", "reason"})
    kind, target = access.text_in(body, "kind"), body.get("target", "")
    if not isinstance(target, str) or len(target) > LONGEST_TARGET:
        raise invalid("target", f"text of at most {LONGEST_TARGET} characters")
    reason = access.reason_in(body)
    try:
        sessions = locks.concerned(kind, target).count()
        lock = locks.raise_lock(actor=viewer.actor, kind=kind, target=target, reason=reason)
    except BadTarget as bad:
        field, _, rule = str(bad).partition(": ")
        raise Refused(
            EndReason.BAD_FRAME, f"Invalid value for '{field}': {rule}.", "invalid_value", field
        ) from bad
    return {**_view(lock), "sessions": sessions}


def lifted(request: HttpRequest, lock_id: int) -> dict[str, Any]:
    """``POST /api/locks/{id}/lift``: ``{"reason": "…"}``"""
    viewer = _permitted(request, CHANGE)
    lock = Lock.objects.filter(pk=lock_id).first() if lock_id <= HIGHEST_ID else None
    if lock is None:
        raise Refused(EndReason.NOT_ALLOWED, "There is no such lock.", "not_found")
    reason = access.reason_in(read_body(request, {"reason"}))
    try:
        locks.lift_lock(actor=viewer.actor, lock=lock, reason=reason)
    except SecondPerson as alone:
        raise Refused(EndReason.NOT_ALLOWED, str(alone), "second_person_required") from alone
    lock.refresh_from_db()
    return _view(lock)


collection = endpoint(access.record, GET=listed, POST=raised)
lift = endpoint(access.record, POST=lifted)


def _permitted(request: HttpRequest, permission: str) -> Viewer:
    viewer = viewer_of(request)
    if not viewer.may(permission, Lock):
        said = "Locks are for people who may: that needs a permission, and a browser that is signed in."
        raise Refused(EndReason.NOT_ALLOWED, said, "permission_missing")
    return viewer


def _view(lock: Lock) -> dict[str, Any]:
    return {
        "object": "lock",
        "id": lock.pk,
        "kind": lock.kind,
        "target": lock.target,
        "reason": lock.reason,
        "raised_by": lock.created_by,
        "created_at": pages.seconds(lock.created_at),
        "lifted_by": lock.lifted_by or None,
        "lifted_at": pages.seconds(lock.lifted_at),
    }
