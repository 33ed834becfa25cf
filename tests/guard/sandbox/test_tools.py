from __future__ import annotations

import inspect
import json

import jsonschema_rs
import pytest

from controlplane import demo
from guard.sandbox import script, tools


def test_an_account_has_the_fields_that_support_must_not_see() -> None:
    status = tools.get_account_status("acct_42")
    assert list(status) == [
        "account_id",
        "status",
        "plan",
        "balance",
        "internal_cost",
        "margin",
        "partner_discount",
    ]


def test_the_same_question_has_the_same_answer_and_another_account_another_one() -> None:
    assert tools.get_account_status("acct_42") == tools.get_account_status("acct_42")
    assert tools.get_account_status("acct_42") != tools.get_account_status("acct_43")


def test_no_more_orders_come_than_were_asked_for() -> None:
    assert len(tools.list_recent_orders("acct_42", limit=3)["orders"]) == 3
    assert tools.list_recent_orders("acct_42", limit=0)["orders"] == []


def test_every_call_that_the_script_makes_has_a_back_end_that_takes_it() -> None:
    for name in tools.BACK_ENDS:
        call = script.call(name, script.Cue("help"))
        assert "error" not in json.loads(tools.answer(call.name, call.arguments))


def test_a_bad_call_is_answered_with_an_error() -> None:
    assert json.loads(tools.answer("fly", "{}"))["error"]["type"] == "unknown_tool"
    for arguments in ("{broken", "[]", '{"wrong": 1}'):
        assert json.loads(tools.answer("refund_order", arguments))["error"]["type"] == "bad_arguments"


def test_every_tool_of_the_demo_has_a_back_end() -> None:
    assert tools.BACK_ENDS.keys() == demo.TOOLS.keys()


@pytest.mark.parametrize("name", tools.BACK_ENDS)
def test_script_demo_catalogue_and_back_ends_agree_on_the_arguments(name: str) -> None:
    schema = demo.TOOLS[name]["parameters"]
    call = script.call(name, script.Cue("open a ticket, please"))
    assert jsonschema_rs.is_valid(schema, json.loads(call.arguments))
    assert inspect.signature(tools.BACK_ENDS[name]).parameters.keys() == schema["properties"].keys()
