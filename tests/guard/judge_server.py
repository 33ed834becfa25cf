"""A classifier that judges by rules, on a real socket: ``python -m tests.guard.judge_server --port N``.

Any word that begins with "forbidden" is flagged, without a place; the names in ``PEOPLE`` are, with their places.
``/plain`` and ``/v1/moderations`` answer in the shape of their name. What goes wrong is said to ``/control``: ``POST``
takes the fields of ``Mood``, ``GET`` gives the questions so far.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import ssl
import sys
from dataclasses import asdict, dataclass, field, replace
from typing import Any

PEOPLE = ("Dana Whitfield", "Omar Haddad", "Ingrid Sørensen")
SCORES = {"PERSON": 0.95, "forbidden": 0.9}
_NAMES = re.compile("|".join(map(re.escape, PEOPLE)))
_FORBIDDEN = re.compile(r"\bforbidden", re.IGNORECASE)


@dataclass(frozen=True)
class Mood:
    """``delay`` before the answer, ``drip`` between its bytes, in seconds. ``answer``: this instead of a judgement,
    ``""`` for none of it. ``hang_up``: no answer at all."""

    delay: float = 0.0
    drip: float = 0.0
    status: int = 200
    answer: str = ""
    hang_up: bool = False
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    path: str
    body: dict[str, Any]
    headers: dict[str, str]


class JudgeServer:
    def __init__(self) -> None:
        self.mood = Mood()
        self.questions: list[Asked] = []
        self.connections = 0
        self.url = ""
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=tls)
        bound = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{bound}"

    def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    async def forever(self) -> None:
        assert self._server is not None
        await self._server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                await self._answer(*await _request(reader), writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # Python 3.11 reports a cancelled connection as an error of the loop
        finally:
            writer.close()

    async def _answer(self, method: str, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.path == "/control":
            await _respond(writer, Mood(), self._controlled(method, asked.body))
            return
        self.questions.append(asked)
        mood = self.mood
        await asyncio.sleep(mood.delay)
        if mood.hang_up:
            raise ConnectionError("told to hang up")
        await _respond(writer, mood, mood.answer or json.dumps(judgement(asked)))

    def _controlled(self, method: str, body: dict[str, Any]) -> str:
        if method == "POST":
            self.mood = replace(Mood(), **body)
        return json.dumps(
            {"mood": asdict(self.mood), "questions": [asdict(asked) for asked in self.questions]}
        )


def judgement(asked: Asked) -> dict[str, Any]:
    text = asked.body.get("input") or asked.body.get("text", "")
    names = list(_NAMES.finditer(text))
    found = {"PERSON": bool(names), "forbidden": bool(_FORBIDDEN.search(text))}
    scores = {label: SCORES[label] if found[label] else 0.01 for label in found}
    if asked.path == "/v1/moderations":
        result = {"flagged": any(found.values()), "categories": found, "category_scores": scores}
        return {"id": "modr-1", "model": "judge", "results": [result]}
    spans = [{"start": name.start(), "end": name.end(), "label": "PERSON"} for name in names]
    labels = [label for label in found if found[label]]
    return {"flagged": bool(labels), "labels": labels, "scores": scores, "spans": spans}


async def _request(reader: asyncio.StreamReader) -> tuple[str, Asked]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = head[0].split(" ")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return method, Asked(path, json.loads(body or b"{}"), headers)


async def _respond(writer: asyncio.StreamWriter, mood: Mood, text: str) -> None:
    body = text.encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **mood.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {mood.status} Said\r\n{head}\r\n".encode())
    if not mood.drip:
        writer.write(body)
    else:
        for byte in body:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(mood.drip)
    await writer.drain()


async def _run(port: int) -> None:
    server = JudgeServer()
    await server.start(port)
    sys.stdout.write(f"listening on {server.url}\n")
    sys.stdout.flush()
    await server.forever()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    asyncio.run(_run(arguments.parse_args().port))
