"""Where the state lives, and who may read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from embedded import paths
from embedded.console import Failed


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_state_lives_in_the_tree_unless_the_caller_says_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("EMBEDDED_DIR", raising=False)
    assert paths.state_dir(tmp_path) == tmp_path / ".embedded"
    monkeypatch.setenv("EMBEDDED_DIR", str(tmp_path / "a" / ".." / "b"))
    assert paths.state_dir(tmp_path) == tmp_path / "b"


def test_two_checkouts_never_share_a_far_engine_directory(tmp_path: Path) -> None:
    assert paths.far_engine_dir(tmp_path / "a") != paths.far_engine_dir(tmp_path / "b")
    assert paths.far_engine_dir(tmp_path / "a").parent == Path("/var/tmp")


def test_a_directory_is_made_with_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        assert mode(paths.owned_dir(tmp_path / "a" / "b", 0o711)) == 0o711
    finally:
        os.umask(before)
    assert mode(paths.owned_dir(tmp_path / "a" / "b", 0o700)) == 0o700


def test_a_link_that_somebody_planted_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    with pytest.raises(Failed, match="somebody else"):
        paths.owned_dir(tmp_path / "link")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 65534, 65534)
    with pytest.raises(Failed, match="somebody else"):
        paths.owned_dir(tmp_path / "theirs")


def test_a_private_file_is_private_from_its_first_byte_and_replaced_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    target = tmp_path / "env.json"
    target.write_text("old")
    target.chmod(0o644)
    seen = []
    replace = Path.replace

    def spy(self: Path, to: Path) -> Path:
        seen.append((mode(self), self.read_text(), to.read_text()))
        return replace(self, to)

    monkeypatch.setattr(Path, "replace", spy)
    paths.write_private(target, "new")
    assert seen == [(0o600, "new", "old")]
    assert (mode(target), target.read_text()) == (0o600, "new")
    assert list(tmp_path.iterdir()) == [target]


def test_a_directory_with_other_things_in_it_is_not_ours_to_change_or_remove(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    paths.refuse_foreign(home)
    (home / "letters.txt").write_text("dear")
    with pytest.raises(Failed, match="EMBEDDED_DIR"):
        paths.refuse_foreign(home)
    (home / "lock").touch()
    paths.refuse_foreign(home)
    (tmp_path / ".embedded").mkdir()
    (tmp_path / ".embedded" / "checkpoint").touch()
    paths.refuse_foreign(tmp_path / ".embedded", root=tmp_path)
