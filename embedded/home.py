"""Where one pair of engines lives, and how seriously it takes its data."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from embedded.locks import Lock
from embedded.paths import MARK, far_engine_dir, owned_dir, refuse_foreign
from embedded.runner import Runner, current_runner


def never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Home:
    """``state`` is ours: secrets, ports, lock, logs. ``engines`` is theirs: data, copied binaries.

    ``durable`` False is for tests: nothing is flushed to disk. ``cancelled`` is asked during every long wait.
    """

    state: Path
    engines: Path
    runner: Runner
    durable: bool
    lock: Lock
    cancelled: Callable[[], bool] = never

    def environment(self) -> dict[str, str]:
        """For an engine: no PG*, LC_* or LANG of the person's shell; a broken locale stops initdb."""
        dropped = ("PG", "LC_", "LANG", "TZ")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        return {**kept, "LC_ALL": "C", "TZ": "UTC", MARK: str(self.state)}

    def log_path(self, name: str) -> Path:
        return self.state / f"{name}.log"


def open_home(state: Path, *, durable: bool, cancelled: Callable[[], bool] = never) -> Home:
    """Make the directories. Raises ``Failed`` where they cannot be ours."""
    runner = current_runner()
    mode = 0o711 if runner.account else 0o700  # the files in it are 0600; the account only passes through
    refuse_foreign(state)
    owned_dir(state, mode)
    engines = state / "engines" if runner.reaches(state) else far_engine_dir(state)
    owned_dir(engines, mode)
    return Home(state, engines, runner, durable, Lock(state / "lock"), cancelled)
