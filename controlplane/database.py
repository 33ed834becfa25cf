"""One function as one transaction, on threads of the guard's own, within a deadline.

Not on asgiref's shared thread: it serves every ``sync_to_async`` in the process, so that one session's slow query would
hold up everybody else's (measured, M4). The deadline is on this side, because no time-out of Postgres or the driver
fires on a hung back end (M15).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, close_old_connections, connection, transaction

from controlplane.encryption import Undecryptable
from guard.ports import Refused, Unavailable

T = TypeVar("T")
DEADLINE = 2.0
THREADS = 16
POOL = ThreadPoolExecutor(THREADS, thread_name_prefix="guard-db")


class _Abandoned(Exception):
    """Nobody waits any more: roll back, so that what was reported as failed did not happen after all."""


class _Turn:
    """Who is first: the thread that commits, or the caller who gives up."""

    def __init__(self) -> None:
        self._is_free = threading.Lock()

    def take(self) -> bool:
        return self._is_free.acquire(blocking=False)


class Database:
    """Runs one function as one transaction on the pool. Raises ``Unavailable``, or ``Refused`` after committing."""

    def __init__(self, executor: Executor = POOL, deadline: float = DEADLINE) -> None:
        self._executor = executor
        self._deadline = deadline

    async def run(self, work: Callable[[], T]) -> T:
        turn = _Turn()
        pending = asyncio.get_running_loop().run_in_executor(self._executor, _transact, work, turn)
        try:
            result = await self._result(pending, turn)
        except (DatabaseError, InterfaceError) as error:
            raise Unavailable(f"the database failed: {type(error).__name__}") from error
        except Undecryptable as error:
            raise Unavailable(str(error)) from error
        finally:
            turn.take()
            pending.cancel()  # what still waits for a thread need not begin
        if isinstance(result, Refused):
            raise result
        return result

    async def _result(self, pending: asyncio.Future[T | Refused], turn: _Turn) -> T | Refused:
        """Within the deadline; a commit that has begun by then is waited for once more, or a ticket could be used up
        by a client who was told to come back."""
        await asyncio.wait({pending}, timeout=self._deadline)
        if not pending.done() and not turn.take():
            await asyncio.wait({pending}, timeout=self._deadline)
        if not pending.done():
            raise Unavailable("the database did not answer in time")
        return pending.result()


def _transact(work: Callable[[], T], turn: _Turn) -> T | Refused:
    close_old_connections()
    try:
        with transaction.atomic():
            _bound_statements()
            result = _or_refused(work)
            if not turn.take():
                raise _Abandoned
            return result
    finally:
        close_old_connections()


def _bound_statements() -> None:
    """Gives the thread back when a statement waits for a lock; the deadline alone would leave it waiting."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{DEADLINE:.0f}s"])


def _or_refused(work: Callable[[], T]) -> T | Refused:
    # A refusal comes with its record, and the record must commit.
    try:
        return work()
    except Refused as refused:
        return refused
