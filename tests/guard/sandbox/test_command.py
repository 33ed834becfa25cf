"""``manage.py sandbox``, as a process: it must come up with no database in reach and go down on SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.guard.sandbox.talker import Talker

ROOT = Path(__file__).parents[3]
NOWHERE = {"DATABASE_URL": "postgres://nobody:x@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}


@asynccontextmanager
async def started(*arguments: str, **variables: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "manage.py",
        "sandbox",
        *arguments,
        cwd=ROOT,
        env={**os.environ, **NOWHERE, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
    assert "sandbox provider" in line
    return line.split()[-1]


@pytest.mark.slow
async def test_the_command_serves_without_a_database_and_stops_on_sigterm() -> None:
    async with started("--port", "0", "--chunk", "2") as process:
        url = await address(process)
        async with connect(f"{url}?model=gpt-realtime") as socket:
            assert (await Talker(socket).next())["type"] == "session.created"
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 10) == 0


@pytest.mark.slow
async def test_the_command_takes_its_keys_from_the_environment() -> None:
    async with started("--port", "0", SANDBOX_API_KEYS="sk-one, sk-two") as process:
        url = f"{await address(process)}?model=gpt-realtime"
        with pytest.raises(InvalidStatus):
            await connect(url)
        async with connect(url, additional_headers={"Authorization": "Bearer sk-two"}) as socket:
            assert (await Talker(socket).next())["type"] == "session.created"


@pytest.mark.slow
async def test_bad_fixtures_stop_the_start_with_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "fixtures.json"
    path.write_text('[{"match": {}}]')
    async with started("--port", "0", "--fixtures", str(path)) as process:
        assert process.stderr is not None
        complaint = (await asyncio.wait_for(process.stderr.read(), 30)).decode()
        assert await process.wait() == 1
    assert "cannot start the sandbox: fixtures[0]: expected match" in complaint
    assert "Traceback" not in complaint
