"""A tool that streams its arguments, through real processes: watched while they are written, decided all the same."""

from __future__ import annotations

import json

import pytest

from tests.blackbox.harness import Stack
from tests.blackbox.talker import Talker

pytestmark = pytest.mark.slow

GRANT = """
role, _ = models.Role.objects.get_or_create(name="watcher")
models.User.objects.get_or_create(username="watched")[0].roles.add(role)  # nobody else gets a second role
tool = models.Tool.objects.get(name="create_support_ticket")
models.ToolGrant.objects.get_or_create(role=role, tool=tool, retired_at=None, defaults={"streams_arguments": True})
edit_role("analyst")
"""


@pytest.fixture(scope="module")
def watcher(stack: Stack) -> str:
    stack.backstage(GRANT)
    return "watcher"


def deltas(talker: Talker) -> list[str]:
    return [event["delta"] for event in talker.of("response.function_call_arguments.delta")]


async def test_arguments_are_watched_redacted_and_equal_in_every_copy(stack, watcher):
    async with stack.talk(stack.ticket("watched", watcher)) as talker:
        await talker.say(
            'call create_support_ticket {"account_id": "acct_42", "issue": "card 4111 1111 1111 1111 was lost"}'
        )
        [done] = talker.of("response.function_call_arguments.done")
        assert len(deltas(talker)) > 3
        assert "".join(deltas(talker)) == done["arguments"]
        assert json.loads(done["arguments"])["issue"] == "card [CREDIT_CARD_REDACTED] was lost"
        [item] = talker.of("response.output_item.done")
        assert item["item"]["arguments"] == done["arguments"]
        assert "4111 1111 1111 1111" not in "".join(deltas(talker))


async def test_a_watched_call_that_is_denied_ends_as_incomplete_and_is_never_done(stack, watcher):
    ticket = stack.ticket("watched", watcher)
    async with stack.talk(ticket) as talker:
        await talker.say('call create_support_ticket {"account_id": "acct_42", "issue": ""}')
        await talker.wait("response.done", 2)  # the model goes on with the refusal
        assert deltas(talker)
        assert not talker.of("response.function_call_arguments.done")
        [item] = [
            each["item"]
            for each in talker.of("response.output_item.done")
            if each["item"]["type"] == "function_call"
        ]
        assert item["status"] == "incomplete"
    [record] = stack.wait_for_records(stack.session_id(ticket), "tool.decided")
    assert record["outcome"] == "deny"
