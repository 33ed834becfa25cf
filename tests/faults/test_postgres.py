"""F1 to F4, F20: without Postgres nothing new is decided; what has begun goes on for the lease, and then ends."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import psycopg
import pytest

from tests.blackbox.harness import eventually
from tests.blackbox.tcp import Switchboard
from tests.faults.callers import WORDS, callers, everybody_still_talks

pytestmark = pytest.mark.soak


def mint_status(plant):
    try:
        return plant.post_mint()[0]
    except OSError:
        return 0


async def turn_seconds(caller):
    began = time.monotonic()
    async with asyncio.timeout(20):
        await caller.talker.say("hello")
    return time.monotonic() - began


async def test_f1_killed_for_eight_seconds_words_go_on_and_calls_do_not(plant, calls):
    async with (
        callers(plant, 6, plant.servers, script=WORDS) as talking,
        callers(plant, 2, plant.servers) as calling,
    ):
        calls += [caller.call for caller in (*talking, *calling)]
        plant.crash_postgres()
        await asyncio.sleep(1)
        assert await asyncio.to_thread(mint_status, plant) == 503
        await everybody_still_talks(talking, 7)
        plant.restart_postgres()
        await eventually(lambda: mint_status(plant) == 200, 5)
        await asyncio.sleep(3)
        assert all(caller.is_alive for caller in talking)
        # A call cannot be decided without its record: the session that needed one ended, and says so.
        assert {caller.talker.connection.close_code for caller in calling if not caller.is_alive} <= {4507}


async def test_f2_hung_for_a_minute_sessions_end_with_the_lease_and_the_loop_never_waits(plant, calls):
    async with callers(plant, 6, plant.servers, script=WORDS) as found:
        calls += [caller.call for caller in found]
        began = time.time()
        with plant.frozen(*plant.postgres_pids()):
            slowest = 0.0
            while time.time() - began < 20:
                asked = time.monotonic()
                reader, writer = await asyncio.open_connection("127.0.0.1", plant.server.port)
                writer.write(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                assert b"200" in await asyncio.wait_for(reader.readline(), 5)
                writer.close()
                slowest = max(slowest, time.monotonic() - asked)
                await asyncio.sleep(0.25)
            assert slowest < 3  # a loop that waits for Postgres would wait for all twenty seconds
            await asyncio.gather(*(caller.talker.closed(25) for caller in found))
            ends = [caller.talker.closed_at - began for caller in found]
        assert {caller.talker.connection.close_code for caller in found} == {4500}
        assert min(ends) > 25
        assert max(ends) < 40
    await eventually(lambda: mint_status(plant) == 200, 15)


async def test_f3_slow_words_are_as_quick_as_ever(plant, calls):
    async with callers(plant, 4, plant.servers, script=WORDS[:1]) as found:
        calls += [caller.call for caller in found]
        usual = sorted([await turn_seconds(caller) for caller in found for _ in range(3)])
        plant.database.slow(0.1)
        slow = sorted([await turn_seconds(caller) for caller in found for _ in range(3)])
        statuses = {await asyncio.to_thread(mint_status, plant) for _ in range(3)}
        plant.database.mend()
        assert all(caller.is_alive for caller in found)
    assert slow[len(slow) // 2] < usual[len(usual) // 2] + 0.5
    assert statuses <= {200, 503}


async def test_f4_no_connection_left_the_lease_is_renewed_all_the_same(plant, calls):
    async with callers(plant, 4, plant.servers, script=WORDS) as found:
        calls += [caller.call for caller in found]
        taken = []
        with suppress(psycopg.OperationalError):
            while len(taken) < 300:
                taken.append(await asyncio.to_thread(psycopg.connect, plant.database_url))
        try:
            await asyncio.sleep(33)
            assert all(caller.is_alive for caller in found)
        finally:
            for connection in taken:
                connection.close()
    await eventually(lambda: mint_status(plant) == 200, 10)


async def test_f20_a_server_cut_off_from_postgres_ends_its_sessions_and_the_others_go_on(plant, calls):
    with Switchboard(plant.database_url) as line:
        lonely = plant.serve(DATABASE_URL=line.url)
        try:
            async with (
                callers(plant, 2, [lonely], script=WORDS) as cut_off,
                callers(plant, 2, plant.servers, script=WORDS) as others,
            ):
                calls += [caller.call for caller in (*cut_off, *others)]
                began = time.time()
                line.freeze()
                await asyncio.gather(*(caller.talker.closed(45) for caller in cut_off))
                assert {caller.talker.connection.close_code for caller in cut_off} == {4500}
                assert all(25 < caller.talker.closed_at - began < 40 for caller in cut_off)
                assert all(caller.is_alive for caller in others)
                line.mend()
        finally:
            lonely.process.terminate()
