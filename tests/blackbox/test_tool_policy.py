"""Tool calls under policy through real processes: narrowed, run here, approved by a person, refused, timed out.

In each the provider sees what the policy allows, the client no trace of the rest, and the conversation goes on.
"""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.blackbox.desk import (
    REFUND,
    Desk,
    asked,
    decisions,
    desk_of,
    given,
    ticket_of,
    told,
)
from tests.blackbox.harness import Stack, eventually
from tests.guard.engine_server import RULES, EngineServer
from tests.guard.tool_server import Mood

pytestmark = pytest.mark.slow

RULED = {"rules": {"amount": {"at_most": 50}, "account_id": {"fixed": "@account_id"}}}


async def test_a_constrained_call_arrives_narrowed_in_every_copy(stack: Stack) -> None:
    desk = await desk_of(stack, "narrow", RULED)
    ticket = await ticket_of(desk)
    async with desk.talk(ticket) as talker:
        await talker.say(asked(desk))
        [done] = talker.of("response.function_call_arguments.done")
        narrowed = {"order_id": "o-77", "amount": 50, "account_id": "acct_42"}
        assert json.loads(done["arguments"]) == narrowed
        copies = [
            e["item"]["arguments"]
            for e in talker.of("response.output_item.done", "conversation.item.done")
            if "arguments" in e["item"]
        ]
        copies += [i["arguments"] for e in talker.of("response.done") for i in e["response"]["output"]]
        assert {done["arguments"]} == {copy for copy in copies if copy}
        assert "500" not in told(talker)
        await talker.answer(done["call_id"], {"refunded": True})
    [record] = await decisions(desk, ticket)
    assert (record["outcome"], record["rule"]) == ("constrain", "argument:amount:at_most")
    assert json.loads(record["fields"]["arguments"])["amount"] == 500
    assert json.loads(record["fields"]["arguments_delivered"]) == narrowed
    [output] = given(stack, "narrow_refund")
    assert json.loads(output["output"]) == {"result": {"refunded": True}, "carried_out_with": narrowed}


async def test_a_supervisor_approves_and_the_call_is_delivered(stack: Stack) -> None:
    desk = await desk_of(stack, "consent", {"approver": "supervisor", "approval_seconds": 60})
    ticket = await ticket_of(desk)
    async with desk.talk(ticket) as talker:
        await talker.say(asked(desk))
        await talker.wait("response.done", 2)  # the model speaks on: no dead air
        assert "consent_refund" not in told(talker)
        [waiting] = await eventually(desk.pending)
        status, refused = await asyncio.to_thread(desk.decide, waiting["id"], "approve", desk.name)
        assert status == 403, refused  # T62: never the requester himself
        status, _ = await asyncio.to_thread(desk.decide, waiting["id"], "approve")
        assert status == 200
        [done] = await talker.wait("response.function_call_arguments.done")
        assert json.loads(done["arguments"]) == {"order_id": "o-77", "amount": 500}
        await talker.wait("response.done", 3)  # the call came as a response of its own
        said = await talker.answer(done["call_id"], {"refunded": True})
        assert said["response"]["status"] == "completed"
    records = await decisions(desk, ticket, 2)
    assert [record["outcome"] for record in records] == ["require_approval", "allow"]
    calls = given(stack, "consent_refund", "function_call")
    assert json.loads(calls[0]["arguments"]) == {"order_id": "o-77", "amount": 500}
    outputs = [json.loads(item["output"]) for item in given(stack, "consent_refund")]
    assert outputs[0]["status"] == "waiting_for_approval" and outputs[1] == {"refunded": True}


@pytest.mark.parametrize("decision", ["deny", "nothing"])
async def test_t62_a_refusal_and_a_time_out_deny(stack: Stack, decision: str) -> None:
    grant = {"approver": "supervisor", "approval_seconds": 60 if decision == "deny" else 5}
    desk = await desk_of(stack, f"refused_{decision}", grant)
    ticket = await ticket_of(desk)
    async with desk.talk(ticket) as talker:
        await talker.say(asked(desk))
        await talker.wait("response.done", 2)
        if decision == "deny":
            [waiting] = await eventually(desk.pending)
            await asyncio.to_thread(desk.decide, waiting["id"], "deny")
        await talker.wait("response.done", 3, seconds=12)
        assert f"{desk.name}_refund" not in told(talker)
    records = await decisions(desk, ticket, 2)
    assert [record["outcome"] for record in records] == ["require_approval", "deny"]
    outputs = [json.loads(item["output"]) for item in given(stack, f"{desk.name}_refund")]
    assert outputs[1]["error"]["type"] == "not_approved"


async def test_the_user_confirms_through_the_client(stack: Stack) -> None:
    desk = await desk_of(stack, "confirm", {"approver": "user"})
    ticket = await ticket_of(desk)
    async with desk.talk(ticket) as talker:
        await talker.say(asked(desk))
        [item] = [
            e["item"]
            for e in talker.of("response.output_item.done")
            if e["item"]["type"] == "mcp_approval_request"
        ]
        assert item["name"] == "confirm_refund"
        yes = {
            "id": "item_yes",
            "type": "mcp_approval_response",
            "approval_request_id": item["id"],
            "approve": True,
        }
        await talker.send({"type": "conversation.item.create", "item": yes})
        [done] = await talker.wait("response.function_call_arguments.done")
        await talker.wait("response.done", 3)
        await talker.answer(done["call_id"], {"refunded": True})
        assert not talker.of("error")
    assert [r["outcome"] for r in await decisions(desk, ticket, 2)] == ["require_approval", "allow"]


async def test_the_daily_cap_outlives_sessions(stack: Stack) -> None:
    desk = await desk_of(stack, "daily", {"per_day": 2})
    outcomes = []
    for _ in range(3):
        ticket = await ticket_of(desk)
        async with desk.talk(ticket) as talker:
            await talker.say(asked(desk))
        outcomes += [(r["outcome"], r["rule"]) for r in await decisions(desk, ticket)]
    assert outcomes == [("allow", "grant:daily_refund")] * 2 + [("deny", "cap:per_day")]


async def test_of_many_calls_at_once_exactly_as_many_as_the_cap_get_through(stack: Stack) -> None:
    desk = await desk_of(stack, "crowd", {"per_day": 7})
    ticket = await ticket_of(desk)
    async with desk.talk(ticket):
        session = await asyncio.to_thread(stack.session_id, ticket)
        seen = await asyncio.to_thread(stack.backstage, _CROWD.format(session=session))
    assert sorted(seen) == [*range(7), *[7] * 33]


_CROWD = """
from concurrent.futures import ThreadPoolExecutor
from django.db import connection
from controlplane.operations import calls
def one(_):
    try:
        return calls.count(session_id={session!r}, tool="crowd_refund", most=7)
    finally:
        connection.close()
with ThreadPoolExecutor(8) as pool:
    result = list(pool.map(one, range(40)))
"""


async def test_an_engine_that_denies_or_is_away_denies(stack: Stack) -> None:
    engine = EngineServer()
    await engine.start()
    desk = Desk(stack, "engine", {"engine_refund": (dict(REFUND), {})}, {"engine_url": engine.url + RULES})
    await asyncio.to_thread(desk.make)
    await asyncio.to_thread(
        stack.backstage,
        "row = models.Role.objects.get(name='engine'); row.set_key('opa-key-0123456789'); row.save()",
    )
    ticket = await ticket_of(desk)
    async with desk.talk(ticket) as talker:
        engine.mood = Mood(answer=b'{"result": true}')
        await talker.say(asked(desk))
        assert engine.calls[0].headers["authorization"] == "Bearer opa-key-0123456789"
        assert talker.of("response.function_call_arguments.done")
        await talker.answer(talker.of("response.function_call_arguments.done")[0]["call_id"], "ok")
        engine.mood = Mood(answer=b'{"result": {"allow": false, "reason": "not on Sundays"}}')
        await talker.say(asked(desk))
        await talker.wait("response.done", 4)  # the model goes on by itself
        engine.stop()
        await talker.say(asked(desk))
        await talker.wait("response.done", 6)
        assert len(talker.of("response.function_call_arguments.done")) == 1
    records = await decisions(desk, ticket, 3)
    assert [(r["outcome"], r["rule"]) for r in records][1:] == [("deny", "engine")] * 2
    assert "not on Sundays" in records[1]["reason"] and "not on Sundays" not in told(talker)


async def test_a_cap_that_is_lowered_while_calls_wait_lets_the_first_one_through(stack: Stack) -> None:
    grant = {"approver": "supervisor", "approval_seconds": 60, "per_session": 5}
    desk = await desk_of(stack, "lowered", grant)
    ticket = await ticket_of(desk)
    async with desk.talk(ticket) as talker:
        for n in (1, 2):
            await talker.say(asked(desk, f'{{"order_id": "o-{n}"}}'))
            await talker.wait("response.done", 2 * n)
        waiting = sorted(await asyncio.to_thread(desk.pending), key=lambda each: str(each["arguments"]))
        assert [json.loads(each["arguments"])["order_id"] for each in waiting] == ["o-1", "o-2"]
        await asyncio.to_thread(desk.edit, f"{desk.name}_refund", per_session=1)
        await asyncio.sleep(1.5)  # the edit has arrived
        for each in waiting:
            status, _ = await asyncio.to_thread(desk.decide, each["id"], "approve")
            assert status == 200
        [done] = await talker.wait("response.function_call_arguments.done")
        assert json.loads(done["arguments"]) == {"order_id": "o-1"}
        records = await decisions(desk, ticket, 4)
    asked_first, asked_second, *judged_again = [(r["outcome"], r["rule"]) for r in records]
    assert asked_first == asked_second == ("require_approval", "approval")
    assert sorted(judged_again) == [("allow", "grant:lowered_refund"), ("deny", "cap:per_session")]
