from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import psycopg
import pytest
from django.db import connection

from controlplane import line as line_module
from controlplane.line import Line
from guard.ports import Unavailable
from tests.blackbox.tcp import Switchboard


@pytest.fixture
async def line():
    line = Line("sallyport test", deadline=0.5)
    yield line
    line.close()


async def pid_of(line):
    [pid] = await line.ask("SELECT pg_backend_pid()")
    return pid


async def test_questions_share_one_connection_that_has_a_name(line):
    assert await pid_of(line) == await pid_of(line)
    assert await line.ask("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()") == (
        "sallyport test",
    )
    assert await line.ask("SELECT 1 WHERE false") is None


async def test_a_question_without_an_answer_is_given_up_in_time_and_the_next_one_is_answered(line):
    before = await pid_of(line)
    began = time.monotonic()
    with pytest.raises(Unavailable):
        await line.ask("SELECT pg_sleep(60)")
    assert time.monotonic() - began < 2
    assert await pid_of(line) != before


async def test_a_mistake_costs_the_connection_and_tells_no_value(line):
    with pytest.raises(Unavailable) as failure:
        await line.ask("SELECT secret FROM nowhere")
    assert str(failure.value) == "the database failed: UndefinedTable"
    assert await line.ask("SELECT 7") == (7,)


async def test_a_connection_that_somebody_ended_is_made_again(line):
    with psycopg.connect(**_parameters(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [await pid_of(line)])
    with pytest.raises(Unavailable):
        await line.ask("SELECT 1")
    assert await line.ask("SELECT 2") == (2,)


async def test_a_line_that_goes_dead_is_given_up_in_time_and_leaves_no_task(monkeypatch):
    parameters = _parameters()
    with Switchboard(f"postgres://{parameters['host']}:{parameters['port']}") as wire:
        port = int(wire.url.rsplit(":", 1)[1])
        dead = {**connection.get_connection_params(), "host": "127.0.0.1", "port": port}
        settings = SimpleNamespace(get_connection_params=lambda: dead)
        monkeypatch.setattr(line_module, "django_connection", settings)
        line = Line("sallyport test", deadline=0.5)
        assert await line.ask("SELECT 1") == (1,)
        before = asyncio.all_tasks()
        wire.freeze()
        for _ in range(2):  # the connection that is there, and the one that cannot be made
            began = time.monotonic()
            with pytest.raises(Unavailable, match="in time"):
                await line.ask("SELECT 1")
            assert time.monotonic() - began < 1.5
        await asyncio.sleep(0.1)
        assert asyncio.all_tasks() == before
        wire.mend()
        assert await line.ask("SELECT 2") == (2,)
        line.close()


def _parameters():
    ours = connection.get_connection_params()
    return {name: ours[name] for name in ("dbname", "user", "password", "host", "port") if name in ours}
