"""Rules that change under a conversation, rules that must never come into force, and what rules leave behind.

T75 (refused patterns), T76 (an edit reaches every process), T77 (a policy that does not compile), T79 (no trace of a
value), and edits in the middle of one.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import psycopg
import pytest
import valkey
from psycopg import sql

from tests.blackbox.browser import Browser
from tests.blackbox.carriers import heard, quoted, spoken, watched_arguments, written
from tests.blackbox.evidence import Shown, shown_after
from tests.blackbox.guarded_role import GuardedRole
from tests.blackbox.harness import PASSWORD, Stack, eventually
from tests.guard.core.provider import Utterance
from tests.guard.core.redact.canaries import CANARIES

pytestmark = pytest.mark.slow

WORD = "heliotrope"
PATTERNS = "/admin/controlplane/redactionpattern/"


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


# -- T75


REFUSED = {
    "look-behind": (r"(?<=ab)c", "look"),
    "look-ahead of several characters": (r"a(?=bc)", "look"),
    "back-reference": (r"(a)\1", "reference"),
    "repetition too wide": (r"a{1001}", "1000"),
    "nothing": (r"", "needs an expression"),
    "matches nothing at all": (r"(?:)", "empty"),
    "may match nothing": (r"a*", "empty"),
    "matches everything": (r"[\s\S]{1,200}", "plain text"),
    "explodes": (r"[ab]*a[ab]{20}c", "too slow"),
    "unbalanced": (r"(a", "position"),
}


@pytest.mark.parametrize("kind", REFUSED)
async def test_t75_a_pattern_that_cannot_run_is_refused_at_its_field(stack, kind):
    pattern, reason = REFUSED[kind]
    browser = Browser(stack.server.base_url)
    await asyncio.to_thread(browser.log_in, "carol", PASSWORD)
    known = stack.last_record()
    page = await asyncio.to_thread(
        browser.submit, f"{PATTERNS}add/", "redactionpattern_form", name="refused", pattern=pattern
    )
    assert reason in error_at("pattern", page)
    assert stack.records(None, "policy.published", after=known) == []
    assert (
        stack.backstage("result = models.RedactionPattern.objects.filter(name='refused').exists()") is False
    )


async def test_t75_nested_repetition_is_harmless(stack, guarded):
    """The pattern that freezes backtracking engines is saved, and a text made for it comes through."""
    browser = Browser(stack.server.base_url)
    await asyncio.to_thread(browser.log_in, "carol", PASSWORD)
    role = stack.backstage(f"result = models.Role.objects.get(name={guarded.name!r}).pk")
    ticket, known = guarded.ticket(), stack.last_record()
    await asyncio.to_thread(
        browser.submit,
        f"{PATTERNS}add/",
        "redactionpattern_form",
        name=guarded.name,
        pattern="(a+)+$",
        roles=[role],
    )
    assert stack.records(None, "policy.published", after=known)
    async with guarded.provider() as provider, guarded.talk(provider, ticket) as (talker, line):
        shown = await shown_after(talker, line, written("a" * 20_000 + "!", 10_000))
        assert len(shown.texts) == 1 and shown.disagreements() == {}


def error_at(field: str, page: str) -> str:
    """The text of the error that stands with the form's field."""
    row = re.search(rf'class="[^"]*field-{field}[ "].*?</ul>', page, re.DOTALL)
    assert row is not None, "no error at the field"
    [errors] = re.findall(r'<ul class="errorlist".*?</ul>', row[0], re.DOTALL)
    return re.sub(r"<[^>]+>", "", errors)


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


# -- T77


async def test_t77_a_bad_pattern_set_leaves_the_old_policy_active(stack, guarded, word):
    ticket, known = guarded.ticket(), stack.last_record()
    async with guarded.provider() as provider, guarded.talk(provider, ticket) as (talker, line):
        with psycopg.connect(stack.database_url) as database:  # past every form
            database.execute(
                "UPDATE controlplane_redactionpattern SET kind = 'regex', keywords = '[]', pattern = '(broken' "
                "WHERE name = %s",
                [word],
            )
        before = stack.backstage("result = models.PolicyVersion.objects.latest().number")
        await asyncio.to_thread(guarded.edit, idle_seconds=299)
        assert stack.backstage("result = models.PolicyVersion.objects.latest().number") == before
        assert (await shown_after(talker, line, written(WORD, 4))).texts == {"<first>"}
        async with guarded.talk(provider) as (newcomer, newline):
            assert (await shown_after(newcomer, newline, written(WORD, 4))).texts == {"<first>"}
    [rejected] = stack.records(None, "policy.rejected", after=known)
    assert rejected["fields"]["number"] == before and guarded.name in rejected["fields"]["fault"]
    browser = Browser(stack.server.base_url)
    await asyncio.to_thread(browser.log_in, "carol", PASSWORD)
    assert "The last edit is NOT in force" in await asyncio.to_thread(browser.get, "/admin/")
    edit_pattern(stack, word, kind="keywords", pattern="", keywords=[WORD])
    assert "NOT in force" not in await asyncio.to_thread(browser.get, "/admin/")


# -- T79


async def test_t79_no_trace_of_a_value_is_kept_anywhere(stack, guarded):
    value = "4929 1234 5678 9012"
    ticket = guarded.ticket()
    async with guarded.provider() as provider, guarded.talk(provider, ticket) as (talker, line):
        for carrier in (written, spoken, heard, watched_arguments, quoted):
            await shown_after(talker, line, carrier(f"take {value} now", 9))
        content = [{"type": "input_text", "text": f"take {value} now"}]
        item = {"type": "message", "role": "user", "content": content}
        await talker.send({"type": "conversation.item.create", "item": item})
        [sent_up] = await line.wait("conversation.item.create")
        assert value not in str(sent_up)
        await talker.send(
            f'{{"type": "{value}"}}', f"not json {value}", {"type": "response.cancel", value: value}
        )
        await talker.wait("error", 3)
    stack.wait_for_end(stack.session_id(ticket))
    assert stack.records(stack.session_id(ticket), "redaction.hit")
    for place, kept in (
        ("the database", every_text(stack.database_url)),
        ("the server's log", stack.server.process.output()),
        ("Valkey", everything_in_valkey(stack.environment()["REDIS_URL"])),
    ):
        lines = [row for row in kept.splitlines() if value in row or value.replace(" ", "") in row]
        assert lines == [], place


def every_text(database_url: str) -> str:
    """All rows of all tables, as text."""
    with psycopg.connect(database_url) as database:
        tables = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        rows = [row for (table,) in tables for row in database.execute(_rows_of(table))]
    return "\n".join(text for (text,) in rows)


def _rows_of(table: str) -> sql.Composed:
    return sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table))


def everything_in_valkey(url: str) -> str:
    client = valkey.Valkey.from_url(url)
    return "\n".join(f"{key!r} {dump(client, key)!r}" for key in client.scan_iter())


def dump(client: Any, key: bytes) -> Any:
    match client.type(key):
        case b"string":
            return client.get(key)
        case b"list":
            return client.lrange(key, 0, -1)
        case b"hash":
            return client.hgetall(key)
        case b"set":
            return client.smembers(key)
        case _:
            return client.zrange(key, 0, -1)
