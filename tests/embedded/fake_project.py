"""A project of four files with the same commands as the real one: `up` is tested without waiting for Django."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from embedded.paths import ROOT
from embedded.processes import marked, wait_until

MANAGE = """
import http.server, json, os, pathlib, secrets, sys, time
state = pathlib.Path(os.environ["DATA_DIR"])
command, arguments = sys.argv[1], sys.argv[2:]
for knob in ("slow", "fail"):
    if os.environ.get(f"FAKE_{knob.upper()}") == command:
        print(f"{command} is going to {knob}", flush=True)
        time.sleep(60) if knob == "slow" else sys.exit(3)

class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.answer(200 if self.path == "/readyz" else 404)
    def do_POST(self):
        known = (state / "fake-keys").read_text() if (state / "fake-keys").exists() else ""
        self.answer(400 if self.headers["Authorization"].removeprefix("Bearer ") in known.split() else 401)
    def answer(self, status):
        self.send_response(status); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *words): pass

if command == "migrate":
    import psycopg
    with psycopg.connect(os.environ["DATABASE_URL"]) as c:
        c.execute("create table if not exists visits (at timestamptz default now())")
        c.execute("insert into visits default values")
        print("visits", c.execute("select count(*) from visits").fetchone()[0], flush=True)
elif command == "seed_demo":
    password = arguments[arguments.index("--password") + 1]
    print("seeding", file=sys.stderr); print(json.dumps({"users": {"alice": password, "bob": password}}))
elif command == "create_service_key":
    key = f"sp_{secrets.token_hex(8)}"
    with open(state / "fake-keys", "a") as file: file.write(key + "\\n")
    print(f"name {arguments[0]}"); print(key)
elif command == "serve":
    port = int(arguments[arguments.index("--port") + 1])
    print("serving with", os.environ.get("UPSTREAM_URL"), os.environ.get("SANDBOX_URL"), flush=True)
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Answers).serve_forever()
elif command in ("sandbox", "beat"):
    time.sleep(3600)
"""
CELERY = """
import os
from celery import Celery
app = Celery("fake", broker=os.environ["REDIS_URL"])
app.conf.broker_connection_retry_on_startup = True
"""


def make_project(directory: Path) -> Path:
    directory.mkdir(parents=True)
    (directory / "manage.py").write_text(MANAGE)
    (directory / "controlplane").mkdir()
    (directory / "controlplane" / "__init__.py").write_text(CELERY)
    (directory / "embedded").symlink_to(ROOT / "embedded")
    return directory


class Up:
    """A running `up`; ``lines`` is what it has said so far."""

    def __init__(self, project: Path, state: Path, argv: list[str] | None = None, **variables: str) -> None:
        self.state = state
        self.leaves_nothing = True
        code = "import sys; from pathlib import Path; from embedded.console import Failed\nfrom embedded.up import up\n"
        code += "try: sys.exit(up(Path.cwd()))\nexcept Failed as failure: sys.exit(str(failure))"
        self.process = subprocess.Popen(
            argv or [sys.executable, "-c", code],
            cwd=project,
            env={**environment(), "EMBEDDED_DIR": str(state), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Up:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.leaves_nothing:
            assert wait_until(lambda: not marked(self.state), 30), "processes were left behind"

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line.rstrip("\n"))

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, pattern: str, seconds: float = 60.0) -> re.Match[str]:
        found = wait_until(lambda: re.search(pattern, self.text) is not None or self._is_over(), seconds)
        match = re.search(pattern, self.text)
        assert found and match, f"{pattern!r} was not said:\n{self.text}"
        return match

    def ready(self) -> dict[str, Any]:
        """The content of env.json once it is READY."""
        self.wait_for(r"(?m)^READY ")
        return dict(json.loads((self.state / "env.json").read_text()))

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def exit_code(self, seconds: float = 40.0) -> int:
        code = self.process.wait(seconds)
        self._reader.join(5)
        return code

    def pid_of(self, needle: str) -> int:
        """The oldest process of this stack whose command line has ``needle`` in it."""
        for pid in sorted(marked(self.state)):
            if needle in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode():
                return pid
        raise AssertionError(f"no process with {needle!r}")

    def _is_over(self) -> bool:
        if self.process.poll() is None:
            return False
        time.sleep(0.2)  # the reader may be behind
        return True


def environment() -> dict[str, str]:
    """Ours, without what the test run has set for itself: `up` must find its own."""
    own = (
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "ENCRYPTION_KEYS",
        "DATA_DIR",
        "DJANGO_SETTINGS_MODULE",
        "PYTEST",
    )
    return {name: value for name, value in os.environ.items() if not name.startswith(own)}
