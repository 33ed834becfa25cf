"""Who gets in: each refusal has a status or a close code, a named reason, and a record; nothing is dialled."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.blackbox.harness import Stack, http

pytestmark = pytest.mark.slow


async def status(stack: Stack, **options: Any) -> tuple[int, dict[str, Any]]:
    """Of a refused upgrade, with the error in its body. Nothing was dialled."""
    before = len(stack.connections())
    with pytest.raises(InvalidStatus) as caught:
        async with stack.talk(**options):
            pass
    assert len(stack.connections()) == before
    response = caught.value.response
    return response.status_code, json.loads(response.body or b"{}")["error"]


async def browser_refusal(stack: Stack, **options: Any) -> tuple[str, int | None]:
    """Code of the ``error`` event and of the close frame. Nothing was dialled."""
    before = len(stack.connections())
    async with stack.talk(locked=False, headers={}, **options) as talker:
        code, reason = await talker.closed()
        [error] = talker.events
    assert len(stack.connections()) == before
    assert error["error"]["code"] == reason.rpartition(".")[2]
    return error["error"]["code"], code


def key(ticket: str) -> list[str]:
    return ["realtime", f"openai-insecure-api-key.{ticket}"]


@pytest.mark.parametrize("ticket", ["ek_unknown", "sk-live", "", "ek_" + "x" * 5000])
async def test_a_wrong_ticket_is_401(stack, ticket, mark):
    found, error = await status(stack, ticket=ticket)
    assert (found, error["code"], error["type"]) == (401, "invalid_api_key", "invalid_request_error")
    assert stack.wait_for_records(None, "ticket.refused", after=mark)


async def test_no_ticket_is_401(stack, mark):
    assert (await status(stack, headers={}))[0] == 401
    assert stack.wait_for_records(None, "ticket.refused", after=mark)[0]["rule"] == "no_ticket"


async def test_a_browser_that_is_refused_can_read_why(stack):
    found = await browser_refusal(stack, subprotocols=key("ek_unknown"), origin=stack.server.origin)
    assert found == ("invalid_api_key", 4401)


async def test_a_browser_is_let_in_with_the_subprotocol_echoed(stack):
    ticket = stack.ticket()
    async with stack.talk(headers={}, subprotocols=key(ticket), origin=stack.server.origin) as talker:
        assert talker.connection.subprotocol == "realtime"
        await talker.say("hello")
        assert talker.heard.startswith("Hello!")


async def test_a_client_that_offers_no_subprotocol_gets_none(stack):
    async with stack.talk() as talker:
        assert talker.connection.subprotocol is None


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1", "http://localhost"]
)
async def test_a_wrong_origin_is_refused_even_with_a_good_ticket(stack, origin, mark):
    ticket = stack.ticket()
    assert await browser_refusal(stack, subprotocols=key(ticket), origin=origin) == ("policy_denied", 4403)
    [record] = stack.wait_for_records(None, "session.refused", after=mark)
    assert (record["rule"], record["fields"]["origin"]) == ("origin", origin)
    async with stack.talk(ticket) as talker:
        assert talker.of("session.created")


async def test_fifty_at_once_with_one_ticket_let_one_in(stack):
    ticket = stack.ticket()
    before = len(stack.connections())

    async def enter() -> bool:
        try:
            async with stack.talk(ticket):
                await asyncio.sleep(1)
                return True
        except InvalidStatus as refused:
            assert refused.response.status_code == 401
            return False

    assert sum(await asyncio.gather(*(enter() for _ in range(50)))) == 1
    assert len(stack.connections()) == before + 1


async def test_an_expired_ticket_is_401(stack, mark):
    ticket = stack.ticket()
    stack.backstage(
        f"from django.db.models.functions import Now\nfrom datetime import timedelta\n"
        f"models.SessionBinding.objects.filter(pk={stack.session_id(ticket)!r}).update("
        f"created_at=Now() - timedelta(seconds=90), start_by=Now() - timedelta(seconds=1))"
    )
    assert (await status(stack, ticket=ticket))[0] == 401
    assert stack.wait_for_records(None, "ticket.expired", after=mark)


async def test_two_keys_that_differ_are_refused(stack):
    ticket = stack.ticket()
    headers = {"Authorization": "Bearer ek_other"}
    async with stack.talk(locked=False, headers=headers, subprotocols=key(ticket)) as talker:
        assert (await talker.closed())[0] == 4401


@pytest.mark.parametrize("name", ["api_key", "token", "ticket"])
async def test_a_valid_ticket_in_the_query_string_is_refused_and_written_nowhere(stack, name, mark):
    ticket = stack.ticket()
    found, error = await status(stack, headers={}, query=f"model=gpt-realtime&{name}={ticket}")
    assert (found, error["code"]) == (400, "key_in_query")
    [record] = stack.wait_for_records(None, "session.refused", after=mark)
    assert ticket not in json.dumps(record, default=str)
    assert ticket not in stack.server.process.output()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("model=gpt-realtime&model=gpt-realtime-2", "repeated_parameter"),
        ("model=gpt-realtime&colour=red", "unknown_parameter"),
        ("call_id=rtc_1", "not_supported"),
        ("intent=transcription", "not_supported"),
    ],
)
async def test_the_query_string_holds_a_model_and_nothing_else(stack, query, code):
    assert (await status(stack, query=query))[1]["code"] == code


async def test_an_unknown_model_is_404(stack, mark):
    found, error = await status(stack, query="model=gpt-9")
    assert (found, error["code"], error["param"]) == (404, "model_not_found", "model")
    assert stack.wait_for_records(None, "session.refused", after=mark)


async def test_the_model_may_be_left_out(stack):
    async with stack.talk(query="") as talker:
        assert talker.events[0]["session"]["model"] == "gpt-realtime-2.1"


async def test_a_beta_client_is_answered_as_the_provider_answers_it(stack):
    headers = {"Authorization": f"Bearer {stack.ticket()}", "OpenAI-Beta": "realtime=v1"}
    async with stack.talk(locked=False, headers=headers) as talker:
        assert await talker.closed() == (4000, "invalid_request_error.beta_api_shape_disabled")
        assert talker.events[0]["error"]["code"] == "beta_api_shape_disabled"


@pytest.mark.parametrize(
    "path", ["/v1/realtime/translations", "/v1/live/sessions", "/", "/v1/realtime/", "/admin/"]
)
async def test_other_addresses_are_not_there(stack, path):
    head = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dhwUTdZzT9ew+IbKkwB7hg==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert b" 404 " in raw(stack, head)


async def test_two_origin_headers_are_refused(stack, mark):
    ticket = stack.ticket()
    head = (
        "GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dhwUTdZzT9ew+IbKkwB7hg==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {ticket}\r\nOrigin: https://evil.example\r\nOrigin: {stack.server.origin}\r\n\r\n"
    )
    answer = raw(stack, head)
    assert b"101" in answer.splitlines()[0]
    assert b"repeated_header" in answer
    assert stack.wait_for_records(None, "session.refused", after=mark)[0]["rule"] == "repeated_header"


def raw(stack: Stack, head: str) -> bytes:
    """What comes back for a hand-made request, for a second."""
    with socket.create_connection(("127.0.0.1", stack.server.port), 5) as connection:
        connection.sendall(head.encode())
        connection.settimeout(1)
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except TimeoutError:
            pass
        return answer


async def test_an_address_that_is_forwarded_is_not_believed(stack):
    ticket = stack.ticket()
    headers = {
        "Authorization": f"Bearer {ticket}",
        "X-Forwarded-For": "203.0.113.9",
        "Daphne-Root-Path": "/x",
    }
    async with stack.talk(headers=headers):
        pass
    [record] = stack.wait_for_records(stack.session_id(ticket), "session.started")
    assert record["source_ip"] == "127.0.0.1"


async def test_the_provider_sees_our_key_and_nothing_of_the_client(stack):
    ticket = stack.ticket()
    headers = {
        "Authorization": f"Bearer {ticket}",
        "OpenAI-Organization": "org-of-the-client",
        "Cookie": "session=secret",
        "OpenAI-Safety-Identifier": "client-chosen",
    }
    async with stack.talk(headers=headers) as talker:
        await talker.say("marker-headers")
    seen = next(one for one in stack.connections() if "marker-headers" in json.dumps(one["frames"]))
    shown = json.dumps(seen["headers"]).lower()
    for trace in (ticket.lower(), "org-of-the-client", "cookie", "client-chosen", "origin"):
        assert trace not in shown
    assert "openai-safety-identifier" in shown


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b'{"session":{"type":"realtime"},"session":{"type":"realtime"}}', 400, "invalid_json"),
        (b"[]", 400, "invalid_json"),
        (b'{"colour":1}', 400, "unknown_parameter"),
        (b'{"session":{"type":"realtime","model":"gpt-9"}}', 404, "model_not_found"),
        (b'{"session":{"type":"transcription"}}', 400, None),
        (b'{"session":{"type":"realtime","colour":1}}', 400, "unknown_parameter"),
        (b'{"expires_after":{"seconds":-1}}', 400, "invalid_value"),
        (b"x" * 2_000_000, 413, "request_too_large"),
    ],
)
def test_a_wrong_body_at_the_mint_is_a_named_refusal_on_record(stack, body, status, code, mark):
    found, answer = stack.post_mint(body=body)
    assert found == status
    assert code in (None, answer["error"]["code"])
    assert stack.wait_for_records(None, "mint.refused", after=mark)


def test_webrtc_is_not_offered(stack):
    headers = {"Authorization": f"Bearer {stack.service_key}", "Sallyport-User": "alice"}
    found, answer = http("POST", f"{stack.server.base_url}/v1/realtime/calls", b"{}", headers)
    assert (found, answer["error"]["code"]) == (403, "webrtc_not_guarded")
