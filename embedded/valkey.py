"""Valkey as a foreground child: doorbell and broker. Never the truth, but its queue survives a crash."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path

from embedded import ports
from embedded.binaries import find_valkey, runnable
from embedded.console import Cancelled, Failed
from embedded.home import Home
from embedded.keys import kept, password
from embedded.paths import write_private
from embedded.processes import end, spawn_engine, tail

START_SECONDS = 20.0


class Valkey:
    """One server; ``name`` tells the files of several in one home apart."""

    def __init__(self, home: Home, name: str = "valkey") -> None:
        self._home = home
        self._name = name
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """The URL of database 0. Raises ``Failed``."""
        program = runnable(self._home, find_valkey(), "valkey")
        secret = kept(self._home.state, "valkey-password", password)
        data = self._home.engines / self._name
        data.mkdir(mode=0o700, exist_ok=True)
        self._home.runner.own(data)
        for _ in range(3):  # between our look and its bind somebody else may take the port
            port = ports.any_free(ports.remembered(self._home.state, self._name))
            self.process = self._spawn(program, data, port, secret)
            if self._answers(port, secret):
                ports.remember(self._home.state, self._name, port)
                return f"redis://:{secret}@{ports.LOOPBACK}:{port}/0"
            self.stop()
        raise Failed(f"Valkey did not start; the end of its log:\n{tail(self._home.log_path(self._name))}")

    def stop(self) -> None:
        end(self.process, (signal.SIGTERM, 10.0))

    def _spawn(self, program: Path, data: Path, port: int, secret: str) -> subprocess.Popen[bytes]:
        """The password stands in a file of mode 0600: a command line is for everybody to read."""
        path = self._home.engines / f"{self._name}.conf"
        write_private(path, configuration(data, port, secret, durable=self._home.durable))
        self._home.runner.own(path)
        return spawn_engine(self._home, self._name, [str(program), str(path)], signal.SIGTERM)

    def _answers(self, port: int, secret: str) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while self.process is not None and self.process.poll() is None and time.monotonic() < deadline:
            if self._home.cancelled():
                raise Cancelled
            if _pong(port, secret):
                return True
            time.sleep(0.02)
        return False


def configuration(data: Path, port: int, secret: str, *, durable: bool) -> str:
    """``noeviction``: a full server must refuse, not forget a queued task."""
    directory = str(data).replace("\\", "\\\\").replace('"', '\\"')
    return (
        f"bind {ports.LOOPBACK}\n"
        f"port {port}\n"
        f"requirepass {secret}\n"
        f'dir "{directory}"\n'
        "daemonize no\n"
        'logfile ""\n'
        'save ""\n'
        "maxmemory-policy noeviction\n"
        "tcp-backlog 128\n"
        "appendfsync everysec\n"
        f"appendonly {'yes' if durable else 'no'}\n"
        "set-proc-title no\n"  # a title is written over the environment, and our mark is in there
    )


def _pong(port: int, secret: str) -> bool:
    try:
        with socket.create_connection((ports.LOOPBACK, port), 1) as connection:
            connection.sendall(f"AUTH {secret}\r\nPING\r\n".encode())
            answer = b""
            while b"+PONG" not in answer:
                more = connection.recv(256)
                if not more or b"-" in more[:1]:  # "-LOADING": the append-only file is still being read
                    return False
                answer += more
    except OSError:
        return False
    return answer.startswith(b"+OK")
