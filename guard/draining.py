"""Whether this process is about to stop, and who must be told.

A fact of the process, not of one server object: the signal handler sets it, every thread may ask, and the application
does not know the server that runs it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

stopping = threading.Event()
"""Set by the first signal. From then on the process is not ready, and takes in nothing new."""

_told: list[Callable[[], None]] = []


def follow(tell: Callable[[], None]) -> None:
    """``tell`` is called once in the event loop when the process is about to stop."""
    _told.append(tell)


def tell() -> None:
    for each in _told:
        each()
