"""The processes of a black-box test, each ended by its own id, and the ways to wait for another process."""

from __future__ import annotations

import asyncio
import json
import selectors
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], Any], seconds: float = 5.0) -> Any:
    """The first true value of ``condition``. Fails after ``seconds``."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)
    return found


class Process:
    """A child of the test, its output in a file, ended by its own id."""

    def __init__(
        self, name: str, arguments: Sequence[str], environment: dict[str, str], directory: Path
    ) -> None:
        self.log = directory / f"{name}-{uuid.uuid4().hex[:6]}.log"
        self._output = self.log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def terminate(self, wait: float = 20.0) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._gone(wait)

    def kill(self) -> int:
        self.process.kill()
        return self._gone(5)

    def _gone(self, wait: float) -> int:
        try:
            return self.process.wait(wait)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self._output.close()

    def assert_alive(self) -> None:
        assert self.process.poll() is None, self.output()


class Server:
    """One server process on its own port."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.port = port
        self.base_url = f"http://127.0.0.1:{port}"
        self.origin = self.base_url

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            self.process.assert_alive()
            try:
                return http("GET", f"{self.base_url}/livez")[0] == 200
            except OSError:
                return False

        wait_for(ready, 40)


class Backstage:
    """Runs code with the product's operations, in the administrator's place (``tests.blackbox.backstage``)."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.blackbox.backstage"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer(120)

    def __call__(self, code: str) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(code) + "\n")
        self._process.stdin.flush()
        return self._answer(120)

    def _answer(self, seconds: float) -> Any:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            assert selector.select(seconds), "backstage does not answer"
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)


def http(
    method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    """Status and JSON body. Raises OSError when nobody answers."""
    parts = urlsplit(url)
    said = {**({"Content-Type": "application/json"} if body is not None else {}), **(headers or {})}
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body, said)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


async def eventually(condition: Callable[[], Any], seconds: float = 5.0) -> Any:
    """As ``wait_for``, without holding up the event loop of the test."""
    async with asyncio.timeout(seconds):
        while not (found := await asyncio.to_thread(condition)):  # noqa: ASYNC110 - another process has no event
            await asyncio.sleep(0.02)
    return found
