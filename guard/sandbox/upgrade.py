"""The handshake: which connections the provider takes, and in which words it refuses the others."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers

from guard.sandbox.events import Event, Ids

KEY_PREFIX = "openai-insecure-api-key."
BETA_CLOSE_CODE = 4000
BETA_CODE = "beta_api_shape_disabled"
_MODELS = ("gpt-realtime", "gpt-audio")
_SECRET_HEADERS = ("authorization", "api-key", "sec-websocket-protocol", "cookie")


class Denied(Exception):
    """An HTTP answer in place of the upgrade. ``body`` is the official error shape."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.param = status, code, message, param

    @property
    def body(self) -> dict[str, Any]:
        error = {
            "message": self.message,
            "type": "invalid_request_error",
            "param": self.param,
            "code": self.code,
        }
        return {"error": error}


def key_of(headers: Headers) -> str:
    """The API key: Authorization, else the subprotocol that browsers use; "" without one."""
    scheme, _, key = (headers.get("Authorization") or "").partition(" ")
    if scheme.lower() == "bearer":
        return key.strip()
    offered = ",".join(headers.get_all("Sec-WebSocket-Protocol")).split(",")
    return next(
        (name.strip()[len(KEY_PREFIX) :] for name in offered if name.strip().startswith(KEY_PREFIX)), ""
    )


def model_of(path: str, headers: Headers, api_keys: Sequence[str]) -> str:
    """The model to serve. Raises ``Denied``. Empty ``api_keys``: anybody may come."""
    url = urlsplit(path)
    if not url.path.endswith("/realtime"):
        raise Denied(404, "not_found", f"Unknown path: {url.path}. The sandbox serves /v1/realtime.")
    key = key_of(headers)
    if api_keys and not any(hmac.compare_digest(key.encode(), known.encode()) for known in api_keys):
        raise Denied(401, "invalid_api_key", "Incorrect API key provided.")
    query = parse_qs(url.query)
    if "call_id" in query or "intent" in query:
        raise Denied(404, "not_found", "The sandbox serves conversations only: no call_id, no intent.")
    model = query.get("model", [""])[-1]
    if not model:
        raise Denied(400, "missing_required_parameter", "You must provide a model parameter.", "model")
    if not model.startswith(_MODELS):
        raise Denied(404, "model_not_found", f"The model '{model}' does not exist.", "model")
    return model


def wants_beta(headers: Headers) -> bool:
    return "realtime=v1" in (headers.get("OpenAI-Beta") or "")


def beta_event(ids: Ids) -> Event:
    """The only event that a client of the retired beta gets before the connection closes with 4000."""
    message = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
    error = {
        "type": "invalid_request_error",
        "code": BETA_CODE,
        "message": message,
        "param": None,
        "event_id": None,
    }
    return {"type": "error", "event_id": ids.make("event"), "error": error}


def digest(key: str) -> str | None:
    """SHA-256 of an API key in hex: lets a test say which key came without the log holding it."""
    return hashlib.sha256(key.encode()).hexdigest() if key else None


def shown(headers: Headers) -> dict[str, str | None]:
    """The headers by name in lower case; None in place of a value that may hold a secret."""
    return {
        name.lower(): None if name.lower() in _SECRET_HEADERS else value
        for name, value in headers.raw_items()
    }
