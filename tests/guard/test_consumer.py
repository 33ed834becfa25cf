from __future__ import annotations

import asyncio
import threading
import time

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer

from guard.consumer import GuardConsumer
from guard.core.closing import EndReason
from guard.ports import Ports, Refused
from guard.watch import Watch
from tests.errand_fakes import FakeClassifiers, FakeEngines, FakeRefusals, FakeTools
from tests.fakes import (
    FakeAudit,
    FakeControlPlane,
    FakeProvider,
    FakeUpstream,
    until,
)
from tests.socket_fakes import FakeSocket


class House:
    """The consumer as the composition root builds it, around fakes."""

    def __init__(self) -> None:
        self.control = FakeControlPlane()
        self.audit = FakeAudit()
        self.upstream = FakeUpstream()
        self.watch = Watch(self.control, lambda: None)
        self.application = GuardConsumer.as_asgi(
            ports=Ports(
                control=self.control,
                audit=self.audit,
                upstream=self.upstream,  # type: ignore[arg-type]
                classifiers=FakeClassifiers(),
                tools=FakeTools(),
                engines=FakeEngines(),
                refusals=FakeRefusals(),
            ),
            watch=self.watch,
        )
        self.tasks: list[asyncio.Task[None]] = []

    def enter(self, socket: FakeSocket) -> asyncio.Task[None]:
        socket.connect()
        task = asyncio.get_running_loop().create_task(
            self.application(socket.scope, socket.receive, socket.send)
        )
        self.tasks.append(task)
        return task

    async def open(self) -> tuple[FakeSocket, asyncio.Task[None]]:
        socket = FakeSocket()
        task = self.enter(socket)
        await until(lambda: "session.created" in socket.types)
        return socket, task


@pytest.fixture
async def house():
    house = House()
    yield house
    for task in house.tasks:
        task.cancel()
    if house.tasks:
        await asyncio.wait(house.tasks, timeout=5)


def reasons(house: House) -> list[EndReason]:
    return [reason for _, reason, _ in house.control.ends]


async def test_a_client_is_let_in_and_hears_the_session(house):
    socket, _ = await house.open()
    assert socket.messages[0]["type"] == "websocket.accept"
    assert socket.types == ["session.created"]


async def test_a_refused_client_reaches_no_provider(house):
    house.control.admission = Refused(EndReason.UNAUTHENTICATED)
    socket = FakeSocket()
    task = house.enter(socket)
    await until(lambda: len(socket.messages) == 2)
    socket.leave(1006)
    await task
    assert socket.messages[0]["status"] == 401
    assert house.upstream.dialled == []
    assert house.control.ends == []


async def test_a_client_that_leaves_ends_its_session_before_the_consumer_returns(house):
    socket, task = await house.open()
    socket.leave()
    await asyncio.wait_for(task, 2)
    assert reasons(house) == [EndReason.CLIENT_LEFT]
    assert house.upstream.provider.closed


async def test_cancellation_by_the_server_cleans_up_without_a_disconnect(house):
    socket, task = await house.open()
    task.cancel()
    await asyncio.wait([task], timeout=5)
    assert reasons(house) == [EndReason.DRAINING]
    assert house.upstream.provider.closed
    assert socket.close == (1012, "draining")


async def test_an_error_in_the_server_cleans_up_without_a_disconnect(house):
    socket, task = await house.open()
    socket.incoming.put_nowait({"type": "websocket.receive", "bytes": None, "text": None, "no": "frame"})
    del socket.incoming._queue[-1]["bytes"]  # type: ignore[attr-defined]
    with pytest.raises(KeyError):
        await asyncio.wait_for(task, 5)
    assert len(house.control.ends) == 1


async def test_a_drain_gives_the_client_words_and_1012(house):
    socket, task = await house.open()
    socket.incoming.put_nowait({"type": "guard.stop"})
    await until(lambda: socket.close)
    assert socket.events[-1]["error"]["code"] == "draining"
    assert socket.close == (1012, "draining")
    socket.leave(1012)
    await task
    assert reasons(house) == [EndReason.DRAINING]


async def test_a_frame_that_the_server_rejected_is_recorded_and_ends_the_session(house):
    socket, task = await house.open()
    socket.incoming.put_nowait({"type": "guard.frame_rejected", "reason": "too_large"})
    socket.leave(1009)
    await asyncio.wait_for(task, 5)
    assert reasons(house) == [EndReason.TOO_LARGE]
    assert ("frame.rejected", "too_large") in [(r.verb, r.rule) for r in house.audit.records]
    assert socket.close is None


async def test_a_client_cannot_claim_a_reason_with_its_close_code(house):
    socket, task = await house.open()
    socket.leave(1009)
    await asyncio.wait_for(task, 5)
    assert reasons(house) == [EndReason.CLIENT_LEFT]


async def test_a_binary_frame_is_refused(house):
    socket, _ = await house.open()
    socket.incoming.put_nowait({"type": "websocket.receive", "bytes": b'{"type":"response.create"}'})
    await until(lambda: socket.close)
    assert socket.close == (4400, "frame_rejected")
    assert [event["type"] for event in house.upstream.provider.sent] == ["session.update"]


async def test_a_stalled_shared_thread_does_not_stall_frames(house):
    """Channels' own dispatch hops to asgiref's one thread for each frame: one slow query stalls everybody (M4)."""
    socket, _ = await house.open()
    release = threading.Event()
    stalled = asyncio.get_running_loop().create_task(sync_to_async(release.wait, thread_sensitive=True)(5))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    socket.text({"type": "no.such.event"})
    try:
        await until(lambda: "error" in socket.types, 1.0)
    finally:
        release.set()
        await stalled
    assert time.monotonic() - began < 0.5


async def test_a_nudge_reaches_a_session_whose_client_does_not_read(house):
    socket, task = await house.open()
    socket.stuck = True
    provider = house.upstream.provider
    assert isinstance(provider, FakeProvider)
    provider.say({"type": "input_audio_buffer.cleared"})
    await asyncio.sleep(0.05)
    house.control.current = Refused(EndReason.REVOKED)
    began = time.monotonic()
    house.watch.ring()
    await until(lambda: provider.closed, 1.0)
    await until(lambda: house.control.ends, 1.0)
    assert time.monotonic() - began < 1.0
    assert reasons(house) == [EndReason.REVOKED]
    socket.leave(1006)
    await task


async def test_no_session_listens_on_the_channel_layer():
    """A consumer that does dies with Redis, without its clean-up (M2)."""
    assert get_channel_layer(GuardConsumer.channel_layer_alias) is None
