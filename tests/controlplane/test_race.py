"""T4: fifty clients with one ticket, over four processes. Exactly one is let in.

In a database of its own: threads see only what is committed, and audit records cannot be removed afterwards.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest

from tests.controlplane.scratch import manage, seeded_database

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
    with seeded_database("race") as env:
        yield env


@pytest.mark.slow
def test_of_fifty_clients_with_one_ticket_exactly_one_is_let_in(scratch):
    ticket = manage(scratch, "shell", "-v0", "-c", MINT).strip()
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
