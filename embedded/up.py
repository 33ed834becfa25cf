"""`dev.py up`: everything, in order, until Ctrl-C. A process that dies is named, and takes the rest with it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from embedded import keys, ports, running, variables, welcome
from embedded.children import Children
from embedded.console import Cancelled, Failed, say, write
from embedded.engines import Engines
from embedded.home import Home, open_home
from embedded.paths import ROOT, state_dir
from embedded.processes import stop_leftovers
from embedded.service_key import is_refused, kept_key, new_key

READY_SECONDS = 120.0


class Signals:
    """Counts the requests to end: the first one asks, the second one insists."""

    def __init__(self) -> None:
        self.count = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._received)

    def _received(self, number: int, frame: FrameType | None) -> None:
        self.count += 1

    def asked(self) -> bool:
        return self.count > 0

    def insisted(self) -> bool:
        return self.count > 1


def up(root: Path = ROOT) -> int:
    """The exit code: 0 after Ctrl-C, 1 after a death. Raises ``Failed`` if the stack could not be started."""
    signals = Signals()
    home = open_home(state_dir(root), durable=True, cancelled=signals.asked)
    if not home.lock.take(wait_seconds=1.0):  # `manage` looks at the lock for a moment
        found = running.find(home.state)
        raise Failed(f"already running{f' on {found.base_url}' if found else ''} (state in {home.state})")
    stop_leftovers(home.state)
    running.withdraw(home.state)
    caller = dict(os.environ)
    if not caller.get("DATABASE_URL"):
        variables.forget_libpq()
    stack = Stack(home, root, caller, signals)
    try:
        stack.start()
        return stack.watch()
    except Cancelled:
        return 0
    finally:
        stack.stop()


class Stack:
    """``start``, ``watch``, ``stop``; ``stop`` is right at any time."""

    def __init__(self, home: Home, root: Path, caller: Mapping[str, str], signals: Signals) -> None:
        self._home, self._root, self._caller, self._signals = home, root, caller, signals
        self._engines = Engines(home, caller)
        self._children = Children({}, root, signals.asked)
        self._started = time.monotonic()

    def start(self) -> None:
        urls = self._engines.start()
        say(f"{self._engines.describe()} up, state in {self._home.state}")
        port, sandbox_port = self._web_port(), self._port("sandbox")
        chosen = variables.settings(self._caller, self._home.state, urls, port, sandbox_port)
        self._children.environment = variables.environment(self._caller, self._home.state, chosen)
        self._manage("migrate", "migrate", "--noinput", "-v1")
        users = self._seed()
        database = self._caller.get("DATABASE_URL", "")
        kept = kept_key(self._home.state, database)
        service_key = kept or new_key(self._home.state, database, self._create_key)
        self._start_background(sandbox_port)
        self._children.start("web", self._django("serve", "--host", ports.LOOPBACK, "--port", str(port)))
        self._wait_ready(port)
        if kept and is_refused(port, kept):
            say("the database does not know the kept service key: making a new one")
            service_key = new_key(self._home.state, database, self._create_key)
        now = running.Running(
            f"http://{ports.LOOPBACK}:{port}",
            service_key,
            users,
            urls["DATABASE_URL"],
            urls["REDIS_URL"],
            chosen,
        )
        running.announce(self._home.state, now)
        write(welcome.text(now, time.monotonic() - self._started))

    def watch(self) -> int:
        while not self._signals.asked():
            dead = self._children.first_dead() or self._engines.first_dead()
            if dead:
                say(f"{dead} stopped by itself: stopping everything")
                return 1
            self._children.pump(0.2)
        return 0

    def stop(self) -> None:
        """What depends on others goes first: the server, whose sessions drain; the engines last, so that the worker can
        give back its tasks."""
        say("stopping")
        running.withdraw(self._home.state)
        self._children.stop(self._signals.insisted)
        self._engines.stop()
        self._home.lock.release()
        say("stopped")

    def _start_background(self, sandbox_port: int) -> None:
        self._children.run("requeue", [sys.executable, "-m", "embedded.requeue", "controlplane"])
        self._children.start(
            "worker", self._celery("worker", "--concurrency", "2", "--without-mingle", "--without-gossip")
        )
        # A process of its own: `worker -B` leaves an orphan that goes on queueing after a kill -9 of the worker.
        self._children.start("beat", self._django("beat"))
        if not self._caller.get("UPSTREAM_URL"):
            self._children.start("sandbox", self._django("sandbox", "--port", str(sandbox_port)))

    def _web_port(self) -> int:
        wanted = ports.wanted(self._caller.get("PORT") or "8000")
        port = ports.next_free(wanted)
        if port != wanted:
            say(f"port {wanted} is taken, using {port}")
        return port

    def _port(self, name: str) -> int:
        port = ports.any_free(ports.remembered(self._home.state, name))
        ports.remember(self._home.state, name, port)
        return port

    def _seed(self) -> dict[str, str]:
        """The users of the demo and their passwords; the same ones after a restart."""
        secret = keys.kept(self._home.state, "demo-password", keys.password)
        lines = self._children.run(
            "seed", self._django("seed_demo", "--json", "--password", secret), secret_output=True
        )
        try:
            users: dict[str, str] = json.loads("\n".join(lines))["users"]
        except (ValueError, KeyError, TypeError) as error:
            raise Failed(f"seed_demo --json did not print its users: {error!r}") from error
        return users

    def _create_key(self, name: str) -> str:
        lines = self._children.run("key", self._django("create_service_key", name), secret_output=True)
        if not lines or not lines[-1].startswith("sp_"):
            raise Failed("create_service_key did not print a key that begins with sp_")
        return lines[-1].strip()

    def _wait_ready(self, port: int) -> None:
        deadline, answer = time.monotonic() + READY_SECONDS, "no answer"
        while time.monotonic() < deadline:
            if self._signals.asked():
                raise Cancelled
            dead = self._children.first_dead() or self._engines.first_dead()
            if dead:
                raise Failed(f"{dead} stopped during the start, see above")
            self._children.pump(0.05)
            status, answer = get(port, "/readyz")
            if status == 200:
                return
        raise Failed(f"the server was not ready after {READY_SECONDS:.0f} s; /readyz says: {answer}")

    def _manage(self, name: str, *arguments: str) -> None:
        self._children.run(name, self._django(*arguments))

    def _django(self, *arguments: str) -> list[str]:
        return [sys.executable, str(self._root / "manage.py"), *arguments]

    def _celery(self, *arguments: str) -> list[str]:
        return [
            sys.executable,
            "-m",
            "celery",
            "--quiet",
            "-A",
            "controlplane",
            *arguments,
            "--loglevel",
            "WARNING",
        ]


def get(port: int, path: str) -> tuple[int, str]:
    """Status and body, (0, reason) without an answer. Past any proxy of the environment."""
    connection = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read(2000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error) or type(error).__name__
    finally:
        connection.close()
