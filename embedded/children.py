"""The processes of the stack: their output line by line, their death, their end. One thread, one selector."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from embedded.console import Cancelled, Failed, say
from embedded.processes import die_with_parent

LONGEST_LINE = 64 * 1024
STOP_SECONDS = 15.0
INSIST_SECONDS = 3.0


def never() -> bool:
    return False


def _terminate(processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for process in processes.values():
        with suppress(ProcessLookupError):
            process.terminate()


def _alive(processes: Mapping[str, subprocess.Popen[bytes]]) -> dict[str, subprocess.Popen[bytes]]:
    return {name: process for name, process in processes.items() if process.poll() is None}


@dataclass(slots=True)
class Stream:
    """One output of one process. ``kept`` collects what is not for the terminal: it may hold secrets."""

    name: str
    pipe: IO[bytes]
    kept: list[str] | None = None
    rest: bytes = b""

    def feed(self, chunk: bytes) -> None:
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        if len(self.rest) > LONGEST_LINE:
            lines, self.rest = [*lines, self.rest], b""
        for line in lines:
            self._line(line.decode(errors="replace").rstrip("\r"))

    def close(self) -> None:
        if self.rest:
            self.feed(b"\n")
        self.pipe.close()

    def _line(self, text: str) -> None:
        if self.kept is None:
            say(text, self.name)
        else:
            self.kept.append(text)


@dataclass(slots=True)
class Children:
    """``environment`` and ``directory`` are those of every process; ``cancelled`` is asked while one is awaited."""

    environment: Mapping[str, str]
    directory: Path
    cancelled: Callable[[], bool]
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def start(self, name: str, argv: list[str]) -> None:
        """A process that is to live as long as the stack."""
        self._running[name] = self._spawn(name, argv, None)

    def run(self, name: str, argv: list[str], *, secret_output: bool = False) -> list[str]:
        """A step. Answers with the lines of its standard output if they are secret, and shows them otherwise.

        Raises ``Failed`` if it fails, ``Cancelled`` if the person does not want to wait for it.
        """
        kept: list[str] = []
        step = self._spawn(name, argv, kept if secret_output else None)
        self._running[name] = step
        while step.poll() is None:
            if self.cancelled():
                raise Cancelled
            self.pump(0.05)
        del self._running[name]
        self._drain()
        if step.returncode:
            raise Failed(f"{name} failed with exit code {step.returncode}, see above")
        return kept

    def pump(self, seconds: float) -> None:
        """Show what has been written; wait up to ``seconds`` if that is nothing yet."""
        for key, _ in self._selector.select(seconds):
            self._read(key.data)

    def _drain(self) -> None:
        """Show the last words. Not for ever: a grandchild may hold the pipe open and write on."""
        deadline = time.monotonic() + 1.0
        while self._selector.select(0) and time.monotonic() < deadline:
            self.pump(0)

    def first_dead(self) -> str | None:
        """The name of a process that has ended by itself, with its exit code."""
        for name, process in self._running.items():
            if process.poll() is not None:
                return f"{name} (exit code {process.returncode})"
        return None

    def stop(self, impatient: Callable[[], bool]) -> None:
        """The youngest first, alone: it is the server, whose sessions still need the others. Then the rest.

        SIGTERM; once ``impatient``, SIGTERM again; SIGKILL to who is still there after its time."""
        names = list(reversed(self._running))
        deadline = time.monotonic() + STOP_SECONDS + self._drain_seconds()
        for wave in (names[:1], names[1:]):
            self._stop({name: self._running[name] for name in wave}, deadline, impatient)
        self._drain()
        self._running.clear()

    def _stop(
        self, wave: Mapping[str, subprocess.Popen[bytes]], deadline: float, impatient: Callable[[], bool]
    ) -> None:
        _terminate(wave)
        if not self._wait(wave, max(deadline - time.monotonic(), INSIST_SECONDS), impatient):
            _terminate(wave)
            self._wait(wave, INSIST_SECONDS, never)
        for name, process in _alive(wave).items():
            say(f"{name} did not stop, killing it")
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its children too: a worker's pool would outlive it
            process.wait()

    def _wait(
        self, wave: Mapping[str, subprocess.Popen[bytes]], seconds: float, impatient: Callable[[], bool]
    ) -> bool:
        """Whether all were gone in time."""
        deadline = time.monotonic() + seconds
        while _alive(wave) and time.monotonic() < deadline and not impatient():
            self.pump(0.05)
        return not _alive(wave)

    def _drain_seconds(self) -> float:
        """What the server gives its sessions (it has checked the value itself)."""
        given = self.environment.get("DRAIN_SECONDS", "")
        return float(given) if given.isdecimal() else 0.0

    def _spawn(self, name: str, argv: list[str], kept: list[str] | None) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            argv,
            env=dict(self.environment),
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop things in order
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        for pipe, kept_lines in ((process.stdout, kept), (process.stderr, None)):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                self._selector.register(pipe, selectors.EVENT_READ, Stream(name, pipe, kept_lines))
        return process

    def _read(self, stream: Stream) -> None:
        try:
            chunk = os.read(stream.pipe.fileno(), LONGEST_LINE)
        except BlockingIOError:
            return
        if chunk:
            stream.feed(chunk)
        else:
            self._selector.unregister(stream.pipe)
            stream.close()
