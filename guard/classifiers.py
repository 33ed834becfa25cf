"""Asks classifiers over HTTP (``guard.ports.Classifiers``). What is asked and answered: ``guard.judgements``.

An endpoint that is slow, down or hostile costs a session its deadline at most, and a process a bounded amount of
memory. Neither texts nor keys are ever logged.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable

from cachetools import TTLCache

from guard.core.classifier import Classifier, Judgement, Question
from guard.endpoints import Endpoints, failure_of
from guard.judgements import NoJudgement, body_of, judgement_of
from guard.keys import KeyFor
from guard.lines import Endpoint, Line

MAX_ANSWER_BYTES = 64 * 1024
REMEMBERED = 2_048
REMEMBERED_SECONDS = 60.0
MAX_REMEMBERED_SPANS = 32
"""A thousand places in each of two thousand judgements would be too much to keep."""


class HttpClassifiers:
    """One per process. ``key_for(name, url)`` is ``ControlPlane.classifier_key``."""

    def __init__(self, key_for: KeyFor, clock: Callable[[], float] = time.monotonic) -> None:
        self._endpoints = Endpoints(key_for, clock)
        self._known: TTLCache[tuple[Classifier, str, bytes], Judgement] = TTLCache(
            REMEMBERED, REMEMBERED_SECONDS, clock
        )

    async def judge(self, question: Question) -> Judgement:
        """Never raises: why there is no judgement stands in its ``failure``."""
        if (known := self._known.get(_identity(question))) is not None:
            return known
        line = self._endpoints.line(_endpoint(question.classifier))
        if not line.circuit.admits():
            return Judgement(failure="circuit_open")
        judgement = await self._asked(question, line)
        line.note(f"classifier {question.classifier.name}", judgement.failure)
        if not judgement.failure and len(judgement.spans) <= MAX_REMEMBERED_SPANS:
            self._known[_identity(question)] = judgement
        return judgement

    async def close(self) -> None:
        await self._endpoints.close()

    async def _asked(self, question: Question, line: Line) -> Judgement:
        """One deadline over everything, the key and the body too."""
        endpoint = _endpoint(question.classifier)
        try:
            async with asyncio.timeout(question.classifier.deadline), line.places:
                answer = await self._endpoints.post(endpoint, body_of(question), MAX_ANSWER_BYTES)
                return judgement_of(question, answer)
        except NoJudgement as none:
            return Judgement(failure=none.failure)
        except Exception as error:
            return Judgement(failure=failure_of(error, f"classifier {question.classifier.name}"))


def _endpoint(classifier: Classifier) -> Endpoint:
    return classifier.name, classifier.url


def _identity(question: Question) -> tuple[Classifier, str, bytes]:
    """Under which a judgement is remembered: by a digest, so that no text outlives its session here."""
    digest = hashlib.sha256(question.text.encode("utf-8", "surrogatepass")).digest()
    return question.classifier, question.direction, digest
