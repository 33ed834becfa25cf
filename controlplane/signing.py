"""Secrets that sign requests to an endpoint, in the form of Standard Webhooks: ``whsec_`` and base64. Pure."""

from __future__ import annotations

import base64
import binascii
import secrets

PREFIX = "whsec_"
_FEWEST, _MOST = 24, 64
"""Bytes, as the specification asks."""


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def fault_in(secret: str) -> str:
    """Why nothing can be signed with ``secret``, "" when it is good."""
    if not secret.startswith(PREFIX):
        return f"must be a signing secret: {PREFIX} and base64"
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        return f"must be base64 after {PREFIX}"
    return "" if _FEWEST <= len(key) <= _MOST else f"must hold {_FEWEST} to {_MOST} bytes"
