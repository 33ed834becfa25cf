"""M1: with redis-py's default time-out, equal to the layer's blocking pop, idle listeners die every five seconds."""

from __future__ import annotations

import asyncio

import pytest
from channels_redis.core import RedisChannelLayer
from django.conf import settings

IDLE_SECONDS = 7.0


async def idle(host):
    """Nobody sends anything. Returns what ended the wait."""
    layer = RedisChannelLayer(hosts=[host], prefix="test-idle")
    channel = await layer.new_channel()
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            return await layer.receive(channel)
    except Exception as end:
        return end
    finally:
        await layer.close_pools()


@pytest.mark.slow
def test_an_idle_listener_outlives_the_blocking_read():
    async def both():
        (ours,) = settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"]
        too_short = {**ours, "socket_timeout": 5}
        return await asyncio.gather(idle(ours), idle(too_short))

    ours, too_short = asyncio.run(both())
    assert type(ours) is TimeoutError  # our own, after IDLE_SECONDS: nothing had gone wrong until then
    assert "redis" in type(too_short).__module__, "the trap is gone; the settings may be simplified"
