"""Who gets in: each refusal has a status or a close code, a named reason, and a record; nothing is dialled."""

from __future__ import annotations

import json

import pytest

from tests.blackbox.harness import http
from tests.blackbox.refusals import browser_refusal, key, raw, status

pytestmark = pytest.mark.slow


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


async def test_two_keys_that_differ_are_refused(stack):
    ticket = stack.ticket()
    headers = {"Authorization": "Bearer ek_other"}
    async with stack.talk(locked=False, headers=headers, subprotocols=key(ticket)) as talker:
        assert (await talker.closed())[0] == 4401


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
