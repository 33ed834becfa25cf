"""A connection to Postgres that is nobody else's: neither Django's pool nor the threads of other work can starve it.

Each question has a deadline on this side, because no time-out of Postgres or the driver fires on a hung back end (M15).
After any failure the connection is thrown away; the next question makes a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from django.db import connection as django_connection

from guard.ports import Unavailable
from guard.tasks import spawn

log = logging.getLogger(__name__)

DEADLINE = 2.0
_OF_DJANGO = ("cursor_factory", "context")
_KEEPALIVES = {
    "connect_timeout": 2,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5000,
}

Row = tuple[Any, ...]


class Line:
    """``name`` is what Postgres calls the connection. One question at a time."""

    def __init__(self, name: str, deadline: float = DEADLINE) -> None:
        self._name = name
        self._deadline = deadline
        self._connection: psycopg.AsyncConnection[Row] | None = None

    async def ask(self, question: LiteralString, values: Sequence[Any] = ()) -> Row | None:
        """The first row of the answer, in a transaction of its own. Raises ``Unavailable``."""
        asking = spawn(self._answer(question, values), f"line {self._name}")
        try:
            await asyncio.wait({asking}, timeout=self._deadline)
        finally:
            if not asking.done():
                self._hang_up(asking)
        if not asking.done():
            raise Unavailable("the database did not answer in time")
        answer = asking.result()
        if isinstance(answer, psycopg.Error):
            self.close()
            raise Unavailable(f"the database failed: {type(answer).__name__}") from answer
        return answer

    def close(self) -> None:
        """Postgres gives back what the connection held, locks included."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.pgconn.finish()

    async def _answer(self, question: LiteralString, values: Sequence[Any]) -> Row | psycopg.Error | None:
        try:
            connection = self._connection = self._connection or await self._connect()
            cursor = await connection.execute(question, values)
            return await cursor.fetchone()
        except psycopg.Error as error:
            return error

    async def _connect(self) -> psycopg.AsyncConnection[Row]:
        ours = {
            name: value
            for name, value in django_connection.get_connection_params().items()
            if name not in _OF_DJANGO
        }
        connection = await psycopg.AsyncConnection.connect(
            **{**ours, **_KEEPALIVES, "application_name": self._name}, autocommit=True
        )
        milliseconds = str(int(self._deadline * 1000))
        await connection.execute("SELECT set_config('statement_timeout', %s, false)", [milliseconds])
        return connection

    def _hang_up(self, asking: asyncio.Task[Row | psycopg.Error | None]) -> None:
        """Not by cancelling: the driver would first ask the very server that does not answer to cancel, for seconds.
        And not by closing: the loop still watches the socket. Cut off, the driver sees the end, and tidies up."""
        connection, self._connection = self._connection, None
        if connection is None:
            asking.cancel()
            return
        with (
            contextlib.suppress(OSError, psycopg.Error),
            socket.socket(fileno=os.dup(connection.pgconn.socket)) as line,
        ):
            line.shutdown(socket.SHUT_RDWR)
        asking.add_done_callback(lambda _: connection.pgconn.finish())
