"""No trace of a redacted value is kept anywhere (T79): database, log, Valkey."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest
import valkey
from psycopg import sql

from tests.blackbox.carriers import heard, quoted, spoken, watched_arguments, written
from tests.blackbox.evidence import shown_after
from tests.blackbox.guarded_role import GuardedRole
from tests.blackbox.harness import Stack

pytestmark = pytest.mark.slow


@pytest.fixture
def guarded(stack: Stack) -> GuardedRole:
    return GuardedRole(stack, f"traced{time.time_ns()}", catalogue=False).make()


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
