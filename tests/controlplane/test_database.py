from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from controlplane import database
from controlplane.database import Database
from controlplane.models import Role
from guard.core.closing import EndReason
from guard.ports import Refused, Unavailable


def refusal(work):
    with pytest.raises(Refused) as refused:
        asyncio.run(work)
    return refused.value


def test_work_that_nobody_waits_for_any_more_is_not_begun(monkeypatch):
    monkeypatch.setattr(database, "_transact", lambda work, turn: work())
    begun, released = [], threading.Event()

    async def late():
        one_thread = Database(executor, deadline=0.1)
        busy = asyncio.ensure_future(one_thread.run(lambda: released.wait(5)))  # noqa: TID251
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await one_thread.run(lambda: begun.append(1))
        await asyncio.sleep(0)  # the loop passes the cancellation on
        released.set()
        with pytest.raises(Unavailable):
            await busy

    with ThreadPoolExecutor(1) as executor:
        asyncio.run(late())
    assert begun == []


def test_work_that_takes_too_long_is_unavailable_and_does_not_happen_after_all(demo, executor):
    finished = threading.Event()

    def slow():
        Role.objects.create(name="too-late")
        time.sleep(0.3)
        finished.set()

    began = time.monotonic()
    with pytest.raises(Unavailable, match="in time"):
        asyncio.run(Database(executor, deadline=0.1).run(slow))
    assert time.monotonic() - began < 0.3
    assert finished.wait(2)
    executor.submit(lambda: None).result()  # the transaction before it is over
    assert not Role.objects.filter(name="too-late").exists()


def test_a_commit_that_has_begun_is_waited_for(monkeypatch):
    """Given up here, a ticket would be used up by a client who is told to come back."""

    def commits_slowly(work, turn):
        assert turn.take()
        time.sleep(0.15)
        return work()

    monkeypatch.setattr(database, "_transact", commits_slowly)
    assert asyncio.run(Database(deadline=0.1).run(lambda: "committed")) == "committed"


def test_a_commit_that_never_ends_is_unavailable_all_the_same(monkeypatch):
    released = threading.Event()

    def hangs(work, turn):
        assert turn.take()
        released.wait(5)

    monkeypatch.setattr(database, "_transact", hangs)
    with pytest.raises(Unavailable, match="in time"):
        asyncio.run(Database(deadline=0.1).run(lambda: None))
    released.set()


def test_a_database_failure_is_unavailable_and_names_no_value(executor):
    def fails():
        with connection.cursor() as cursor:
            cursor.execute("SELECT secret_value FROM nowhere")

    with pytest.raises(Unavailable) as failure:
        asyncio.run(Database(executor).run(fails))
    assert str(failure.value) == "the database failed: ProgrammingError"


def test_a_refusal_commits_its_record_and_an_error_commits_nothing(demo, executor):
    def refuses():
        Role.objects.create(name="kept")
        raise Refused(EndReason.NOT_ALLOWED)

    def breaks():
        Role.objects.create(name="lost")
        raise ZeroDivisionError

    assert refusal(Database(executor).run(refuses)).reason is EndReason.NOT_ALLOWED
    with pytest.raises(ZeroDivisionError):
        asyncio.run(Database(executor).run(breaks))
    assert Role.objects.filter(name="kept").exists()
    assert not Role.objects.filter(name="lost").exists()


def test_one_sessions_slow_query_does_not_hold_up_anothers(monkeypatch):
    """M4: on asgiref's one shared thread the first would wait for the second, which comes after it."""
    monkeypatch.setattr(database, "_transact", lambda work, turn: work())
    second_ran = threading.Event()

    async def both():
        database = Database()
        return await asyncio.gather(
            database.run(lambda: second_ran.wait(1.5)), database.run(lambda: second_ran.set() or True)
        )

    assert asyncio.run(both()) == [True, True]


def test_a_statement_that_waits_gives_its_thread_back(executor):
    def timeout():
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return cursor.fetchone()[0]

    assert asyncio.run(Database(executor).run(timeout)) == "2s"
