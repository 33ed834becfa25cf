"""Budgets on the real server: T89's part of them, and T90."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.blackbox.budgeted import (
    OVER,
    asks,
    begins,
    beside,
    budgeted,
    day_of,
    ends,
    is_cancelled,
    is_over,
    spent_elsewhere,
    spoken,
    talking,
)
from tests.blackbox.guarded_role import NOTE, GuardedRole
from tests.blackbox.harness import Stack, eventually
from tests.guard.core.provider import FunctionCall, event

pytestmark = pytest.mark.slow
Maker = Callable[..., GuardedRole]


@pytest.fixture
def role(stack: Stack) -> Maker:
    return functools.partial(budgeted, stack)


async def test_t90_tokens_of_a_session_are_overshot_by_one_response_at_most(stack, role):
    of = role(session_tokens=10)
    async with talking(of) as (talker, line, session):
        await asks(talker, line, "resp_1", total_tokens=9)
        await asks(talker, line, "resp_2", total_tokens=4)
        await is_over(stack, talker, session, "session_tokens", 10, 13)
        assert len(line.of("response.create")) == 2
    assert stack.binding(session)["usage"]["total_tokens"] == 13


async def test_t90_a_spend_cap_that_is_crossed_in_the_middle_of_a_response_cancels_it(stack, role):
    of = role(session_cents=1)
    async with talking(of) as (talker, line, session):
        await talker.send({"type": "response.create"})
        await line.wait("response.create")
        # Another one beside it, out of band, uses the money up: 200 tokens of 64 millionths.
        await line.push(
            [begins("resp_1"), begins("resp_2", conversation_id=None), ends("resp_2", output_tokens=200)]
        )
        await is_over(stack, talker, session, "session_cents", 1, 1.28)
        await is_cancelled(line, "resp_1")
    assert stack.binding(session)["usage"]["micros"] == 12_800


async def test_speech_is_cut_in_the_middle_though_the_client_was_shown_none_of_it(stack, role):
    of = role(session_audio_seconds=1)
    async with talking(of) as (talker, line, session):
        await line.push([begins("resp_1"), *(spoken("resp_1", 300) for _ in range(20))])
        await is_over(stack, talker, session, "session_audio_seconds", 1, 1.2)
        await is_cancelled(line, "resp_1")
        assert not talker.of("response.output_audio.delta")
    assert stack.binding(session)["usage"]["audio_milliseconds"] == 1_200


async def test_what_the_transcription_of_the_user_uses_counts(stack, role):
    of = role(session_tokens=10)
    heard = event(
        "conversation.item.input_audio_transcription.completed",
        item_id="item_u",
        content_index=0,
        transcript="hello",
        usage={"type": "tokens", "total_tokens": 10},
    )
    async with talking(of) as (talker, line, session):
        await line.push([heard])
        await is_over(stack, talker, session, "session_tokens", 10, 10)


async def test_a_second_connection_goes_on_with_what_is_left_of_budgets_and_caps(stack, role, mark):
    of = role(session_tokens=100, second_connection="replace")
    of.cap(NOTE, per_session=1)
    async with of.provider() as provider, beside(of, provider) as (first, line, session):
        await asks(first, line, "resp_1", total_tokens=90)
        await line.push(call("resp_2"))
        await first.wait("response.function_call_arguments.done")
        fresh = await asyncio.to_thread(of.fresh, session)
        async with of.talk(provider, fresh) as (second, line):
            assert (await first.closed())[0] == 4409
            [record] = stack.wait_for_records(session, "session.duplicate", after=mark)
            successor = record["fields"]["successor"]
            await line.push(call("resp_3"))
            [decided] = await asyncio.to_thread(stack.wait_for_records, successor, "tool.decided")
            assert (decided["outcome"], decided["rule"]) == ("deny", "cap:per_session")
            await line.push([begins("resp_4"), ends("resp_4", total_tokens=10)])
            await is_over(stack, second, successor, "session_tokens", 100, 100)
    assert [stack.binding(each)["usage"]["total_tokens"] for each in (session, successor)] == [90, 10]
    assert day_of(stack, of.name)["tokens"] == 100


def call(response_id: str) -> list[dict[str, Any]]:
    return FunctionCall(NOTE, '{"note":"x"}', f"call_{response_id}", f"item_{response_id}", response_id).all()


async def test_a_budget_that_is_lowered_ends_a_running_session_and_one_that_is_raised_lets_it_go_on(
    stack, role
):
    of = role(session_tokens=100)
    async with talking(of) as (talker, line, session):
        await asks(talker, line, "resp_1", total_tokens=60)
        of.edit(session_tokens=200)
        await eventually(lambda: stack.records(session, "policy.applied"))
        await asks(talker, line, "resp_2", total_tokens=60)
        began = time.monotonic()
        of.edit(session_tokens=100)
        await is_over(stack, talker, session, "session_tokens", 100, 120)
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("budget", ["session_cents", "day_cents"])
async def test_a_cost_without_a_price_lets_nobody_in_and_says_why(stack, role, budget, mark):
    of = role(prices=None)
    ticket = of.ticket()
    of.edit(**{budget: 100})
    status, answer = stack.post_mint(of.name, of.name)
    assert (status, answer["error"]["code"]) == (403, "no_price")
    [record] = stack.wait_for_records(None, "mint.refused", after=mark)
    assert (record["rule"], "no price" in record["reason"]) == ("no_price", True)
    with pytest.raises(InvalidStatus) as refused:
        async with stack.talk(ticket):
            pass
    assert refused.value.response.status_code == 403
    [record] = stack.records(stack.session_id(ticket), "session.refused")
    assert record["rule"] == "no_price"


@pytest.mark.parametrize(
    ("budget", "counts"),
    [
        ("day_tokens", {"tokens": 100}),
        ("day_cents", {"micros": 1_000_000}),
        ("day_audio_seconds", {"audio_milliseconds": 100_000}),
        ("day_seconds", {"milliseconds": 100_000}),
    ],
)
async def test_t89_the_budget_is_looked_up_at_every_response_and_never_in_a_memory(
    stack, role, budget, counts
):
    of = role(**{budget: 100})
    async with talking(of) as (talker, line, session):
        await asks(talker, line, "resp_1", total_tokens=1)
        spent_elsewhere(stack, of.name, **counts)
        await talker.send({"type": "response.create"})
        assert await talker.closed() == OVER
        assert len(line.of("response.create")) == 1
    assert stack.wait_for_end(session) == "budget_exhausted"
    [record] = stack.records(session, "budget.exhausted")
    assert (record["fields"]["budget"], record["fields"]["most"]) == (budget, 100)


async def test_t89_a_day_that_is_used_up_gives_no_ticket_and_lets_nobody_in_also_after_a_restart(
    stack, role, mark
):
    of = role(day_tokens=100)
    ticket, other = of.ticket(), of.ticket()
    spent_elsewhere(stack, of.name, tokens=100)
    fresh = await asyncio.to_thread(stack.serve)
    for server in (stack.server, fresh):
        status, answer = stack.post_mint(of.name, of.name, server=server)
        assert (status, answer["error"]["code"], answer["error"]["type"]) == (
            429,
            "budget_exhausted",
            "rate_limit_error",
        )
    with pytest.raises(InvalidStatus) as refused:
        async with stack.talk(ticket, server=fresh):
            pass
    assert refused.value.response.status_code == 429
    protocols = ["realtime", f"openai-insecure-api-key.{other}"]
    async with stack.talk(other, headers={}, subprotocols=protocols, locked=False) as talker:
        assert await talker.closed() == OVER
    records = stack.wait_for_records(None, "mint.refused", after=mark)
    assert {(each["rule"], each["fields"]["username"]) for each in records} == {("budget_exhausted", of.name)}
    for each in (ticket, other):
        [record] = stack.records(stack.session_id(each), "session.refused")
        assert record["rule"] == "day_tokens"
        assert stack.binding(stack.session_id(each))["state"] == "pending"
