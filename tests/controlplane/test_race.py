"""T4: fifty clients with one ticket, over four processes. Exactly one is let in.

In a database of its own: threads see only what is committed, and audit records cannot be removed afterwards.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

PROCESSES = 4
THREADS = 13

MINT = """
from audit.actors import system
from controlplane.models import User
from controlplane.operations.tickets import Wish, mint
print(mint(actor=system("tests"), wish=Wish(User.objects.get(username="alice"))).ticket)
"""

COUNT = "SELECT verb, count(*) FROM audit_record WHERE verb LIKE 'ticket.%' OR verb LIKE 'session.%' GROUP BY verb"


@pytest.fixture(scope="module")
def scratch() -> Iterator[dict[str, str]]:
    """The environment of processes on a migrated and seeded database."""
    server, _, name = os.environ["DATABASE_URL"].rpartition("/")
    maintenance = os.environ["DATABASE_URL"]
    scratch_name = sql.Identifier(f"race_{os.getpid()}")
    with psycopg.connect(_reachable(server, name, maintenance), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(scratch_name))
        env = {**os.environ, "DATABASE_URL": f"{server}/race_{os.getpid()}"}
        try:
            _manage(env, "migrate", "-v0")
            _manage(env, "seed_demo", "--password", "demo-password")
            yield env
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(scratch_name))


def _reachable(server: str, name: str, url: str) -> str:
    """The database of the settings need not exist: tests run on its ``test_`` sibling."""
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return f"{server}/postgres"
    return url


def _manage(env: dict[str, str], *arguments: str) -> str:
    return subprocess.check_output([sys.executable, "manage.py", *arguments], env=env, text=True)


@pytest.mark.slow
def test_of_fifty_clients_with_one_ticket_exactly_one_is_let_in(scratch):
    ticket = _manage(scratch, "shell", "-v0", "-c", MINT).strip()
    start = str(time.time() + 8)
    command = [sys.executable, "-m", "tests.controlplane.race", ticket, start, str(THREADS)]
    racers = [
        subprocess.Popen(command, env=scratch, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    outcomes = Counter(line for racer in racers for line in racer.communicate(timeout=60)[0].split())
    assert outcomes == {"admitted": 1, "unauthenticated": PROCESSES * THREADS - 1}
    with psycopg.connect(scratch["DATABASE_URL"]) as connection:
        verbs = dict(connection.execute(COUNT).fetchall())
    assert verbs == {"ticket.issued": 1, "session.started": 1, "ticket.replayed": PROCESSES * THREADS - 1}
