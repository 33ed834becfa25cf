"""The way out of one connection, and everything that ``Faults`` can do to it."""

from __future__ import annotations

from websockets.asyncio.server import ServerConnection

from guard.sandbox import badframes
from guard.sandbox.events import Event, encode
from guard.sandbox.faults import Faults


class Sender:
    """Sends events in order. ``sent`` counts them; ``faults`` may be replaced while the connection runs."""

    def __init__(self, socket: ServerConnection, faults: Faults) -> None:
        self._socket = socket
        self.sent = 0
        self.faults = faults

    @property
    def faults(self) -> Faults:
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._faults = faults
        self._disturbed = faults.disturbs_sending
        self._injected = False

    async def event(self, event: Event) -> None:
        if self._disturbed:
            await self._disturb(event)
            return
        self.sent += 1
        # Bytes with text=True: a text frame without decoding and encoding it once more.
        await self._socket.send(encode(event), text=True)

    async def frame(self, frame: str | bytes) -> None:
        """As it is: ``str`` in a text frame, ``bytes`` in a binary one."""
        await self._socket.send(frame)

    async def verbatim(self, frames: tuple[bytes, ...]) -> None:
        """Text frames whatever they hold, invalid UTF-8 included."""
        for frame in frames:
            self.sent += 1
            await self._socket.send(frame, text=True)

    async def _disturb(self, event: Event) -> None:
        faults = self._faults
        if event["type"] in faults.mute:
            return
        await self._end_if_due(faults)
        if self._injection_is_due(faults.inject_after):
            await self._inject()
        self.sent += 1
        await self._socket.send(encode(event), text=True)
        if faults.inject_after is None and event["type"] == "response.created" and not self._injected:
            await self._inject()

    async def _end_if_due(self, faults: Faults) -> None:
        if self._reached(faults.drop_after):
            self._socket.transport.abort()
            await self._socket.wait_closed()
        elif self._reached(faults.close_after):
            await self._socket.close(faults.close_code, faults.close_reason)
        elif self._reached(faults.hang_after):
            await self._socket.wait_closed()

    def _reached(self, limit: int | None) -> bool:
        return limit is not None and self.sent >= limit

    def _injection_is_due(self, after: int | None) -> bool:
        return not self._injected and self._reached(after)

    async def _inject(self) -> None:
        self._injected = True
        for kind in self._faults.inject:
            await self.frame(badframes.frame(kind, self._faults.oversize_bytes))
