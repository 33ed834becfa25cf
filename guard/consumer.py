"""The Channels edge towards the client: who comes in, and when it is over. All between is the relay's."""

from __future__ import annotations

import asyncio

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer

from guard.client import Client, Message, Receive, Scope, Send
from guard.core.closing import EndReason
from guard.core.commands import End
from guard.gate import Gate
from guard.ports import Ports, Refused
from guard.relay import Relay
from guard.tasks import spawn
from guard.watch import Watch


class GuardConsumer(AsyncConsumer):  # type: ignore[misc]
    # Not configured, on purpose: a consumer that listens on the channel layer dies with Redis, and without its
    # clean-up (M2). Nudges reach sessions through the one watch of the process.
    channel_layer_alias = "sessions do not listen"

    def __init__(self, ports: Ports, watch: Watch) -> None:
        self._ports, self._watch = ports, watch
        self._gate = Gate(ports.control, ports.audit, ports.refusals)
        self._relay: Relay | None = None
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Clean-up is here: Channels skips ``disconnect`` after errors, cancellation and some closes (P2)."""
        self._client = Client(scope, send)
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._leave()

    async def dispatch(self, message: Message) -> None:
        """Channels would first hop to the one thread that all ORM work of the process shares, for every frame: one
        slow query then stalls every session (M4). Nothing here touches the ORM, so there is nothing to hop for."""
        await getattr(self, get_handler_name(message))(message)

    async def websocket_connect(self, message: Message) -> None:
        try:
            admission = await self._gate.admit(self.scope)
        except Refused as refused:
            await self._client.refuse(refused)
            return
        self._relay = Relay(admission, self._client, self._ports, self._watch)
        self._running = spawn(self._relay.run(), f"relay {admission.session_id}")

    async def websocket_receive(self, message: Message) -> None:
        if self._relay is not None:
            text = message.get("text")
            await self._relay.feed(message["bytes"] if text is None else text)

    async def websocket_disconnect(self, message: Message) -> None:
        self._client.is_open = False
        self._end(EndReason.CLIENT_LEFT)
        raise StopConsumer

    async def guard_stop(self, message: Message) -> None:
        """Our server stops, and has waited as long as it may (``guard.server``)."""
        self._end(EndReason.DRAINING)

    async def guard_frame_rejected(self, message: Message) -> None:
        """Our server would not even put the frame together (``guard.server``)."""
        self._client.is_open = False
        if self._relay is not None:
            self._relay.frame_rejected(EndReason(message["reason"]))

    def _end(self, reason: EndReason) -> None:
        if self._relay is not None:
            self._relay.end(End(reason))

    async def _leave(self) -> None:
        """However the connection ended. Without a reason so far, the server is taking the session down."""
        if self._running is not None:
            self._end(EndReason.DRAINING)
            await asyncio.shield(self._running)
