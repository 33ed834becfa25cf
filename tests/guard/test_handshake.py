from __future__ import annotations

from typing import Any

import pytest

from guard.core.closing import EndReason
from guard.handshake import peer, read_handshake
from guard.ports import Refused
from tests.socket_fakes import FakeSocket


def scope(
    headers: list[tuple[str, str]] | None = None, protocols: list[str] | None = None, query: str = ""
) -> Any:
    return FakeSocket(headers=headers or [], subprotocols=protocols or [], query=query).scope


def refusal(scope: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        read_handshake(scope)
    return caught.value


def test_the_ticket_is_read_from_the_authorization_header():
    found = read_handshake(
        scope([("Authorization", "Bearer ek_1"), ("User-Agent", "OpenAI/Python 3")], query="model=m")
    )
    assert (found.ticket, found.model, found.origin, found.ip) == ("ek_1", "m", None, "192.0.2.7")
    assert found.user_agent == "OpenAI/Python 3"


def test_the_ticket_is_read_from_the_subprotocol_of_browsers():
    found = read_handshake(
        scope([("Origin", "https://a.example")], ["realtime", "openai-insecure-api-key.ek_1"])
    )
    assert (found.ticket, found.origin, found.model) == ("ek_1", "https://a.example", None)


def test_cookies_come_along_whole_and_are_never_shown():
    found = read_handshake(scope([("Cookie", "a=1"), ("Cookie", "session=secret")]))
    assert found.cookies == "a=1; session=secret"
    assert "secret" not in repr(found)


def test_the_same_key_twice_is_one_key():
    assert (
        read_handshake(scope([("Authorization", "Bearer ek_1")], ["openai-insecure-api-key.ek_1"])).ticket
        == "ek_1"
    )


@pytest.mark.parametrize(
    ("headers", "protocols"),
    [
        ([("Authorization", "Bearer ek_1")], ["openai-insecure-api-key.ek_2"]),
        ([], ["openai-insecure-api-key.ek_1", "openai-insecure-api-key.ek_2"]),
    ],
)
def test_two_keys_that_differ_are_refused(headers, protocols):
    assert refusal(scope(headers, protocols)).reason is EndReason.UNAUTHENTICATED


@pytest.mark.parametrize("value", ["Basic abc", "ek_1", "Bearer", "Bearer ", ""])
def test_other_schemes_are_no_ticket(value):
    assert read_handshake(scope([("Authorization", value)])).ticket is None


@pytest.mark.parametrize("header", ["Origin", "Authorization", "User-Agent"])
def test_a_repeated_header_is_refused(header):
    found = refusal(scope([(header, "Bearer a"), (header.lower(), "Bearer a")]))
    assert (found.reason, found.code) == (EndReason.BAD_FRAME, "repeated_header")


@pytest.mark.parametrize(
    "name", ["api_key", "token", "ticket", "access_token", "Authorization", "client_secret"]
)
def test_a_key_in_the_query_string_is_refused_and_not_repeated(name):
    found = refusal(scope([("Authorization", "Bearer ek_1")], query=f"{name}=ek_secret"))
    assert (found.reason, found.code) == (EndReason.BAD_FRAME, "key_in_query")
    assert "ek_secret" not in found.message


@pytest.mark.parametrize(
    "query",
    [
        "ek_abc123",
        "ek_abc123=",
        "sp_abc123=1",
        "model=m&sk-abc123",
        "model=ek_abc123",
        "a=sp_abc123",
        "x=%20EK_abc123",
    ],
)
def test_what_looks_like_a_key_is_one_as_a_name_and_as_a_value(query):
    found = refusal(scope(query=query))
    assert (found.code, found.param) == ("key_in_query", None)
    assert "abc123" not in found.message.lower()


@pytest.mark.parametrize("query", ["colour=red", "xek_abc", "model=m&colour"])
def test_the_name_of_an_unknown_parameter_is_not_repeated(query):
    found = refusal(scope(query=query))
    assert (found.code, found.param) == ("unknown_parameter", None)
    assert "colour" not in found.message


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("model=a&model=b", "repeated_parameter"),
        ("model=a&model=a", "repeated_parameter"),
        ("colour=red", "unknown_parameter"),
        ("intent=transcription", "not_supported"),
        ("call_id=rtc_1", "not_supported"),
        ("MODEL=a", "unknown_parameter"),
    ],
)
def test_the_query_holds_one_model_and_nothing_else(query, code):
    assert refusal(scope(query=query)).code == code


def test_a_query_that_is_not_ascii_is_refused():
    bad = scope()
    bad["query_string"] = b"model=\xff"
    assert refusal(bad).reason is EndReason.BAD_FRAME


@pytest.mark.parametrize(
    ("headers", "protocols"),
    [
        ([("OpenAI-Beta", "realtime=v1")], []),
        ([], ["realtime", "openai-insecure-api-key.ek_1", "openai-beta.realtime-v1"]),
    ],
)
def test_the_retired_dialect_is_refused_by_its_name(headers, protocols):
    assert refusal(scope(headers, protocols)).code == "beta_api_shape_disabled"


def test_other_beta_headers_are_ignored():
    assert read_handshake(scope([("OpenAI-Beta", "assistants=v2")])).ticket is None


def test_forwarding_headers_do_not_change_the_address():
    assert (
        read_handshake(scope([("X-Forwarded-For", "10.0.0.1"), ("Forwarded", "for=10.0.0.1")])).ip
        == "192.0.2.7"
    )


def test_the_record_of_a_refusal_shows_every_origin_and_no_key():
    seen = peer(scope([("Origin", "https://a"), ("Origin", "https://b"), ("Authorization", "Bearer ek_1")]))
    assert seen == ("https://a https://b", "")
