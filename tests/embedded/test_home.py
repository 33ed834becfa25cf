"""Where one pair of engines lives."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

import pytest

from embedded import home as module
from embedded.console import Failed
from embedded.home import open_home
from embedded.paths import far_engine_dir
from embedded.runner import Runner


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_directory_with_other_things_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").touch()
    before = mode(tmp_path)
    with pytest.raises(Failed, match="EMBEDDED_DIR"):
        open_home(tmp_path, durable=True)
    assert mode(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def test_a_user_keeps_everything_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "current_runner", lambda: Runner(None))
    home = open_home(tmp_path / "state", durable=True)
    assert home.engines == tmp_path / "state" / "engines"
    assert (mode(home.state), mode(home.engines)) == (0o700, 0o700)


def test_the_account_that_root_lends_may_pass_through_and_not_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "current_runner", lambda: Runner(pwd.getpwnam("nobody")))
    tmp_path.chmod(0o700)
    home = open_home(tmp_path / "state", durable=True)
    try:
        assert home.engines == far_engine_dir(home.state), "out of reach in a closed directory"
        assert (mode(home.state), mode(home.engines)) == (0o711, 0o711)
        assert home.engines.stat().st_uid == os.geteuid()
        assert mode(tmp_path) == 0o700
    finally:
        home.engines.rmdir()
