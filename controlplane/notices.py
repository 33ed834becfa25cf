"""What people are told when a call waits for them, and how it is sent. The arguments stay behind: mail and webhooks
go to places that nobody here guards.

Called by Celery, which tries again. Raises on failure, with a sentence that names no address: many are secrets.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse

from controlplane.models import Approval
from guard.webhook import headers_of

SECONDS = 5.0


class NotDelivered(Exception):
    """The other side did not take it."""


def mail(approval_id: str) -> None:
    if approval := _waiting(approval_id):
        send_mail(_subject(approval), _text(approval), None, settings.APPROVAL_NOTICE_EMAILS)


def post(approval_id: str) -> None:
    if approval := _waiting(approval_id):
        body = _body(approval)
        _send(body, _headers(approval, body))


def _waiting(approval_id: str) -> Approval | None:
    """None when there is nothing left to decide."""
    rows = Approval.objects.standing("pending").select_related("user", "binding__role")
    return rows.filter(pk=approval_id).first()


def _subject(approval: Approval) -> str:
    return f"Approval needed: {approval.tool}"


def _text(approval: Approval) -> str:
    return (
        f"{approval.user}, as {approval.binding.role}, is about to call {approval.tool}. "
        f"It happens only if you approve it before {approval.expires_at:%H:%M:%S} UTC.\n\n"
        f"See what exactly is asked for, and decide:\n{_page(approval)}\n"
    )


def _body(approval: Approval) -> str:
    return json.dumps(
        {
            "type": "approval.requested",
            "timestamp": approval.requested_at.isoformat(),
            "data": {
                "id": str(approval.pk),
                "session_id": str(approval.binding_id),
                "username": approval.user.username,
                "role": approval.binding.role.name,
                "tool": approval.tool,
                "approver": approval.approver,
                "expires_at": int(approval.expires_at.timestamp()),
                "url": _page(approval),
            },
        }
    )


def _headers(approval: Approval, body: str) -> dict[str, str]:
    secret = settings.APPROVAL_NOTICE_WEBHOOK_SECRET
    signed = headers_of(f"approval_{approval.pk}", body, secret, datetime.now(UTC))
    return {"content-type": "application/json", **signed}


def _send(body: str, headers: dict[str, str]) -> None:
    try:
        answer = httpx.post(settings.APPROVAL_NOTICE_WEBHOOK, content=body, headers=headers, timeout=SECONDS)
    except httpx.HTTPError as failure:
        raise NotDelivered(f"the webhook could not be reached: {type(failure).__name__}") from None
    if not answer.is_success:
        raise NotDelivered(f"the webhook answered {answer.status_code}")


def _page(approval: Approval) -> str:
    path = reverse("admin:controlplane_approval_change", args=[approval.pk])
    return f"{settings.PUBLIC_URL}{path}"
