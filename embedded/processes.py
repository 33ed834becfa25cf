"""Starting processes that cannot outlive us, ending them, and finding those that did."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from embedded.console import say
from embedded.home import Home
from embedded.paths import MARK

LINUX = sys.platform.startswith("linux")
PR_SET_PDEATHSIG = 1
LARGEST_LOG = 5 * 1024 * 1024
GENTLE_FIRST = ((signal.SIGINT, 5.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


def wait_until(done: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Whether ``done`` came true within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
    return True


def die_with_parent(death_signal: int) -> Callable[[], None] | None:
    """A ``preexec_fn``: Linux sends ``death_signal`` to the child when we end, kill -9 included.

    It runs after setuid (which clears the setting). Elsewhere there is no such call, and None.
    """
    if _libc is None:
        return None
    libc, parent = _libc, os.getpid()

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # we died between fork and prctl: no signal will ever come
            os._exit(1)

    return before_exec


def spawn_engine(home: Home, name: str, argv: list[str], death_signal: int) -> subprocess.Popen[bytes]:
    """An engine in the foreground, in a session of its own: Ctrl-C reaches us alone, and we stop in order."""
    log = home.log_path(name)
    with suppress(FileNotFoundError):
        if log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
        return subprocess.Popen(
            argv,
            env=home.environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent(death_signal),
            **home.runner.identity(),
        )


def end(process: subprocess.Popen[bytes] | None, *steps: tuple[int, float]) -> None:
    """Send each signal and wait its seconds until the process is gone; SIGKILL is the last step."""
    if process is None or process.poll() is not None:
        return
    for number, seconds in steps:
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return
    process.kill()
    process.wait()


def tail(path: Path, size: int = 2000) -> str:
    return path.read_text(errors="replace")[-size:] if path.exists() else ""


def command_line(pid: int) -> str:
    """How the process was started, "" if there is none."""
    if LINUX:
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    shown = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout


def marked(state: Path) -> list[int]:
    """Processes that carry our mark for ``state``. Linux only; elsewhere an orphan must be ended by hand."""
    if not LINUX:
        return []
    needle = f"{MARK}={state}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):  # it ended meanwhile, or belongs to somebody else
                if needle in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found


def stop_leftovers(state: Path, steps: tuple[tuple[int, float], ...] = GENTLE_FIRST) -> None:
    """End what an earlier run left behind. Call it only with the lock held."""
    for number, seconds in steps:
        pids = marked(state)
        if not pids:
            return
        say(f"stopping {len(pids)} process(es) of an earlier run")
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        wait_until(lambda: not marked(state), seconds, pause=0.05)
