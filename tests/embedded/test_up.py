"""The supervisor with real engines, real Celery processes and a fake project."""

from __future__ import annotations

import os
import signal
import socket
import stat
import time
from pathlib import Path

import psycopg
import pytest

from embedded import running
from embedded.processes import LINUX, marked, wait_until
from tests.embedded.fake_project import Up, make_project

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not LINUX, reason="leftovers are found through /proc"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("fake") / "pröject with a space")


@pytest.fixture(scope="module")
def used_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For tests that are not about a first start, one after the other: making a PostgreSQL is most of what a first
    start costs."""
    return tmp_path_factory.mktemp("used") / "state"


def test_ctrl_c_stops_everything_and_a_restart_keeps_passwords_and_key(project: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with Up(project, state) as first:
        told = first.ready()
        assert stat.S_IMODE((state / "env.json").stat().st_mode) == 0o600
        assert set(told) >= {"base_url", "service_key", "users", "database_url", "redis_url"}
        assert told["users"] == dict.fromkeys(("alice", "bob"), told["users"]["alice"])
        assert told["service_key"].startswith("sp_")
        assert running.find(state) == running.Running(**told)

        with Up(project, state) as second:
            second.leaves_nothing = False  # the first one goes on
            assert second.exit_code() == 1
        assert f"already running on {told['base_url']}" in second.text
        assert first.process.poll() is None

        first.send(signal.SIGINT)
        assert first.exit_code() == 0
        assert not (state / "env.json").exists()
        assert marked(state) == []

    with Up(project, state) as again:
        assert {**again.ready(), "base_url": ""} == {**told, "base_url": ""}
        assert "visits 2" in again.text
        again.send(signal.SIGTERM)
        assert again.exit_code() == 0


def test_kill_9_of_the_supervisor_leaves_nothing_and_the_next_start_recovers(
    project: Path, tmp_path: Path
) -> None:
    with Up(project, tmp_path / "state") as first:
        first.ready()
        os.kill(first.process.pid, signal.SIGKILL)
        assert wait_until(lambda: not marked(first.state), 30)
        assert (first.state / "env.json").exists()
        assert running.find(first.state) is None, "a file without a running stack says nothing"
    with Up(project, tmp_path / "state") as again:
        again.ready()
        assert "visits 2" in again.text
        again.send(signal.SIGINT)
        assert again.exit_code() == 0


@pytest.mark.parametrize(
    ("victim", "named"),
    [
        ("bin/postgres", "postgres"),
        ("valkey-server", "valkey"),
        ("manage.py beat", "beat"),
        ("manage.py serve", "web"),
    ],
)
def test_a_process_that_is_killed_is_named_and_takes_the_rest_with_it(
    project: Path, used_state: Path, victim: str, named: str
) -> None:
    with Up(project, used_state) as first:
        first.ready()
        os.kill(first.pid_of(victim), signal.SIGKILL)
        assert first.exit_code() == 1
        assert f"{named} " in first.wait_for(r"\S+ .*stopped by itself").group()
        assert marked(first.state) == []


def test_committed_rows_survive_kill_9_of_postgres(project: Path, tmp_path: Path) -> None:
    """Durability is a promise of the product, so the demo's database must not relax it."""
    with Up(project, tmp_path / "state") as first:
        url = first.ready()["database_url"]
        with psycopg.connect(url) as connection:
            connection.execute("create table kept as select 1 as n")
        os.kill(first.pid_of("bin/postgres"), signal.SIGKILL)
        assert first.exit_code() == 1
    with Up(project, tmp_path / "state") as again:
        with psycopg.connect(again.ready()["database_url"]) as connection:
            assert connection.execute("select n from kept").fetchone() == (1,)
        again.send(signal.SIGINT)
        assert again.exit_code() == 0


def test_a_taken_port_is_said_and_the_next_one_is_used(project: Path, used_state: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with Up(project, used_state, PORT=str(port)) as first:
            told = first.ready()
            used = int(told["base_url"].rsplit(":", 1)[1])
            assert used > port
            assert f"port {port} is taken, using {used}" in first.text
            assert told["variables"]["PORT"] == str(used)
            first.send(signal.SIGINT)
            assert first.exit_code() == 0


def test_what_the_caller_sets_wins_and_a_provider_key_is_never_written_down(
    project: Path, tmp_path: Path
) -> None:
    provider, secret = "ws://127.0.0.1:1/v1/realtime", "k" * 40
    given = {"UPSTREAM_URL": provider, "UPSTREAM_API_KEY": "sk-never-on-disk", "SECRET_KEY": secret}
    given |= {"PGSSLMODE": "require", "PGCHANNELBINDING": "require", "PGTARGETSESSIONATTRS": "standby"}
    with Up(project, tmp_path / "state", **given) as first:
        told = first.ready()
        assert told["variables"]["SECRET_KEY"] == secret
        assert f"serving with {provider}" in first.text
        assert not [
            pid for pid in marked(first.state) if b"sandbox" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        first.send(signal.SIGINT)
        assert first.exit_code() == 0
    kept = [path for path in (tmp_path / "state").iterdir() if path.is_file()]
    assert kept
    assert not [path for path in kept if b"sk-never-on-disk" in path.read_bytes()]


def test_a_step_that_fails_stops_everything_and_is_named(project: Path, tmp_path: Path) -> None:
    with Up(project, tmp_path / "state", FAKE_FAIL="seed_demo") as first:
        assert first.exit_code() == 1
        assert "seed failed with exit code 3" in first.text
        assert not (first.state / "env.json").exists()
        assert marked(first.state) == []


def test_ctrl_c_during_a_slow_step_does_not_wait_for_it(project: Path, tmp_path: Path) -> None:
    with Up(project, tmp_path / "state", FAKE_SLOW="migrate") as first:
        first.wait_for("migrate is going to slow")
        asked = time.monotonic()
        first.send(signal.SIGINT)
        assert first.exit_code() == 0
        assert time.monotonic() - asked < 10


def test_a_key_that_the_server_no_longer_knows_is_made_anew(project: Path, tmp_path: Path) -> None:
    with Up(project, tmp_path / "state") as first:
        told = first.ready()
        first.send(signal.SIGINT)
        assert first.exit_code() == 0
    (tmp_path / "state" / "fake-keys").unlink()
    with Up(project, tmp_path / "state") as again:
        assert again.ready()["service_key"] not in ("", told["service_key"])
        assert "does not know the kept service key" in again.text
        again.send(signal.SIGINT)
        assert again.exit_code() == 0


def test_given_urls_keep_the_embedded_engines_off(project: Path, tmp_path: Path) -> None:
    urls = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    try:
        with Up(project, tmp_path / "state", **urls) as first:
            told = first.ready()
            assert (told["database_url"], told["redis_url"]) == (urls["DATABASE_URL"], urls["REDIS_URL"])
            assert "your PostgreSQL and your Redis" in first.text
            lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in marked(first.state)]
            assert not [line for line in lines if b"bin/postgres" in line or b"valkey-server" in line]
            first.send(signal.SIGINT)
            assert first.exit_code() == 0
    finally:
        with psycopg.connect(urls["DATABASE_URL"]) as connection:
            connection.execute("drop table if exists visits")
