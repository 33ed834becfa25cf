"""Our edge of uvicorn: its own protocols, with the few things that a hostile or absent peer needs.

Two messages go to the application beyond the ASGI specification, both through ``receive``:
``{"type": "guard.stop"}`` before the process stops, and ``{"type": "guard.frame_rejected", "reason": EndReason}``
when a frame could not be put together, ahead of the ``websocket.disconnect`` that follows it.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

from guard.core.closing import EndReason
from guard.draining import stopping

# uvicorn notes each handshake with its query string, in which a careless client may put a key (M17).
log = logging.getLogger(__name__)
log.setLevel(logging.WARNING)

REQUEST_SECONDS = 10.0
"""For a whole head, and for the next bytes of a body."""
BODY_SECONDS = 60.0
"""For head and body in all: a byte now and then is no progress."""
MAX_FRAGMENTS = 1024
LINGER_SECONDS = 0.4
CLOSE_SECONDS = 2.0


class GuardedHttp(H11Protocol):
    """A peer that stops in the middle of a request, the first or a later one, is dropped (slow-loris: uvicorn waits
    for ever, M17). Between requests uvicorn's own keep-alive timer runs."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begun_at = self._heard_at = self.loop.time()
        self._watch()

    def data_received(self, data: bytes) -> None:
        self._heard_at = self.loop.time()
        if not self._owes_us():
            self._begun_at = self._heard_at
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_watching()

    def shutdown(self) -> None:
        stopping.set()
        super().shutdown()

    def _owes_us(self) -> bool:
        """The rest of a request. Not while we do not read: a body that the application lets wait is not late."""
        unfinished = self.conn.their_state in (h11.IDLE, h11.SEND_BODY)
        return unfinished and self.timeout_keep_alive_task is None and not self.flow.read_paused

    def _deadline(self) -> float:
        if self.conn.their_state is h11.IDLE:
            return self._begun_at + REQUEST_SECONDS
        return min(self._heard_at + REQUEST_SECONDS, self._begun_at + BODY_SECONDS)

    def _watch(self) -> None:
        self._stop_watching()
        if self.transport.get_protocol() is self and not self.transport.is_closing():
            self._timer = self.loop.call_at(self._deadline(), self._drop_if_late)

    def _stop_watching(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _drop_if_late(self) -> None:
        if self.transport.get_protocol() is not self:
            return
        if self._owes_us():
            self.transport.abort()
        elif self.flow.read_paused:
            self._timer = self.loop.call_later(REQUEST_SECONDS, self._drop_if_late)


class GuardedWebsocket(WebSocketsSansIOProtocol):
    """Chosen because its ``send`` waits for slow readers and its reading stops while the application is busy (M5)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = self.conn.logger = log
        # The library answers two Origin headers with a bare 400; the guard refuses them by name, and on record.
        self.conn.process_origin = lambda headers: None  # type: ignore[method-assign]

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # uvicorn leaves a connection open whose upgrade request websockets would not read (too many headers).
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self._refuse_upgrade()

    def _refuse_upgrade(self) -> None:
        self.handshake_initiated = self.handshake_complete = self.close_sent = True
        status = HTTPStatus.BAD_REQUEST
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        self.transport.write(head.encode())
        self.transport.close()

    def handle_cont(self, event: Frame) -> None:
        """Bytes are capped by the library; a megabyte of one-byte fragments would still cost its objects."""
        if self.close_sent:
            return
        if len(self.frames) >= MAX_FRAGMENTS:
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
            self.handle_parser_exception()
        else:
            super().handle_cont(event)

    def handle_parser_exception(self) -> None:
        if self.close_sent or self.conn.close_sent is None:
            return
        too_big = self.conn.close_sent.code == CloseCode.MESSAGE_TOO_BIG
        reason = EndReason.TOO_LARGE if too_big else EndReason.BAD_FRAME
        self._tell_application("guard.frame_rejected", reason=reason.value)
        super().handle_parser_exception()

    def shutdown(self) -> None:
        """uvicorn would close with 1012 on the spot; the session has last words and a record to write first."""
        stopping.set()
        if self.handshake_complete and not self.close_sent:
            self._tell_application("guard.stop")
        else:
            super().shutdown()

    async def send(self, message: Any) -> None:
        """An answer in place of the upgrade is the end of the handshake. uvicorn sees that only once the socket is
        gone, and calls an application that returned before then broken, in the log, for every stranger's request."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True

    def _tell_application(self, message_type: str, **content: str) -> None:
        message: Any = {"type": message_type, **content}
        self.queue.put_nowait(message)

    async def run_asgi(self) -> None:
        await super().run_asgi()
        # ``close`` waits until the peer has read what is buffered. One that never reads would keep its socket.
        self.loop.call_later(LINGER_SECONDS, self._cut, True)
        self.loop.call_later(CLOSE_SECONDS, self._cut, False)

    def _cut(self, only_if_unread: bool) -> None:
        if not self.disconnected and (self.transport.get_write_buffer_size() or not only_if_unread):
            self.transport.abort()
