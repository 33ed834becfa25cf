"""How much anybody may send. Django collects a body before it asks who sent it, large ones on disk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[..., Awaitable[None]]

LEFTOVER_SECONDS = 2.0
_BODY = {
    "error": {
        "message": "The body is too large.",
        "type": "invalid_request_error",
        "param": None,
        "code": "request_too_large",
    }
}


class _TooLarge(Exception):
    """Raised through the application, which is still collecting the body: it has not answered."""


class BoundedBodies:
    """An ASGI application of HTTP in front of another: 413 beyond ``MAX_BODY_BYTES``, announced or received."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if _announced(scope) > settings.MAX_BODY_BYTES:
            await _refuse(scope, receive, send)
            return
        try:
            await self._application(scope, _Counted(receive), send)
        except _TooLarge:
            await _refuse(scope, receive, send)


class _Counted:
    """``receive`` up to the bound, for bodies that do not announce their length."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > settings.MAX_BODY_BYTES:
            raise _TooLarge
        return message


def _header(scope: MutableMapping[str, Any], name: bytes) -> bytes:
    return next((bytes(value) for key, value in scope["headers"] if key.lower() == name), b"")


def _announced(scope: MutableMapping[str, Any]) -> int:
    length = _header(scope, b"content-length")
    return int(length) if length.isdigit() else 0


async def _refuse(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    if not _header(scope, b"expect"):
        await _swallow(receive)
    body = json.dumps(_BODY).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _swallow(receive: Receive) -> None:
    """As much again, kept nowhere. A client that sends first and reads later would find its connection reset, and
    no answer, if it were closed with bytes unread."""
    left = settings.MAX_BODY_BYTES
    try:
        async with asyncio.timeout(LEFTOVER_SECONDS):
            while left > 0 and (message := await receive()).get("more_body"):
                left -= len(message.get("body", b""))
    except TimeoutError:
        return  # it sends slowly, so it can read meanwhile
