"""What the processes of the stack find in their environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedded import variables
from embedded.paths import MARK

URLS = {"DATABASE_URL": "postgres://u:p@127.0.0.1:1/d", "REDIS_URL": "redis://127.0.0.1:2/0"}


def test_secrets_are_the_same_at_the_next_start(tmp_path: Path) -> None:
    first = variables.settings({}, tmp_path, URLS, 8000, 4100)
    assert variables.settings({}, tmp_path, URLS, 8000, 4100) == first
    assert first["PUBLIC_URL"] == "http://127.0.0.1:8000"
    assert first["SANDBOX_URL"] == "ws://127.0.0.1:4100/v1/realtime"
    assert "UPSTREAM_URL" not in first


@pytest.mark.parametrize(
    "name",
    ["SECRET_KEY", "ENCRYPTION_KEYS", "PUBLIC_URL", "DATA_DIR", "SANDBOX_URL", "UPSTREAM_URL", "REDIS_URL"],
)
def test_what_the_caller_sets_wins_and_an_empty_value_is_not_set(tmp_path: Path, name: str) -> None:
    assert variables.settings({name: "theirs"}, tmp_path, URLS, 1, 2)[name] == "theirs"
    assert variables.settings({name: ""}, tmp_path, URLS, 1, 2).get(name) != ""


def test_the_port_is_the_one_that_was_free(tmp_path: Path) -> None:
    assert variables.settings({"PORT": "8000"}, tmp_path, URLS, 8001, 2)["PORT"] == "8001"


def test_a_shell_of_another_project_does_not_reach_the_stack(tmp_path: Path) -> None:
    shell = {
        "PGSSLMODE": "require",
        "DJANGO_SETTINGS_MODULE": "other.settings",
        "PYTHONPATH": "/x",
        "HOME": "/h",
    }
    made = variables.environment(shell, tmp_path, URLS)
    assert not {"PGSSLMODE", "DJANGO_SETTINGS_MODULE", "PYTHONPATH"} & set(made)
    assert (made["HOME"], made[MARK]) == ("/h", str(tmp_path))


def test_libpq_variables_stay_with_a_database_of_the_caller(tmp_path: Path) -> None:
    shell = {"PGSSLMODE": "require", "DATABASE_URL": "postgres://elsewhere/d"}
    assert variables.environment(shell, tmp_path, {})["PGSSLMODE"] == "require"


@pytest.mark.parametrize(
    ("before", "after"),
    [({}, "127.0.0.1,localhost"), ({"NO_PROXY": "corp.example"}, "corp.example,127.0.0.1,localhost")],
)
def test_a_proxy_never_stands_between_our_own_processes(before: dict[str, str], after: str) -> None:
    assert variables.direct_loopback(before) == {"no_proxy": after, "NO_PROXY": after}
