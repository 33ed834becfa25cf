"""One process of ``test_race``: many threads present the same ticket at the same moment. Not a test by itself.

Arguments: the ticket, the moment to start (seconds since the epoch), the number of threads. Prints one line for each.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

os.environ["DJANGO_SETTINGS_MODULE"] = "controlplane.settings"

import django

django.setup()

from controlplane.database import _transact, _Turn  # noqa: E402
from controlplane.operations.admission import redeem  # noqa: E402
from guard.ports import Handshake, Refused  # noqa: E402


def present(ticket: str, start: float) -> str:
    presented = Handshake(ticket, model=None, origin=None, ip="203.0.113.7")
    time.sleep(max(0.0, start - time.time()))
    result = _transact(lambda: redeem(handshake=presented), _Turn())
    return str(result.reason) if isinstance(result, Refused) else "admitted"


def main() -> None:
    ticket, start, threads = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    with ThreadPoolExecutor(threads) as pool:
        for outcome in pool.map(present, [ticket] * threads, [start] * threads):
            print(outcome)  # noqa: T201 - read by the test


main()
