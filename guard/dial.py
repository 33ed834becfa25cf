"""Connections to tools: to exactly the address that was judged, and with the knowledge whether an answer had begun.

A name is resolved once, here, and what it resolved to is what is connected to. Were it judged first and resolved again
by the client, a name server could answer with a public address first and with an internal one then (DNS rebinding).
TLS is above this: it goes on verifying the name.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import httpcore
import httpx

from guard.addresses import BlockedAddress, rule_against
from guard.outbound import KEEPALIVE_SECONDS, certificates

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

MAX_TRIED = 4
SECONDS_EACH = 1.0
"""For every address but the last: a name often has an IPv6 address that leads nowhere."""
# Its own threads: a name server that hangs must not hold up those who look for the provider or the database.
_resolvers = ThreadPoolExecutor(8, thread_name_prefix="tool-names")


class Unanswered(httpcore.NetworkError):
    """The other side was not reached, or left before the first byte of an answer."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of a host. Raises ``OSError``, and ``UnicodeError`` for what is no name."""

    def found() -> list[str]:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        return list(dict.fromkeys(str(entry[4][0]) for entry in entries))

    return await asyncio.get_running_loop().run_in_executor(_resolvers, found)


class Dial(httpcore.AsyncNetworkBackend):
    """``public_only``: unless every address of a host is public, none is connected to."""

    def __init__(self, resolve: Resolve, *, public_only: bool) -> None:
        self._resolve = resolve
        self._public_only = public_only
        self._sockets: httpcore.AsyncNetworkBackend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises ``BlockedAddress``, or ``Unanswered``. Our pool sets none of the other arguments."""
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise Unanswered("the name was not resolved") from None
        if self._public_only:
            _check(addresses)
        return Stream(await self._first(addresses[:MAX_TRIED], port))

    async def _first(self, addresses: Sequence[str], port: int) -> httpcore.AsyncNetworkStream:
        for place, address in enumerate(addresses, 1):
            seconds = SECONDS_EACH if place < len(addresses) else None
            try:
                return await self._sockets.connect_tcp(address, port, timeout=seconds)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        raise Unanswered("no address was reached")


def _check(addresses: Sequence[str]) -> None:
    """Every one, not only the first: the client would go on to the next when one cannot be reached."""
    for address in addresses:
        if rule := rule_against(ip_address(address)):
            raise BlockedAddress(rule)


class Stream(httpcore.AsyncNetworkStream):
    """Tells a connection that was closed before any byte of an answer, whose request may be sent again, from one that
    was closed later. The library tells them apart by the words of a message, and not once a part of a line came."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._has_answered = False

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's interface
    ) -> bytes:
        try:
            received = await self._stream.read(max_bytes, timeout)
        except httpcore.ReadError:
            if self._has_answered:
                raise
            raise Unanswered("reset before an answer") from None
        if not received and not self._has_answered:
            raise Unanswered("closed before an answer")
        self._has_answered = True
        return received

    async def write(
        self,
        buffer: bytes,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's interface
    ) -> None:
        self._has_answered = False
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's interface
    ) -> httpcore.AsyncNetworkStream:
        try:
            return Stream(await self._stream.start_tls(ssl_context, server_hostname, timeout))
        except httpcore.ConnectError:
            raise Unanswered("no TLS") from None

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class Transport(httpx.AsyncBaseTransport):
    """``httpx.AsyncHTTPTransport`` cannot be told how to connect, so this joins the same client to the same pool."""

    def __init__(self, dial: Dial, max_connections: int) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=certificates(),
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=KEEPALIVE_SECONDS,
            network_backend=dial,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises what httpcore raises."""
        url = request.url
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        response = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                target,
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()
