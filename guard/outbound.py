"""What the guard's HTTP clients share: they go where they are told and nowhere else, and read up to a bound."""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from guard.upstream import VERSION

KEEPALIVE_SECONDS = 4.0
"""Less than what servers keep (uvicorn: 5 s), so that no request meets a connection that is just being closed."""
JSON_HEADERS = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
# A line per request, with the address and all that its query may hold.
logging.getLogger("httpx").setLevel(logging.WARNING)


class Unfit(Exception):
    """The answer cannot be used: ``failure`` is ``redirect``, ``status``, ``encoding`` or ``too_large``."""

    def __init__(self, failure: str, detail: str = "") -> None:
        super().__init__(failure)
        self.failure = failure
        self.detail = detail

    @property
    def roughly(self) -> str:
        """For those who only tell an answer of the wrong status from one of the wrong shape."""
        return "status" if self.failure in ("redirect", "status") else "shape"


def new_client(transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    """No redirect chooses where texts go, nor do proxy variables; a cookie would be memory that the endpoint fills.

    No time-outs: each caller has one deadline over everything. A time-out per read would let an answer drip for ever.
    """
    return httpx.AsyncClient(
        transport=transport,
        trust_env=False,
        follow_redirects=False,
        timeout=None,  # noqa: S113 - the deadline of the caller is over everything
        headers={"User-Agent": f"sallyport/{VERSION}"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )


def plain_transport(max_connections: int) -> httpx.AsyncHTTPTransport:
    """To endpoints that are an administrator's own, wherever they are."""
    return httpx.AsyncHTTPTransport(
        verify=certificates(),
        trust_env=False,
        limits=httpx.Limits(
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=KEEPALIVE_SECONDS,
        ),
    )


def certificates() -> ssl.SSLContext:
    """The system's, as towards the provider, so that a private authority needs to be installed once."""
    return ssl.create_default_context()


def json_of(value: Mapping[str, Any]) -> str:
    """Pure ASCII. By the standard library: numbers of any size and halves of UTF-16 pairs go as they were judged.
    Raises ValueError and TypeError for what is no JSON."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False, default=_object)


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


async def body_within(response: httpx.Response, most: int) -> bytes:
    """The body of a good answer, of ``most`` bytes at most. Raises ``Unfit`` for any other, whose body is never read:
    a stack trace is nobody's business."""
    if not response.is_success:
        failure = "redirect" if 300 <= response.status_code < 400 else "status"
        raise Unfit(failure, f"HTTP {response.status_code}")
    return await _bounded(response, most)


async def _bounded(response: httpx.Response, most: int) -> bytes:
    """Raw bytes, counted as they come: one packed chunk could unfold to gigabytes, so packed answers are refused."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Unfit("encoding")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            raise Unfit("too_large")
    return bytes(body)
