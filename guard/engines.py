"""Asks decision engines over HTTP (``guard.ports.Engines``). What is asked and answered: ``guard.rulings``.

An engine is an administrator's own, often beside Sallyport on the same machine, so any address will do. Its answers are
never remembered: they may depend on the time of day. Neither questions nor keys are ever logged.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from guard.core.engine import Engine, EngineAnswer, EngineQuestion
from guard.endpoints import Endpoints, failure_of
from guard.keys import KeyFor
from guard.lines import Endpoint, Line
from guard.rulings import NoRuling, body_of, ruling_of

MAX_ANSWER_BYTES = 64 * 1024
_REACHED = {"", "shape", "undefined"}
"""What depends on the question: one user's odd calls must not close the line for all the others."""


class OpaEngines:
    """One per process. ``key_for(role, url)`` is ``ControlPlane.engine_key``."""

    def __init__(self, key_for: KeyFor, clock: Callable[[], float] = time.monotonic) -> None:
        self._endpoints = Endpoints(key_for, clock)

    async def ask(self, question: EngineQuestion) -> EngineAnswer:
        """Never raises: why there is no answer stands in its ``failure``."""
        line = self._endpoints.line(_endpoint(question.engine))
        if not line.circuit.admits():
            return EngineAnswer(failure="circuit_open")
        answer = await self._asked(question, line)
        line.note("the decision engine", "" if answer.failure in _REACHED else answer.failure)
        return answer

    async def close(self) -> None:
        await self._endpoints.close()

    async def _asked(self, question: EngineQuestion, line: Line) -> EngineAnswer:
        """One deadline over everything, the key and the body too."""
        try:
            async with asyncio.timeout(question.engine.deadline), line.places:
                body = body_of(question)
                return ruling_of(
                    await self._endpoints.post(_endpoint(question.engine), body, MAX_ANSWER_BYTES)
                )
        except NoRuling as none:
            return EngineAnswer(failure=none.failure)
        except Exception as error:
            return EngineAnswer(failure=failure_of(error, "the decision engine"))


def _endpoint(engine: Engine) -> Endpoint:
    """A role has one engine, which has no name of its own."""
    return engine.role, engine.url
