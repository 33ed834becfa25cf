"""Asks decision engines over HTTP (``guard.ports.Engines``). What is asked and answered: ``guard.rulings``.

An engine is an administrator's own, often beside Sallyport on the same machine, so any address will do. Its answers are
never remembered: they may depend on the time of day. Neither questions nor keys are ever logged.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

import httpx

from guard.core.engine import EngineAnswer, EngineQuestion
from guard.keys import KeyFor, Keys
from guard.lines import Line, Lines
from guard.outbound import JSON_HEADERS, Unfit, body_within, new_client, plain_transport
from guard.ports import Unavailable
from guard.rulings import NoRuling, body_of, ruling_of

MAX_CONNECTIONS = 128
MAX_ANSWER_BYTES = 64 * 1024
NAME = "engine"
"""A role has one engine, and it has no name of its own."""
_REACHED = {"", "shape", "undefined"}
"""What depends on the question: one user's odd calls must not close the line for all the others."""
log = logging.getLogger(__name__)


async def no_key(name: str, url: str) -> str:
    return ""


class OpaEngines:
    """One per process. ``key_for(name, url)`` gives the key in clear, "" when there is none."""

    def __init__(self, key_for: KeyFor = no_key, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = Keys(key_for, clock)
        self._lines = Lines(clock)
        self._client: httpx.AsyncClient | None = None

    async def ask(self, question: EngineQuestion) -> EngineAnswer:
        """Never raises: why there is no answer stands in its ``failure``."""
        line = self._lines.to((NAME, question.engine.url))
        if not line.circuit.admits():
            return EngineAnswer(failure="circuit_open")
        answer = await self._asked(question, line)
        line.note("the decision engine", "" if answer.failure in _REACHED else answer.failure)
        return answer

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _asked(self, question: EngineQuestion, line: Line) -> EngineAnswer:
        """One deadline over everything, the key and the body too."""
        try:
            async with asyncio.timeout(question.engine.deadline), line.places:
                return ruling_of(await self._answer(question))
        except NoRuling as none:
            return EngineAnswer(failure=none.failure)
        except Unfit as unfit:
            return EngineAnswer(failure=unfit.roughly)
        except TimeoutError:
            return EngineAnswer(failure="timeout")
        except (httpx.HTTPError, Unavailable):
            return EngineAnswer(failure="connection")
        except Exception as error:
            # Its type only: a message could quote what was to be sent.
            log.error("the decision engine: %s", type(error).__name__)
            return EngineAnswer(failure="connection")

    async def _answer(self, question: EngineQuestion) -> bytes:
        """The body of a good answer. Raises ``Unfit`` for any other."""
        url = question.engine.url
        headers = JSON_HEADERS | await self._keys.bearer((NAME, url))
        asking = self._open_client().stream("POST", url, content=body_of(question), headers=headers)
        async with asking as response:
            return await body_within(response, MAX_ANSWER_BYTES)

    def _open_client(self) -> httpx.AsyncClient:
        """Not in ``__init__``: there is no running loop yet."""
        if self._client is None:
            self._client = new_client(plain_transport(MAX_CONNECTIONS))
        return self._client
