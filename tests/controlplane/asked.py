"""Calls that wait for a person, as a running session asks for them."""

from __future__ import annotations

from typing import Any

from controlplane.models import Approval, SessionBinding
from controlplane.operations import approvals
from controlplane.operations.admission import actor_of, redeem
from guard.core.approval import ApprovalRequest, Approver, digest_of
from tests.people import handshake, ticket_for

ARGUMENTS = {"order_id": "A17"}
DIGEST = digest_of("refund_order", ARGUMENTS)


def running(name: str = "alice", **wish: Any) -> SessionBinding:
    return redeem(handshake=handshake(ticket_for(name, **wish).ticket)).binding


def wanted(number: int = 1, **values: Any) -> ApprovalRequest:
    shape: dict[str, Any] = {
        "approver": Approver.SUPERVISOR,
        "call_id": f"call_{number}",
        "tool": "refund_order",
        "digest": DIGEST,
        "arguments": '{"order_id":"A17"}',
        "seconds": 60.0,
        "policy_version": 1,
    }
    return ApprovalRequest(number=number, **{**shape, **values})


def asked(binding: SessionBinding, number: int = 1, **values: Any) -> Approval:
    return approvals.request(actor=actor_of(binding), session_id=binding.pk, request=wanted(number, **values))
