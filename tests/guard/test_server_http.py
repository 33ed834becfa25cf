"""HTTP at our edge of uvicorn: who stops half-way, who is slow, and what a process that stops still answers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from guard import draining
from guard import server as server_module
from tests.fakes import until
from tests.guard.serving import Running, serving


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    async with serving() as running:
        yield running


async def answering(scope: Any, receive: Any, send: Any) -> None:
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.request":
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})


GET = b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n"


async def cut_within(reader: asyncio.StreamReader, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""


@pytest.mark.parametrize("rest", [POST, POST + b"{", GET[:20], POST[:30]])
@pytest.mark.parametrize("earlier", [0, 1, 2])
async def test_a_request_that_stops_half_way_is_not_waited_for(running, monkeypatch, earlier, rest):
    monkeypatch.setattr(server_module, "REQUEST_SECONDS", 0.3)
    running.server.config.loaded_app = answering
    reader, writer = await running.raw(b"")
    for _ in range(earlier):
        writer.write(GET)
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
    writer.write(rest)
    await cut_within(reader, 2)  # less than uvicorn's keep-alive time
    writer.close()


async def test_a_body_that_trickles_in_has_an_end_too(running, monkeypatch):
    monkeypatch.setattr(server_module, "REQUEST_SECONDS", 0.3)
    monkeypatch.setattr(server_module, "BODY_SECONDS", 0.8)
    running.server.config.loaded_app = answering
    reader, writer = await running.raw(POST)
    started = time.monotonic()
    while not reader.at_eof() and reader.exception() is None and time.monotonic() - started < 3:
        writer.write(b"x")
        await asyncio.sleep(0.1)
    assert 0.6 < time.monotonic() - started < 2
    writer.close()


async def test_a_slow_body_that_makes_progress_is_answered_and_so_is_the_next(running, monkeypatch):
    monkeypatch.setattr(server_module, "REQUEST_SECONDS", 0.3)
    running.server.config.loaded_app = answering
    reader, writer = await running.raw(POST)
    for _ in range(10):
        await asyncio.sleep(0.1)
        writer.write(b"x" * 10)
    assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
    await asyncio.sleep(0.6)  # between requests it is the keep-alive timer that counts
    writer.write(GET)
    assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_an_answer_may_take_longer_than_a_request(running, monkeypatch):
    monkeypatch.setattr(server_module, "REQUEST_SECONDS", 0.2)

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.7)
        await answering(scope, receive, send)

    running.server.config.loaded_app = slow
    reader, writer = await running.raw(GET)
    assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_a_request_under_way_is_answered_by_a_process_that_knows_it_stops(running):
    arrived = asyncio.Event()

    async def telling(scope: Any, receive: Any, send: Any) -> None:
        arrived.set()
        await until(draining.stopping.is_set)
        await answering(scope, receive, send)

    running.server.config.loaded_app = telling
    reader, writer = await running.raw(GET)
    await arrived.wait()
    assert not draining.stopping.is_set()
    running.server.should_exit = True
    assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
    writer.close()
