"""A plant of its own for the faults: PostgreSQL, Valkey, two servers, worker, beat, provider, and a line to each.

Everything here may be killed, frozen or cut off; nothing of the test run's own engines is touched. The servers reach
Postgres, Redis and the provider through switchboards; the test looks at all of them directly.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from embedded.engines import Engines
from embedded.home import open_home
from tests.blackbox.harness import Stack
from tests.blackbox.processes import Process, Server, http, wait_for
from tests.blackbox.tcp import Switchboard


class Plant(Stack):
    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._lines = ExitStack()
        self._home = open_home(directory / "engines", durable=True)
        self._home.lock.take()
        self._engines = Engines(self._home, {})
        urls = self._engines.start()
        self._maintenance = urls["DATABASE_URL"]
        self.database_url = self._maintenance.rpartition("/")[0] + f"/{self._name}"
        self.redis_url = urls["REDIS_URL"]
        self.redis = self._lines.enter_context(Switchboard(self.redis_url))
        self.database = self._lines.enter_context(Switchboard(self.database_url))

    def start(self) -> None:
        super().start()
        self.provider = self._lines.enter_context(Switchboard(self.sandbox_url))
        self.backstage("models.Provider.objects.update(url=" + repr(self.provider.url) + ")")
        self.publish()
        self.other = self.serve()
        self.worker, self.beat = self.start_worker(), self.start_beat()

    def stop(self) -> None:
        self.thaw()
        super().stop()
        self._lines.close()
        self._engines.stop()
        shutil.rmtree(self._home.engines, ignore_errors=True)
        self._home.lock.release()

    def environment(self, port: int | None = None) -> dict[str, str]:
        """Of a server: it sees the lines. Backstage and commands see them too; they work while the lines do."""
        lines = {"DATABASE_URL": self.database.url, "REDIS_URL": self.redis.url}
        return {**super().environment(port), **lines, "DRAIN_SECONDS": "5"}

    @property
    def servers(self) -> list[Server]:
        return [self.server, self.other]

    def publish(self) -> None:
        self.backstage(
            "from controlplane.operations.policy import publish_policy\n"
            "publish_policy(actor=TESTER, reason='the plant')"
        )

    def repair(self) -> None:
        """Start again what has died."""
        postgres, valkey = self._engines.postgres.process, self._engines.valkeys[0].process
        if postgres is None or postgres.poll() is not None:
            self.restart_postgres()
        if valkey is None or valkey.poll() is not None:
            self.restart_valkey()
        for server in self.servers:
            if server.process.process.poll() is not None:
                self.restarted(server)
        if self.worker.process.poll() is not None:
            self.worker = self.start_worker()
        if self.beat.process.poll() is not None:
            self.beat = self.start_beat()
        for server in self.servers:
            wait_for(lambda server=server: http("GET", f"{server.base_url}/readyz")[0] == 200, 40)

    # -- background processes

    def start_worker(self) -> Process:
        arguments = ["worker", "--concurrency", "1", "--without-mingle", "--without-gossip"]
        return self._celery("worker", *arguments)

    def start_beat(self) -> Process:
        return self._run("beat", "manage.py", "beat")

    def _celery(self, name: str, *arguments: str) -> Process:
        return self._run(name, "-m", "celery", "-A", "controlplane", *arguments, "--loglevel", "INFO")

    # -- faults

    @contextmanager
    def spoiled(self, line: Switchboard, how: str, *arguments: Any) -> Iterator[None]:
        """``line`` is cut, frozen or slow for as long as the block lasts."""
        getattr(line, how)(*arguments)
        try:
            yield
        finally:
            line.mend()

    @contextmanager
    def frozen(self, *pids: int) -> Iterator[None]:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def thaw(self) -> None:
        for line in (self.redis, self.database, getattr(self, "provider", None)):
            if line is not None:
                line.mend()
        for pid in [*self.postgres_pids(), self.valkey_pid()]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def postgres_pids(self) -> list[int]:
        """The postmaster and all of its children: back ends, writers, workers."""
        process = self._engines.postgres.process
        if process is None:
            return []
        return [process.pid, *_children_of(process.pid)]

    def valkey_pid(self) -> int:
        process = self._engines.valkeys[0].process
        assert process is not None
        return process.pid

    def crash_postgres(self) -> None:
        """As a power cut for it: immediate, no shutdown checkpoint."""
        process = self._engines.postgres.process
        assert process is not None
        process.send_signal(signal.SIGQUIT)
        process.wait(20)

    def restart_postgres(self) -> None:
        """On the same port, as it remembers it."""
        url = self._engines.postgres.start()
        assert url == self._maintenance, "the port was taken meanwhile"

    def crash_valkey(self) -> None:
        process = self._engines.valkeys[0].process
        assert process is not None
        process.kill()
        process.wait(10)

    def restart_valkey(self) -> None:
        assert self._engines.valkeys[0].start() == self.redis_url, "the port was taken meanwhile"

    def restarted(self, server: Server) -> Server:
        """Another server process in the place of one that is gone, on the same port."""
        new = self.serve(server.port)
        if server is self.server:
            self.server = new
        else:
            self.other = new
        return new

    def sweep_seen(self, name: str, after: float, seconds: float = 30.0) -> None:
        """Waits until a sweep of this name has gone through since ``after`` (unix seconds)."""
        query = "SELECT extract(epoch FROM ran_at) AS at FROM controlplane_sweep WHERE name = %s"
        wait_for(lambda: any(row["at"] > after for row in self._rows(query, [name])), seconds)


def _children_of(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError, ValueError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == pid:
                    found.append(int(entry.name))
    return found
