"""What goes wrong when it is asked to."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from guard import sandbox
from guard.sandbox import Faults
from guard.sandbox.badframes import FRAMES
from tests.guard.sandbox.talker import Talker, kinds, talking

MODEL = "?model=gpt-realtime"


async def test_the_connection_dies_after_n_events_without_a_close_frame() -> None:
    async with sandbox.running(faults=Faults(drop_after=5)) as provider, talking(provider) as talker:
        with pytest.raises(ConnectionClosedError) as cut:
            await talker.turn("hello")
    assert len(talker.log) == 5
    assert cut.value.rcvd is None


async def test_the_connection_closes_after_n_events_with_code_and_reason() -> None:
    faults = Faults(close_after=2, close_code=1013, close_reason="later")
    async with sandbox.running(faults=faults) as provider, talking(provider) as talker:
        with pytest.raises(ConnectionClosedError) as closed:
            await talker.turn("hello")
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1013, "later")


async def test_nothing_more_is_sent_after_n_events() -> None:
    async with sandbox.running(faults=Faults(hang_after=4)) as provider, talking(provider) as talker:
        await talker.say("hello")
        await talker.send("response.create")
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(talker.next(), 0.2)


async def test_an_upgrade_can_hang() -> None:
    async with sandbox.running(faults=Faults(hang=True)) as provider:
        with pytest.raises(TimeoutError):
            await connect(provider.url + MODEL, open_timeout=0.2)


async def test_an_upgrade_that_hangs_does_not_keep_the_sandbox_from_stopping() -> None:
    started = time.monotonic()
    async with sandbox.running(faults=Faults(hang=True)) as provider:
        _, writer = await asyncio.open_connection("127.0.0.1", provider.port)
        writer.write(b"GET /v1/realtime?model=gpt-realtime HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.1)
    assert time.monotonic() - started < 3
    writer.close()


async def test_an_upgrade_can_be_refused_with_any_status() -> None:
    async with sandbox.running(faults=Faults(refuse=500)) as provider:
        with pytest.raises(InvalidStatus) as caught:
            await connect(provider.url + MODEL)
    assert caught.value.response.status_code == 500


async def test_an_update_can_stay_unanswered() -> None:
    faults = Faults(mute=frozenset({"session.updated"}))
    async with sandbox.running(faults=faults) as provider, connect(provider.url + MODEL) as socket:
        talker = Talker(socket)
        await talker.until("session.created")
        await talker.send("session.update", session={"type": "realtime", "instructions": "x"})
        await talker.send("bogus")
        assert (await talker.next())["type"] == "error"


async def test_the_tools_of_an_update_can_be_ignored() -> None:
    tool = {"type": "function", "name": "ring_bell", "parameters": {"type": "object"}}
    faults = Faults(ignore_update=frozenset({"tools"}))
    async with sandbox.running(faults=faults) as provider, talking(provider) as talker:
        assert (await talker.update(tools=[tool]))["session"]["tools"] == []


@pytest.mark.parametrize("kind", sorted(FRAMES))
async def test_a_bad_frame_comes_behind_response_created(kind: str) -> None:
    async with sandbox.running(faults=Faults(inject=(kind,))) as provider, talking(provider) as talker:
        await talker.say("hello")
        await talker.send("response.create")
        await talker.until("response.created")
        assert await talker.socket.recv() == FRAMES[kind]
        assert "response.done" in kinds(await talker.until("response.done"))


async def test_a_bad_frame_comes_once_after_n_events() -> None:
    faults = Faults(inject=("malformed",), inject_after=2)
    async with sandbox.running(faults=faults) as provider, talking(provider) as talker:
        await talker.send("bogus")
        assert await talker.socket.recv() == FRAMES["malformed"]
        assert (await talker.next())["type"] == "error"
        assert kinds(await talker.turn("hello"))[-1] == "rate_limits.updated"


async def test_an_oversize_frame_has_the_size_asked_for() -> None:
    faults = Faults(inject=("oversize",), inject_after=0, oversize_bytes=300_000)
    async with sandbox.running(faults=faults) as provider, connect(provider.url + MODEL) as socket:
        frame = await socket.recv()
    assert len(frame) == 300_000
    assert json.loads(frame)["type"] == "conversation.created"


async def test_a_stalled_provider_stops_reading() -> None:
    async with sandbox.running(faults=Faults(stall_after=1)) as provider, talking(provider) as talker:
        await talker.send("bogus")
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(talker.next(), 0.2)
        with pytest.raises(TimeoutError):
            await provider.received("bogus", within=0.2)


async def test_answers_can_be_slow() -> None:
    faults = Faults(think_seconds=0.1, delta_seconds=0.05)
    async with sandbox.running(chunk=4, faults=faults) as provider, talking(provider) as talker:
        started = time.monotonic()
        await talker.turn("say abcdefgh")
    assert time.monotonic() - started >= 0.2


async def test_a_session_can_be_short() -> None:
    async with sandbox.running(faults=Faults(seconds=0.1)) as provider, talking(provider) as talker:
        assert (await talker.until("error"))[-1]["error"]["code"] == "session_expired"


async def test_tests_send_any_frame_to_the_client() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        await provider.send({"type": "conversation.created"})
        assert (await talker.next())["type"] == "conversation.created"
        await provider.send(b"\x00")
        assert await talker.socket.recv() == b"\x00"
        await talker.send("hello.there")
        assert await provider.received("hello.there") == [{"type": "hello.there"}]
        assert provider.frames[-1] == '{"type": "hello.there"}'
