"""F5 to F8: Redis is a doorbell. Without it nothing is lost, nobody is thrown out, and nothing comes back to life."""

from __future__ import annotations

import asyncio
import time

import pytest
import redis

from tests.faults.callers import callers, everybody_still_talks

pytestmark = pytest.mark.soak


async def revoke(plant, user):
    """The moment of the commit, in unix seconds."""
    return await asyncio.to_thread(
        plant.backstage,
        f"people.disable_user(actor=TESTER, user=user({user!r}), reason='fault'); result = time.time()",
    )


@pytest.fixture
def somebody(plant):
    """A user of the test's own, who can be disabled."""
    name = f"user-{time.monotonic_ns()}"
    plant.backstage(
        f"one = models.User.objects.create(username={name!r})\n"
        "one.roles.set(models.Role.objects.filter(name='customer_support'))"
    )
    return name


@pytest.mark.parametrize("fault", ["F5 killed", "F6 black hole", "F8 out of memory"])
async def test_nobody_is_thrown_out_and_a_revocation_arrives(plant, calls, somebody, fault):
    async with (
        callers(plant, 8, plant.servers) as found,
        callers(plant, 2, plant.servers, user=somebody) as revoked,
    ):
        calls += [caller.call for caller in (*found, *revoked)]
        if fault.startswith("F5"):
            plant.crash_valkey()
        elif fault.startswith("F6"):
            plant.redis.freeze()
        else:
            client = redis.Redis.from_url(plant.redis_url)
            client.config_set("maxmemory", "1mb")
        await everybody_still_talks(found, 12.0)
        committed = await revoke(plant, somebody)
        await asyncio.gather(*(caller.talker.closed(8) for caller in revoked))
        assert [caller.talker.connection.close_code for caller in revoked] == [4410, 4410]
        assert max(caller.talker.closed_at for caller in revoked) - committed < 5.0
        ticket = await asyncio.to_thread(plant.ticket)
        async with plant.talk(ticket) as late:
            await late.say("hello")
        if fault.startswith("F5"):
            plant.restart_valkey()
        elif fault.startswith("F6"):
            plant.redis.mend()
        else:
            client.config_set("maxmemory", "0")
        await everybody_still_talks(found)


async def test_f7_a_flush_brings_nothing_back(plant, calls):
    plant.backstage(
        "from controlplane.operations.locks import raise_lock\n"
        "raise_lock(actor=TESTER, kind='role', target='analyst', reason='fault')"
    )
    try:
        async with callers(plant, 4, plant.servers) as found:
            calls += [caller.call for caller in found]
            client = redis.Redis.from_url(plant.redis_url)
            for _ in range(5):
                client.flushall()
                await asyncio.sleep(1)
            for caller in found:
                with pytest.raises(Exception, match="401"):
                    async with plant.talk(caller.call.ticket):
                        pass
            assert (await asyncio.to_thread(plant.post_mint, "bob"))[0] == 403
            await everybody_still_talks(found)
    finally:
        plant.backstage(
            "from controlplane.operations.locks import lift_lock\n"
            "[lift_lock(actor=TESTER, lock=lock, reason='over')"
            " for lock in models.Lock.objects.filter(lifted_at=None)]"
        )
