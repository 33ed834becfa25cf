"""A tool behind HTTP, on a real socket: it does what it is asked once per ``Idempotency-Key``, and what goes wrong is a
``Mood``."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Mood:
    """``delay`` before the answer, ``drip`` between its bytes, in seconds. ``endless``: the answer again and again.
    ``cut``: so many bytes of the response, then the connection ends, with ``reset`` abruptly; ``times`` limits that to
    the first calls."""

    delay: float = 0.0
    drip: float = 0.0
    status: int = 200
    answer: bytes = b'{"ok":true}'
    headers: dict[str, str] = field(default_factory=dict)
    endless: bool = False
    cut: int | None = None
    reset: bool = False
    times: int = 1_000


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return json.loads(self.body)


class ToolServer:
    def __init__(self) -> None:
        self.mood = Mood()
        self.calls: list[Call] = []
        self.effects: set[str] = set()
        self.connections = 0
        self.at_once = self.most_at_once = 0
        self.sent = 0
        self.port = 0
        self.url = ""
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.hang_up()

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.close()

    def response(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        """Engines answer by the question."""
        return self.mood.status, self.mood.headers, self.mood.answer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while True:
                await self._answer(await _call(reader), writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # Python 3.11 reports a cancelled connection as an error of the loop
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, call: Call, writer: asyncio.StreamWriter) -> None:
        self.calls.append(call)
        self.effects.add(call.headers.get("idempotency-key", ""))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.mood.delay)
            await self._send(_framed(*self.response(call)), self.mood, writer)
        finally:
            self.at_once -= 1

    async def _send(self, response: bytes, mood: Mood, writer: asyncio.StreamWriter) -> None:
        if mood.cut is not None and len(self.calls) <= mood.times:
            writer.write(response[: mood.cut])
            await writer.drain()
            await _end(writer, mood)
            raise ConnectionError("told to hang up")
        for piece in [response] if not mood.drip else [bytes([byte]) for byte in response]:
            await self._write(piece, writer)
            await asyncio.sleep(mood.drip)
        while mood.endless:
            await self._write(mood.answer, writer)
            await asyncio.sleep(mood.drip)

    async def _write(self, piece: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(piece)
        await writer.drain()
        self.sent += len(piece)


async def _end(writer: asyncio.StreamWriter, mood: Mood) -> None:
    """A reset, once what was sent has been read: it would take that away too."""
    if mood.reset:
        await asyncio.sleep(0.05)
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()


def _framed(status: int, headers: dict[str, str], body: bytes) -> bytes:
    named = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + body


async def _call(reader: asyncio.StreamReader) -> Call:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = head[0].split(" ")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Call(method, path, headers, body)
