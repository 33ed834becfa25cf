"""Asks classifiers over HTTP (``guard.ports.Classifiers``). What is asked and answered: ``guard.judgements``.

An endpoint that is slow, down or hostile costs a session its deadline at most, and a process a bounded amount of
memory. Neither texts nor keys are ever logged.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable

import httpx
from cachetools import TTLCache

from guard.core.classifier import Classifier, Judgement, Question
from guard.judgements import NoJudgement, body_of, judgement_of
from guard.keys import KeyFor, Keys
from guard.lines import Endpoint, Line, Lines
from guard.outbound import JSON_HEADERS, Unfit, body_within, new_client, plain_transport
from guard.ports import Unavailable

MAX_CONNECTIONS = 128
MAX_ANSWER_BYTES = 64 * 1024
REMEMBERED = 2_048
REMEMBERED_SECONDS = 60.0
MAX_REMEMBERED_SPANS = 32
"""A thousand places in each of two thousand judgements would be too much to keep."""

log = logging.getLogger(__name__)


class HttpClassifiers:
    """One per process. ``key_for(name, url)`` is ``ControlPlane.classifier_key``."""

    def __init__(self, key_for: KeyFor, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = Keys(key_for, clock)
        self._lines = Lines(clock)
        self._client: httpx.AsyncClient | None = None
        self._known: TTLCache[tuple[Classifier, str, bytes], Judgement] = TTLCache(
            REMEMBERED, REMEMBERED_SECONDS, clock
        )

    async def judge(self, question: Question) -> Judgement:
        """Never raises: why there is no judgement stands in its ``failure``."""
        if (known := self._known.get(_identity(question))) is not None:
            return known
        line = self._lines.to(_endpoint(question.classifier))
        if not line.circuit.admits():
            return Judgement(failure="circuit_open")
        judgement = await self._asked(question, line)
        line.note(f"classifier {question.classifier.name}", judgement.failure)
        if not judgement.failure and len(judgement.spans) <= MAX_REMEMBERED_SPANS:
            self._known[_identity(question)] = judgement
        return judgement

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _asked(self, question: Question, line: Line) -> Judgement:
        """One deadline over everything, the key and the body too."""
        try:
            async with asyncio.timeout(question.classifier.deadline), line.places:
                return judgement_of(question, await self._answer(question))
        except NoJudgement as none:
            return Judgement(failure=none.failure)
        except Unfit as unfit:
            return Judgement(failure=unfit.roughly)
        except TimeoutError:
            return Judgement(failure="timeout")
        except (httpx.HTTPError, Unavailable):
            return Judgement(failure="connection")
        except Exception as error:
            # Its type only: a message could quote what was to be sent.
            log.error("classifier %s: %s", question.classifier.name, type(error).__name__)
            return Judgement(failure="connection")

    async def _answer(self, question: Question) -> bytes:
        """The body of a good answer. Raises ``Unfit`` for any other."""
        url = question.classifier.url
        headers = JSON_HEADERS | await self._keys.bearer(_endpoint(question.classifier))
        asking = self._open_client().stream("POST", url, content=body_of(question), headers=headers)
        async with asking as response:
            return await body_within(response, MAX_ANSWER_BYTES)

    def _open_client(self) -> httpx.AsyncClient:
        """Not in ``__init__``: there is no running loop yet."""
        if self._client is None:
            self._client = new_client(plain_transport(MAX_CONNECTIONS))
        return self._client


def _endpoint(classifier: Classifier) -> Endpoint:
    return classifier.name, classifier.url


def _identity(question: Question) -> tuple[Classifier, str, bytes]:
    """Under which a judgement is remembered: by a digest, so that no text outlives its session here."""
    digest = hashlib.sha256(question.text.encode("utf-8", "surrogatepass")).digest()
    return question.classifier, question.direction, digest
