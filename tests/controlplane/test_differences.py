"""Differences between two policies, as people read them: a table of edits and the sentences that say them."""

from __future__ import annotations

import copy

import pytest

from controlplane.differences import between
from tests.controlplane.shop_policy import demo

URL = "https://tools.example.com/refunds"


def said(old, new):
    return [f"{each.sentence} [{each.effect}]" for each in between(old, new)]


def role(name="customer_support", **values):
    return lambda content: content["roles"][name].update(values)


def grant(tool="get_account_status", name="customer_support", **values):
    return lambda content: content["roles"][name]["grants"][tool].update(values)


def tool(**values):
    return lambda content: content["tools"]["refund_order"].update(values)


def pattern(name, **values):
    def edit(content):
        row = next(row for row in content["patterns"] if row["rule"]["name"] == name)
        (row if values.keys() & row.keys() else row["rule"]).update(values)

    return edit


def classifier(**values):
    def edit(content):
        row = content["classifiers"][0]
        (row if values.keys() & row.keys() else row["ask"]).update(values)

    return edit


def provider(**values):
    return lambda content: content["providers"]["main"].update(values)


def nothing(content):
    """The document as it is."""


TABLE = [
    # before, edit, there and back
    (nothing, role(audio="deliver"), "customer_support: audio hold → deliver (UNREDACTED)", "looser"),
    (nothing, role(audio="text_only"), "customer_support: audio hold → text only", "stricter"),
    (nothing, role(idle_seconds=100), "customer_support: idle limit 300 → 100 seconds", "stricter"),
    (
        nothing,
        role(max_session_seconds=3600),
        "customer_support: longest session 1800 → 3600 seconds",
        "looser",
    ),
    (
        nothing,
        role(max_output_tokens=100),
        "customer_support: output tokens no limit → 100 in a response",
        "stricter",
    ),
    (nothing, role(may_use_webrtc=True), "customer_support: may use WebRTC (NOT GUARDED)", "looser"),
    (
        nothing,
        role(accepts_history=True),
        "customer_support: accepts earlier turns of the model from clients",
        "looser",
    ),
    (nothing, role(binds_address=True), "customer_support: tickets are bound to a network", "stricter"),
    (nothing, role(spread_values="flag"), "customer_support: values spread over items cut → flag", "looser"),
    (nothing, role(engine_url="http://e"), "customer_support: is decided by http://e as well", "stricter"),
    (nothing, role(model_names=["m"]), "customer_support: models: m", "stricter"),
    (nothing, role(provider="main"), "customer_support: provider the default one → main", "neutral"),
    (nothing, role(calls_per_turn=5), "customer_support: calls 25 → 5 per turn", "stricter"),
    (
        nothing,
        grant(approver="supervisor"),
        "customer_support: get_account_status allow → needs supervisor",
        "stricter",
    ),
    (
        grant(approver="user"),
        grant(approver="supervisor"),
        "customer_support: get_account_status needs the user → needs supervisor",
        "neutral",
    ),
    (
        nothing,
        grant(rules={"amount": {"at_most": 50}}),
        "customer_support: get_account_status now amount at most 50",
        "stricter",
    ),
    (
        grant(rules={"amount": {"at_most": 50}}),
        grant(rules={"amount": {"at_most": 100}}),
        "customer_support: get_account_status amount at most 50 → 100",
        "looser",
    ),
    (
        grant(rules={"amount": {"at_least": 50}}),
        grant(rules={"amount": {"at_least": 100}}),
        "customer_support: get_account_status amount at least 50 → 100",
        "stricter",
    ),
    (
        grant(rules={"kind": {"one_of": ["a"]}}),
        grant(rules={"kind": {"one_of": ["a", "b"]}}),
        'customer_support: get_account_status kind one of ["a"] → ["a", "b"]',
        "looser",
    ),
    (
        grant(rules={"kind": {"fixed": "a"}}),
        grant(rules={"kind": {"fixed": "b"}}),
        "customer_support: get_account_status kind fixed a → b",
        "neutral",
    ),
    (
        nothing,
        grant(condition="true"),
        "customer_support: get_account_status now on a condition: true",
        "stricter",
    ),
    (
        nothing,
        grant(per_day=5),
        "customer_support: get_account_status calls no limit → 5 per day",
        "stricter",
    ),
    (
        nothing,
        grant(hidden_fields=["internal_cost", "margin"]),
        "customer_support: get_account_status no longer hides in the result: partner_discount",
        "looser",
    ),
    (
        nothing,
        grant(visible_fields=["plan"]),
        "customer_support: get_account_status the model sees of the result: plan",
        "stricter",
    ),
    (
        nothing,
        grant(mode="shadow"),
        "customer_support: get_account_status rules enforced → only tried (SHADOW)",
        "looser",
    ),
    (
        grant(mode="shadow"),
        grant(mode="shadow", per_day=5),
        "customer_support: get_account_status calls no limit → 5 per day",
        "neutral",
    ),
    (nothing, tool(runner="http", url=URL), f"tool refund_order: run by client → http {URL}", "neutral"),
    (nothing, tool(answer_seconds=5), "tool refund_order: time to answer 30 → 5 seconds", "neutral"),
    (nothing, pattern("email", direction="both"), "pattern email: to the client → both ways", "stricter"),
    (nothing, pattern("email", mode="shadow"), "pattern email: enforced → only tried (SHADOW)", "looser"),
    (nothing, pattern("email", roles=["analyst"]), "pattern email: for every role → for analyst", "looser"),
    (
        nothing,
        pattern("email", operator="flag"),
        "pattern email: a find is replaced → only recorded",
        "looser",
    ),
    (
        nothing,
        pattern("blocked_keywords", keywords=["admin_panel", "internal_code"]),
        "pattern blocked_keywords: no longer hides the words: production_database",
        "looser",
    ),
    (
        pattern("email", mode="shadow"),
        pattern("email", direction="both"),
        "pattern email: to the client → both ways",
        "neutral",
    ),
    (nothing, classifier(threshold=0.9), "classifier names: least score 0.5 → 0.9", "looser"),
    (nothing, classifier(on_failure="pass"), "classifier names: on a failure withhold → pass", "looser"),
    (nothing, classifier(direction="both"), "classifier names: to the client → both ways", "stricter"),
    (nothing, provider(url="wss://b.example.com/"), None, "neutral"),
    (
        nothing,
        provider(private_tool_hosts=["a"]),
        "provider main: tools may reach the private hosts: a",
        "looser",
    ),
]
OPPOSITE = {"looser": "stricter", "stricter": "looser", "neutral": "neutral"}


@pytest.mark.parametrize(
    ("before", "edit", "sentence", "effect"), TABLE, ids=[row[2] or "address" for row in TABLE]
)
def test_an_edit_is_one_sentence_and_its_opposite_the_other_way(before, edit, sentence, effect):
    old = demo()
    before(old)
    new = copy.deepcopy(old)
    edit(new)
    assert said(old, new) == [
        f"{sentence or 'provider main: address wss://api.example.com/v1 → wss://b.example.com/'} [{effect}]"
    ]
    assert [each.effect for each in between(new, old)] == [OPPOSITE[effect]]


def test_tools_come_and_go():
    old, new = demo(), demo()
    del new["roles"]["customer_support"]["grants"]["list_recent_orders"]
    new["roles"]["customer_support"]["grants"]["delete_account"] = {
        **new["roles"]["admin"]["grants"]["delete_account"],
        "approver": "supervisor",
        "rules": {"account_id": {"owned": "account_id"}},
    }
    assert said(old, new) == [
        "customer_support: may now call delete_account (needs supervisor; account_id owned account_id) [looser]",
        "customer_support: may no longer call list_recent_orders [stricter]",
    ]


def test_rows_come_and_go():
    old, new = demo(), demo()
    new["roles"]["guest"] = {**new["roles"]["analyst"], "audio": "deliver", "grants": {}}
    del new["roles"]["analyst"]
    del new["tools"]["delete_account"]
    new["patterns"] = [row for row in new["patterns"] if row["rule"]["name"] != "ssn"]
    new["classifiers"] = []
    new["providers"]["other"] = {
        **new["providers"]["main"],
        "url": "wss://b.example.com/",
        "is_default": False,
    }
    assert said(old, new) == [
        "role analyst retired: its sessions end [stricter]",
        "role guest added [looser]",
        "guest: audio deliver (UNREDACTED) [neutral]",
        "tool delete_account retired [stricter]",
        "pattern ssn retired [looser]",
        "classifier names retired [looser]",
        "provider other added at wss://b.example.com/ [neutral]",
    ]


def test_long_texts_are_told_by_their_length_and_shown_line_by_line():
    old, new = demo(), demo()
    text = "Be brief.\n" * 20
    old["roles"]["analyst"]["instructions"] = text
    new["roles"]["analyst"]["instructions"] = f"{text}Be kind."
    (found,) = between(old, new)
    assert found.sentence == "analyst: instructions changed: 200 → 208 characters"
    assert "+Be kind." in found.lines()
    assert "-Be brief." not in found.lines()


def test_the_order_of_members_and_roles_says_nothing():
    new = demo()
    new["roles"] = dict(reversed(new["roles"].items()))
    assert between(demo(), new) == []
