"""A tool call as a request: the Standard Webhooks format, for which receivers have libraries. Pure.

POST, webhook-id: <session>:<call>, webhook-timestamp, webhook-signature (when a secret is stored),
Idempotency-Key: <session>:<call>
(both <session>.2:<call> for the second call of that id, and so on: it is another one)
{"type": "tool.call", "timestamp": "2026-01-31T12:00:00Z",
 "data": {"tool", "call_id", "session_id", "arguments", "policy_version"}}
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from standardwebhooks import Webhook

from guard.core.running import Execution
from guard.outbound import JSON_HEADERS, json_of


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and sent again unchanged: the same id and key make one effect of two requests."""

    headers: dict[str, str]
    body: bytes


def request_of(session_id: str, execution: Execution, secret: str, now: datetime) -> Request:
    """``secret`` as ``whsec_`` and base64, "" for none; ``now`` in UTC. Whatever it raises, nothing may be sent: with
    a secret that cannot be used, the call would go unsigned."""
    body = _body(session_id, execution, now)
    # The session's id has no dot, and the call's may have anything: no two calls have one name.
    session = session_id if execution.use == 1 else f"{session_id}.{execution.use}"
    name = f"{session}:{execution.call_id}"
    headers = JSON_HEADERS | headers_of(name, body, secret, now) | {"Idempotency-Key": name}
    return Request(headers, body.encode("ascii"))


def headers_of(name: str, body: str, secret: str, now: datetime) -> dict[str, str]:
    """What the format itself asks for. ``name`` is the same at each try, so that the receiver can tell a repetition."""
    headers = {"webhook-id": name, "webhook-timestamp": str(int(now.timestamp()))}
    if secret:
        headers["webhook-signature"] = Webhook(secret).sign(name, now, body)
    return headers


def _body(session_id: str, execution: Execution, now: datetime) -> str:
    data = {
        "tool": execution.tool,
        "call_id": execution.call_id,
        "session_id": session_id,
        "arguments": execution.arguments,
        "policy_version": execution.policy_version,
    }
    event = {"type": "tool.call", "timestamp": now.isoformat().replace("+00:00", "Z"), "data": data}
    return json_of(event)
