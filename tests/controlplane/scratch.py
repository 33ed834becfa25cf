"""A database of its own, migrated and seeded, for tests of what happens between processes and threads: they see only
what is committed, and audit records cannot be removed afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql


@contextmanager
def seeded_database(purpose: str) -> Iterator[dict[str, str]]:
    """The environment of processes that work on it."""
    server, _, name = os.environ["DATABASE_URL"].rpartition("/")
    scratch = f"{purpose}_{os.getpid()}"
    with psycopg.connect(_reachable(server, name), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(scratch)))
        env = {**os.environ, "DATABASE_URL": f"{server}/{scratch}"}
        try:
            manage(env, "migrate", "-v0")
            manage(env, "seed_demo", "--password", "demo-password")
            yield env
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(scratch)))


def manage(env: dict[str, str], *arguments: str) -> str:
    return subprocess.check_output([sys.executable, "manage.py", *arguments], env=env, text=True)


def _reachable(server: str, name: str) -> str:
    """The database of the settings need not exist: tests run on its ``test_`` sibling."""
    try:
        psycopg.connect(f"{server}/{name}").close()
    except psycopg.OperationalError:
        return f"{server}/postgres"
    return f"{server}/{name}"
