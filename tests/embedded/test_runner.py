"""Who runs the engines."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from embedded import runner as module
from embedded.console import Failed
from embedded.runner import Runner, current_runner

NOBODY = pwd.getpwnam("nobody")


def test_a_plain_user_runs_them_as_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    runner = current_runner()
    assert runner.identity() == {}
    assert runner.reaches(tmp_path)


def test_root_lends_them_an_account_without_its_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.delenv("EMBEDDED_USER", raising=False)
    identity = {"user": NOBODY.pw_uid, "group": NOBODY.pw_gid, "extra_groups": []}
    assert current_runner().identity() == identity


@pytest.mark.parametrize(
    ("account", "reason"), [("nobody-at-all", "no account"), ("root", "refuses to run as root")]
)
def test_an_account_that_cannot_do_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, account: str, reason: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("EMBEDDED_USER", account)
    with pytest.raises(Failed, match=reason):
        current_runner()


def test_one_closed_directory_on_the_way_is_enough_to_be_out_of_reach(tmp_path: Path) -> None:
    runner = Runner(NOBODY)
    assert runner.reaches(Path("/usr/bin"))
    (tmp_path / "closed" / "open").mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    assert not runner.reaches(tmp_path / "closed" / "open")


def test_a_uid_without_a_passwd_entry_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Runner(NOBODY).has_passwd_entry()
    monkeypatch.setattr(os, "geteuid", lambda: 987654)
    assert not Runner(None).has_passwd_entry()
    assert Runner(None).name == "uid 987654"
    assert module.current_runner() == Runner(None)
