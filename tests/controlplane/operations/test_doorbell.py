from __future__ import annotations

import asyncio
import time

import pytest
from channels.layers import get_channel_layer
from django.db import transaction

from controlplane.models import Epoch
from controlplane.operations import doorbell
from guard.watch import GROUP, NUDGE


def test_ringing_moves_the_epoch_in_the_same_transaction(db, rung):
    before = Epoch.objects.get().value
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        doorbell.ring()
        assert Epoch.objects.get().value == before + 1
        raise ZeroDivisionError
    assert Epoch.objects.get().value == before


def test_the_nudge_waits_for_the_commit(db, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        doorbell.ring()
        assert rung == []
    assert rung == [1]


def test_a_missing_epoch_fails_the_edit(db):
    Epoch.objects.all().delete()
    with pytest.raises(RuntimeError, match="run migrate"):
        doorbell.ring()


def test_a_nudge_reaches_a_listener_through_redis_and_carries_nothing():
    async def listen():
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        await asyncio.to_thread(doorbell.nudge)
        async with asyncio.timeout(5):
            return await layer.receive(channel)

    heard = asyncio.run(listen())
    assert heard == {"type": NUDGE}


def test_a_dead_redis_is_logged_and_nothing_else(settings, caplog):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [{"address": "redis://127.0.0.1:1/0", "socket_connect_timeout": 1}]},
        }
    }
    began = time.monotonic()
    doorbell.nudge()
    assert time.monotonic() - began < doorbell.NUDGE_SECONDS + 1
    assert "nudge not sent" in caplog.text
