"""What a process keeps open for its sessions is closed when it stops, and after them."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from guard import lifespan
from guard.classifiers import HttpClassifiers
from guard.core.classifier import Classifier, Question
from guard.core.engine import Engine, EngineQuestion
from guard.core.running import Endpoint, Execution
from guard.engines import OpaEngines
from guard.executions import HttpTools
from guard.lifespan import Lifespan
from tests.fakes import until
from tests.guard.serving import serving
from tests.guard.tool_server import Mood, ToolServer


async def run(life: Lifespan, *told: str) -> list[str]:
    """What the server hears when it tells its application this."""
    messages, heard = [{"type": f"lifespan.{each}"} for each in told], list[str]()

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        heard.append(message["type"])

    await life({"type": "lifespan"}, receive, send)
    return heard


async def test_everything_is_closed_once_when_the_server_stops():
    closed = []

    async def close() -> None:
        closed.append(1)

    heard = await run(Lifespan(close, close), "startup", "shutdown")
    assert heard == ["lifespan.startup.complete", "lifespan.shutdown.complete"] and closed == [1, 1]


async def test_what_fails_or_hangs_keeps_neither_the_others_nor_the_process(monkeypatch, caplog):
    monkeypatch.setattr(lifespan, "CLOSE_SECONDS", 0.05)
    closed = []

    async def fails() -> None:
        raise OSError("https://secret.example.com")

    async def hangs() -> None:
        await asyncio.sleep(60)

    async def close() -> None:
        closed.append(1)

    heard = await run(Lifespan(fails, hangs, close), "startup", "shutdown")
    assert heard[-1] == "lifespan.shutdown.complete" and closed == [1]
    said = [record.getMessage() for record in caplog.records]
    assert sorted(said) == ["not closed in order: OSError", "not closed in order: TimeoutError"]


async def test_the_server_closes_when_the_last_session_has_ended():
    async with serving() as running, running.connect() as connection:
        await connection.send("x")
        await until(lambda: running.application.messages)
    ended, closed = running.application.messages[-2:]
    assert ended["type"] == "websocket.disconnect" and closed == "closed"


# -- the clients themselves


@pytest.fixture
async def server():
    server = ToolServer()
    await server.start()
    yield server
    server.stop()


async def given(*asked: str) -> str:
    return "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


async def claimed(*asked: Any) -> bool:
    return True


async def asked_of_each(server: ToolServer) -> tuple[Lifespan, Any]:
    """Each kind of client has a connection open to the server."""
    classifiers, engines, tools = HttpClassifiers(given), OpaEngines(given), HttpTools(given, claimed)

    async def ask() -> list[str]:
        server.mood = Mood(answer=b'{"flagged": false}')
        judged = await classifiers.judge(
            Question(1, Classifier("c", server.url, deadline=5), str(server.calls), "to_model")
        )
        server.mood = Mood(answer=b'{"result": true}')
        ruled = await engines.ask(EngineQuestion(1, Engine(server.url, 5.0), {}))
        endpoint = Endpoint(server.url, frozenset({"127.0.0.1"}))
        ran = await tools.run("s", Execution(1, "c", "t", endpoint, {}, 5.0, 1))
        return [judged.failure, ruled.failure, ran.failure]

    return Lifespan(classifiers.close, engines.close, tools.close), ask


async def test_clients_of_endpoints_are_closed_and_a_late_question_has_no_answer(server, monkeypatch):
    opened = list[httpx.AsyncClient]()
    begin = httpx.AsyncClient.__init__
    monkeypatch.setattr(
        httpx.AsyncClient, "__init__", lambda self, **how: (opened.append(self), begin(self, **how))[1]
    )
    life, ask = await asked_of_each(server)
    assert await ask() == ["", "", ""]
    await run(life, "startup", "shutdown")
    assert len(opened) == 3 and all(client.is_closed for client in opened)
    assert await ask() == ["connection"] * 3
    await run(life, "startup", "shutdown")
    assert len(opened) == 3, "a client was opened after the end"
