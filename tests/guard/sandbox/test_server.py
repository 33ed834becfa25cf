"""How connections and answers end, and what a file of fixtures makes the sandbox say."""

from __future__ import annotations

import asyncio

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

from guard import sandbox
from tests.guard.sandbox.talker import done, talking


async def test_a_session_ends_after_its_time_with_an_error_and_1001() -> None:
    async with sandbox.running(seconds=0.2) as provider, talking(provider) as talker:
        error = (await talker.until("error"))[-1]["error"]
        with pytest.raises(ConnectionClosedOK) as closed:
            await talker.next()
    assert error["code"] == "session_expired"
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


async def test_a_client_that_leaves_in_the_middle_of_an_answer_leaves_nothing_behind() -> None:
    async with sandbox.running(faults=sandbox.Faults(delta_seconds=0.01)) as provider:
        async with talking(provider) as talker:
            await talker.say("long")
            await talker.send("response.create")
            await talker.until("response.output_text.delta")
        left = [task for task in asyncio.all_tasks() if "Connection." in repr(task)]
        _, pending = await asyncio.wait(left, timeout=2) if left else (set(), set())
        assert not pending
        assert not provider.connections[0].open


async def test_fixtures_answer_verbatim_even_what_no_provider_would_send() -> None:
    entry = {
        "match": {"equals": "boom"},
        "events": [{"type": "response.done", "response": 7}, '{"type": "odd"}'],
    }
    async with sandbox.running(fixtures=[entry]) as provider, talking(provider) as talker:
        await talker.say("boom")
        await talker.send("response.create")
        assert await talker.next() == {"type": "response.done", "response": 7}
        assert await talker.next() == {"type": "odd"}


async def test_a_scripted_failure_is_reported_in_the_response() -> None:
    entry = {"match": {"equals": "fail"}, "answer": [{"say": "I beg"}], "status": "failed"}
    async with sandbox.running(fixtures=[entry]) as provider, talking(provider) as talker:
        response = done(await talker.turn("fail"))
    assert (response["status"], response["status_details"]["error"]["type"]) == ("failed", "server_error")


async def test_a_frame_beyond_the_limit_ends_the_connection() -> None:
    async with sandbox.running(max_frame=10_000) as provider, talking(provider) as talker:
        await talker.socket.send("x" * 20_000)
        with pytest.raises(ConnectionClosedError) as closed:
            await talker.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
