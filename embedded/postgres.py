"""PostgreSQL as a foreground child: made once, started on a free port, stopped with SIGINT."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from embedded import ports
from embedded.binaries import find_postgres, runnable
from embedded.console import Cancelled, Failed, say
from embedded.home import Home
from embedded.keys import kept, password
from embedded.paths import SLUG, write_private
from embedded.processes import LINUX, command_line, die_with_parent, end, spawn_engine, tail, wait_until

RECOVERY_SECONDS = 120.0  # a crash recovery may take a minute; pg_ctl's ten seconds are not enough


class Postgres:
    """One server. ``start`` answers with the URL of an application role that is no superuser."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.process: subprocess.Popen[bytes] | None = None
        self.version = ""

    @property
    def data(self) -> Path:
        return self._home.engines / "pg"

    def start(self) -> str:
        """Raises ``Failed``: no binaries, data of another major version, a server that does not come up."""
        program = runnable(self._home, find_postgres(), "pg")
        self.version = _version(self._home, program)
        major = int(self.version.split(".")[0])
        superuser = kept(self._home.state, "pg-superuser-password", password)
        if not self.data.exists():
            _initdb(self._home, program.parent / "initdb", major, self.data, superuser)
        _refuse_other_major(self.data, major)
        _drop_stale_pid_file(self.data)
        port = self._start_on_a_port(program, major, superuser)
        secret = kept(self._home.state, "pg-app-password", password)
        _make_role_and_database(port, superuser, secret)
        return f"postgres://{SLUG}:{secret}@{ports.LOOPBACK}:{port}/{SLUG}"

    def stop(self) -> None:
        """Fast shutdown; then immediate, which still removes its shared memory; then the hard way."""
        end(self.process, (signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))

    def _start_on_a_port(self, program: Path, major: int, superuser: str) -> int:
        for _ in range(3):  # between our look and its bind somebody else may take the port
            port = ports.any_free(ports.remembered(self._home.state, "postgres"))
            options = [part for line in _options(self._home, major, port) for part in ("-c", line)]
            # SIGINT as death signal: a fast shutdown, also when we are killed with -9.
            argv = [str(program), "-D", str(self.data), *options]
            self.process = spawn_engine(self._home, "postgres", argv, signal.SIGINT)
            if self._answers(port, superuser):
                ports.remember(self._home.state, "postgres", port)
                return port
            self.stop()
        raise Failed(
            f"PostgreSQL did not start; the end of its log:\n{tail(self._home.log_path('postgres'))}"
        )

    def _answers(self, port: int, superuser: str) -> bool:
        """A real login: an open port alone may be a server in recovery, or somebody else's."""
        import psycopg

        deadline = time.monotonic() + RECOVERY_SECONDS
        while self.process is not None and self.process.poll() is None and time.monotonic() < deadline:
            if self._home.cancelled():
                raise Cancelled
            try:
                psycopg.connect(**_login(port, superuser)).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return True
        return False


def _login(port: int, superuser: str) -> dict[str, Any]:
    login: dict[str, Any] = {
        "host": ports.LOOPBACK,
        "port": port,
        "user": "postgres",
        "dbname": "postgres",
    }
    return {**login, "password": superuser, "connect_timeout": 2, "sslmode": "disable", "options": ""}


def _version(home: Home, program: Path) -> str:
    shown = subprocess.run(
        [program, "--version"],
        env=home.environment(),
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
        **home.runner.identity(),
    )
    return str(shown.stdout.split()[2])


def _options(home: Home, major: int, port: int) -> list[str]:
    """No unix socket: its path must fit into 107 bytes, and a checkout may lie deeper than that."""
    lines = [
        f"listen_addresses={ports.LOOPBACK}",
        f"port={port}",
        "unix_socket_directories=",
        "max_connections=200",
        "shared_buffers=64MB",
        "dynamic_shared_memory_type=mmap",  # /dev/shm may have 64 kB, as in a container
        "max_parallel_workers_per_gather=0",
        "jit=off",
        "timezone=UTC",
        "log_timezone=UTC",
        "log_min_messages=warning",
        "logging_collector=off",
    ]
    if LINUX and major >= 14:
        lines.append("recovery_init_sync_method=syncfs")
    if not home.durable:
        lines += ["fsync=off", "full_page_writes=off", "synchronous_commit=off"]
    return lines


def _initdb(home: Home, program: Path, major: int, data: Path, superuser: str) -> None:
    """Into a directory of another name first: a kill in the middle leaves nothing that looks finished."""
    half = data.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    home.runner.own(half)
    password_file = home.engines / "initdb-password"
    write_private(password_file, superuser)
    home.runner.own(password_file)
    try:
        made = subprocess.run(
            [*_with_passwd_entry(home), str(program), *_initdb_options(home, major, half, password_file)],
            env=home.environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # Ctrl-C must find a finished cluster or none
            preexec_fn=die_with_parent(signal.SIGKILL),
            **home.runner.identity(),
        )
    finally:
        password_file.unlink(missing_ok=True)
    if made.returncode:
        raise Failed(
            f"initdb failed:\n{made.stdout}{made.stderr}"
            "On a file system without permissions (a Windows disk, some shares) set EMBEDDED_DIR elsewhere."
        )
    half.rename(data)


def _initdb_options(home: Home, major: int, directory: Path, password_file: Path) -> list[str]:
    options = ["-D", str(directory), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password_file}"]
    options += ["--encoding=UTF8", "--locale=C", "--no-instructions"]
    if major >= 17:  # the same everywhere, whatever locales the machine has; production uses it too
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if major >= 16:
        options.append("--set=dynamic_shared_memory_type=mmap")
    return options if home.durable else [*options, "--no-sync"]


def _with_passwd_entry(home: Home) -> list[str]:
    """initdb alone insists on a name for its user; inside a user namespace it gets one."""
    if home.runner.has_passwd_entry():
        return []
    if shutil.which("unshare") is None:
        raise Failed(
            f"uid {home.runner.uid} has no passwd entry, which initdb needs: add one, or set DATABASE_URL"
        )
    return ["unshare", "--user", "--map-user=65534", "--map-group=65534"]


def _refuse_other_major(data: Path, major: int) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != str(major):
        raise Failed(
            f"{data} was made by PostgreSQL {made_by}, the binaries are {major}: run `python3 dev.py reset`"
        )


def _drop_stale_pid_file(data: Path) -> None:
    """PostgreSQL refuses to start while the pid in its old pid file lives, even as another program:
    small pids in containers come back quickly. We hold the lock, so we may judge.
    """
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n")[0])
    except (FileNotFoundError, ValueError):
        pid_file.unlink(missing_ok=True)
        return
    if str(data) in command_line(pid):
        say(f"an old PostgreSQL (pid {pid}) still runs on {data}: stopping it")
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        wait_until(lambda: str(data) not in command_line(pid), 20.0)
    pid_file.unlink(missing_ok=True)


def _make_role_and_database(port: int, superuser: str, secret: str) -> None:
    """A plain owner: what works here works in production. CREATEDB is for test databases."""
    import psycopg
    from psycopg import sql

    role = sql.Identifier(SLUG)
    with psycopg.connect(**_login(port, superuser), autocommit=True) as connection:
        known = connection.execute("select 1 from pg_roles where rolname = %s", [SLUG]).fetchone()
        verb = sql.SQL("alter" if known else "create")
        connection.execute(
            sql.SQL("{} role {} login createdb password {}").format(verb, role, sql.Literal(secret))
        )
        if connection.execute("select 1 from pg_database where datname = %s", [SLUG]).fetchone() is None:
            connection.execute(sql.SQL("create database {} owner {}").format(role, role))
