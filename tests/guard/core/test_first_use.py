"""The first requests of a process may come all at once, in several threads."""

from __future__ import annotations

import subprocess
import sys

import pytest

FIRST_USE = """
import sys, threading
sys.setswitchinterval(1e-6)
from guard.core import client_events
start = threading.Barrier(8)
def use():
    start.wait()
    client_events.parse_session({"type": "realtime", "output_modalities": ["text"]})
threads = [threading.Thread(target=use) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


@pytest.mark.slow
def test_types_that_are_used_for_the_first_time_by_many_threads_do_not_end_the_process():
    """One process in ten died of it."""
    for _ in range(20):
        assert subprocess.run([sys.executable, "-c", FIRST_USE], check=False).returncode == 0
