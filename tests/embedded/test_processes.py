"""Processes that cannot outlive us, and finding those that did."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from embedded.home import open_home
from embedded.paths import MARK, ROOT
from embedded.processes import (
    LINUX,
    command_line,
    end,
    marked,
    spawn_engine,
    stop_leftovers,
    tail,
    wait_until,
)

linux = pytest.mark.skipif(not LINUX, reason="/proc and PR_SET_PDEATHSIG")
PARENT = """
import signal, subprocess, sys, time
from embedded.processes import die_with_parent
child = subprocess.Popen(["sleep", "60"], start_new_session=True, preexec_fn=die_with_parent(signal.SIGTERM))
print(child.pid, flush=True); time.sleep(60)
"""


def alive(pid: int) -> bool:
    return bool(command_line(pid))


@linux
def test_kill_9_of_the_parent_ends_the_child() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_until(lambda: not alive(child), 5)


@linux
def test_leftovers_are_those_with_our_mark_for_this_very_directory(tmp_path: Path) -> None:
    def sleeper(state: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["sleep", "60"], env={MARK: state})

    ours, longer, stranger = (
        sleeper(str(tmp_path)),
        sleeper(f"{tmp_path}-other"),
        subprocess.Popen(["sleep", "60"]),
    )
    try:
        assert wait_until(lambda: marked(tmp_path) == [ours.pid], 5)
        stop_leftovers(tmp_path)
        # A shell's background job ignores SIGINT, and so do its descendants: then the second step is needed.
        assert ours.wait(5) in (-signal.SIGINT, -signal.SIGTERM)
        assert longer.poll() is None
        assert stranger.poll() is None
    finally:
        for process in (ours, longer, stranger):
            process.kill()
            process.wait()


@linux
def test_a_leftover_that_ignores_everything_is_killed(tmp_path: Path) -> None:
    code = "import signal, time\nfor n in (2, 15): signal.signal(n, signal.SIG_IGN)\nprint(flush=True); time.sleep(99)"
    stubborn = subprocess.Popen(
        [sys.executable, "-c", code], env={MARK: str(tmp_path)}, stdout=subprocess.PIPE
    )
    assert stubborn.stdout is not None
    stubborn.stdout.readline()
    for _ in range(2):
        os.kill(stubborn.pid, signal.SIGTERM)
    steps = ((signal.SIGINT, 0.2), (signal.SIGTERM, 0.2), (signal.SIGKILL, 5.0))
    stop_leftovers(tmp_path, steps)
    assert stubborn.wait(5) == -signal.SIGKILL
    stubborn.stdout.close()


def test_ending_takes_the_next_step_only_when_the_last_one_had_no_effect() -> None:
    code = "import signal, time; signal.signal(2, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    deaf = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert deaf.stdout is not None
    deaf.stdout.readline()
    end(deaf, (signal.SIGINT, 0.2), (signal.SIGTERM, 5.0))
    assert deaf.returncode == -signal.SIGTERM
    deaf.stdout.close()
    end(deaf, (signal.SIGTERM, 0.1))
    end(None, (signal.SIGTERM, 0.1))


def test_waiting_ends_with_the_condition_or_with_the_time() -> None:
    started = time.monotonic()
    assert wait_until(lambda: time.monotonic() - started > 0.05, 5)
    assert not wait_until(lambda: False, 0.05)
    assert time.monotonic() - started < 4


def test_an_engine_writes_into_a_private_log_that_does_not_grow_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = open_home(tmp_path / "state", durable=False)
    monkeypatch.setattr("embedded.processes.LARGEST_LOG", 10)
    for word in ("first", "second"):
        spawn_engine(home, "echo", ["/bin/sh", "-c", f"echo {word} and some more"], signal.SIGTERM).wait()
    assert tail(home.log_path("echo")) == "second and some more\n"
    assert "first" in (home.state / "echo.log.1").read_text()
    assert home.log_path("echo").stat().st_mode & 0o077 == 0
    assert tail(tmp_path / "nothing.log") == ""


def test_an_engine_does_not_see_the_locale_or_the_libpq_of_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGHOST", "PGSSLMODE", "LC_ALL", "LANG", "LANGUAGE", "TZ"):
        monkeypatch.setenv(name, "broken")
    home = open_home(tmp_path / "state", durable=False)
    assert "broken" not in home.environment().values()
    assert home.environment()[MARK] == str(home.state)
