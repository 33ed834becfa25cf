"""A thousand sessions, one after the other and side by side: what they used is given back (P30)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.blackbox.harness import Server, Stack, eventually

pytestmark = pytest.mark.soak

CYCLES, AT_ONCE, NEAR = 1000, 20, 2


def used_by(stack: Stack, server: Server) -> dict[str, int]:
    """What one server process holds."""
    process = Path("/proc") / str(server.process.process.pid)
    [row] = stack._rows(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'sallyport%%'",
        [],
    )
    return {
        "files": len(list((process / "fd").iterdir())),
        "threads": len(list((process / "task").iterdir())),
        "database": int(row["count"]),
        "upstream": sum(bool(one["open"]) for one in stack.connections()),
    }


def ends(stack: Stack) -> dict[tuple[str, str], int]:
    """How many sessions there are of each state and end reason."""
    rows = stack._rows(
        "SELECT state, end_reason, count(*) FROM controlplane_sessionbinding GROUP BY state, end_reason", []
    )
    return {(row["state"], row["end_reason"]): int(row["count"]) for row in rows}


def is_near(found: dict[str, int], baseline: dict[str, int]) -> bool:
    return all(found[name] <= baseline[name] + NEAR for name in baseline)


async def test_a_thousand_sessions_leave_nothing_behind(stack):
    server = stack.serve()

    async def one(number: int) -> None:
        async with stack.talk(server=server) as talker:
            if number % 2:
                await talker.say("hello")
            if number % 3 == 0:
                talker.connection.transport.abort()

    async def round_of(first: int) -> None:
        await asyncio.gather(*(one(first + each) for each in range(AT_ONCE)))

    for _ in range(5):  # pools and threads grow to their size
        await round_of(0)
    await asyncio.sleep(3)
    baseline = used_by(stack, server)
    for first in range(0, CYCLES, AT_ONCE):
        await round_of(first)
    found: dict[str, Any] = {}

    def settled() -> bool:
        found.update(used_by(stack, server))
        return is_near(found, baseline)

    try:
        await eventually(settled, 30)
    except TimeoutError:
        raise AssertionError(f"before {baseline}, after {found}") from None
    # What could not be written at once, on a busy machine, comes with a later renewal of the lease; a session whose
    # admission got lost on its way is found at the second look.
    await eventually(lambda: not ends(stack).get(("active", "")), 60)
    assert {reason for _, reason in ends(stack)} <= {"", "client_left", "internal"}
