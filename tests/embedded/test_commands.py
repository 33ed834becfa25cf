"""up | test | manage | reset: what each becomes, and what it says when it cannot."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from embedded import commands, running
from embedded.console import Failed
from embedded.locks import Lock
from embedded.paths import far_engine_dir, owned_dir

RUNNING = running.Running(
    "http://127.0.0.1:8000",
    "sp_x",
    {},
    "postgres://u:p@h/d",
    "redis://h/0",
    {"SECRET_KEY": "kept", "PORT": "8001"},
)


class Became(Exception):
    """``os.execve`` does not come back; neither does its stand-in."""

    def __init__(self, argv: list[str], environment: dict[str, str]) -> None:
        super().__init__(argv)
        self.argv, self.environment = argv, environment


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def execve(path: Any, argv: list[str], environment: dict[str, str]) -> None:
        raise Became(argv[1:], environment)

    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EMBEDDED_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(commands, "ensure_venv", lambda: Path("/venv/bin/python"))
    monkeypatch.setattr(os, "execve", execve)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "state"


@pytest.fixture
def stack(state: Path) -> Lock:
    state.mkdir()
    running.announce(state, RUNNING)
    lock = Lock(state / "lock")
    assert lock.take()
    return lock


def test_the_test_command_is_the_whole_suite_or_exactly_what_was_asked_for() -> None:
    with pytest.raises(Became) as whole:
        commands.main(["test"])
    assert whole.value.argv == ["-m", "pytest", "-n", "2", "--dist", "loadfile"]
    with pytest.raises(Became) as asked:
        commands.main(["test", "tests/guard", "-x"])
    assert asked.value.argv == ["-m", "pytest", "tests/guard", "-x"]


def test_up_goes_on_inside_the_virtual_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEV_VENV", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("PYTHONPATH", "/x")
    with pytest.raises(Became) as became:
        commands.main(["up"])
    assert became.value.argv == ["dev.py", "up"]
    assert "PYTHONPATH" not in became.value.environment


def test_up_takes_no_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["up", "--fast"]) == 1
    assert "--fast" in capsys.readouterr().err


def test_manage_finds_the_running_stack_and_what_the_caller_sets_wins(
    stack: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSSLMODE", "require")
    monkeypatch.setenv("SECRET_KEY", "theirs")
    monkeypatch.setenv("PORT", "")
    with pytest.raises(Became) as became:
        commands.main(["manage", "policy", "export"])
    assert became.value.argv == ["manage.py", "policy", "export"]
    environment = became.value.environment
    assert (environment["SECRET_KEY"], environment["PORT"]) == ("theirs", "8001")
    assert "PGSSLMODE" not in environment


def test_manage_says_so_when_nothing_runs(capsys: pytest.CaptureFixture[str], stack: Lock) -> None:
    stack.release()
    assert commands.main(["manage", "check"]) == 1
    assert "nothing is running" in capsys.readouterr().err


def test_reset_removes_the_state_and_the_far_engines(state: Path) -> None:
    state.mkdir()
    (state / "lock").touch()
    far = owned_dir(far_engine_dir(state))
    assert commands.main(["reset"]) == 0
    assert not state.exists()
    assert not far.exists()
    assert commands.main(["reset"]) == 0


def test_reset_refuses_while_the_stack_runs(
    state: Path, stack: Lock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert commands.main(["reset"]) == 1
    assert "stop it first" in capsys.readouterr().err
    assert (state / "env.json").exists()


def test_reset_never_removes_a_directory_that_is_not_ours(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state.mkdir()
    (state / "letters.txt").touch()
    before = stat.S_IMODE(state.stat().st_mode)
    assert commands.main(["reset"]) == 1
    assert "EMBEDDED_DIR" in capsys.readouterr().err
    assert (state / "letters.txt").exists()
    assert stat.S_IMODE(state.stat().st_mode) == before


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["start"], 2), (["help"], 0), (["--help"], 0)])
def test_an_unknown_command_shows_the_usage(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(arguments, usage="the usage") == code
    assert "the usage" in capsys.readouterr().out


def test_a_failure_is_one_clear_line_and_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> Path:
        raise Failed("the packages could not be installed")

    monkeypatch.setattr(commands, "ensure_venv", fail)
    assert commands.main(["test"]) == 1
    assert capsys.readouterr().err == "the packages could not be installed\n"


def test_ctrl_c_during_the_set_up_is_no_traceback_either(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "ensure_venv", interrupt)
    assert commands.main(["test"]) == 130
