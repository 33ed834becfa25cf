"""F11 to F13, F18, F19, F23: processes that die, freeze, come twice, or are replaced while people talk."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter

import pytest

from tests.blackbox.harness import eventually, http
from tests.faults.callers import WORDS, callers, everybody_still_talks

pytestmark = pytest.mark.soak


def readiness(server):
    return http("GET", f"{server.base_url}/readyz")


def late_sweeps(server):
    return str(readiness(server)[1]["checks"]["sweeps"])


async def test_f11_a_killed_worker_s_sweep_is_made_again_and_counts_once(plant, calls):
    async with callers(plant, 2, plant.servers, script=WORDS) as found:
        calls += [caller.call for caller in found]
        for _ in range(3):
            plant.worker.kill()
            plant.worker = plant.start_worker()
            await asyncio.sleep(1)
        began = time.time()
        await asyncio.to_thread(plant.sweep_seen, "reap_expired", began, 60)
        assert all(caller.is_alive for caller in found)


async def test_f12_without_worker_and_beat_sessions_end_on_time_and_readiness_is_yellow(plant, calls):
    plant.backstage("edit_role('customer_support', max_session_seconds=8)")
    try:
        with plant.frozen(plant.worker.process.pid, plant.beat.process.pid):
            async with callers(plant, 2, plant.servers, script=WORDS) as found:
                calls += [caller.call for caller in found]
                began = time.time()
                await asyncio.gather(*(caller.talker.closed(12) for caller in found))
                assert {caller.talker.connection.close_code for caller in found} == {4411}
                assert max(caller.talker.closed_at for caller in found) - began < 10
            await eventually(lambda: "reap_expired" in late_sweeps(plant.server), 60)
            assert readiness(plant.server)[0] == 200
    finally:
        plant.backstage("edit_role('customer_support', max_session_seconds=1800)")
    await eventually(lambda: "reap_expired" not in late_sweeps(plant.server), 60)


async def test_f13_a_second_beat_waits_and_takes_over(plant, calls):
    second = plant.start_beat()
    try:
        await asyncio.sleep(8)
        second.assert_alive()
        plant.beat.kill()
        began = time.time()
        await asyncio.to_thread(plant.sweep_seen, "reap_expired", began, 40)
    finally:
        plant.beat, second = second, plant.beat


async def test_f18_the_sessions_of_a_killed_server_are_ended_by_the_sweep(plant, calls):
    async with callers(plant, 10, [plant.server]) as found, callers(plant, 4, [plant.other]) as others:
        calls += [caller.call for caller in (*found, *others)]
        plant.server.process.kill()
        began = time.time()
        await asyncio.gather(*(caller.talker.closed(5) for caller in found))
        async with plant.talk(await asyncio.to_thread(plant.ticket, server=plant.other), server=plant.other):
            assert time.time() - began < 5
        await eventually(lambda: _ends(plant, found) == {"node_lost": 10}, 90)
        assert all(caller.is_alive for caller in others)


def _ends(plant, found):
    sessions = {caller.call.session for caller in found}
    records = plant.records(None, "session.ended")
    return Counter(record["outcome"] for record in records if record["session_id"] in sessions)


async def test_f19_a_rolling_restart_loses_no_new_connection_and_nobody_sees_1006(plant, calls):
    async with callers(plant, 12, plant.servers) as found:
        calls += [caller.call for caller in found]
        refused = Counter()
        for old in list(plant.servers):
            os.kill(old.process.process.pid, signal.SIGTERM)
            while old.process.process.poll() is None:
                refused[await _new_call(plant, calls)] += 1
            await asyncio.to_thread(plant.restarted, old)
        assert refused.keys() == {"in"}
        await asyncio.gather(*(caller.talker.closed(10) for caller in found))
        assert {caller.talker.connection.close_code for caller in found} == {1012}


async def _new_call(plant, calls):
    """By the server that says it is ready, as a balancer would choose it."""
    for server in plant.servers:
        try:
            if readiness(server)[0] != 200:
                continue
        except OSError:
            continue
        ticket = await asyncio.to_thread(plant.ticket, server=server)
        async with plant.talk(ticket, server=server) as talker:
            await talker.say("hello")
        return "in"
    return "nobody is ready"


async def test_f23_frozen_clients_are_cut_and_nobody_else_notices(plant, calls):
    async with (
        callers(plant, 6, plant.servers) as found,
        callers(plant, 4, plant.servers, script=("long 20000",)) as slow,
    ):
        calls += [caller.call for caller in (*found, *slow)]
        for caller in slow:
            caller.talker.connection.transport.pause_reading()
        await everybody_still_talks(found, 25)
        await eventually(lambda: _ends(plant, slow).total() == len(slow), 20)
        assert _ends(plant, slow).keys() <= {"slow_client", "client_left"}
