"""The virtual environment: made once, from the locked packages, by whatever installer there is."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from embedded import venv
from embedded.console import Failed
from embedded.locks import Lock

VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"


class Installs:
    """Stands in for ``subprocess.run``: makes what the tools would make, and writes down what was asked of them."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.environments: list[dict[str, str]] = []
        self.failing: set[str] = set()
        self.ensurepip = True

    def __call__(self, argv: list[Any], **options: Any) -> subprocess.CompletedProcess[str]:
        call = [str(part) for part in argv]
        self.calls.append(call)
        self.environments.append(options["env"])
        with_pip = "--without-pip" not in call
        failed = any(word in call for word in self.failing)
        if "venv" in call:
            failed = with_pip and not self.ensurepip
            if not failed:
                self._make(Path(call[3]), with_pip=with_pip)
        return subprocess.CompletedProcess(call, int(failed), "", "no")

    def _make(self, at: Path, *, with_pip: bool) -> None:
        (at / "bin").mkdir(parents=True)
        (at / "bin" / "python").touch()
        (at / "pyvenv.cfg").touch()
        packages = at / "lib" / VERSION / "site-packages"
        packages.mkdir(parents=True)
        if with_pip:
            (packages / "pip").mkdir()

    def commands(self) -> list[str]:
        return [" ".join(call[:3]) for call in self.calls]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("DEV_VENV", raising=False)
    monkeypatch.setattr(venv.shutil, "which", lambda name: None)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.lock").write_text("django==5.2 \\\n    --hash=sha256:00\n# a comment\n")
    return tmp_path


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> Installs:
    made = Installs()
    monkeypatch.setattr(venv.subprocess, "run", made)
    return made


def test_the_first_command_makes_it_and_the_second_does_nothing(root: Path, installs: Installs) -> None:
    assert venv.ensure_venv(root) == root / ".venv" / "bin" / "python"
    install = installs.calls[-1]
    assert install[-4:] == ["--only-binary", ":all:", "-r", str(root / "requirements" / "dev.lock")]
    assert "--require-hashes" in install
    count = len(installs.calls)
    venv.ensure_venv(root)
    assert len(installs.calls) == count


def test_another_lock_installs_again_into_the_same_environment(root: Path, installs: Installs) -> None:
    venv.ensure_venv(root)
    (root / ".venv" / "mine").touch()
    (root / "requirements" / "dev.lock").write_text("django==5.3\n")
    installs.calls.clear()
    venv.ensure_venv(root)
    assert len(installs.calls) == 1
    assert "install" in installs.calls[0]
    assert (root / ".venv" / "mine").exists()


def test_an_environment_of_another_python_is_made_anew(root: Path, installs: Installs) -> None:
    venv.ensure_venv(root)
    (root / ".venv" / "lib" / VERSION).rename(root / ".venv" / "lib" / "python3.1")
    (root / ".venv" / venv.STAMP).write_text("of another Python")
    (root / ".venv" / "old").touch()
    venv.ensure_venv(root)
    assert not (root / ".venv" / "old").exists()
    assert (root / ".venv" / "lib" / VERSION).exists()


def test_an_install_that_was_broken_off_is_done_again(root: Path, installs: Installs) -> None:
    installs.failing = {"install"}
    with pytest.raises(Failed, match="package index"):
        venv.ensure_venv(root)
    assert not (root / ".venv" / venv.STAMP).exists()
    installs.failing = set()
    venv.ensure_venv(root)
    assert venv.is_current(root / ".venv", root / "requirements" / "dev.lock")


def test_uv_is_used_when_it_is_there_and_pip_when_it_fails(
    root: Path, installs: Installs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(venv.shutil, "which", lambda name: "/usr/bin/uv")
    venv.ensure_venv(root)
    assert installs.commands()[1:] == ["/usr/bin/uv pip install"]
    (root / ".venv" / venv.STAMP).unlink()
    installs.calls.clear()
    installs.failing = {"/usr/bin/uv"}
    venv.ensure_venv(root)
    assert installs.commands() == ["/usr/bin/uv pip install", f"{root / '.venv/bin/python'} -m pip"]


def test_without_ensurepip_the_pip_of_the_machine_is_used(root: Path, installs: Installs) -> None:
    installs.ensurepip = False
    venv.ensure_venv(root)
    python = str(root / ".venv" / "bin" / "python")
    assert installs.calls[1][-1] == "--without-pip"
    assert installs.calls[2][:5] == [sys.executable, "-m", "pip", "--python", python]


def test_no_installer_at_all_says_what_to_install(
    root: Path, installs: Installs, monkeypatch: pytest.MonkeyPatch
) -> None:
    installs.ensurepip = False
    monkeypatch.setattr(venv.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Failed, match="python3-venv or python3-pip"):
        venv.ensure_venv(root)


def test_a_directory_of_something_else_is_not_removed(
    root: Path, installs: Installs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEV_VENV", str(root / "letters"))
    (root / "letters").mkdir()
    (root / "letters" / "dear.txt").touch()
    with pytest.raises(Failed, match="not a virtual environment"):
        venv.ensure_venv(root)
    assert (root / "letters" / "dear.txt").exists()
    assert installs.calls == []


def test_variables_that_lead_pip_astray_are_dropped_and_its_index_is_kept(
    root: Path, installs: Installs, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_USER", "PIP_TARGET", "PYTHONPATH", "PIP_INDEX_URL"):
        monkeypatch.setenv(name, "x")
    venv.ensure_venv(root)
    for environment in installs.environments:
        assert not {"PIP_USER", "PIP_TARGET", "PYTHONPATH"} & set(environment)
        assert environment["PIP_INDEX_URL"] == "x"


def test_two_first_commands_at_once_set_it_up_once(root: Path, installs: Installs) -> None:
    turn = Lock(root / ".venv.lock")
    assert turn.take()
    waiting = [threading.Thread(target=venv.ensure_venv, args=(root,)) for _ in range(2)]
    for thread in waiting:
        thread.start()
    assert installs.calls == []
    turn.release()
    for thread in waiting:
        thread.join(10)
    assert len([call for call in installs.calls if "install" in call]) == 1


def test_who_waits_too_long_is_told(root: Path, installs: Installs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venv, "SETUP_SECONDS", 0.1)
    turn = Lock(root / ".venv.lock")
    assert turn.take()
    with pytest.raises(Failed, match="another command"):
        venv.ensure_venv(root)
