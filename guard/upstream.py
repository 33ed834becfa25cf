"""The websocket client towards the provider; the only file that sees its key.

One provider connection per client connection: once it has begun, a silent reconnect would be a new provider session
without context and without our lock.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import ssl
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from guard.ports import ProviderTarget, Unavailable

log = logging.getLogger(__name__)

VERSION = "0.1.0"
"""Told to providers; a test holds it equal to the project's."""
OPEN_TIMEOUT = 10.0
CLOSE_TIMEOUT = 1.0
PING_SECONDS = 20.0
MAX_QUEUE_FRAMES = 16
WRITE_LIMIT_BYTES = 32 * 1024
DEFAULT_MAX_FRAME_BYTES = 16 * 1024 * 1024
"""``conversation.item.retrieved`` may carry the audio of a whole item."""


RETRY_AFTER = (0.3, 0.9)
"""Seconds until an attempt that failed in passing is made again, each half as long or half as long again. Before the
first word only: later a new connection would be another conversation."""


class _Passing(Unavailable):
    """It may be over in a moment: nobody was reached, or the provider is busy."""


class ProviderClosed(ConnectionError):
    """The provider closed or was lost. ``code`` is the websocket close code, 1006 without a close frame."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"the provider closed with {code}")
        self.code = code
        self.reason = reason


class _Dial(connect):
    """``connect`` that follows no redirect: an answer 302 must not choose where conversations go."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class WebsocketConnection:
    """A live connection to the provider (``guard.ports.UpstreamConnection``)."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, text: str) -> None:
        try:
            await self._socket.send(text)
        except ConnectionClosed as closed:
            raise _provider_closed(closed) from None

    async def receive(self) -> str | bytes:
        try:
            return await self._socket.recv()
        except ConnectionClosed as closed:
            raise _provider_closed(closed) from None

    async def close(self) -> None:
        """Leave within ``CLOSE_TIMEOUT``; a provider that does not answer the close frame is cut off."""
        try:
            await self._socket.close()
        finally:
            self._socket.transport.abort()


class WebsocketUpstream:
    """Dials providers (``guard.ports.Upstream``)."""

    def __init__(self, max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> None:
        self._max_frame_bytes = max_frame_bytes

    async def dial(self, target: ProviderTarget, model: str, safety_identifier: str) -> WebsocketConnection:
        """Raises ``Unavailable`` with a sentence that names no secret."""
        headers = {**target.headers, "OpenAI-Safety-Identifier": safety_identifier}
        url = address(target.url, model)
        for pause in RETRY_AFTER:
            try:
                return await self._attempt(url, headers)
            except _Passing as failure:
                log.info("dialling again: %s", failure)
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads, hides nothing
        return await self._attempt(url, headers)

    async def _attempt(self, url: str, headers: dict[str, str]) -> WebsocketConnection:
        try:
            return WebsocketConnection(await self._connect(url, headers))
        except InvalidStatus as refused:
            status = refused.response.status_code
            kind = _Passing if status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500 else Unavailable
            raise kind(f"The provider refused the connection with HTTP {status}.") from None
        except (ssl.SSLError, ssl.CertificateError):
            raise Unavailable("The provider's TLS certificate was not accepted.") from None
        except InvalidURI:
            raise Unavailable("The provider's URL is not a websocket URL.") from None
        except InvalidHandshake:
            raise Unavailable("The provider does not speak websocket there.") from None
        except TimeoutError:
            raise Unavailable("The provider did not answer in time.") from None
        except (OSError, EOFError, ConnectionClosed):  # the last: it hung up in the middle of the handshake
            raise _Passing("The provider could not be reached.") from None

    async def _connect(self, url: str, headers: dict[str, str]) -> ClientConnection:
        """Fresh headers only: nothing that the client sent is passed on.

        Compression stays off (bombs, and one frame's length must not tell its content); proxy variables of the
        environment do not reroute conversations.
        """
        return await _Dial(
            url,
            additional_headers=headers,
            user_agent_header=f"sallyport/{VERSION}",
            compression=None,
            proxy=None,
            open_timeout=OPEN_TIMEOUT,
            close_timeout=CLOSE_TIMEOUT,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            max_size=self._max_frame_bytes,
            max_queue=MAX_QUEUE_FRAMES,
            write_limit=WRITE_LIMIT_BYTES,
        )


def address(url: str, model: str) -> str:
    """The provider's URL with ``model`` in its query; what the URL's own query holds otherwise stays."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key != "model"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("model", model)]), fragment=""))


def safety_identifier(principal_id: str) -> str:
    """Stable for a user and not personal; the provider attaches its abuse decisions to it."""
    return "sallyport-" + hashlib.sha256(f"sallyport:{principal_id}".encode()).hexdigest()[:32]


def _provider_closed(closed: ConnectionClosed) -> ProviderClosed:
    if closed.rcvd is None:
        return ProviderClosed(1006, "")
    return ProviderClosed(closed.rcvd.code, closed.rcvd.reason)
