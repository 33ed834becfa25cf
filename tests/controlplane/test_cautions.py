"""Each mistake that an edit can make, and that nothing is said about the others."""

from __future__ import annotations

import copy

import pytest

from controlplane import cautions, document
from controlplane.document import GRANT_FIELDS, TOOL_FIELDS
from controlplane.models import Tool, ToolGrant

CLOSED = {"type": "object", "properties": {"amount": {"type": "number"}}, "additionalProperties": False}


def grant(**values):
    return {name: getattr(ToolGrant(), name) for name in GRANT_FIELDS} | values


def tool(**values):
    return {name: getattr(Tool(parameters=CLOSED), name) for name in TOOL_FIELDS} | values


def said(before, after, of=None):
    return cautions.of_grant("support", "refund", before, after, of or tool())


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ({}, {"mode": "shadow"}, "its rules, caps, condition and approval are only tried from now on"),
        (
            {"per_turn": 1, "per_day": 9},
            {},
            "calls per turn and per day are no longer limited",
        ),
        (
            {"approver": "supervisor"},
            {},
            "nobody has to agree to a call any more; until now it was a supervisor",
        ),
        (
            {"approver": "supervisor"},
            {"approver": "user"},
            "the user now agrees to a call; until now it was a supervisor",
        ),
        (
            {"rules": {"amount": {"at_most": 5, "at_least": 1}}},
            {"rules": {"amount": {"at_most": 5}}},
            "no longer held to: amount at_least",
        ),
        ({"condition": "true"}, {}, "it has no condition any more"),
        (
            {"hidden_fields": ["cost", "margin"]},
            {"hidden_fields": ["margin"]},
            "the model sees cost of the result now",
        ),
        (
            {"visible_fields": ["state"]},
            {},
            "the model sees the whole result now but the hidden fields",
        ),
    ],
)
def test_an_edit_that_widens_is_told_and_the_way_back_is_not(db, before, after, sentence):
    before, after = grant(**before), grant(**after)
    assert said(before, after) == [f"refund for support: {sentence}"]
    assert said(after, before) == []


def test_a_new_grant_has_widened_nothing(db):
    assert said(None, grant(mode="shadow")) == []


@pytest.mark.parametrize("rules", [{"amount": {"owned": "account"}}, {"amount": {"fixed": "@account"}}])
def test_an_attribute_that_no_user_of_the_role_has_is_told(demo, rules):
    assert said(None, grant(rules=rules)) == [
        "refund for support: amount: no user of the role has the attribute account, so every call is denied"
    ]
    own = {"amount": {"owned": "account_id"}}
    assert cautions.of_grant("customer_support", "refund", None, grant(rules=own), tool()) == []


def test_an_endpoint_that_takes_anything_is_told(db):
    endpoint = {"runner": "http", "url": "https://tools.example.com"}
    nothing = tool(**endpoint, parameters={"type": "object"})
    more = tool(**endpoint, parameters={**CLOSED, "additionalProperties": True})
    assert "names no arguments" in cautions.of_tool("refund", nothing, [])[0]
    assert "set additionalProperties to false" in cautions.of_tool("refund", more, [])[0]
    assert "names no arguments" in said(None, grant(), nothing)[0]
    assert cautions.of_tool("refund", tool(**endpoint), []) == []
    assert cautions.of_tool("refund", tool(parameters={"type": "object"}), []) == []


@pytest.mark.parametrize("url", ["https://*.example.com", "https://a.example.com/{order}", "https://a/$id"])
def test_an_address_that_looks_like_a_pattern_is_told(url):
    (sentence,) = cautions.of_tool("refund", tool(runner="http", url=url), [])
    assert "the address is used as it stands" in sentence


def test_names_that_look_alike_are_told():
    assert cautions.of_tool("Refund-Order", tool(), ["refund_order", "refund"]) == [
        "Refund-Order: its name looks like that of refund_order"
    ]


def test_what_no_field_is_hidden_from_is_told(db):
    server = tool(runner="mcp", url="https://m.example.com", result_schema={"type": "object"})
    assert "no field is hidden from it" in said(None, grant(hidden_fields=["cost"]), server)[0]
    assert "its schema is not checked" in cautions.of_tool("refund", server, [])[0]


def test_an_endpoint_that_cannot_know_who_calls_is_told():
    row = Tool(name="refund", runner="http")
    assert cautions.unsigned(row) == [
        "refund: it has no signing secret, so its endpoint cannot tell Sallyport from anybody else"
    ]
    row.api_key_ciphertext = b"x"
    assert cautions.unsigned(row) == []
    assert cautions.unsigned(Tool(name="refund")) == []


def test_a_document_in_place_of_another_is_told_of_once_and_of_what_changed_only(demo):
    before = document.current()
    assert cautions.between(before, before) == []
    after = copy.deepcopy(before)
    after["roles"]["customer_support"]["grants"]["get_account_status"]["mode"] = "shadow"
    after["roles"]["new"] = {"grants": {"refund_order": grant()}}
    after["tools"]["GET_account_status"] = tool()
    after["patterns"][0]["mode"] = "shadow"
    found = cautions.between(before, after)
    assert [sentence.partition(":")[0] for sentence in found] == [
        "GET_account_status",
        "get_account_status for customer_support",
        after["patterns"][0]["rule"]["name"],
    ]


def test_a_grant_whose_tool_a_document_lacks_is_for_somebody_else_to_refuse(demo):
    before = document.current()
    after = copy.deepcopy(before)
    after["roles"]["customer_support"]["grants"]["nothing"] = grant()
    assert cautions.between(before, after) == []


PRICES = {"text_input": 4, "audio_input": 32, "text_output": 16, "audio_output": 64}


def costly(**role):
    return {"support": {"provider": "", "model_names": [], "session_cents": 5, "day_cents": None, **role}}


def provider(**values):
    return {"main": {"model_names": ["m", "n"], "is_default": True, "prices": {"m": PRICES}, **values}}


@pytest.mark.parametrize(
    ("role", "prices", "without"),
    [
        ({}, {"m": PRICES}, "n"),
        ({}, {}, "m, n"),
        ({"session_cents": None, "day_cents": 5}, {"m": PRICES}, "n"),
        ({"model_names": ["n"], "provider": "main"}, {"n": {"text_input": 4}}, "n"),
    ],
)
def test_a_budget_of_cost_without_a_price_is_said_to_refuse_sessions(role, prices, without):
    (sentence,) = cautions.of_costs(costly(**role), provider(prices=prices))
    assert sentence == (
        f"support: what {without} costs cannot be judged, because main has no complete price for it; sessions with it "
        "are refused"
    )


def test_a_budget_of_cost_with_a_price_is_not_spoken_of():
    assert cautions.of_costs(costly(model_names=["m"]), provider()) == []
    assert cautions.of_costs(costly(session_cents=None), provider(prices={})) == []
    assert cautions.of_costs(costly(provider="gone"), provider(prices={})) == []


def test_whoever_takes_prices_away_by_a_document_hears_of_it_once():
    before = {"tools": {}, "patterns": [], "providers": provider(prices={"m": PRICES, "n": PRICES})}
    before["roles"] = {name: {**role, "grants": {}} for name, role in costly().items()}
    after = {**copy.deepcopy(before), "providers": provider()}
    assert len(cautions.between(before, after)) == 1
    assert cautions.between(after, after) == []
