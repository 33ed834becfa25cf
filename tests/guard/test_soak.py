"""A thousand sessions in one event loop, to see its tasks: from outside only files and sockets can be counted."""

from __future__ import annotations

import asyncio
import gc

import pytest

from guard.tasks import running
from tests.fakes import FakeProvider, until
from tests.guard.test_consumer import House
from tests.socket_fakes import FakeSocket

pytestmark = pytest.mark.soak


async def test_a_thousand_sessions_leave_no_task_behind():
    house = House()
    house.watch.start()

    async def one() -> None:
        house.upstream.provider = FakeProvider()
        socket = FakeSocket(headers=[("Authorization", "Bearer ek_x")])
        task = house.enter(socket)
        await until(lambda: "session.created" in socket.types, 10)
        socket.leave()
        await task

    await one()
    await asyncio.sleep(0.1)
    before, spawned = len(asyncio.all_tasks()), running()
    for _ in range(1000):
        await one()
    await asyncio.sleep(0.1)
    gc.collect()
    assert len(asyncio.all_tasks()) <= before + 2
    assert running() <= spawned + 2
    house.watch.close()
