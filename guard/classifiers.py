"""Asks classifiers over HTTP (``guard.ports.Classifiers``). What is asked and answered: ``guard.judgements``.

An endpoint that is slow, down or hostile costs a session its deadline at most, and a process a bounded amount of
memory. Neither texts nor keys are ever logged.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
from cachetools import LRUCache, TTLCache

from guard.circuit import PAUSE, Circuit
from guard.core.classifier import Classifier, Judgement, Question
from guard.judgements import NoJudgement, body_of, judgement_of
from guard.ports import Unavailable
from guard.upstream import VERSION

MAX_CONNECTIONS = 128
MAX_ASKED_AT_ONCE = 32
"""Of one endpoint. A slow one must not take the connections of all the others."""
KEEPALIVE_SECONDS = 4.0
"""Less than what servers keep (uvicorn: 5 s), so that no question meets a connection that is just being closed."""
MAX_ANSWER_BYTES = 64 * 1024
MAX_ENDPOINTS = 256
KEY_SECONDS = 5.0
REMEMBERED = 2_048
REMEMBERED_SECONDS = 60.0
MAX_REMEMBERED_SPANS = 32
"""A thousand places in each of two thousand judgements would be too much to keep."""

Endpoint = tuple[str, str]
"""Name and address: what is moved elsewhere starts anew, and its key never goes to the old place."""
KeyFor = Callable[[str, str], Awaitable[str]]
log = logging.getLogger(__name__)
# A line per question, with the address and all that its query may hold.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class _Line:
    """What is kept for one endpoint: whether it is asked, and how many at a time."""

    circuit: Circuit
    places: asyncio.Semaphore


class HttpClassifiers:
    """One per process. ``key_for(name, url)`` is ``ControlPlane.classifier_key``."""

    def __init__(self, key_for: KeyFor, clock: Callable[[], float] = time.monotonic) -> None:
        self._key_for = key_for
        self._clock = clock
        self._client: httpx.AsyncClient | None = None
        self._keys: TTLCache[Endpoint, str] = TTLCache(MAX_ENDPOINTS, KEY_SECONDS, clock)
        self._asking_for_key = asyncio.Lock()
        self._lines: LRUCache[Endpoint, _Line] = LRUCache(MAX_ENDPOINTS)
        self._known: TTLCache[tuple[Classifier, str, bytes], Judgement] = TTLCache(
            REMEMBERED, REMEMBERED_SECONDS, clock
        )

    async def judge(self, question: Question) -> Judgement:
        """Never raises: why there is no judgement stands in its ``failure``."""
        if (known := self._known.get(_identity(question))) is not None:
            return known
        line = self._line_to(question.classifier)
        if not line.circuit.admits():
            return Judgement(failure="circuit_open")
        judgement = await self._asked(question, line)
        _note(line.circuit, question.classifier, judgement)
        if not judgement.failure and len(judgement.spans) <= MAX_REMEMBERED_SPANS:
            self._known[_identity(question)] = judgement
        return judgement

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _asked(self, question: Question, line: _Line) -> Judgement:
        """One deadline over everything, key and body too: time-outs per read would let an answer drip for ever."""
        try:
            async with asyncio.timeout(question.classifier.deadline), line.places:
                return judgement_of(question, await self._answer(question))
        except NoJudgement as none:
            return Judgement(failure=none.failure)
        except TimeoutError:
            return Judgement(failure="timeout")
        except (httpx.HTTPError, Unavailable):
            return Judgement(failure="connection")
        except Exception as error:
            # Its type only: a message could quote what was to be sent.
            log.error("classifier %s: %s", question.classifier.name, type(error).__name__)
            return Judgement(failure="connection")

    async def _answer(self, question: Question) -> bytes:
        """The body of a good answer. Raises ``NoJudgement`` for any other."""
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if key := await self._key(question.classifier):
            headers["Authorization"] = f"Bearer {key}"
        asking = self._open_client().stream(
            "POST", question.classifier.url, content=body_of(question), headers=headers
        )
        async with asking as response:
            if not response.is_success:
                raise NoJudgement("status")
            return await _bounded(response)

    async def _key(self, classifier: Classifier) -> str:
        endpoint = _endpoint(classifier)
        if (key := self._keys.get(endpoint)) is not None:
            return key
        async with self._asking_for_key:
            if (key := self._keys.get(endpoint)) is None:
                key = self._keys[endpoint] = await self._key_for(*endpoint)
            return key

    def _line_to(self, classifier: Classifier) -> _Line:
        endpoint = _endpoint(classifier)
        if endpoint not in self._lines:
            self._lines[endpoint] = _Line(Circuit(self._clock), asyncio.Semaphore(MAX_ASKED_AT_ONCE))
        return self._lines[endpoint]

    def _open_client(self) -> httpx.AsyncClient:
        """Not in ``__init__``: there is no running loop yet."""
        if self._client is None:
            self._client = _new_client()
        return self._client


def _new_client() -> httpx.AsyncClient:
    """No redirect chooses where texts go, nor do proxy variables; a cookie would be memory that the endpoint fills.

    The system's certificates, as towards the provider, so that a private authority needs to be installed once."""
    return httpx.AsyncClient(
        verify=ssl.create_default_context(),
        trust_env=False,
        follow_redirects=False,
        timeout=None,  # noqa: S113 - the deadline of the question is over everything
        headers={"User-Agent": f"sallyport/{VERSION}"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        limits=httpx.Limits(
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEPALIVE_SECONDS,
        ),
    )


async def _bounded(response: httpx.Response) -> bytes:
    """Raw bytes, counted as they come: one packed chunk could unfold to gigabytes, so packed answers are refused."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise NoJudgement("shape")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise NoJudgement("shape")
    return bytes(body)


def _note(circuit: Circuit, classifier: Classifier, judgement: Judgement) -> None:
    if not judgement.failure:
        if circuit.succeeded():
            log.warning("classifier %s answers again", classifier.name)
    elif circuit.failed():
        log.warning(
            "classifier %s keeps failing (%s) and is tried once in %d s only",
            classifier.name,
            judgement.failure,
            PAUSE,
        )


def _endpoint(classifier: Classifier) -> Endpoint:
    return classifier.name, classifier.url


def _identity(question: Question) -> tuple[Classifier, str, bytes]:
    """Under which a judgement is remembered: by a digest, so that no text outlives its session here."""
    digest = hashlib.sha256(question.text.encode("utf-8", "surrogatepass")).digest()
    return question.classifier, question.direction, digest
