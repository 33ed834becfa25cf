"""How often an address may be refused, before it is turned away unread.

A stranger costs a look into the database and a durable record each time. Whoever is refused again and again is told
so without either, until the minute is over; how many were turned away is on record once a minute. Counted in Redis,
and in this process alone while Redis is away: no session hangs on it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from typing import Literal

from django.conf import settings
from django.db import DatabaseError
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from audit import log as audit_log
from audit.actors import system
from controlplane.tickets import peer_of

log = logging.getLogger(__name__)

PATIENCE = 0.25
"""Seconds for an answer of Redis."""
PAUSE = 5.0
"""Seconds until Redis is asked again after it gave none."""
MINUTE = 60.0


class Refusals:
    """Of all addresses: the peer's, or what a trusted proxy says of it. With IPv6 one peer has a whole network."""

    def __init__(self, redis_url: str, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._here = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._everywhere = SlidingWindowCounterRateLimiter(_redis(redis_url))
        self._away_until = 0.0
        self._shed = _Shed()

    def turns_away(self, address: str) -> bool:
        """Whether the address has been refused too often. Counts and records those that are turned away."""
        if not address or self._ask("test", address):
            return False
        self._shed.add(address)
        return True

    def add(self, address: str) -> None:
        """The address was refused."""
        if address:
            self._ask("hit", address)

    def flush(self) -> None:
        """Put on record what has been added up. For the end of the process."""
        self._shed.flush()

    def _ask(self, method: Literal["test", "hit"], address: str) -> bool:
        key = ("refused", peer_of(address))
        try:
            return bool(getattr(self._limiter(), method)(self._item, *key))
        except StorageError as failure:
            self._fall_back(failure)
            return bool(getattr(self._here, method)(self._item, *key))

    def _limiter(self) -> SlidingWindowCounterRateLimiter:
        return self._here if time.monotonic() < self._away_until else self._everywhere

    def _fall_back(self, failure: StorageError) -> None:
        self._away_until = time.monotonic() + PAUSE
        log.warning("refusals are counted in this process only: %r", failure.storage_error)


class _Shed:
    """Adds up what was turned away, and puts it on record a minute later: a record each would be the load that it is
    there to keep off."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, address: str) -> None:
        with self._lock:
            is_first = not self._counts
            self._counts[address] += 1
        if is_first:
            timer = threading.Timer(MINUTE, self.flush)
            timer.daemon = True
            timer.start()

    def flush(self) -> None:
        with self._lock:
            counts, self._counts = self._counts, Counter()
        for address, count in counts.items():
            try:
                _record(address, count)
            except DatabaseError as failure:  # at the exit, when the database may have gone first
                log.error("%d requests from %s were turned away; not on record: %r", count, address, failure)


def _record(address: str, count: int) -> None:
    audit_log.record(
        "requests.shed",
        actor=system("gate"),
        subject=address,
        outcome="refused",
        rule="refusals_per_minute",
        source_ip=address,
        fields={"count": count, "scope": "address", "seconds": MINUTE},
    )


def _redis(url: str) -> RedisStorage:
    return RedisStorage(
        url,
        key_prefix="sallyport.rates",
        wrap_exceptions=True,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
    )


class GuardRefusals:
    """``guard.ports.Refusals``."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals

    async def turns_away(self, address: str) -> bool:
        return await asyncio.to_thread(self._refusals.turns_away, address)

    async def add(self, address: str) -> None:
        await asyncio.to_thread(self._refusals.add, address)


refusals = Refusals(settings.REDIS_URL, settings.REFUSALS_PER_MINUTE)
"""Of this process: at the websocket's door and at the mint."""
