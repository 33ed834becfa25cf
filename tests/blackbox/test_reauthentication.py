"""A session that runs must show a fresh ticket in time; a second connection never runs beside the first."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pydantic
import pytest
from agents.realtime.openai_realtime import AllRealtimeServerEvents
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.blackbox.harness import Server, Stack, eventually
from tests.blackbox.newcomers import Newcomer
from tests.blackbox.talker import Talker
from tests.blackbox.tcp import Switchboard

pytestmark = pytest.mark.slow


@asynccontextmanager
async def asked(stack: Stack, **limits: int) -> AsyncIterator[tuple[Newcomer, Talker, str]]:
    """A session that was just asked for a fresh ticket."""
    someone = Newcomer(stack, **{"reauthenticate_seconds": 2, "grace_seconds": 3, **limits})
    ticket = someone.ticket()
    async with stack.talk(ticket) as talker:
        [error] = await talker.wait("error")
        assert error["error"]["code"] == "reauthentication_required"
        yield someone, talker, stack.session_id(ticket)


def shown(ticket: str) -> dict[str, Any]:
    return {"type": "sallyport.reauthenticate", "event_id": "show_1", "ticket": ticket}


async def test_without_a_fresh_ticket_the_session_is_closed_after_the_grace(stack):
    began = time.time()
    async with asked(stack) as (_, talker, session):
        assert "within 3 seconds" in talker.of("error")[0]["error"]["message"]
        await talker.say("hello")
        assert await talker.closed() == (4401, "reauthentication_required")
        assert 4.5 < talker.closed_at - began < 7
    assert stack.wait_for_end(session) == "reauthentication"


async def test_with_a_fresh_ticket_it_goes_on_and_the_client_is_told_in_official_words(stack):
    async with asked(stack) as (someone, talker, session):
        ticket = await asyncio.to_thread(someone.fresh, session)
        await talker.send(shown(ticket))
        [updated] = await talker.wait("session.updated")
        assert updated["session"] == talker.events[0]["session"]
        pydantic.TypeAdapter(AllRealtimeServerEvents).validate_python(updated)
        assert len(await talker.wait("error", 2)) == 2, "the clock has started anew"
        before = stack.binding(session)["end_by"]
        await talker.send(shown(await asyncio.to_thread(someone.fresh, session)))
        await talker.wait("session.updated", 2)
        await talker.say("marker-renewed")
        assert stack.binding(session)["end_by"] == before
        assert ticket not in talker.everything()
    events = await eventually(lambda: stack.upstream("marker-renewed"))
    assert not [event for event in events if "sallyport" in event["type"]]
    assert len(stack.wait_for_records(session, "session.reauthenticated")) == 2
    everything = json.dumps(stack.records(session), default=str) + stack.server.process.output()
    assert ticket not in everything


async def test_the_application_can_show_the_ticket_instead(stack):
    async with asked(stack) as (someone, talker, session):
        ticket = await asyncio.to_thread(someone.fresh, session)
        body = json.dumps({"ticket": ticket}).encode()
        status, answer = await asyncio.to_thread(someone.show, session, body)
        assert status == 200 and answer["reauthenticate_by"] > time.time()
        await talker.wait("session.updated", seconds=3)
        await talker.say("hello")


async def test_three_wrong_tickets_end_the_session(stack):
    async with asked(stack, grace_seconds=30) as (_, talker, session):
        for number in range(3):
            await talker.send(shown("ek_guess"))
            if number < 2:
                error = (await talker.wait("error", number + 2))[-1]["error"]
                assert (error["code"], error["event_id"]) == ("invalid_api_key", "show_1")
        assert (await talker.closed())[0] == 4401
    assert stack.wait_for_end(session) == "reauthentication"
    assert len(stack.records(session, "ticket.refused")) == 3


async def test_a_ticket_is_good_once_even_for_two_who_show_it_at_once(stack):
    async with asked(stack, grace_seconds=30) as (someone, talker, session):
        body = json.dumps({"ticket": await asyncio.to_thread(someone.fresh, session)}).encode()
        tries = [asyncio.to_thread(someone.show, session, body) for _ in range(8)]
        assert sorted(status for status, _ in await asyncio.gather(*tries)) == [200] + [401] * 7
        await talker.say("hello")
    assert len(stack.records(session, "session.reauthenticated")) == 1


async def test_the_limit_of_the_session_holds_all_the_same(stack):
    async with asked(stack, max_session_seconds=4, grace_seconds=30) as (someone, talker, session):
        await talker.send(shown(await asyncio.to_thread(someone.fresh, session)))
        assert await talker.closed() == (4411, "session_expired")
    assert stack.wait_for_end(session) == "expired"


async def test_time_goes_on_while_the_database_is_away(stack):
    someone = Newcomer(stack, reauthenticate_seconds=3, grace_seconds=3)
    ticket = someone.ticket()
    with Switchboard(stack.database_url) as line:
        server = stack.serve(DATABASE_URL=line.url)
        async with stack.talk(ticket, server=server) as talker:
            fresh = await asyncio.to_thread(someone.fresh, stack.session_id(ticket))
            line.freeze()
            await talker.wait("error")
            await talker.send(shown(fresh))
            assert await talker.closed(12) == (4401, "reauthentication_required")
            assert "service_unavailable" in [event["error"]["code"] for event in talker.of("error")]
        line.mend()
        assert stack.wait_for_end(stack.session_id(ticket), 15) == "reauthentication"
        server.process.terminate()


# -- a second connection


@pytest.fixture(scope="module")
def second_server(stack: Stack) -> Iterator[Server]:
    server = stack.serve()
    yield server
    server.process.terminate()


async def test_the_second_connection_begins_when_the_first_has_let_go_in_another_process(
    stack, second_server, mark
):
    someone = Newcomer(stack, second_connection="replace", max_session_seconds=600)
    ticket = someone.ticket()
    first_id = stack.session_id(ticket)
    async with stack.talk(ticket) as first:
        await first.say("hello")
        fresh = await asyncio.to_thread(someone.fresh, first_id)
        async with stack.talk(fresh, server=second_server) as second:
            assert await first.closed() == (4409, "policy_denied")
            await second.say("hello")
    [record] = stack.wait_for_records(first_id, "session.duplicate", after=mark)
    second_id = record["fields"]["successor"]
    before, after = stack.binding(first_id), stack.binding(second_id)
    assert stack.wait_for_end(first_id) == "duplicate"
    assert after["started_at"] >= before["released_at"], "never two at once"
    assert after["end_by"] == before["end_by"], "no time is gained"
    assert stack.wait_for_end(second_id) == "client_left"


async def test_of_many_who_take_the_place_at_once_there_is_never_more_than_one(stack, second_server, mark):
    """Each round: a fresh ticket, shown by many clients to two processes. One comes in, once the one before is out."""
    someone = Newcomer(stack, second_connection="replace")
    ticket = someone.ticket()
    session = stack.session_id(ticket)
    sessions = [session]
    talking = [stack.talk(ticket)]
    await talking[0].__aenter__()
    for _ in range(3):
        fresh = await asyncio.to_thread(someone.fresh, sessions[-1])
        came = await asyncio.gather(
            *(enter(stack, fresh, server) for server in (stack.server, second_server) * 4)
        )
        [winner] = [talker for talker in came if talker is not None]
        talking.append(winner)
        [record] = stack.wait_for_records(sessions[-1], "session.duplicate", after=mark)
        sessions.append(record["fields"]["successor"])
    for talker in talking:
        await talker.__aexit__(None, None, None)
    rows = [stack.binding(each) for each in sessions]
    for before, after in itertools.pairwise(rows):
        assert after["started_at"] >= before["released_at"]
    assert len({row["end_by"] for row in rows}) == 1
    for each in sessions:
        stack.wait_for_end(each)
        assert len(stack.records(each, "session.ended")) == 1


async def enter(stack: Stack, ticket: str, server: Server) -> Any:
    door = stack.talk(ticket, server=server)
    try:
        await door.__aenter__()
    except (InvalidStatus, ConnectionClosed):
        return None
    return door


@pytest.mark.soak
async def test_who_cannot_be_made_to_let_go_is_not_replaced(stack, second_server, mark):
    """The first one's process is stopped: its sockets are still open, as far as anybody knows."""
    someone = Newcomer(stack, second_connection="replace")
    frozen = stack.serve()
    ticket = someone.ticket()
    session = stack.session_id(ticket)
    try:
        async with stack.talk(ticket, server=frozen, ping_interval=None) as first:
            fresh = await asyncio.to_thread(someone.fresh, session)
            os.kill(frozen.process.process.pid, signal.SIGSTOP)
            with pytest.raises(InvalidStatus) as refused:
                async with stack.talk(fresh, server=second_server, open_timeout=15):
                    pass
            assert refused.value.response.status_code == 409
            os.kill(frozen.process.process.pid, signal.SIGCONT)
            assert (await first.closed(10))[0] in (4409, 4410, 4500)
    finally:
        os.kill(frozen.process.process.pid, signal.SIGCONT)
        frozen.process.terminate()
    assert [record["rule"] for record in stack.records(None, "session.duplicate", after=mark)] == [
        "",
        "not_released",
    ]
    assert stack.wait_for_end(session) == "duplicate"
