"""Our uvicorn protocols on the wire: a real server, real sockets, a few lines of ASGI in place of the product."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from controlplane.management.commands.serve import MAX_FRAME_BYTES
from guard import draining
from guard import server as server_module
from guard.client import not_found
from tests.fakes import until
from tests.guard.serving import UPGRADE, Running, serving


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    async with serving() as running:
        yield running


async def closing(connection: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as caught:
        async with asyncio.timeout(5):
            while True:
                await connection.recv()
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, caught.value.rcvd.reason


async def test_a_policy_close_arrives_with_code_and_reason(running):
    running.application.behave = running.application.close_at_once
    async with running.connect() as connection:
        assert await closing(connection) == (4411, "session_expired")


async def test_compression_is_not_negotiated(running):
    async with running.connect(compression="deflate") as connection:
        assert connection.protocol.extensions == []


async def test_a_frame_of_the_cap_passes_and_one_byte_more_is_refused_by_name(running):
    async with running.connect() as connection:
        await connection.send("x" * MAX_FRAME_BYTES)
        await until(lambda: running.application.messages)
        await connection.send("x" * (MAX_FRAME_BYTES + 1))
        assert (await closing(connection))[0] == 1009
    await until(lambda: len(running.application.messages) == 3)
    assert len(running.application.messages[0]["text"]) == MAX_FRAME_BYTES
    assert running.application.messages[1] == {"type": "guard.frame_rejected", "reason": "too_large"}


async def test_fragments_that_add_up_to_more_than_the_cap_are_refused(running):
    async with running.connect() as connection:
        with contextlib.suppress(ConnectionClosed):
            await connection.send(["x" * 65536] * (MAX_FRAME_BYTES // 65536 + 1))
        assert (await closing(connection))[0] == 1009


async def test_a_shower_of_tiny_fragments_is_refused(running):
    async with running.connect() as connection:
        with contextlib.suppress(ConnectionClosed):
            await connection.send(["x"] * 50_000)
        assert (await closing(connection))[0] == 1009
    assert {"type": "guard.frame_rejected", "reason": "too_large"} in running.application.messages


async def test_a_few_fragments_are_one_message(running):
    async with running.connect() as connection:
        await connection.send(["x"] * 100)
        await until(lambda: running.application.messages)
    assert running.application.messages[0]["text"] == "x" * 100


async def test_an_empty_message_is_a_message(running):
    async with running.connect() as connection:
        await connection.send("")
        await until(lambda: running.application.messages)
    assert running.application.messages[0]["text"] == ""


async def test_text_that_is_not_utf_8_is_refused(running):
    async with running.connect() as connection:
        await connection.send(b'{"type":"\xff\xfe"}', text=True)
        assert (await closing(connection))[0] == 1007
    assert running.application.messages[0] == {"type": "guard.frame_rejected", "reason": "bad_frame"}


async def test_sending_waits_for_a_client_that_does_not_read(running):
    running.application.behave = running.application.shout
    _, writer = await running.raw(UPGRADE + b"\r\n")
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(0.5)
    before = running.application.sent
    await asyncio.sleep(0.5)
    assert before == running.application.sent < 1000
    writer.transport.abort()
    await until(lambda: running.application.messages == ["gone"])


async def test_reading_stops_while_the_application_is_busy(running):
    async def busy(receive: Any, send: Any) -> None:
        await asyncio.sleep(30)

    running.application.behave = busy
    async with running.connect() as connection:
        sent = 0
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                while sent < 300:
                    await connection.send("x" * 2**20)
                    sent += 1
        assert sent < 40
        connection.transport.abort()


async def test_the_socket_of_a_client_that_does_not_read_is_cut_when_its_session_is_over(running):
    async def fill_and_leave(receive: Any, send: Any) -> None:
        try:
            async with asyncio.timeout(0.5):
                await running.application.shout(receive, send)
        except TimeoutError:
            running.application.messages.append(time.monotonic())

    running.application.behave = fill_and_leave
    _, writer = await running.raw(UPGRADE + b"\r\n")
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    await until(lambda: running.application.messages)
    await until(lambda: not running.server.server_state.connections)
    assert time.monotonic() - running.application.messages[0] < 1.0


async def test_the_application_is_told_before_the_process_stops(running):
    async def last_words(receive: Any, send: Any) -> None:
        running.application.messages.append(await receive())
        await send({"type": "websocket.send", "text": "draining"})
        await send({"type": "websocket.close", "code": 1012, "reason": "draining"})

    running.application.behave = last_words
    async with running.connect() as connection:
        running.server.should_exit = True
        assert await connection.recv() == "draining"
        assert await closing(connection) == (1012, "draining")
    assert running.application.messages == [{"type": "guard.stop"}]


async def test_a_process_that_was_told_to_stop_knows_it_while_a_session_has_its_last_words(running):
    found: list[bool] = []

    async def last_words(receive: Any, send: Any) -> None:
        found.append(draining.stopping.is_set())
        await receive()
        found.append(draining.stopping.is_set())

    running.application.behave = last_words
    async with running.connect():
        running.server.should_exit = True
        await until(lambda: len(found) == 2)
    assert found == [False, True]


@pytest.mark.parametrize("head", [b"X: " + b"a" * 100_000, b"".join(b"X-%d: a\r\n" % n for n in range(1000))])
async def test_too_large_a_head_is_a_bad_request(running, head):
    reader, writer = await running.raw(UPGRADE + head + b"\r\n\r\n")
    async with asyncio.timeout(3):
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
    writer.close()


async def test_a_head_that_trickles_in_is_not_waited_for(running, monkeypatch):
    monkeypatch.setattr(server_module, "REQUEST_SECONDS", 0.2)
    reader, writer = await running.raw(UPGRADE)
    async with asyncio.timeout(3):
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
    writer.close()


async def test_a_request_in_time_is_not_cut(running, monkeypatch):
    monkeypatch.setattr(server_module, "REQUEST_SECONDS", 0.1)
    async with running.connect() as connection:
        await asyncio.sleep(0.3)
        await connection.send("still here")
        await until(lambda: running.application.messages)


async def test_the_query_string_is_not_logged(running, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("uvicorn.error").setLevel(logging.INFO)
    reader, writer = await running.raw(UPGRADE + b"\r\n")
    assert b"101" in await reader.readline()
    writer.close()
    assert "ek_in_query" not in caplog.text


async def test_a_refused_upgrade_is_no_error_in_the_log(running, caplog):
    running.server.config.loaded_app = not_found
    for _ in range(3):
        with pytest.raises(InvalidStatus) as refused:
            await running.connect()
        assert refused.value.response.status_code == 404
    await until(lambda: not running.server.server_state.connections)
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_the_server_does_not_say_what_it_is(running):
    async with running.connect() as connection:
        assert "uvicorn" not in str(connection.response.headers).lower()
