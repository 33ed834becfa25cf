"""How a refusal reads: as HTTP status and body, and as the ``error`` event before a close. Official shapes."""

from __future__ import annotations

import secrets
import time
from typing import Any

from guard.core.closing import CLOSINGS, EndReason
from guard.core.commands import Event
from guard.ports import Refused

BETA_CODE = "beta_api_shape_disabled"

_STATUS: dict[EndReason, int] = {
    EndReason.BAD_FRAME: 400,
    EndReason.UNAUTHENTICATED: 401,
    EndReason.REAUTHENTICATION: 401,
    EndReason.EXPIRED: 401,
    EndReason.DUPLICATE: 409,
    EndReason.TOO_LARGE: 413,
    EndReason.RATE_LIMITED: 429,
    EndReason.BUDGET_EXHAUSTED: 429,
    EndReason.INTERNAL: 500,
    EndReason.UPSTREAM_LOST: 502,
    EndReason.DRAINING: 503,
    EndReason.AUDIT_UNAVAILABLE: 503,
}
"""Every other reason is 403."""

OUR_FAULT = {
    EndReason.INTERNAL,
    EndReason.UPSTREAM_LOST,
    EndReason.DRAINING,
    EndReason.AUDIT_UNAVAILABLE,
    EndReason.NODE_LOST,
}
_TOO_MUCH = {EndReason.RATE_LIMITED, EndReason.BUDGET_EXHAUSTED}


def http_status(refused: Refused) -> int:
    """404 for a model that the client may not use, as the provider answers it; SDKs turn the status into classes."""
    if refused.code in ("model_not_found", "not_found"):
        return 404
    return _STATUS.get(refused.reason, 403)


def retry_after(refused: Refused) -> dict[str, str]:
    """The header of that name, where coming back helps: seconds until the next minute, or a few. Never the same for
    all, or everybody who was refused at one moment would come back at one moment (T95)."""
    if refused.reason is EndReason.RATE_LIMITED:
        return {"Retry-After": str(60 - int(time.time()) % 60 + secrets.randbelow(5))}
    if _STATUS.get(refused.reason) == 503:
        return {"Retry-After": str(1 + secrets.randbelow(10))}
    return {}


def http_body(refused: Refused) -> dict[str, Any]:
    return {"error": _error(refused)}


def error_event(refused: Refused) -> Event:
    """The ``error`` event that says in words what the close code behind it says in a number."""
    return {
        "type": "error",
        "event_id": f"event_{secrets.token_hex(10)}",
        "error": {**_error(refused), "event_id": None},
    }


def close_frame(refused: Refused) -> tuple[int, str]:
    """Close code and reason behind the ``error`` event."""
    if refused.code == BETA_CODE:
        return 4000, f"invalid_request_error.{BETA_CODE}"
    return CLOSINGS[refused.reason].close_code, error_code(refused)


def error_code(refused: Refused) -> str:
    return refused.code or CLOSINGS[refused.reason].error_code


def _error(refused: Refused) -> dict[str, Any]:
    return {
        "type": _error_type(refused.reason),
        "code": error_code(refused),
        "message": refused.message or CLOSINGS[refused.reason].message,
        "param": refused.param,
    }


def _error_type(reason: EndReason) -> str:
    if reason in _TOO_MUCH:
        return "rate_limit_error"
    return "server_error" if reason in OUR_FAULT else "invalid_request_error"
