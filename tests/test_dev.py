"""``dev.py`` itself: what a stranger meets first."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dev

ROOT = Path(__file__).resolve().parent.parent
OLD_PYTHONS = [name for name in ("python3.7", "python3.8", "python3.9", "python3.10") if shutil.which(name)]


def works(python: str) -> bool:
    """Version managers put names on PATH that only say that there is nothing behind them."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 8, 1), (3, 10, 13), (3, 14, 0)])
def test_another_python_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]) -> None:
    monkeypatch.setattr(dev.sys, "version_info", version)
    with pytest.raises(SystemExit, match=r"Python 3\.11, 3\.12 or 3\.13 is needed, this is \d"):
        dev.refuse_unsupported()


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 4), (3, 13, 99)])
def test_a_supported_python_goes_on(monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]) -> None:
    monkeypatch.setattr(dev.sys, "version_info", version)
    monkeypatch.setattr(dev.sys, "platform", "linux")
    dev.refuse_unsupported()


def test_windows_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev.sys, "platform", "win32")
    with pytest.raises(SystemExit, match="WSL"):
        dev.refuse_unsupported()


@pytest.mark.parametrize("python", [name for name in OLD_PYTHONS if works(name)] or [None])
def test_an_old_python_can_read_the_file_far_enough_to_say_so(python: str | None) -> None:
    if python is None:
        pytest.skip("no old Python here")
    said = subprocess.run([python, "dev.py", "up"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert said.stderr.startswith("Python 3.11, 3.12 or 3.13 is needed")
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["dance"], 2), (["--help"], 0)])
def test_without_a_known_command_it_shows_them(arguments: list[str], code: int) -> None:
    """With -I -S: the standard library alone, as on a bare machine."""
    argv = [sys.executable, "-S", "dev.py", *arguments]
    said = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == code
    for command in ("dev.py up", "dev.py test", "dev.py manage", "dev.py reset"):
        assert command in said.stdout


def test_it_can_be_called_from_any_directory(tmp_path: Path) -> None:
    argv = [sys.executable, str(ROOT / "dev.py"), "help"]
    assert subprocess.run(argv, cwd=tmp_path, capture_output=True, check=False).returncode == 0
