"""What every event on the wire has in common: identifiers, padding, encoding, refusals.

Key order is the provider's: ``type`` and ``event_id`` lead.
"""

from __future__ import annotations

import random
import secrets
import string
from typing import Any

import msgspec

Event = dict[str, Any]
"""One Realtime event as a JSON object: ``{"type": str, ...}``."""

encode = msgspec.json.Encoder().encode

_LETTERS = string.ascii_letters + string.digits
_POOL = "".join(secrets.choice(_LETTERS) for _ in range(4096))
_BLOCK = 16


def padding(delta: str) -> str:
    """Random letters that fill ``delta`` up to a multiple of 16: hides from an eavesdropper how long the
    token is."""
    missing = -len(delta) % _BLOCK
    start = random.randrange(len(_POOL) - _BLOCK)  # noqa: S311 - a test double has no secret to protect
    return _POOL[start : start + missing]


class Ids:
    """The identifiers of one connection: a random stem and a counter, since 20 random letters per delta
    cost time."""

    __slots__ = ("_count", "_stem")

    def __init__(self) -> None:
        self._stem = "".join(secrets.choice(_LETTERS) for _ in range(13))
        self._count = 0

    def make(self, kind: str) -> str:
        """``kind`` is the provider's prefix: event, sess, conv, item, resp."""
        self._count += 1
        return f"{kind}_{self._stem}{self._count:08X}"

    def call(self) -> str:
        """Shorter than the others: the provider refuses a ``call_id`` of more than 32 characters."""
        self._count += 1
        return f"call_{self._stem[:8]}{self._count:08X}"


class Refusal(Exception):
    """A client event that the provider answers with an ``error`` event. The session goes on."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param


def error_event(ids: Ids, refusal: Refusal, client_event_id: str | None) -> Event:
    return {
        "type": "error",
        "event_id": ids.make("event"),
        "error": {
            "type": "invalid_request_error",
            "code": refusal.code,
            "message": refusal.message,
            "param": refusal.param,
            "event_id": client_event_id,
        },
    }
