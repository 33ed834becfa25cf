"""One stack for each state directory."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

from embedded.locks import Lock, is_held
from embedded.paths import ROOT

HOLD = "import sys, time; from pathlib import Path; from embedded.locks import Lock\n"
HOLD += "lock = Lock(Path(sys.argv[1])); print(lock.take(), flush=True); time.sleep(60)"


def test_the_second_one_does_not_get_it_until_the_first_lets_go(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    assert not is_held(tmp_path / "lock")
    assert first.take()
    assert is_held(tmp_path / "lock")
    assert not second.take()
    first.release()
    assert second.take()
    assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o600


def test_a_look_at_the_lock_leaves_it_free(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    assert not is_held(tmp_path / "lock")
    assert Lock(tmp_path / "lock").take()


def test_who_waits_gets_it_as_soon_as_it_is_free(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    assert first.take()
    threading.Timer(0.2, first.release).start()
    started = time.monotonic()
    assert second.take(wait_seconds=10)
    assert time.monotonic() - started < 5


def test_kill_9_of_the_holder_frees_it(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path / "lock"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    assert not Lock(tmp_path / "lock").take()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    assert Lock(tmp_path / "lock").take(wait_seconds=1)


def test_a_child_does_not_inherit_it(tmp_path: Path) -> None:
    """An orphan of a killed stack must not keep the next one from starting."""
    lock = Lock(tmp_path / "lock")
    assert lock.take()
    child = subprocess.Popen(["sleep", "60"], close_fds=False)
    lock.release()
    try:
        assert Lock(tmp_path / "lock").take()
    finally:
        child.kill()
        child.wait()
