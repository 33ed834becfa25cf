"""The product under ``manage.py runserver``, which is Daphne. What it cannot do, and why ``serve`` is uvicorn:

- no status and no body at a refused upgrade: clients with headers see a bare 403 (M7)
- close codes 10xx other than 1000 cannot be sent, the reason is dropped (M7)
- ``send`` never waits for a slow reader and reading never stops: memory grows instead (M5)
- empty messages are dropped (M8), frames beyond its own cap end with its own close code
- a stop is not announced and nothing drains: clients see 1006; ends are hardly waited for, and
  may be the sweep's to record (M6)
- no lifespan: the process has its row from its first session on, and does not say that it stops
"""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
from websockets.exceptions import InvalidStatus

pytestmark = pytest.mark.slow


async def test_a_guarded_conversation(daphne):
    ticket = daphne.ticket()
    async with daphne.talk(ticket) as talker:
        await talker.say("hello")
        assert talker.heard.startswith("Hello!")
        await talker.say("what is on the card?")
        assert "4012" not in talker.everything()
        await talker.say("my orders")
        [call] = talker.of("response.function_call_arguments.done")
        await talker.answer(call["call_id"], {"total": 20, "margin": 3})
        assert "total is 20" in talker.heard
        await talker.say("refund order 7")
        await talker.wait("response.done", 6)
        assert "refund_order" not in json.dumps(talker.events[1:])
        assert "not able to do that" in talker.heard
    assert daphne.wait_for_end(daphne.session_id(ticket)) == "client_left"


async def test_a_wrong_ticket_is_refused(daphne):
    with pytest.raises(InvalidStatus) as caught:
        async with daphne.talk("ek_wrong"):
            pass
    assert caught.value.response.status_code == 403


async def test_a_browser_that_is_refused_can_read_why(daphne):
    offered = ["realtime", "openai-insecure-api-key.ek_wrong"]
    async with daphne.talk(
        headers={}, subprotocols=offered, origin=daphne.server.origin, locked=False
    ) as talker:
        assert (await talker.closed())[0] == 4401
        assert talker.events[0]["error"]["code"] == "invalid_api_key"


async def test_a_browser_is_let_in_with_the_subprotocol_echoed(daphne):
    offered = ["realtime", f"openai-insecure-api-key.{daphne.ticket()}"]
    async with daphne.talk(headers={}, subprotocols=offered, origin=daphne.server.origin) as talker:
        assert talker.connection.subprotocol == "realtime"


@pytest.mark.parametrize(
    "frame", ["{", b'{"type":"response.create"}', '{"type":"a","type":"response.create"}']
)
async def test_a_bad_frame_is_refused(daphne, frame):
    ticket = daphne.ticket()
    async with daphne.talk(ticket) as talker:
        await talker.send(frame)
        assert (await talker.closed())[0] == 4400
        assert talker.events[-1]["error"]["code"] == "frame_rejected"
    assert daphne.wait_for_end(daphne.session_id(ticket)) == "bad_frame"


async def test_a_disabled_user_is_out_within_a_second(daphne):
    daphne.backstage(
        "u = models.User.objects.create_user('leaver'); "
        "u.roles.add(models.Role.objects.get(name='customer_support'))"
    )
    async with daphne.talk(daphne.ticket("leaver")) as talker:
        committed = await asyncio.to_thread(
            daphne.backstage,
            "people.disable_user(actor=TESTER, user=user('leaver'), reason='left'); result = time.time()",
        )
        assert (await talker.closed())[0] == 4410
    assert talker.closed_at - committed < 1.0


async def test_a_provider_that_closes_ends_the_session(daphne):
    ticket = daphne.ticket()
    async with daphne.talk(ticket) as talker:
        daphne.sandbox("close", code="1011")
        assert (await talker.closed())[0] == 4502
    assert daphne.wait_for_end(daphne.session_id(ticket)) == "upstream_lost"


async def test_a_client_that_vanishes_leaves_nothing_open(daphne):
    ticket = daphne.ticket()
    async with daphne.talk(ticket) as talker:
        talker.connection.transport.abort()
        assert await asyncio.to_thread(daphne.wait_for_end, daphne.session_id(ticket)) == "client_left"


@pytest.mark.soak
async def test_a_stop_is_seen_as_1006_and_every_end_is_on_record_at_last(daphne):
    """Daphne does not wait for the ends of sessions: what is too late is the sweep's."""
    server = daphne.serve(DRAIN_SECONDS="30")
    tickets = [daphne.ticket() for _ in range(3)]
    async with AsyncExitStack() as talkers:
        talking = [await talkers.enter_async_context(daphne.talk(each, server=server)) for each in tickets]
        await asyncio.to_thread(server.process.terminate)
        for talker in talking:
            assert (await talker.closed())[0] == 1006
    node = daphne.binding(daphne.session_id(tickets[0]))["node_id"]
    daphne.backstage(
        "from django.db.models.functions import Now\nfrom datetime import timedelta\n"
        f"models.Node.objects.filter(pk={str(node)!r}).update(seen_at=Now() - timedelta(seconds=61))\n"
        "sessions.reap_expired(actor=TESTER)"
    )
    ends = [daphne.wait_for_end(daphne.session_id(ticket)) for ticket in tickets]
    assert set(ends) <= {"draining", "node_lost"}
    assert [r["subject"] for r in daphne.records(None, "node.started")].count(str(node)) == 1
    [stopped] = [r for r in daphne.records(None, "node.stopped") if r["subject"] == str(node)]
    assert stopped["outcome"] == "node_lost"
