"""Runs tools over HTTP (``guard.ports.Tools``). What is sent: ``guard.webhook``; where to: ``guard.addresses``.

An endpoint is not trusted: it may be slow, or hostile, or a name that leads into our own network. It costs a call its
deadline at most. Neither arguments nor answers nor secrets are ever logged.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpcore
import httpx

from guard.addresses import BlockedAddress, host_of, rule_against_url
from guard.core.running import Endpoint, Execution, ToolAnswer
from guard.dial import Dial, Resolve, Transport, Unanswered, resolve
from guard.lines import Lines
from guard.outbound import Unfit, body_within, new_client
from guard.ports import Unavailable
from guard.webhook import Request, request_of

MAX_CONNECTIONS = 128
"""To public hosts, and as many to private ones."""
MAX_ANSWER_BYTES = 1024 * 1024
RETRY_AFTER = 0.1
"""Seconds; now and then enough for a server that is just being replaced."""

SecretFor = Callable[[str, str], Awaitable[str]]
Claim = Callable[[str, Execution], Awaitable[bool]]
log = logging.getLogger(__name__)


class HttpTools:
    """One per process. ``secret_for`` is ``ControlPlane.tool_secret``, ``claim`` is ``ControlPlane.claim``."""

    def __init__(self, secret_for: SecretFor, claim: Claim, resolve: Resolve = resolve) -> None:
        self._secret_for = secret_for
        self._claim = claim
        self._resolve = resolve
        self._lines = Lines(time.monotonic)
        self._clients: dict[bool, httpx.AsyncClient] = {}

    async def run(self, session_id: str, execution: Execution) -> ToolAnswer:
        """Never raises: why there is no answer stands in its ``failure``. One deadline over everything."""
        until = asyncio.get_running_loop().time() + execution.deadline
        try:
            async with asyncio.timeout_at(until):
                return await self._run(session_id, execution, until)
        except Unfit as unfit:
            return ToolAnswer(failure=unfit.failure, detail=unfit.detail)
        except BlockedAddress as blocked:
            return ToolAnswer(failure="blocked_address", detail=blocked.rule)
        except TimeoutError:
            return ToolAnswer(failure="timeout")
        except (httpcore.NetworkError, httpcore.ProtocolError, Unavailable):
            return ToolAnswer(failure="connection")
        except Exception as error:
            # Its type only: a message could quote what was to be sent.
            log.error("tool %s: %s", execution.tool, type(error).__name__)
            return ToolAnswer(failure="connection")

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def _run(self, session_id: str, execution: Execution, until: float) -> ToolAnswer:
        url, tool = execution.endpoint.url, execution.tool
        if rule := rule_against_url(url, execution.endpoint.private_hosts):
            raise BlockedAddress(rule)
        async with self._lines.to((tool, url)).places:
            # Not before there is a place: what was claimed could be withdrawn while the call waits.
            if not await self._claim(session_id, execution):
                return ToolAnswer(failure="revoked")
            secret = await self._secret_for(tool, url)
            request = request_of(session_id, execution, secret, datetime.now(UTC))
            return ToolAnswer(_text(await self._answer(execution.endpoint, request, until)))

    async def _answer(self, endpoint: Endpoint, request: Request, until: float) -> bytes:
        """Sent twice at most, and only when no answer had begun. The other side may have done its work all the same:
        the key that both requests bear makes one effect of them."""
        try:
            return await self._posted(endpoint, request)
        except Unanswered:
            if asyncio.get_running_loop().time() + RETRY_AFTER >= until:
                raise
        await asyncio.sleep(RETRY_AFTER)
        return await self._posted(endpoint, request)

    async def _posted(self, endpoint: Endpoint, request: Request) -> bytes:
        client = self._client(is_private=host_of(endpoint.url) in endpoint.private_hosts)
        asking = client.stream("POST", endpoint.url, content=request.body, headers=request.headers)
        async with asking as response:
            return await body_within(response, MAX_ANSWER_BYTES)

    def _client(self, *, is_private: bool) -> httpx.AsyncClient:
        """Two, each with connections of its own: those to private hosts were not judged when they were made, and must
        not be found by a call that may no longer go there."""
        if is_private not in self._clients:
            dial = Dial(self._resolve, public_only=not is_private)
            self._clients[is_private] = new_client(Transport(dial, MAX_CONNECTIONS))
        return self._clients[is_private]


def _text(body: bytes) -> str:
    """Strictly: what another parser would read otherwise is no text. Control characters stay, the core knows them."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Unfit("encoding") from None
