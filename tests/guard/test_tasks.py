from __future__ import annotations

import asyncio
import gc

from guard.tasks import running, spawn
from tests.fakes import until


async def test_a_task_that_nobody_holds_is_not_collected():
    done: list[int] = []

    async def work() -> None:
        await asyncio.sleep(0.02)
        done.append(1)

    spawn(work(), "work")
    gc.collect()
    await until(lambda: done)
    await until(lambda: running() == 0)


async def test_a_failure_that_nobody_awaits_is_logged(caplog):
    async def fail() -> None:
        raise RuntimeError("lost")

    spawn(fail(), "the failing one")
    await until(lambda: "the failing one" in caplog.text)


async def test_a_cancelled_task_is_no_failure(caplog):
    task = spawn(asyncio.sleep(9), "sleeper")
    task.cancel()
    await until(lambda: running() == 0)
    assert "sleeper" not in caplog.text
