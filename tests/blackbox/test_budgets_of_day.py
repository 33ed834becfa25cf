"""What a user may use up on one day, over all sessions: two processes, a provider that answers by itself, no ledger."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable

import pytest

from tests.blackbox.budgeted import (
    asks,
    begins,
    beside,
    budgeted,
    day_of,
    ends,
    is_cancelled,
    is_over,
    ledger_away,
    passed,
    spent_elsewhere,
    spoken,
    talking,
)
from tests.blackbox.guarded_role import GuardedRole
from tests.blackbox.harness import Stack, eventually

pytestmark = pytest.mark.slow
Maker = Callable[..., GuardedRole]


@pytest.fixture
def role(stack: Stack) -> Maker:
    return functools.partial(budgeted, stack)


async def test_two_processes_share_the_day_of_a_user(stack, role):
    of = role(day_tokens=100)
    second = await asyncio.to_thread(stack.serve)
    async with of.provider() as provider, beside(of, provider) as here, beside(of, provider, second) as there:
        talker, line, session = here
        other, other_line, other_session = there
        await asks(other, other_line, "resp_1", total_tokens=30)
        await asks(talker, line, "resp_1", total_tokens=60)
        await eventually(lambda: day_of(stack, of.name)["tokens"] == 90)
        await asks(talker, line, "resp_2", total_tokens=20)
        await is_over(stack, talker, session, "day_tokens", 100, 110)
        await other.send({"type": "response.create"})
        await is_over(stack, other, other_session, "day_tokens", 100, 110)
        assert len(other_line.of("response.create")) == 1
    assert day_of(stack, of.name)["tokens"] == 110


async def test_a_response_that_the_provider_begins_by_itself_is_asked_about_and_cancelled(stack, role):
    of = role(day_tokens=100)
    async with talking(of) as (talker, line, session):
        await line.push([begins("resp_1"), ends("resp_1", total_tokens=5)])
        await talker.wait("response.done")
        await eventually(lambda: day_of(stack, of.name)["tokens"] == 5)
        spent_elsewhere(stack, of.name, tokens=100)
        await line.push([begins("resp_2")])
        await is_over(stack, talker, session, "day_tokens", 100, 105)
        await is_cancelled(line, "resp_2")
    [record] = stack.records(session, "budget.exhausted")
    assert record["fields"]["response_id"] == "resp_2"


async def test_speech_of_a_day_is_cut_in_the_middle_of_a_response(stack, role):
    of = role(day_audio_seconds=2)
    spent_elsewhere(stack, of.name, audio_milliseconds=1_000)
    async with talking(of) as (talker, line, session):
        await talker.send({"type": "response.create"})
        await line.wait("response.create")
        await line.push([begins("resp_1"), *(spoken("resp_1", 400) for _ in range(9))])
        await is_over(stack, talker, session, "day_audio_seconds", 2, 2.2)
        await is_cancelled(line, "resp_1")
    assert day_of(stack, of.name)["audio_milliseconds"] == 2_200


async def test_a_session_ends_when_the_time_of_the_day_is_up_and_says_that_it_was_the_budget(stack, role):
    of = role(day_seconds=100)
    spent_elsewhere(stack, of.name, milliseconds=97_000)
    async with talking(of) as (talker, line, session):
        began = time.time()
        await line.push([begins("resp_1")])
        await is_over(stack, talker, session, "day_seconds", 100, 100)
        assert 2 < talker.closed_at - began < 5  # not when all of that had been looked up
        await is_cancelled(line, "resp_1")
    assert 99_900 <= day_of(stack, of.name)["milliseconds"] <= 102_000
    assert stack.post_mint(of.name, of.name)[0] == 429


async def test_without_the_ledger_no_response_begins_and_the_conversation_goes_on(stack, role):
    of, free = role(day_tokens=100), role()
    async with talking(of) as (talker, line, session), talking(free) as (other, other_line, _):
        await asks(talker, line, "resp_1", total_tokens=1)
        with ledger_away(stack):
            await talker.send({"type": "response.create", "event_id": "mine"})
            [told] = await talker.wait("error")
            assert (told["error"]["code"], told["error"]["event_id"]) == ("service_unavailable", "mine")
            await line.push([begins("resp_2")])
            await talker.wait("error", 2)
            await is_cancelled(line, "resp_2")
            await asks(other, other_line, "resp_1", total_tokens=10**6)
            await passed(talker, line, "still here")
            assert len(line.of("response.create")) == 1
        await line.push([ends("resp_2", total_tokens=1)])
        await asks(talker, line, "resp_3", total_tokens=1)
    records = stack.wait_for_records(session, "frame.rejected")
    assert [(each["rule"], each["subject"]) for each in records] == [
        ("ledger", "response.create"),
        ("ledger", "response.created"),
    ]
    assert stack.wait_for_end(session) == "client_left"
    assert day_of(stack, of.name)["tokens"] == 3


async def test_what_a_conversation_uses_is_on_the_account_of_its_user_in_the_end(stack, role):
    """Also where no budget asks for it: with the sandbox, whose usage is that of a real provider in shape."""
    user = f"counted{time.time_ns()}"
    stack.backstage(
        f"models.User.objects.create_user({user!r}).roles.add(models.Role.objects.get(name='customer_support'))"
    )
    async with stack.talk(stack.ticket(user, "customer_support")) as talker:
        for text in ("hello", "say something else"):
            await talker.say(text)
        total = sum(each["response"]["usage"]["total_tokens"] for each in talker.of("response.done"))
    day = await eventually(lambda: day_of(stack, user))
    day = await eventually(lambda: (found := day_of(stack, user))["tokens"] and found)
    assert day["tokens"] == total
    assert day["milliseconds"] > 0
