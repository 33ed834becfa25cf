"""Why a session ends, and what the client is told when it does.

One closed list in code; the same values are the database's ``SessionBinding.end_reason`` choices.
Policy closes use 44xx codes because Daphne refuses to send most 10xx codes (measured trap M7).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EndReason(StrEnum):
    CLIENT_LEFT = "client_left"
    UPSTREAM_LOST = "upstream_lost"
    EXPIRED = "expired"
    IDLE = "idle"
    REAUTHENTICATION = "reauthentication"
    REVOKED = "revoked"
    LOCKED = "locked"
    DUPLICATE = "duplicate"
    RATE_LIMITED = "rate_limited"
    BUDGET_EXHAUSTED = "budget_exhausted"
    BAD_FRAME = "bad_frame"
    TOO_LARGE = "too_large"
    SLOW_CLIENT = "slow_client"
    UNAUTHENTICATED = "unauthenticated"
    NOT_ALLOWED = "not_allowed"
    AUDIT_UNAVAILABLE = "audit_unavailable"
    INTERNAL = "internal"
    DRAINING = "draining"
    NODE_LOST = "node_lost"


@dataclass(frozen=True, slots=True)
class Closing:
    """Close code of the websocket frame, and code and sentence of the ``error`` event sent before it.

    ``error_code`` is empty where no ``error`` event precedes the close.
    """

    close_code: int
    error_code: str
    message: str


CLOSINGS: dict[EndReason, Closing] = {
    EndReason.CLIENT_LEFT: Closing(1000, "", ""),
    EndReason.UPSTREAM_LOST: Closing(4502, "upstream_lost", "The connection to the provider was lost."),
    EndReason.EXPIRED: Closing(4411, "session_expired", "The session reached its maximum duration."),
    EndReason.IDLE: Closing(4408, "session_expired", "The session was idle for too long."),
    EndReason.REAUTHENTICATION: Closing(4401, "reauthentication_required", "Sign in again to continue."),
    EndReason.REVOKED: Closing(4410, "session_revoked", "The session was revoked."),
    EndReason.LOCKED: Closing(4410, "session_revoked", "The session was locked by an administrator."),
    EndReason.DUPLICATE: Closing(4409, "policy_denied", "The session already has a connection."),
    EndReason.RATE_LIMITED: Closing(4429, "rate_limited", "Too many requests."),
    EndReason.BUDGET_EXHAUSTED: Closing(4429, "budget_exhausted", "The budget of this session is used up."),
    EndReason.BAD_FRAME: Closing(4400, "frame_rejected", "A frame was rejected."),
    EndReason.TOO_LARGE: Closing(4413, "frame_rejected", "A frame was too large."),
    EndReason.SLOW_CLIENT: Closing(4408, "session_expired", "The client did not read for too long."),
    EndReason.UNAUTHENTICATED: Closing(
        4401, "invalid_api_key", "The ticket is missing, unknown, used or expired."
    ),
    EndReason.NOT_ALLOWED: Closing(4403, "policy_denied", "This connection is not allowed."),
    EndReason.AUDIT_UNAVAILABLE: Closing(4507, "audit_unavailable", "The audit store is unavailable."),
    EndReason.INTERNAL: Closing(
        4500, "internal_error", "The session was closed because of an internal fault."
    ),
    EndReason.DRAINING: Closing(1012, "draining", "The server is restarting; connect again."),
    EndReason.NODE_LOST: Closing(4500, "internal_error", "The server process was lost."),
}
