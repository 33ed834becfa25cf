"""A session with a budget of the day and the port that keeps the account."""

from __future__ import annotations

import asyncio
import json

import pytest

from guard.core.budget import Budgets, DayUse, Use
from guard.core.closing import EndReason
from guard.ports import Unavailable
from tests.fakes import admission, policy, until

CREATE = json.dumps({"type": "response.create", "event_id": "mine"})
BEGUN = {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "output": []}}


@pytest.fixture
async def budgeted(stage):
    stage.control.admission = admission(policy=policy(budgets=Budgets(day_tokens=100)))
    stage.audit.DURABLE = (*stage.audit.DURABLE, "budget.exhausted")
    await stage.open()
    return stage


def requests(stage):
    return [each for each in stage.provider.sent if each["type"] == "response.create"]


async def test_a_request_goes_up_when_the_account_has_something_left(budgeted):
    before = len(budgeted.control.spent)
    await budgeted.relay.feed(CREATE)
    await until(lambda: requests(budgeted))
    assert len(budgeted.control.spent) > before


async def test_an_account_that_is_away_refuses_the_response_and_ends_nothing(budgeted):
    budgeted.control.day = Unavailable("away")
    await budgeted.relay.feed(CREATE)
    await until(lambda: "error" in budgeted.socket.types)
    assert not requests(budgeted)
    budgeted.control.day = DayUse(Use(), 3600.0)
    await budgeted.relay.feed(CREATE)
    await until(lambda: requests(budgeted))


async def test_an_account_that_hangs_refuses_the_response(budgeted):
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    budgeted.control.spend = hang
    await budgeted.relay.feed(CREATE)
    await until(lambda: "error" in budgeted.socket.types, 5)
    assert not requests(budgeted)


async def test_a_day_that_is_used_up_ends_the_session_on_record_and_cancels_what_is_said(budgeted):
    budgeted.provider.say(BEGUN)
    await until(lambda: "response.created" in budgeted.socket.types)
    budgeted.control.day = DayUse(Use(tokens=100), 3600.0)
    await budgeted.relay.feed(CREATE)
    assert await budgeted.over() == (EndReason.BUDGET_EXHAUSTED, (4429, "budget_exhausted"))
    assert [each.fields["budget"] for each in budgeted.audit.records if each.verb == "budget.exhausted"] == [
        "day_tokens"
    ]
    assert budgeted.provider.sent[-1]["type"] == "response.cancel"
    [(_, _, fields)] = budgeted.control.ends
    assert fields["usage"]["total_tokens"] == 0
    assert fields["usage"]["milliseconds"] > 0
