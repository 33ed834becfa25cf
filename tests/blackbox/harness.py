"""The product as a black box: real processes, real sockets, its own database. Nothing of it is imported
here.

``Stack`` owns a database, the sandbox provider, one server and a backstage process. Tests talk to it as a client
(``talk``), as an application (``mint``), as an administrator (``backstage``), and read what the provider received
(``upstream``) and what is on record (``records``).
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import psycopg

from tests.blackbox.processes import Backstage, Process, Server, eventually, free_port, http, wait_for
from tests.blackbox.talker import Talker, open_talker

TEXT = {"session": {"type": "realtime", "output_modalities": ["text"]}}
__all__ = ["PASSWORD", "TEXT", "Event", "Server", "Stack", "eventually", "http", "wait_for"]

PASSWORD = "a-demo-password-9"
Event = dict[str, Any]


class Stack:
    def __init__(self, directory: Path, server: str = "serve", **environment: str) -> None:
        self._directory = directory
        self._kind = server
        self._name = f"blackbox_{uuid.uuid4().hex[:10]}"
        self._maintenance = os.environ["DATABASE_URL"]
        self.database_url = urlsplit(self._maintenance)._replace(path=f"/{self._name}").geturl()
        self._processes: list[Process] = []
        self._extra = environment
        self.sandbox_url = ""

    def start(self) -> None:
        with psycopg.connect(self._maintenance, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{self._name}"')
        self._port, sandbox_port = free_port(), free_port()
        self.sandbox_url = f"ws://127.0.0.1:{sandbox_port}/v1/realtime"
        self._run("sandbox", "manage.py", "sandbox", "--port", str(sandbox_port), "--chunk", "3")
        self.backstage = Backstage(self.environment())
        self.command("migrate", verbosity=0)
        self.command("seed_demo", password=PASSWORD)
        self.service_key = self.command("create_service_key", "black box").strip().splitlines()[-1]
        self.server = self.serve(self._port)

    def stop(self) -> None:
        if hasattr(self, "backstage"):
            self.backstage.stop()
        for process in reversed(self._processes):
            if process.process.poll() is None:
                process.terminate()
        wait_for(self._drop, 20)

    def _drop(self) -> bool:
        """Not WITH (FORCE): an autovacuum worker that looks in may only be ended by a superuser."""
        try:
            with psycopg.connect(self._maintenance, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{self._name}"')
        except psycopg.errors.ObjectInUse:
            return False
        return True

    def environment(self, port: int | None = None) -> dict[str, str]:
        chosen = {
            "DATABASE_URL": self.database_url,
            "PORT": str(port or self._port),
            "PUBLIC_URL": f"http://127.0.0.1:{port or self._port}",
            "UPSTREAM_URL": self.sandbox_url,
            "UPSTREAM_API_KEY": "sk-upstream-of-the-black-box",
            "TICKETS_PER_MINUTE": "10000",
            "TICKETS_PER_MINUTE_OF_ADDRESS": "10000",
            "REFUSALS_PER_MINUTE": "100000",
            "DRAIN_SECONDS": "0",
            "PYTHONUNBUFFERED": "1",
            "DATA_DIR": str(self._directory),
        }
        return {**os.environ, **chosen, **self._extra}

    def serve(self, port: int | None = None, workers: int = 1, **environment: str) -> Server:
        """A server process on the stack's database. The stack's own is ``server``."""
        port = port or free_port()
        address = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
        if self._kind == "runserver":
            address = [f"127.0.0.1:{port}", "--noreload"]
        process = self._run(self._kind, "manage.py", self._kind, *address, port=port, **environment)
        server = Server(process, port)
        server.wait_until_ready()
        return server

    # -- as an application

    def mint(
        self, user: str = "alice", role: str = "", body: Any = None, server: Server | None = None
    ) -> Event:
        status, answer = self.post_mint(user, role, body, server)
        assert status == 200, answer
        return answer

    def ticket(
        self, user: str = "alice", role: str = "", body: Any = None, server: Server | None = None
    ) -> str:
        return str(self.mint(user, role, body, server)["value"])

    def post_mint(
        self,
        user: str = "alice",
        role: str = "",
        body: Any = None,
        server: Server | None = None,
        session: str = "",
    ) -> tuple[int, Event]:
        """Status and body. ``body`` as bytes goes as it is. ``session``: one that runs."""
        headers = {"Authorization": f"Bearer {self.service_key}", "Sallyport-User": user}
        if session:
            headers["Sallyport-Session"] = session
        if role:
            headers["Sallyport-Role"] = role
        raw = body if isinstance(body, bytes) else json.dumps(TEXT if body is None else body).encode()
        base = (server or self.server).base_url
        return http("POST", f"{base}/v1/realtime/client_secrets", raw, headers)

    # -- as a client

    @asynccontextmanager
    async def talk(
        self, ticket: str | None = None, *, query: str = "model=gpt-realtime", **options: Any
    ) -> AsyncIterator[Talker]:
        """A raw websocket client that keeps every frame. Without a ticket: a fresh one of alice."""
        server = options.pop("server", None) or self.server
        ticket = self.ticket(server=server) if ticket is None else ticket
        headers = options.pop("headers", {"Authorization": f"Bearer {ticket}"})
        url = f"ws://127.0.0.1:{server.port}/v1/realtime" + (f"?{query}" if query else "")
        async with open_talker(url, headers, **options) as talker:
            yield talker

    # -- as an administrator

    def command(self, name: str, *arguments: str, **options: Any) -> str:
        """The output of a management command."""
        return str(self.backstage(f"result = command({name!r}, *{arguments!r}, **{options!r})"))

    def session_id(self, ticket: str) -> str:
        """The session behind a ticket."""
        digest = hashlib.sha256(ticket.encode()).digest()
        rows = self._rows("SELECT id FROM controlplane_sessionbinding WHERE ticket_digest = %s", [digest])
        return str(rows[0]["id"])

    def binding(self, session_id: str) -> Event:
        return self._rows("SELECT * FROM controlplane_sessionbinding WHERE id = %s", [session_id])[0]

    def records(self, session_id: str | None = None, *verbs: str, after: int = 0) -> list[Event]:
        """Audit rows, oldest first."""
        rows = self._rows("SELECT * FROM audit_record WHERE id > %s ORDER BY id", [after])
        return [
            row
            for row in rows
            if session_id in (None, row["session_id"]) and (not verbs or row["verb"] in verbs)
        ]

    def last_record(self) -> int:
        return int(self._rows("SELECT coalesce(max(id), 0) AS id FROM audit_record", [])[0]["id"])

    def wait_for_records(
        self, session_id: str | None, *verbs: str, after: int = 0, seconds: float = 5.0
    ) -> list[Event]:
        return list(wait_for(lambda: self.records(session_id, *verbs, after=after), seconds))

    def wait_for_end(self, session_id: str, seconds: float = 5.0) -> str:
        """The end reason on record; there is exactly one terminal record."""
        [record] = self.wait_for_records(session_id, "session.ended", seconds=seconds)
        return str(record["outcome"])

    def _rows(self, query: str, parameters: Sequence[Any]) -> list[Event]:
        with psycopg.connect(self.database_url, row_factory=psycopg.rows.dict_row) as connection:
            return connection.execute(query, parameters).fetchall()  # type: ignore[arg-type]

    # -- as the provider

    def sandbox(self, page: str, **query: str) -> Any:
        base = f"http://{urlsplit(self.sandbox_url).netloc}/_sandbox"
        status, answer = http("GET", f"{base}/{page}?{urlencode(query, quote_via=quote)}")
        assert status == 200, answer
        return answer

    def connections(self) -> list[Event]:
        """What the provider has seen: ``headers``, ``path``, ``open`` and the ``frames`` of each connection."""
        return list(self.sandbox("log")["sessions"])

    def upstream(self, marker: str) -> list[Event]:
        """The events of the one provider connection in which ``marker`` was said."""
        found = [
            one for one in self.connections() if any(marker in line.get("text", "") for line in one["frames"])
        ]
        assert len(found) == 1, f"{marker} in {len(found)} connections"
        return [json.loads(line["text"]) for line in found[0]["frames"]]

    # -- parts

    def _run(self, name: str, *arguments: str, port: int | None = None, **environment: str) -> Process:
        process = Process(name, arguments, {**self.environment(port), **environment}, self._directory)
        self._processes.append(process)
        return process
