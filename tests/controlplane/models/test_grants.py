from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from controlplane.models import Provider, Role, Tool, ToolGrant
from controlplane.models.grants import APPROVERS, MODES
from controlplane.models.tools import RUNNERS
from guard.core.approval import Approver
from guard.core.running import Runner

SCHEMA = {"type": "object", "properties": {"amount": {"type": "number", "minimum": 1}}}


@pytest.fixture
def refund(db):
    tool = Tool.objects.create(name="refund", parameters=SCHEMA)
    return ToolGrant.objects.create(role=Role.objects.create(name="support"), tool=tool)


def errors(row):
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    return refused.value.message_dict


def test_the_words_offered_are_the_ones_that_the_guard_knows():
    assert [value for value, _ in APPROVERS] == [each.value for each in Approver]
    assert [value for value, _ in RUNNERS] == [each.value for each in Runner]
    assert [value for value, _ in MODES] == ["enforce", "shadow"]


def test_a_rule_that_cannot_be_kept_is_refused_at_the_rules(refund):
    refund.rules = {"amuont": {"at_most": 5}, "amount": {"at_most": 0}}
    assert errors(refund) == {
        "rules": [
            "amuont: the tool's schema has no such argument",
            "amount: at_most 0 does not fit the schema: 0 is less than the minimum of 1",
        ]
    }


def test_arguments_are_not_shown_before_somebody_has_agreed(refund):
    refund.streams_arguments, refund.approver = True, "supervisor"
    assert errors(refund) == {
        "streams_arguments": ["they would be shown before anybody has agreed to the call"]
    }
    refund.approver = "none"
    refund.full_clean()


def test_a_grant_that_decides_nothing_may_have_faults(refund):
    refund.rules, refund.retired_at = {"amuont": {"at_most": 5}}, timezone.now()
    refund.full_clean()


def test_an_emptied_box_and_a_broken_rule_are_no_crash(refund):
    refund.rules = None
    refund.full_clean()
    refund.rules = {"amount": {"at_mots": 5}}
    assert "is no rule" in errors(refund)["rules"][0]


def test_a_schema_must_fit_what_has_been_granted(refund):
    ToolGrant.objects.update(rules={"amount": {"at_most": 50}})
    refund.tool.parameters = {"type": "object", "properties": {"sum": {"type": "number"}}}
    assert errors(refund.tool) == {
        "parameters": ["does not fit what support is granted: amount: the tool's schema has no such argument"]
    }


def test_a_tool_cannot_go_to_the_provider_while_a_grant_narrows_it(refund):
    ToolGrant.objects.update(rules={"amount": {"at_most": 50}})
    tool = refund.tool
    tool.runner, tool.url, tool.mcp_label, tool.mcp_tool = "mcp", "https://mcp.example.com", "shop", "refund"
    assert "with the model's own" in errors(tool)["runner"][0]
    ToolGrant.objects.update(retired_at=timezone.now())
    tool.full_clean()


@pytest.mark.parametrize(
    ("runner", "url", "said"),
    [
        ("http", "http://tools.example.com/refund", "https://"),
        ("http", "https://10.0.0.7/refund", "not public"),
        ("http", "https://169.254.169.254/latest", "not public"),
        ("http", "https://user:pass@tools.example.com", "user name or a password"),
        ("mcp", "http://mcp.example.com", "the authorisation would travel in the clear"),
        ("mcp", "https://user:pass@mcp.example.com", "must not hold a key"),
    ],
)
def test_addresses_that_nothing_may_be_sent_to_are_refused(db, runner, url, said):
    named = {"mcp_label": "shop", "mcp_tool": "refund"} if runner == "mcp" else {}
    assert said in errors(Tool(name="refund", parameters=SCHEMA, runner=runner, url=url, **named))["url"][0]


def test_a_private_host_is_called_once_a_provider_lists_it(db):
    tool = Tool(name="refund", parameters=SCHEMA, runner="http", url="http://10.0.0.7/refund")
    assert errors(tool)["url"]
    Provider.objects.create(
        name="p", url="wss://a.example.com/v1", model_names=["m"], private_tool_hosts=["10.0.0.7"]
    )
    tool.full_clean()
    Provider.objects.update(retired_at=timezone.now())
    assert errors(tool)["url"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://opa.example.com/v1/data", "arguments of calls would travel in the clear"),
        ("https://user:pass@opa.example.com/v1/data", "must not hold a key"),
        ("opa", "must be an http:// or https:// address"),
    ],
)
def test_a_decision_engine_is_asked_over_a_safe_way_only(db, url, said):
    assert said in errors(Role(name="support", engine_url=url))["engine_url"][0]
    Role(name="support", engine_url="http://localhost:8181/v1/data/sallyport/allow").full_clean()
