"""Rules that change under a conversation: in every process (T76), and in the middle of a value."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.blackbox.carriers import written
from tests.blackbox.evidence import Shown, shown_after
from tests.blackbox.guarded_role import GuardedRole
from tests.blackbox.harness import Stack, eventually
from tests.guard.core.provider import Utterance
from tests.guard.core.redact.canaries import CANARIES

pytestmark = pytest.mark.slow

WORD = "heliotrope"


@pytest.fixture
def guarded(stack: Stack) -> GuardedRole:
    """A role with the demo's patterns only, of this test alone."""
    return GuardedRole(stack, f"edited{time.time_ns()}", catalogue=False).make()


@pytest.fixture
def word(stack: Stack, guarded: GuardedRole) -> Iterator[str]:
    """A pattern of the role for one word; the name of the pattern."""
    name = f"word_{guarded.name}"
    stack.backstage(
        f"row = models.RedactionPattern.objects.create(name={name!r}, kind='keywords', keywords=[{WORD!r}], "
        f"replacement='<first>'); row.roles.add(models.Role.objects.get(name={guarded.name!r})); "
        f"edit_role({guarded.name!r})"
    )
    yield name
    stack.backstage(
        f"models.RedactionPattern.objects.filter(name={name!r}).delete(); edit_role({guarded.name!r})"
    )


def edit_pattern(stack: Stack, name: str, **values: Any) -> float:
    """When the edit was committed."""
    return float(
        stack.backstage(
            f"models.RedactionPattern.objects.filter(name={name!r}).update(**{values!r}); edit_role('analyst'); "
            "result = time.time()"
        )
    )


async def edit_in_force(stack: Stack, name: str, ticket: str, **values: Any) -> None:
    """Until the session of the ticket runs under the edit."""
    session, known = stack.session_id(ticket), stack.last_record()
    await asyncio.to_thread(edit_pattern, stack, name, **values)
    await eventually(lambda: stack.records(session, "policy.applied", after=known))


# -- T76


async def test_t76_an_edit_reaches_the_next_item_in_every_process_within_a_second(stack, guarded, word):
    other = stack.serve()
    tickets = [guarded.ticket(), guarded.ticket(other)]
    async with guarded.provider() as provider, AsyncExitStack() as together:
        talks = [
            await together.enter_async_context(guarded.talk(provider, ticket, server))
            for ticket, server in zip(tickets, (None, other), strict=True)
        ]
        for talker, line in talks:
            assert (await shown_after(talker, line, written(WORD, 4))).texts == {"<first>"}
        committed = await asyncio.to_thread(edit_pattern, stack, word, replacement="<second>")
        await asyncio.sleep(max(0, committed + 1.0 - time.time()))
        for talker, line in talks:
            assert (await shown_after(talker, line, written(WORD, 4))).texts == {"<second>"}
    newest = stack.backstage("result = models.PolicyVersion.objects.latest().number")
    for ticket in tickets:
        applied = stack.wait_for_records(stack.session_id(ticket), "policy.applied")[-1]
        assert applied["policy_version"] == newest
    other.process.terminate()


# -- edits in the middle of a value


def halves(said: Utterance, at: int) -> tuple[list[Any], list[Any]]:
    """What the provider sends until ``at`` characters are out, and the rest."""
    events = [*said.begin(), *said.deltas()]
    rest = [*said.finish()]
    return events[: len(said.begin()) + at], [*events[len(said.begin()) + at :], *rest]


def one_by_one(text: str, item: str) -> Utterance:
    return Utterance(text, (1,), f"item_{item}", f"resp_{item}")


async def shown_in_two(talker, line, said: Utterance, at: int, between: Any) -> Shown:
    """All that is shown of an utterance in whose middle something happens."""
    known = len(talker.frames)
    first, second = halves(said, at)
    await shown_after(talker, line, first)
    await between
    await shown_after(talker, line, second)
    return Shown([str(frame) for frame in talker.frames[known:]])


async def test_an_edit_in_mid_value_makes_no_copies_differ(stack, guarded, word):
    """The item keeps the rules that it began with; the next one has the new ones."""
    ticket = guarded.ticket()
    async with guarded.provider() as provider, guarded.talk(provider, ticket) as (talker, line):
        edit = edit_in_force(stack, word, ticket, replacement="<second>")
        said = one_by_one(f"a {WORD} b", "edited")
        shown = await shown_in_two(talker, line, said, 6, edit)
        assert (shown.disagreements(), shown.texts) == ({}, {"a <first> b"})
        assert shown.leaks(WORD) == []
        assert (await shown_after(talker, line, written(WORD, 4))).texts == {"<second>"}


async def test_a_pattern_retired_in_mid_value_still_hides_that_value(stack, guarded, word):
    ticket = guarded.ticket()
    async with guarded.provider() as provider, guarded.talk(provider, ticket) as (talker, line):
        edit = edit_in_force(stack, word, ticket, keywords=["another"])
        shown = await shown_in_two(talker, line, one_by_one(f"a {WORD} b", "retired"), 6, edit)
        assert (shown.disagreements(), shown.texts) == ({}, {"a <first> b"})


async def test_a_new_pattern_in_mid_value_shows_the_same_in_every_copy(stack, guarded, word):
    """Its first letters are out, so the whole value is: but never in one copy and not in the other."""
    ticket = guarded.ticket()
    async with guarded.provider() as provider, guarded.talk(provider, ticket) as (talker, line):
        edit = edit_in_force(stack, word, ticket, keywords=["marigold"])
        shown = await shown_in_two(talker, line, one_by_one("a marigold b", "new"), 6, edit)
        assert shown.disagreements() == {}
        assert (await shown_after(talker, line, written("marigold", 3))).texts == {"<first>"}


async def test_a_role_edited_in_mid_card_shows_no_card(stack, guarded):
    """Every edit of the role swaps the policy under the session; what is half said keeps its rules."""
    ticket = guarded.ticket()
    value, frame = CANARIES["payment_card"]
    text = frame.format(value)
    async with guarded.provider() as provider, guarded.talk(provider, ticket) as (talker, line):
        for at in range(text.index(value), text.index(value) + len(value), 4):
            edit = asyncio.to_thread(guarded.edit, idle_seconds=300 + at)
            shown = await shown_in_two(talker, line, one_by_one(text, f"role{at}"), at, edit)
            assert shown.leaks(value) == [] and shown.disagreements() == {}


async def test_a_role_taken_from_the_user_in_mid_value_ends_the_session_without_it(stack, guarded):
    value, frame = CANARIES["payment_card"]
    async with guarded.provider() as provider, guarded.talk(provider) as (talker, line):
        first, _ = halves(one_by_one(frame.format(value), "taken"), 24)
        await shown_after(talker, line, first)
        await asyncio.to_thread(
            stack.backstage,
            f"person = user({guarded.name!r}); person.roles.clear(); edit_role({guarded.name!r})",
        )
        assert (await talker.closed())[0] == 4410
        assert Shown([str(frame) for frame in talker.frames]).leaks(value[:12]) == []


async def test_a_client_that_cancels_in_mid_value_gets_no_half_of_it(guarded):
    value, frame = CANARIES["payment_card"]
    async with guarded.provider() as provider, guarded.talk(provider) as (talker, line):
        said = one_by_one(frame.format(value), "cancelled")
        first, rest = halves(said, 24)
        await shown_after(talker, line, first)
        await talker.send({"type": "response.cancel", "response_id": said.response_id})
        await line.wait("response.cancel")
        await shown_after(talker, line, rest)
        shown = Shown([str(frame) for frame in talker.frames])
        assert shown.leaks(value[:12]) == [] and shown.disagreements() == {}
