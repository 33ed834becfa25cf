"""How a server process lives and stops.

uvicorn's own shutdown closes the listener first and every websocket next (M6). Here a signal comes before that: the
process says that it is not ready and refuses what is new, with the listener open, so that whoever comes is told to come
back and does not meet a closed port. Sessions are told, and may go on for a while. Only then uvicorn shuts down.
"""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import socket
import time
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import multiprocess

from guard import draining
from guard.server import GuardedWebsocket

log = logging.getLogger(__name__)

TICK = 0.1
ECHO_SECONDS = 1.5
"""A terminal, or systemd, signals the workers as well as their parent, which passes the signal on."""


class GuardedServer(uvicorn.Server):
    """The first SIGTERM or SIGINT drains, the second ends at once what is left, with its last words and records."""

    def __init__(self, config: uvicorn.Config, drain_seconds: float, echo_seconds: float = 0.0) -> None:
        super().__init__(config)
        self._drain_seconds = drain_seconds
        self._echo_seconds = echo_seconds
        self._asked_at = -math.inf
        self._insisted = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        before, self._asked_at = self._asked_at, time.monotonic()
        if self._asked_at - before < self._echo_seconds:
            return
        self._captured_signals.append(sig)
        if self._insisted:
            self.force_exit = True
        self._insisted = draining.stopping.is_set()
        draining.stopping.set()
        self.should_exit = True

    async def main_loop(self) -> None:
        await super().main_loop()
        await self._drain()

    async def _drain(self) -> None:
        draining.stopping.set()
        draining.tell()
        log.info("draining: %d websockets have %.0f s", self._websockets(), self._drain_seconds)
        until, ticks = time.monotonic() + self._drain_seconds, 0
        while self._websockets() and time.monotonic() < until and not self._insisted:
            await asyncio.sleep(TICK)
            ticks += 1
            await self.on_tick(ticks)  # the Date header goes with the time

    def _websockets(self) -> int:
        return sum(isinstance(each, GuardedWebsocket) for each in self.server_state.connections)


class Worker(multiprocess.Process):
    """One of several processes behind one socket."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], drain_seconds: float) -> None:
        super().__init__(config, sockets)
        self._drain_seconds = drain_seconds

    @property
    def server(self) -> uvicorn.Server:
        if self._server is None:
            self._server = GuardedServer(self.config, self._drain_seconds, ECHO_SECONDS)
        return self._server


class Workers(multiprocess.Multiprocess):
    """Starts them, replaces those that die, and passes each signal on. No SIGHUP: workers share one listener, and a
    worker that drains would take connections from it and turn them away."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], drain_seconds: float) -> None:
        super().__init__(config, sockets)
        self._drain_seconds = drain_seconds

    def init_processes(self) -> None:
        self.processes = [self._start() for _ in range(self.processes_num)]

    def keep_subprocess_alive(self) -> None:
        for number, process in enumerate(self.processes):
            if self.should_exit.is_set() or process.is_alive(self.config.timeout_worker_healthcheck):
                continue
            process.kill()
            process.join()
            log.error("worker %s died", process.pid)
            if process.exitcode == STARTUP_FAILURE:
                self.should_exit.set()
            else:
                self.processes[number] = self._start()

    def terminate_all(self) -> None:
        self._signal_all()

    def join_all(self) -> None:
        while any(worker.process.is_alive() for worker in self.processes):
            if self._was_asked_again():
                self._signal_all()
            time.sleep(TICK)

    def handle_hup(self) -> None:
        log.warning("SIGHUP is ignored: to restart without a gap, start another server and stop this one")

    handle_ttin = handle_ttou = handle_hup

    def _start(self) -> Worker:
        worker = Worker(self.config, self.sockets, self._drain_seconds)
        worker.start()
        return worker

    def _signal_all(self) -> None:
        for worker in self.processes:
            if worker.process.is_alive():
                worker.process.terminate()

    def _was_asked_again(self) -> bool:
        asked = [number for number in self.signal_queue if number in (signal.SIGTERM, signal.SIGINT)]
        self.signal_queue.clear()
        return bool(asked)


def run(config: uvicorn.Config, drain_seconds: float) -> None:
    """Until a signal."""
    server: Any = (
        Workers(config, [config.bind_socket()], drain_seconds)
        if config.workers > 1
        else GuardedServer(config, drain_seconds)
    )
    server.run()
