"""What is kept for each endpoint that the guard asks: whether it is asked at all, and how many times at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache

from guard.circuit import PAUSE, Circuit

MAX_ENDPOINTS = 256
MAX_ASKED_AT_ONCE = 32
"""Of one endpoint. A slow one must not take the connections of all the others."""

Endpoint = tuple[str, str]
"""Name and address: what is moved elsewhere starts anew, and its key never goes to the old place."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    circuit: Circuit
    places: asyncio.Semaphore

    def note(self, who: str, failure: str) -> None:
        """How it went. Every change of the circuit is one warning."""
        if not failure:
            if self.circuit.succeeded():
                log.warning("%s answers again", who)
        elif self.circuit.failed():
            log.warning("%s keeps failing (%s) and is tried once in %d s only", who, failure, PAUSE)


class Lines:
    """Of the endpoints that were asked last."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lines: LRUCache[Endpoint, Line] = LRUCache(MAX_ENDPOINTS)

    def to(self, endpoint: Endpoint) -> Line:
        if endpoint not in self._lines:
            self._lines[endpoint] = Line(Circuit(self._clock), asyncio.Semaphore(MAX_ASKED_AT_ONCE))
        return self._lines[endpoint]
