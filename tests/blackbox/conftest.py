from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.blackbox.harness import Server, Stack
from tests.blackbox.tcp import Switchboard
from tests.guard.tool_server import ToolServer


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One product for all black-box tests of the run; a test that needs another server process starts one on it."""
    stack = Stack(tmp_path_factory.mktemp("blackbox"))
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def daphne(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The same under ``manage.py runserver``."""
    stack = Stack(tmp_path_factory.mktemp("daphne"), server="runserver")
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def wired(stack: Stack) -> Iterator[tuple[Server, Switchboard]]:
    """A server whose line to Redis the test can spoil."""
    with Switchboard(stack.environment()["REDIS_URL"]) as redis:
        server = stack.serve(REDIS_URL=redis.url)
        yield server, redis
        server.process.terminate()


@pytest.fixture
def mark(stack: Stack) -> int:
    """The number of the last audit record before the test."""
    return stack.last_record()


@pytest.fixture
async def tool_server() -> AsyncIterator[ToolServer]:
    server = ToolServer()
    await server.start()
    yield server
    server.stop()
