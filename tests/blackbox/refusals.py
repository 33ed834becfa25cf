"""Handshakes that are refused: how it reads to each kind of client, and that nothing was dialled for them."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.blackbox.harness import Stack


async def status(stack: Stack, **options: Any) -> tuple[int, dict[str, Any]]:
    """Of a refused upgrade, with the error in its body."""
    before = len(stack.connections())
    with pytest.raises(InvalidStatus) as caught:
        async with stack.talk(**options):
            pass
    assert len(stack.connections()) == before
    response = caught.value.response
    return response.status_code, json.loads(response.body or b"{}")["error"]


async def browser_refusal(stack: Stack, **options: Any) -> tuple[str, int | None]:
    """Code of the ``error`` event and of the close frame."""
    before = len(stack.connections())
    async with stack.talk(locked=False, **{"headers": {}, **options}) as talker:
        code, reason = await talker.closed()
        [error] = talker.events
    assert len(stack.connections()) == before
    assert error["error"]["code"] == reason.rpartition(".")[2]
    return error["error"]["code"], code


def key(ticket: str) -> list[str]:
    return ["realtime", f"openai-insecure-api-key.{ticket}"]


def upgrade(*headers: str, path: str = "/v1/realtime") -> bytes:
    """A hand-made request."""
    head = (
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dhwUTdZzT9ew+IbKkwB7hg==",
        "Sec-WebSocket-Version: 13",
        *headers,
    )
    return "\r\n".join((*head, "", "")).encode("latin-1")


def raw(stack: Stack, head: str | bytes) -> bytes:
    """What comes back for a hand-made request, for a second."""
    with socket.create_connection(("127.0.0.1", stack.server.port), 5) as connection:
        connection.sendall(head.encode() if isinstance(head, str) else head)
        connection.settimeout(1)
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except (TimeoutError, ConnectionError):
            pass
        return answer
