from __future__ import annotations

import json

import pytest

from guard.client import Client, not_found
from guard.core.closing import EndReason
from guard.ports import Refused
from tests.socket_fakes import FakeSocket


def client(socket: FakeSocket) -> Client:
    return Client(socket.scope, socket.send)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([], None),
        (["realtime", "openai-insecure-api-key.ek_1"], "realtime"),
        (["openai-insecure-api-key.ek_1"], None),
    ],
)
async def test_the_subprotocol_is_echoed_only_if_it_was_offered(offered, chosen):
    socket = FakeSocket(subprotocols=offered)
    await client(socket).accept()
    assert socket.messages == [{"type": "websocket.accept", "subprotocol": chosen}]


async def test_a_client_with_headers_is_refused_with_a_status_and_the_official_body():
    socket = FakeSocket(headers=[("Authorization", "Bearer x")])
    await client(socket).refuse(Refused(EndReason.UNAUTHENTICATED))
    start, body = socket.messages
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 401)
    assert json.loads(body["body"])["error"]["code"] == "invalid_api_key"


async def test_a_server_that_cannot_answer_with_a_status_closes_before_it_accepts():
    socket = FakeSocket()
    socket.scope["extensions"] = {}
    await client(socket).refuse(Refused(EndReason.UNAUTHENTICATED))
    assert socket.messages == [{"type": "websocket.close"}]


@pytest.mark.parametrize(
    "socket", [FakeSocket(headers=[("Origin", "https://a.example")]), FakeSocket(subprotocols=["realtime"])]
)
async def test_a_browser_is_let_in_told_and_closed(socket):
    await client(socket).refuse(Refused(EndReason.UNAUTHENTICATED))
    assert [message["type"] for message in socket.messages] == [
        "websocket.accept",
        "websocket.send",
        "websocket.close",
    ]
    assert socket.events[0]["error"]["code"] == "invalid_api_key"
    assert socket.close == (4401, "invalid_api_key")


async def test_a_client_of_the_retired_dialect_is_told_as_the_provider_tells_it():
    socket = FakeSocket(headers=[("OpenAI-Beta", "realtime=v1")])
    await client(socket).refuse(Refused(EndReason.NOT_ALLOWED, "gone", "beta_api_shape_disabled"))
    assert socket.types == ["error"]
    assert socket.close == (4000, "invalid_request_error.beta_api_shape_disabled")


async def test_a_client_that_is_gone_counts_as_closed():
    socket = FakeSocket()
    one = client(socket)
    await one.accept()
    socket.gone = True
    with pytest.raises(OSError, match="gone"):
        await one.send({"type": "error"})
    assert not one.is_open


async def test_other_addresses_are_not_found():
    socket = FakeSocket()
    socket.connect()
    await not_found(socket.scope, socket.receive, socket.send)
    assert socket.messages[0]["status"] == 404
