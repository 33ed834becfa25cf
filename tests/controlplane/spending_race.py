"""One process of ``operations/test_spending``: threads that settle at the same moment. Not a test by itself.

Prints one line of JSON: what the user's day holds in the end.
"""

from __future__ import annotations

import json
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

os.environ["DJANGO_SETTINGS_MODULE"] = "controlplane.settings"

import django

django.setup()

from django.db import close_old_connections  # noqa: E402

from controlplane.operations import spending  # noqa: E402
from controlplane.operations.admission import redeem  # noqa: E402
from guard.core.budget import Use  # noqa: E402
from tests.people import handshake, ticket_for, user  # noqa: E402

SESSIONS, TWICE, STEPS = 4, 2, 25


def main() -> None:
    sessions = [redeem(handshake=handshake(ticket_for().ticket)).binding.pk for _ in range(SESSIONS)]
    gate = threading.Barrier(SESSIONS * TWICE)

    def settle(session: object) -> None:
        gate.wait()
        try:
            # Each total is told by two threads, and now and then an older one once more.
            for step in range(1, STEPS + 1):
                told = step if random.random() < 0.8 else random.randint(1, step)
                spending.settle(session_id=str(session), total=Use(told, 2 * told, 3 * told, 4 * told))
            spending.settle(session_id=str(session), total=Use(STEPS, 2 * STEPS, 3 * STEPS, 4 * STEPS))
        finally:
            close_old_connections()

    with ThreadPoolExecutor(SESSIONS * TWICE) as pool:
        list(pool.map(settle, sessions * TWICE))
    print(json.dumps(asdict(spending.today(user("alice")).use)))  # noqa: T201 - read by the test


main()
