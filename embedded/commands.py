"""up | test | manage | reset."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from embedded import running
from embedded.console import Failed, write
from embedded.locks import Lock
from embedded.paths import ROOT, far_engine_dir, refuse_foreign, state_dir
from embedded.processes import stop_leftovers
from embedded.variables import FOREIGN, direct_loopback, without_libpq
from embedded.venv import MISLEADING, ensure_venv, venv_dir

WHOLE_SUITE = ("-n", "2", "--dist", "loadfile")


def main(arguments: list[str], usage: str | None = None) -> int:
    """The exit code of the command; ``usage`` is shown when there is none such."""
    commands: dict[str, Callable[[list[str]], int]] = {
        "up": up,
        "test": test,
        "manage": manage,
        "reset": reset,
    }
    name, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if name not in commands:
        write(usage or "")
        return 0 if name in ("help", "-h", "--help") else 2
    os.chdir(ROOT)
    try:
        return commands[name](rest)
    except Failed as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    except (
        KeyboardInterrupt
    ):  # during the set-up; a half-made environment has no stamp and is finished next time
        return 130


def up(arguments: list[str]) -> int:
    if arguments:
        raise Failed(f"up takes no arguments, got: {' '.join(arguments)}")
    python = ensure_venv()
    if Path(sys.prefix).resolve() != venv_dir().resolve():
        _become(python, "dev.py", "up")
    from embedded.up import up as run

    return run()


def test(arguments: list[str]) -> int:
    """The arguments are pytest's; without any, the whole suite in two processes."""
    _become(ensure_venv(), "-m", "pytest", *(arguments or WHOLE_SUITE))


def manage(arguments: list[str]) -> int:
    python = ensure_venv()
    found = running.find(state_dir())
    if found is None:
        raise Failed(
            "nothing is running (or it is still starting): run `python3 dev.py up` in another terminal"
        )
    _become(python, "manage.py", *arguments, variables=found.variables)


def reset(arguments: list[str]) -> int:
    state = state_dir()
    if not state.exists():
        write(f"nothing to forget: there is no {state}\n")
        return 0
    refuse_foreign(state)
    lock = Lock(state / "lock")
    if not lock.take(wait_seconds=1.0):
        raise Failed("it is running: stop it first")
    stop_leftovers(state)
    for directory in (far_engine_dir(state), state):
        if directory.exists():
            shutil.rmtree(directory)
            write(f"removed {directory}\n")
    return 0


def _become(python: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> NoReturn:
    """Go on as that Python, with the same pid: signals reach it. What the caller set, wins."""
    caller = {name: value for name, value in os.environ.items() if name not in (*MISLEADING, *FOREIGN)}
    if variables and not caller.get("DATABASE_URL"):
        caller = without_libpq(caller)
    set_by_caller = {name: value for name, value in caller.items() if value}
    environment = {**caller, **(variables or {}), **set_by_caller, **direct_loopback(caller)}
    os.execve(python, [str(python), *arguments], environment)  # noqa: S606 - no shell is the point
