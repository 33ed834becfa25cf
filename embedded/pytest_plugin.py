"""Private engines for a test run. Loaded with ``-p``, so that they are up before pytest-django reads settings.

The processes of pytest-xdist share one PostgreSQL (pytest-django names a database after each) and have a Valkey
each: publish and subscribe do not care about database numbers. They find their URLs in the environment.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from embedded.console import Failed
from embedded.engines import Engines
from embedded.home import Home, open_home
from embedded.keys import encryption_key, secret_key
from embedded.locks import Lock
from embedded.paths import ROOT, SLUG, far_engine_dir, owned_dir
from embedded.processes import stop_leftovers
from embedded.variables import direct_loopback, forget_libpq

GIVEN = ("DATABASE_URL", "REDIS_URL")  # a person may name engines of their own

_engines: Engines | None = None


def start() -> Engines:
    """Engines with an environment that leads to them. Raises ``Failed``."""
    home = _fresh_home()
    engines = Engines(home)
    atexit.register(stop, engines)  # before the start: one that fails half-way must leave nothing behind
    if not os.environ.get("DATABASE_URL"):
        forget_libpq()
    for name in settings_read() - set(GIVEN):
        os.environ.pop(name, None)
    os.environ.update(engines.start())
    os.environ.update(direct_loopback(os.environ))
    os.environ["SECRET_KEY"] = secret_key()
    os.environ["ENCRYPTION_KEYS"] = encryption_key()
    os.environ["DATA_DIR"] = str(home.state / "data")
    return engines


def settings_read() -> set[str]:
    """Every variable that the settings read. A person's own must not decide a test, and no provider key be at hand."""
    text = (ROOT / "controlplane" / "settings.py").read_text()
    return set(re.findall(r'\benv\.read\(\s*"(\w+)"', text))


def stop(engines: Engines) -> None:
    engines.stop()
    shutil.rmtree(engines.home.engines, ignore_errors=True)
    shutil.rmtree(engines.home.state, ignore_errors=True)


def homes_dir() -> Path:
    """All test runs of this user keep their engines in here."""
    base = Path(tempfile.gettempdir()) / f"{SLUG}-tests-{os.geteuid()}"
    return owned_dir(base, 0o711 if os.geteuid() == 0 else 0o700)


def _fresh_home() -> Home:
    """A directory of this run's own; those of runs that were killed go first.

    One run at a time: between the making of a directory and the taking of its lock it looks like a dead one.
    """
    base = homes_dir()
    turn = Lock(base / "lock")
    if not turn.take(wait_seconds=120.0):
        raise Failed(f"another test run has been starting for two minutes: {base / 'lock'} is held")
    try:
        for old in base.iterdir():
            if old.is_dir() and not old.is_symlink():
                _sweep(old)
        home = open_home(Path(tempfile.mkdtemp(dir=base)), durable=False)
        home.lock.take()
    finally:
        turn.release()
    return home


def _sweep(old: Path) -> None:
    lock = Lock(old / "lock")
    if not lock.take():
        return  # its test run is alive
    stop_leftovers(old)
    shutil.rmtree(far_engine_dir(old), ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    lock.release()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: Sequence[Any]) -> None:
    """A Valkey for each process; execnet sets ``spec.env`` there before anything else."""
    if _engines is not None and not _engines.redis_is_given:
        for number, spec in enumerate(specs):
            spec.env["REDIS_URL"] = _engines.another_valkey(f"valkey-{number}")


def pytest_report_header(config: pytest.Config) -> str | None:
    return f"engines: {_engines.describe()} in {_engines.home.state}" if _engines is not None else None


def pytest_unconfigure(config: pytest.Config) -> None:
    if _engines is not None:
        atexit.unregister(stop)
        stop(_engines)


if "PYTEST_XDIST_WORKER" not in os.environ:
    try:
        _engines = start()
    except Failed as failure:
        raise pytest.UsageError(str(failure)) from failure
