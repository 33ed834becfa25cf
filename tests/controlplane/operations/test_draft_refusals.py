"""What is refused, with the path that it is about and the rule that it breaks; and then nothing is done."""

from __future__ import annotations

import copy

import pytest

from controlplane import document
from controlplane.draft import Malformed
from tests.controlplane.applying import apply, refusal, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def wanted(demo):
    """The policy as it is, to be edited."""
    return copy.deepcopy(document.current())


def _set(*path):
    *steps, last, value = path

    def edit(content):
        for step in steps:
            content = content[step]
        content[last] = value

    return edit


GRANT = ("roles", "admin", "grants", "refund_order")
MALFORMED = [
    (_set("rules", {}), "rules: is not known here"),
    (_set("roles", []), "roles: must be a mapping of names"),
    (_set("patterns", {}), "patterns: must be a list"),
    (_set("roles", "admin", "Audio", "hold"), "roles.admin.Audio: is not known here"),
    (_set("roles", "admin", "description", "x"), "roles.admin.description: is not known here"),
    (_set("roles", "admin", "audio", True), "roles.admin.audio: must be text"),
    (_set("roles", "admin", "idle_seconds", "300"), "roles.admin.idle_seconds: must be a whole number"),
    (_set("roles", "admin", "idle_seconds", True), "roles.admin.idle_seconds: must be a whole number"),
    (_set("roles", "admin", "idle_seconds", None), "roles.admin.idle_seconds: must not be null"),
    (_set("roles", "admin", "binds_address", "no"), "roles.admin.binds_address: must be true or false"),
    (_set("roles", "admin", "model_names", {}), "roles.admin.model_names: must be a list"),
    (
        _set("roles", "admin", "provider", "none"),
        "roles.admin.provider: there is no provider none in this document",
    ),
    (_set(*GRANT, "note", "x"), "roles.admin.grants.refund_order.note: is not known here"),
    (_set(*GRANT, "rules", []), "roles.admin.grants.refund_order.rules: must be a mapping"),
    (
        _set("roles", "admin", "grants", "fly", {}),
        "roles.admin.grants.fly: there is no tool fly in this document",
    ),
    (_set("tools", "refund_order", "api_key", "x"), "tools.refund_order.api_key: is not known here"),
    (_set("tools", "fly", {}), "tools.fly.parameters: is missing"),
    (_set("providers", "sandbox", "is_sandbox", True), "providers.sandbox.is_sandbox: is not known here"),
    (_set("patterns", 0, "rule", {}), "patterns[0]: needs a rule with a name"),
    (
        _set("patterns", 0, "roles", ["nobody"]),
        "patterns.api_key.roles: there is no role nobody in this document",
    ),
    (
        _set("patterns", 0, "roles", "admin"),
        "patterns.api_key.roles: must be a list of roles, or null for every role",
    ),
    (_set("patterns", 0, "rule", "flags", 1), "patterns.api_key.rule.flags: is not known here"),
    (_set("patterns", 1, "rule", "name", "api_key"), "patterns.api_key: is there twice"),
    (
        _set("roles", "admin", "instructions", "a\0b"),
        "roles.admin.instructions: holds a character that cannot be stored",
    ),
    (
        _set("roles", "admin", "idle_seconds", float("nan")),
        "roles.admin.idle_seconds: is no number that JSON knows",
    ),
]


@pytest.mark.parametrize(("edit", "said"), MALFORMED, ids=[said for _, said in MALFORMED])
def test_what_does_not_fit_is_refused_with_its_path(wanted, edit, said):
    edit(wanted)
    assert said in refusal(wanted, Malformed)


def test_a_section_that_is_missing_retires_nothing(wanted):
    del wanted["tools"]
    assert refusal(wanted, Malformed)[0] == "tools: is missing; write tools: {} if there are to be none"


REJECTED = [
    (
        _set(*GRANT, "rules", {"amount": {"at_most": "many"}}),
        "roles.admin.grants.refund_order.rules: amount: at_most needs a number",
    ),
    (
        _set(*GRANT, "rules", {"order_id": {"at_most": 5}}),
        "roles.admin.grants.refund_order.rules: order_id: at_most needs a number, the schema says string",
    ),
    (_set("roles", "admin", "audio", "loud"), "roles.admin.audio: Value 'loud' is not a valid choice."),
    (
        _set("roles", "admin", "idle_seconds", 0),
        "roles.admin.idle_seconds: Ensure this value is greater than or equal to 1.",
    ),
    (
        _set("patterns", 0, "roles", []),
        "patterns.api_key.roles: an empty list is for nobody; write null for every role",
    ),
    (
        _set("providers", "sandbox", "url", "http://x"),
        "providers.sandbox.url: must be a ws:// or wss:// address without query",
    ),
]


@pytest.mark.parametrize(("edit", "said"), REJECTED, ids=[said for _, said in REJECTED])
def test_what_a_row_refuses_is_said_with_path_and_rule(wanted, edit, said):
    edit(wanted)
    assert said in refusal(wanted)


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        (_set(*GRANT, "condition", "args.amount <"), "roles.admin.grants.refund_order.condition: "),
        (_set("tools", "refund_order", "parameters", {"type": "string"}), "tools.refund_order.parameters: "),
        (_set("patterns", 0, "rule", "pattern", "(a*)*"), "patterns.api_key"),
        (_set("tools", "refund_order", "runner", "http"), "tools.refund_order"),
        (_set("roles", "a b", {}), "roles.a b: "),
    ],
)
def test_every_check_of_the_admin_pages_is_made(wanted, edit, path):
    edit(wanted)
    assert any(problem.startswith(path) for problem in refusal(wanted)), refusal(wanted)


def test_a_rule_is_held_against_the_schema_that_the_same_document_brings(wanted):
    """The grant stays as it is; the tool under it changes."""
    wanted["roles"]["admin"]["grants"]["refund_order"]["rules"] = {"amount": {"at_most": 50}}
    apply(wanted)
    del wanted["tools"]["refund_order"]["parameters"]["properties"]["amount"]
    assert any("amount" in problem for problem in refusal(wanted))
    wanted["roles"]["admin"]["grants"]["refund_order"]["rules"] = {}
    settle(wanted)


def test_all_problems_of_a_step_are_said_at_once(wanted):
    wanted["roles"]["admin"]["audio"] = "loud"
    wanted["roles"]["analyst"]["idle_seconds"] = 0
    assert len(refusal(wanted)) == 2
