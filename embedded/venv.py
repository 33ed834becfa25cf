"""The virtual environment, from the standard library alone: exactly the locked packages, checked by hash.

`pip install uv` is refused on Debian and Ubuntu, and `python -m venv` wants a package that may be absent. So
this uses uv if it is there, else pip, whichever pip there is.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from embedded.console import Failed, say
from embedded.locks import Lock
from embedded.paths import ROOT
from embedded.variables import FOREIGN

STAMP = ".lock-sha256"
# These redirect pip away from the environment that it is told to fill.
MISLEADING = (
    "PIP_USER",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_REQUIRE_VIRTUALENV",
)
SETUP_SECONDS = 900.0


def venv_dir(root: Path = ROOT) -> Path:
    """``DEV_VENV``, or ``.venv`` in the tree."""
    return Path(os.environ.get("DEV_VENV") or root / ".venv").absolute()


def ensure_venv(root: Path = ROOT) -> Path:
    """The environment's Python, after making or updating it if need be. Raises ``Failed``.

    Two first commands may run at once: the second waits for the first.
    """
    venv, lock_file = venv_dir(root), root / "requirements" / "dev.lock"
    if not is_current(venv, lock_file):
        venv.parent.mkdir(parents=True, exist_ok=True)
        turn = Lock(venv.with_name(f"{venv.name}.lock"))
        if not turn.take(wait_seconds=SETUP_SECONDS):
            raise Failed(f"another command has been setting up {venv} for {SETUP_SECONDS / 60:.0f} minutes")
        try:
            if not is_current(venv, lock_file):
                _set_up(venv, lock_file)
        finally:
            turn.release()
    return venv / "bin" / "python"


def is_current(venv: Path, lock_file: Path) -> bool:
    stamp = venv / STAMP
    return (
        stamp.exists() and stamp.read_text() == wanted_stamp(lock_file) and (venv / "bin" / "python").exists()
    )


def wanted_stamp(lock_file: Path) -> str:
    """Another lock or another Python, another environment."""
    return hashlib.sha256(lock_file.read_bytes() + repr(sys.version_info[:2]).encode()).hexdigest()


def _set_up(venv: Path, lock_file: Path) -> None:
    started = time.monotonic()
    count = sum(line[:1].isalnum() for line in lock_file.read_text().splitlines())
    say(f"setting up {venv} with {count} packages, once; this takes about a minute")
    (venv / STAMP).unlink(missing_ok=True)
    _make(venv)
    _install(venv, lock_file)
    (venv / STAMP).write_text(wanted_stamp(lock_file))  # last: without it the next command begins again
    say(f"set up in {time.monotonic() - started:.0f} s")


def _make(venv: Path) -> None:
    """An environment of this Python; one of another Python goes, one of this Python is only updated."""
    if venv.exists():
        if _made_by_this_python(venv):
            return
        if not (venv / "pyvenv.cfg").exists() and any(venv.iterdir()):
            raise Failed(f"{venv} is not a virtual environment and not empty: remove it, or set DEV_VENV")
        shutil.rmtree(venv)
    argv = [sys.executable, "-m", "venv", str(venv)]
    made = subprocess.run(argv, env=_environment(), capture_output=True, text=True, check=False)
    if made.returncode == 0:
        return
    # Debian splits the standard library: without python3-venv there is no ensurepip, but there may be pip.
    shutil.rmtree(venv, ignore_errors=True)
    bare = subprocess.run(
        [*argv, "--without-pip"], env=_environment(), capture_output=True, text=True, check=False
    )
    if bare.returncode:
        raise Failed(f"no virtual environment can be made:\n{made.stdout}{made.stderr}{bare.stderr}")


def _made_by_this_python(venv: Path) -> bool:
    if not (venv / "bin" / "python").exists():
        return False
    major, minor = sys.version_info[:2]
    return (venv / "lib" / f"python{major}.{minor}").is_dir()


def _install(venv: Path, lock_file: Path) -> None:
    installers = _installers(venv)
    for name, argv in installers:
        locked = ["--require-hashes", "--only-binary", ":all:", "-r", str(lock_file)]
        if subprocess.run([*argv, *locked], env=_environment(), check=False).returncode == 0:
            return
        say(f"{name} could not install the packages (see above)")
    if not installers:
        raise Failed("neither uv nor pip is there: install python3-venv or python3-pip and run this again")
    raise Failed("the packages could not be installed: is the package index reachable?")


def _installers(venv: Path) -> list[tuple[str, list[str]]]:
    """In the order to try. uv takes seconds, but does not read pip's configuration: pip may still succeed."""
    python = str(venv / "bin" / "python")
    quiet = ["install", "--quiet", "--disable-pip-version-check"]
    found = []
    uv = shutil.which("uv")
    if uv and not os.environ.get("DEV_NO_UV"):
        found.append(("uv", [uv, "pip", "install", "--quiet", "--python", python]))
    if any((venv / "lib").glob("python*/site-packages/pip")):
        found.append(("pip", [python, "-m", "pip", *quiet]))
    elif importlib.util.find_spec("pip") is not None:
        found.append(("pip", [sys.executable, "-m", "pip", "--python", python, *quiet]))
    return found


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in (*MISLEADING, *FOREIGN)}
