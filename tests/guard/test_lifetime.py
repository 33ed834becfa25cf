"""The server object alone; what clients see of a stop is in ``tests/blackbox/test_drain.py``."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import Any

import pytest

from controlplane.management.commands.serve import configuration
from guard import draining, lifetime
from guard.lifetime import GuardedServer
from tests.fakes import until
from tests.guard.serving import serving


@pytest.fixture(autouse=True)
def _goes_on():
    yield
    draining.stopping.clear()


def ask(server: GuardedServer, number: int = signal.SIGTERM) -> None:
    server.handle_exit(number, None)
    server._captured_signals.clear()  # uvicorn raises them again at the end; this process goes on


async def test_a_process_says_at_once_that_it_stops_and_listens_on_while_a_websocket_is_open():
    async with serving(drain_seconds=30) as running:
        async with running.connect():
            ask(running.server)
            assert draining.stopping.is_set()
            await asyncio.sleep(0.5)
            async with running.connect() as late:
                await late.send("still listening")
                await until(lambda: running.application.messages)
        await until(lambda: not running.server.server_state.connections)


async def test_whoever_follows_is_told_once(monkeypatch):
    told: list[str] = []
    monkeypatch.setattr(draining, "_told", [lambda: told.append("drain")])
    async with serving(drain_seconds=0) as running:
        ask(running.server)
        await until(lambda: not running.server.servers[0].is_serving())
    assert told == ["drain"]


async def test_the_drain_lasts_as_long_as_it_may_and_no_longer():
    async with serving(drain_seconds=0.5) as running, running.connect():
        began = time.monotonic()
        ask(running.server)
        await until(lambda: {"type": "guard.stop"} in running.application.messages, 5)
        assert time.monotonic() - began >= 0.5


async def test_the_second_signal_ends_the_drain():
    async with serving(drain_seconds=60) as running, running.connect():
        ask(running.server)
        await asyncio.sleep(0.3)
        ask(running.server, signal.SIGINT)
        await until(lambda: {"type": "guard.stop"} in running.application.messages, 5)
        assert running.server.force_exit is False


async def test_a_worker_takes_the_echo_of_a_signal_for_the_same_signal(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(lifetime.time, "monotonic", lambda: now[0])
    server = GuardedServer(configuration("127.0.0.1", 0, 1), 60, lifetime.ECHO_SECONDS)
    found: list[Any] = []
    for seconds in (10.0, 10.5, 11.0, 20.0):
        now[0] = seconds
        server.handle_exit(signal.SIGTERM, None)
        found.append(server._insisted)
    assert found == [False, False, False, True]
