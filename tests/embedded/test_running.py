"""env.json: there while the stack runs, for its owner alone."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from embedded import running
from embedded.locks import Lock

EXAMPLE = running.Running(
    "http://127.0.0.1:8000", "sp_x", {"alice": "p"}, "postgres://u:p@h/d", "redis://h/0", {"SECRET_KEY": "s"}
)


def test_it_has_mode_0600_and_the_agreed_names(tmp_path: Path) -> None:
    running.announce(tmp_path, EXAMPLE)
    file = tmp_path / "env.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(json.loads(file.read_text())) == [
        "base_url",
        "service_key",
        "users",
        "database_url",
        "redis_url",
        "variables",
    ]


def test_it_is_believed_only_while_the_lock_is_held(tmp_path: Path) -> None:
    running.announce(tmp_path, EXAMPLE)
    assert running.find(tmp_path) is None
    lock = Lock(tmp_path / "lock")
    assert lock.take()
    assert running.find(tmp_path) == EXAMPLE
    running.withdraw(tmp_path)
    assert running.find(tmp_path) is None


def test_withdrawing_twice_is_no_fault(tmp_path: Path) -> None:
    running.withdraw(tmp_path)
    assert list(tmp_path.iterdir()) == []
