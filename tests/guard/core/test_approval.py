"""A consent is to one action: its digest says which."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from guard.core.approval import digest_of
from guard.core.decision import Decision
from guard.core.engine import EngineAnswer
from guard.core.running import McpServer, Runner
from guard.core.tools import Tool


def test_the_digest_can_be_made_elsewhere() -> None:
    canonical = '["refund",{"amount":5,"note":"gr\\u00fc\\u00df","to":{"a":1,"b":[true,null]}}]'
    arguments = {"to": {"b": [True, None], "a": 1}, "note": "grüß", "amount": 5}
    assert digest_of("refund", arguments) == hashlib.sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1}, {"a": "1"}),
        ({"a": None}, {}),
        ({"a": []}, {"a": {}}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": "x"}, {"a": "x "}),
        ({"a": "é"}, {"a": "e\u0301"}),
        ({"a": 0.0}, {"a": -0.0}),
        ({"a": 2**53 - 1}, {"a": 2**53 - 2}),
        ({"a": 1e308}, {"a": 1.0000000000000002e308}),
        ({"a": {"b": 1}}, {"a.b": 1}),
    ],
)
def test_actions_that_differ_have_digests_that_differ(one: Any, other: Any) -> None:
    assert digest_of("refund", one) != digest_of("refund", other)


def test_the_order_of_names_says_nothing_and_the_tool_says_much() -> None:
    assert digest_of("refund", {"a": 1, "b": 2}) == digest_of("refund", {"b": 2, "a": 1})
    assert digest_of("refund", {}) != digest_of("refund_", {})


def test_an_engine_that_was_not_heard_denies() -> None:
    assert EngineAnswer().decision is Decision.DENY


def test_a_server_s_key_is_in_no_text_about_it() -> None:
    server = McpServer("crm", "https://crm.example/mcp", "lookup", "hunter2")
    assert "hunter2" not in repr(server)
    assert "hunter2" not in repr(Tool("t", "", {"type": "object"}, Runner.MCP, mcp=server))
