"""Every field has words, and one that has none yet is named as it is stored: no change goes unsaid."""

from __future__ import annotations

import pytest

from controlplane import document
from controlplane.differences import between
from tests.controlplane.shop_policy import demo

URL = "https://tools.example.com/refunds"


@pytest.mark.parametrize("field", ["a_field_of_tomorrow", *document.ROLE_FIELDS])
def test_no_field_of_a_role_changes_without_a_sentence(field):
    old, new = demo(), demo()
    new["roles"]["analyst"][field] = _another(old["roles"]["analyst"].get(field))
    assert between(old, new)


@pytest.mark.parametrize("field", ["a_field_of_tomorrow", *document.GRANT_FIELDS])
def test_no_field_of_a_grant_changes_without_a_sentence(field):
    old, new = demo(), demo()
    grants = [content["roles"]["analyst"]["grants"]["get_account_status"] for content in (old, new)]
    grants[1][field] = {"a": {"owned": "b"}} if field == "rules" else _another(grants[0].get(field))
    assert between(old, new)


@pytest.mark.parametrize("field", ["a_field_of_tomorrow", *document.TOOL_FIELDS])
def test_no_field_of_a_tool_changes_without_a_sentence(field):
    old, new = demo(), demo()
    for content in (old, new):
        content["tools"]["refund_order"] |= {"runner": "mcp", "url": URL, "mcp_label": "a", "mcp_tool": "b"}
    value = "client" if field == "runner" else _another(old["tools"]["refund_order"].get(field))
    new["tools"]["refund_order"][field] = value
    assert between(old, new)


def _another(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return [*value, "other"]
    return {"other": 1} if isinstance(value, dict) else 7 if value is None else f"{value}x"
