"""The engines of a test run, ours included."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from embedded import pytest_plugin
from embedded.paths import ROOT, SLUG
from embedded.processes import wait_until
from tests.embedded.fake_project import environment

SUITE = """
import os, time, psycopg, redis, pytest
def test_engines():
    psycopg.connect(os.environ["DATABASE_URL"]).close()
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    assert client.incr("runs") == 1, "another process of this run shares my Valkey"
    assert not {"UPSTREAM_API_KEY", "DEBUG"} & set(os.environ)
@pytest.mark.parametrize("n", [1, 2])
def test_slow(n):
    time.sleep(float(os.environ.get("SLEEP", "0")))
"""
# A shell's background job ignores SIGINT, and so do its descendants.
PYTEST = "import signal, sys, pytest; signal.signal(signal.SIGINT, signal.default_int_handler); sys.exit(pytest.main())"
INI = """
[pytest]
addopts = -p embedded.pytest_plugin -p no:valkey -p no:django -p no:cacheprovider
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "suite").mkdir()
    for name in ("test_one.py", "test_two.py"):
        (tmp_path / "suite" / name).write_text(SUITE)
    (tmp_path / "suite" / "pytest.ini").write_text(INI)
    (tmp_path / "tmp").mkdir()
    return tmp_path / "suite"


def run(suite: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    shell = {**environment(), "TMPDIR": str(suite.parent / "tmp"), "PYTHONPATH": str(ROOT), **variables}
    argv = [sys.executable, "-c", PYTEST, *arguments]
    return subprocess.Popen(
        argv, cwd=suite, env=shell, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def homes(suite: Path) -> list[Path]:
    base = suite.parent / "tmp" / f"{SLUG}-tests-{os.geteuid()}"
    return [path for path in base.iterdir() if path.is_dir()] if base.exists() else []


def test_this_very_run_has_engines_that_answer_and_keys_of_its_own() -> None:
    psycopg.connect(os.environ["DATABASE_URL"]).close()
    assert redis.Redis.from_url(os.environ["REDIS_URL"]).ping()
    assert len(os.environ["SECRET_KEY"]) > 40
    assert os.environ["ENCRYPTION_KEYS"]
    assert "UPSTREAM_API_KEY" not in os.environ


def test_the_settings_that_a_shell_might_bring_along_are_all_known() -> None:
    """Read from the settings themselves; if their style changes, this must not quietly find nothing."""
    text = (ROOT / "controlplane" / "settings.py").read_text()
    assert {"SECRET_KEY", "DEBUG", "UPSTREAM_API_KEY", "ALLOWED_ORIGINS"} <= pytest_plugin.settings_read()
    assert len(pytest_plugin.settings_read()) == len(re.findall(r"\benv\.(?!require|stop_)\w+\(", text))


@pytest.mark.slow
def test_a_run_is_private_hermetic_and_leaves_nothing(suite: Path) -> None:
    with run(suite, "test_one.py", UPSTREAM_API_KEY="sk-real", DEBUG="app:*") as process:
        output = process.communicate(timeout=60)[0]
    assert process.returncode == 0, output
    assert "engines: PostgreSQL 18" in output
    assert homes(suite) == []


@pytest.mark.slow
def test_parallel_processes_have_a_valkey_each(suite: Path) -> None:
    with run(suite, "-n", "2", "--dist", "loadfile", "-k", "engines") as process:
        output = process.communicate(timeout=60)[0]
    assert process.returncode == 0, output
    assert "2 passed" in output
    assert homes(suite) == []


@pytest.mark.slow
def test_the_next_run_sweeps_what_a_killed_one_left_and_spares_a_living_one(suite: Path) -> None:
    with run(suite, "-k", "slow", SLEEP="60") as killed, run(suite, "-k", "slow", SLEEP="60") as living:
        assert wait_until(
            lambda: len([home for home in homes(suite) if (home / "ports.json").exists()]) == 2, 120
        )
        wait_until(lambda: False, 1.0)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        with run(suite, "test_one.py") as third:
            output = third.communicate(timeout=60)[0]
        assert third.returncode == 0, output
        assert len(homes(suite)) == 1
        assert living.poll() is None
        living.send_signal(signal.SIGINT)
        living.communicate(timeout=60)
    assert homes(suite) == []


@pytest.mark.slow
def test_engines_that_cannot_start_are_one_clear_line(suite: Path) -> None:
    with run(suite, EMBEDDED_PG_BIN="/nowhere") as process:
        output = process.communicate(timeout=60)[0]
    assert process.returncode == 4
    assert "EMBEDDED_PG_BIN promises /nowhere/postgres, which is not there" in output
    assert homes(suite) == []
