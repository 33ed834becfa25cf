"""JSON endpoints of an administrator's own, classifiers and decision engines: wherever they are, asked in one way.

Neither questions nor answers nor keys are ever logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import httpx

from guard.keys import KeyFor, Keys
from guard.lines import Endpoint, Line, Lines
from guard.outbound import JSON_HEADERS, Unfit, body_within, new_client, plain_transport
from guard.ports import Unavailable

MAX_CONNECTIONS = 128
log = logging.getLogger(__name__)


class Endpoints:
    """Of one kind, one per process. ``key_for(name, url)`` gives the key in clear, "" when there is none."""

    def __init__(self, key_for: KeyFor, clock: Callable[[], float]) -> None:
        self._keys = Keys(key_for, clock)
        self._lines = Lines(clock)
        self._client: httpx.AsyncClient | None = None

    def line(self, endpoint: Endpoint) -> Line:
        return self._lines.to(endpoint)

    async def post(self, endpoint: Endpoint, body: bytes, most: int) -> bytes:
        """The body of a good answer, of ``most`` bytes at most. Raises whatever ``failure_of`` has a word for."""
        headers = JSON_HEADERS | await self._keys.bearer(endpoint)
        asking = self._open_client().stream("POST", endpoint[1], content=body, headers=headers)
        async with asking as response:
            return await body_within(response, most)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    def _open_client(self) -> httpx.AsyncClient:
        """Not in ``__init__``: there is no running loop yet."""
        if self._client is None:
            self._client = new_client(plain_transport(MAX_CONNECTIONS))
        return self._client


def failure_of(error: Exception, who: str) -> str:
    """In a word, why there is no answer: ``status``, ``shape``, ``timeout`` or ``connection``."""
    match error:
        case Unfit():
            return error.roughly
        case TimeoutError():
            return "timeout"
        case httpx.HTTPError() | Unavailable():
            return "connection"
    # Its type only: a message could quote what was to be sent.
    log.error("%s: %s", who, type(error).__name__)
    return "connection"
