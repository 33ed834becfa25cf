"""The client's end of the socket, in ASGI's terms: accept, send events, refuse, close."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from guard.core.closing import EndReason
from guard.core.commands import Event
from guard.core.frames import encode
from guard.ports import Refused
from guard.refusal import BETA_CODE, close_frame, error_event, http_body, http_status, retry_after

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

SUBPROTOCOL = "realtime"
MAX_REASON_BYTES = 123  # RFC 6455, 5.5: a control frame carries 125 bytes, two of them the code


class Client:
    """``send`` waits while the client reads too slowly, where the server tells (uvicorn does, Daphne does not)."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self.is_open = False

    async def accept(self) -> None:
        """Echo ``realtime`` iff offered: a browser drops the connection on any other answer."""
        chosen = SUBPROTOCOL if SUBPROTOCOL in self._scope["subprotocols"] else None
        await self._send({"type": "websocket.accept", "subprotocol": chosen})
        self.is_open = True

    async def send(self, event: Event) -> None:
        """Raises OSError when the client has gone."""
        try:
            await self._send({"type": "websocket.send", "text": encode(event)})
        except OSError:
            self.is_open = False
            raise

    async def close(self, code: int, reason: str) -> None:
        self.is_open = False
        await self._send({"type": "websocket.close", "code": code, "reason": reason[:MAX_REASON_BYTES]})

    async def refuse(self, refused: Refused) -> None:
        """Say no so that this kind of client can read why.

        A browser never sees the status of a refused upgrade, so it is let in, told, and closed. Other clients get an
        HTTP answer, which their SDKs turn into an exception with the right name.
        """
        if self._is_browser() or refused.code == BETA_CODE:
            await self.accept()
            await self.send(error_event(refused))
            await self.close(*close_frame(refused))
        elif "websocket.http.response" in (self._scope.get("extensions") or {}):
            await self._answer(refused)
        else:
            # Daphne cannot answer an upgrade with a status and a body: this reads as a bare 403.
            await self._send({"type": "websocket.close"})

    async def _answer(self, refused: Refused) -> None:
        said = {"Content-Type": "application/json", "Cache-Control": "no-store", **retry_after(refused)}
        headers = [(name.lower().encode(), value.encode()) for name, value in said.items()]
        status, body = http_status(refused), encode(http_body(refused)).encode()
        await self._send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await self._send({"type": "websocket.http.response.body", "body": body})

    def _is_browser(self) -> bool:
        offered = bool(self._scope["subprotocols"])
        return offered or any(name == b"origin" for name, _ in self._scope["headers"])


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """The application at every other websocket address."""
    await receive()
    await Client(scope, send).refuse(
        Refused(EndReason.NOT_ALLOWED, "There is nothing here.", code="not_found")
    )
