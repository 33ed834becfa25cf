"""The real pair: started, killed, started again."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from embedded.console import Cancelled, Failed
from embedded.engines import Engines
from embedded.home import Home, open_home
from embedded.paths import far_engine_dir
from embedded.postgres import Postgres
from embedded.processes import LINUX, command_line, marked, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """With a space, an é and more than the 107 bytes that a unix socket's path may have."""
    made = open_home(tmp_path / ("é " * 40), durable=True)
    assert made.lock.take()
    yield made
    made.lock.release()


@pytest.fixture
def engines(home: Home) -> Iterator[Engines]:
    made = Engines(home, {})
    yield made
    made.stop()


def rows(url: str) -> int:
    with psycopg.connect(url) as connection:
        found = connection.execute("select count(*) from kept").fetchone()
        return int(found[0]) if found else -1


def test_both_answer_as_plain_users_and_come_back_after_kill_9_with_what_they_had(
    engines: Engines, home: Home
) -> None:
    urls = engines.start()
    with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as connection:
        role = connection.execute(
            "select rolsuper, rolcreatedb from pg_roles where rolname = current_user"
        ).fetchone()
        assert role == (False, True)
        connection.execute("create extension pg_trgm")
        connection.execute("create table kept as select 1")
    queue = redis.Redis.from_url(urls["REDIS_URL"])
    queue.lpush("celery", "task")
    assert queue.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert wait_until(lambda: queue.info("persistence")["aof_pending_bio_fsync"] == 0, 5)

    processes = (engines.postgres.process, engines.valkeys[0].process)
    for process in processes:
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert engines.first_dead() == "postgres"
    assert (home.engines / "pg" / "postmaster.pid").exists()

    again = Engines(home, {})
    try:
        assert again.start() == urls, "ports and passwords are remembered"
        assert rows(urls["DATABASE_URL"]) == 1
        assert redis.Redis.from_url(urls["REDIS_URL"]).lrange("celery", 0, -1) == [b"task"]
    finally:
        again.stop()
    assert marked(home.state) == []


@pytest.fixture
def stranger(home: Home) -> Iterator[int]:
    """Of the same user as the engines: PostgreSQL looks past processes of others by itself."""
    process = subprocess.Popen(["sleep", "60"], cwd="/", **home.runner.identity())
    yield process.pid
    process.kill()
    process.wait()


def test_a_pid_file_that_names_a_stranger_is_removed_and_the_stranger_lives(
    engines: Engines, home: Home, stranger: int
) -> None:
    """After a crash in a container the old pid soon belongs to another program; plain PostgreSQL refuses to start."""
    url = engines.start()["DATABASE_URL"]
    pid_file = home.engines / "pg" / "postmaster.pid"
    text = pid_file.read_text()
    engines.stop()
    pid_file.write_text(text.replace(text.split("\n")[0], str(stranger), 1))
    home.runner.own(pid_file)
    again = Engines(home, {})
    try:
        assert again.start()["DATABASE_URL"] == url
    finally:
        again.stop()
    assert command_line(stranger)


@pytest.mark.skipif(not LINUX, reason="reads /proc")
def test_an_old_server_on_the_same_data_is_stopped_first(engines: Engines, home: Home) -> None:
    engines.start()
    old = engines.postgres.process
    assert old is not None
    again = Postgres(home)
    try:
        again.start()
        assert old.wait(10) == 0
    finally:
        again.stop()


def test_data_of_another_major_version_is_refused_with_the_way_out(engines: Engines, home: Home) -> None:
    engines.start()
    engines.stop()
    (home.engines / "pg" / "PG_VERSION").write_text("15\n")
    with pytest.raises(Failed, match=r"made by PostgreSQL 15.*dev\.py reset"):
        Postgres(home).start()


def test_half_an_initdb_is_made_anew(engines: Engines, home: Home) -> None:
    (home.engines / "pg.half" / "base").mkdir(parents=True)
    engines.start()
    assert not (home.engines / "pg.half").exists()
    assert not (home.engines / "initdb-password").exists()


def test_passwords_stand_in_private_files_and_on_no_command_line(engines: Engines, home: Home) -> None:
    engines.start()
    for name in ("pg-superuser-password", "pg-app-password", "valkey-password"):
        assert (home.state / name).stat().st_mode & 0o077 == 0
    assert (home.engines / "valkey.conf").stat().st_mode & 0o077 == 0
    secrets = [(home.state / name).read_text() for name in ("pg-superuser-password", "valkey-password")]
    for pid in marked(home.state):
        line = Path(f"/proc/{pid}/cmdline").read_text()
        assert not [secret for secret in secrets if secret in line]


def test_wrong_or_no_password_is_refused(engines: Engines) -> None:
    urls = engines.start()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(urls["DATABASE_URL"].replace(":", ":x", 2).replace(":x//", "://"))
    address = urls["REDIS_URL"].rpartition("@")[2]
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(f"redis://{address}").ping()


def test_given_urls_keep_the_engines_off(home: Home) -> None:
    given = {"DATABASE_URL": "postgres://elsewhere/d", "REDIS_URL": "redis://elsewhere/0"}
    engines = Engines(home, given)
    assert engines.start() == given
    assert (engines.first_dead(), engines.redis_is_given) == (None, True)
    assert "your" in engines.describe()
    engines.stop()
    assert list(home.engines.iterdir()) == []


def test_a_cancelled_start_leaves_nothing_running(tmp_path: Path) -> None:
    home = open_home(tmp_path / "state", durable=True, cancelled=lambda: True)
    engines = Engines(home, {})
    with pytest.raises(Cancelled):
        engines.start()
    engines.stop()
    assert marked(home.state) == []


def test_one_more_valkey_shares_nothing_with_the_first(engines: Engines) -> None:
    first = redis.Redis.from_url(engines.start()["REDIS_URL"])
    second = redis.Redis.from_url(engines.another_valkey("valkey-2"))
    listener = second.pubsub()
    listener.subscribe("doorbell")
    assert listener.get_message(timeout=5)
    assert first.publish("doorbell", "ring") == 0
    first.set("key", "1")
    assert second.get("key") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the engines an account")
def test_in_a_closed_tree_root_keeps_the_data_elsewhere_and_opens_nothing(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    home = open_home(closed / "state", durable=False)
    assert home.engines == far_engine_dir(closed / "state")
    engines = Engines(home, {})
    try:
        assert engines.start()["DATABASE_URL"]
    finally:
        engines.stop()
    assert closed.stat().st_mode & 0o777 == 0o700
