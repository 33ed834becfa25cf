"""The sandbox as a server: a websocket endpoint and its control pages on one port."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from guard.sandbox import control, fixtures, upgrade
from guard.sandbox.connection import Connection
from guard.sandbox.events import Event, Ids, encode
from guard.sandbox.faults import Faults
from guard.sandbox.options import Options

_ENDED_KEPT = 200
_REALTIME = Subprotocol("realtime")


class Sandbox:
    """A running provider. ``faults`` are those of every new connection; ``next_faults`` come first, one each."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.fixtures = fixtures.load(options.fixtures)
        self.faults = options.faults
        self.next_faults: deque[Faults] = deque()
        self.connections: list[Connection] = []
        self._news = asyncio.Event()
        self._admitted: WeakKeyDictionary[ServerConnection, tuple[str, Faults]] = WeakKeyDictionary()
        self._hanging: set[ServerConnection] = set()
        self._server: Server | None = None

    async def start(self) -> None:
        """Raises ``OSError`` when the port is taken."""
        options = self.options
        self._server = await serve(
            self._connected,
            options.host,
            options.port,
            process_request=self._upgrade,
            select_subprotocol=_subprotocol,
            compression=None,  # a load test must measure the guard, not zlib
            max_size=options.max_frame,
            open_timeout=60,
            ping_interval=None,  # a stalled sandbox must stay stalled instead of closing by itself
        )

    async def stop(self) -> None:
        for socket in self._hanging:
            socket.transport.abort()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the sandbox is not running")
        return int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def url(self) -> str:
        return f"ws://{self.options.host}:{self.port}/v1/realtime"

    @property
    def frames(self) -> list[str | bytes]:
        """Every frame received, exactly as it came, connection by connection."""
        return [frame for connection in self.connections for frame in connection.tape.frames]

    @property
    def events(self) -> list[Event]:
        """The same, parsed; what is not a JSON object is left out."""
        return [event for connection in self.connections for event in connection.tape.events()]

    def find(self, session_id: str | None = None) -> Connection:
        """The connection of a session, open or ended; without an id the latest one that is open.

        Raises ``LookupError``.
        """
        for connection in reversed(self.connections):
            if connection.session.id == session_id or (session_id is None and connection.open):
                return connection
        raise LookupError(f"no session {session_id}" if session_id else "no session is open")

    def fail(self, session_id: str | None = None, **faults: Any) -> None:
        """Set faults for every new connection, or for the one of ``session_id`` from now on."""
        if session_id is None:
            self.faults = Faults(**faults)
        else:
            self.find(session_id).sender.faults = Faults(**faults)

    async def send(self, frame: Event | str | bytes, session_id: str | None = None) -> None:
        """Any frame to a connected client: an event, text as it is, or bytes in a binary frame."""
        text = encode(frame).decode() if isinstance(frame, dict) else frame
        await self.find(session_id).sender.frame(text)

    async def received(self, kind: str, count: int = 1, within: float = 5.0) -> list[Event]:
        """Wait up to ``within`` seconds for ``count`` client events of type ``kind``. Raises ``TimeoutError``."""
        async with asyncio.timeout(within):
            while True:
                self._news.clear()
                found = [event for event in self.events if event.get("type") == kind]
                if len(found) >= count:
                    return found
                await self._news.wait()

    async def _connected(self, socket: ServerConnection) -> None:
        request = socket.request
        if request is None:
            raise RuntimeError("the handshake left no request")
        if upgrade.wants_beta(request.headers):
            await socket.send(encode(upgrade.beta_event(Ids())), text=True)
            await socket.close(upgrade.BETA_CLOSE_CODE, f"invalid_request_error.{upgrade.BETA_CODE}")
            return
        model, faults = self._admitted.pop(socket)
        connection = Connection(socket, model, self.options, faults, self.fixtures, self._news)
        self._remember(connection)
        await connection.serve()

    def _remember(self, connection: Connection) -> None:
        ended = [one for one in self.connections if not one.open]
        for one in ended[: max(0, len(ended) - _ENDED_KEPT)]:
            self.connections.remove(one)
        self.connections.append(connection)

    async def _upgrade(self, socket: ServerConnection, request: Request) -> Response | None:
        """None lets the handshake go on; anything else is the HTTP answer."""
        if request.path.startswith(control.PREFIX):
            return answer(socket, *await control.page(self, request.path, request.headers, _peer(socket)))
        faults = self.next_faults.popleft() if self.next_faults else self.faults
        try:
            if faults.hang:
                await self._hang(socket)
            if faults.refuse:
                raise upgrade.Denied(faults.refuse, "sandbox_fault", "The sandbox was told to refuse.")
            model = upgrade.model_of(request.path, request.headers, self.options.api_keys)
        except upgrade.Denied as denied:
            return answer(socket, denied.status, denied.body)
        self._admitted[socket] = (model, faults)
        return None

    async def _hang(self, socket: ServerConnection) -> None:
        """Until the other side gives up, or the sandbox stops."""
        self._hanging.add(socket)
        try:
            await socket.wait_closed()
        finally:
            self._hanging.discard(socket)


def _peer(socket: ServerConnection) -> str:
    return str((socket.remote_address or ("",))[0])


def _subprotocol(socket: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """``realtime`` if it was offered; the key in the other one is never echoed."""
    return _REALTIME if _REALTIME in offered else None


def answer(socket: ServerConnection, status: int, body: Any) -> Response:
    response = socket.respond(HTTPStatus(status), json.dumps(body))
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json"
    return response


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[Sandbox]:
    """A sandbox on a free port of 127.0.0.1, for the length of a ``with`` block. ``options`` as in ``Options``."""
    sandbox = Sandbox(Options(**options))
    await sandbox.start()
    try:
        yield sandbox
    finally:
        await sandbox.stop()
