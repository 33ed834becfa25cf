"""The core runs where Django, Channels and asyncio's friends cannot even be imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PROGRAM = """
import importlib, pkgutil, sys

class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "channels", "asgiref", "celery", "redis", "websockets", "psycopg"}:
            raise ModuleNotFoundError(f"{name} is behind the wall")

sys.meta_path.insert(0, Wall())
import guard.core
for module in pkgutil.walk_packages(guard.core.__path__, "guard.core."):
    importlib.import_module(module.name)

import pytest
options = ["-q", "-c", "/dev/null", "--rootdir=.", "--import-mode=importlib", "-p", "no:cacheprovider"]
plain = ["-p", "no:django", "-p", "no:valkey", "-p", "no:xdist", "-p", "no:asyncio", "--noconftest"]
sys.path[:0] = ["tests/guard/core"]
sys.exit(pytest.main([*options, *plain, *sys.argv[1:]]))
"""


def run(*tests: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *tests],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_core_tests_run_with_django_not_importable() -> None:
    ran = run("tests/guard/core/test_session.py", "tests/guard/core/test_verdicts.py")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout


def test_the_wall_stands() -> None:
    ran = run("tests/people.py")
    assert "behind the wall" in ran.stdout + ran.stderr
