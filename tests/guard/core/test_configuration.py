from dataclasses import replace

import pytest
from script import REFUND, policy

from guard.core.configuration import Configuration, TooManyUpdates
from guard.core.policy import Grant


def test_updates_are_answered_in_the_order_sent() -> None:
    configuration = Configuration(policy(), "gpt-realtime", {})
    configuration.sent("sp_1", {}, by_client=False)
    configuration.sent("mine", {"tools": []}, by_client=True)
    first = {**configuration.expected, "tools": policy().grants["list_recent_orders"].tool.definition()}
    assert configuration.updated({**first, "tools": [first["tools"]]}) == (False, ())
    assert configuration.updated(configuration.expected) == (True, ())


def test_an_echo_that_differs_is_a_fault() -> None:
    configuration = Configuration(policy(), "gpt-realtime", {})
    _, faults = configuration.updated({**configuration.expected, "instructions": "mine"})
    assert faults == ("instructions",)


def test_a_refused_update_of_ours_is_told_from_a_clients() -> None:
    configuration = Configuration(policy(), "gpt-realtime", {})
    configuration.sent("sp_1", {}, by_client=False)
    configuration.sent("mine", {}, by_client=True)
    assert not configuration.failed("mine")
    assert configuration.failed("sp_1")
    assert not configuration.failed("sp_1")


def test_a_new_policy_changes_only_what_differs() -> None:
    configuration = Configuration(policy(), "gpt-realtime", {})
    assert configuration.change_for(policy(version=9)) == {}
    assert configuration.change_for(policy(instructions="x")) == {"instructions": "x"}
    grants = {**policy().grants, "refund_order": Grant(REFUND)}
    more = configuration.change_for(replace(policy(), grants=grants))
    assert [tool["name"] for tool in more["tools"]] == ["list_recent_orders", "refund_order"]


def test_tools_that_the_client_did_not_ask_for_are_not_forced_on_it() -> None:
    configuration = Configuration(policy(), "gpt-realtime", {})
    configuration.sent("mine", {"tools": []}, by_client=True, asked={"tools": []})
    assert configuration.change_for(policy()) == {}


def test_what_the_client_added_survives_a_new_policy() -> None:
    open_minded = policy(accepts_client_instructions=True)
    configuration = Configuration(open_minded, "gpt-realtime", {"instructions": "Be brief."})
    change = configuration.change_for(replace(open_minded, instructions="Never refund. Ever."))
    assert change["instructions"].startswith("Never refund. Ever.")
    assert change["instructions"].endswith("Be brief.")


def test_a_refused_update_changes_nothing() -> None:
    """Agents SDKs send voice and tools together; a provider that refuses the voice has not taken the tools."""
    configuration = Configuration(policy(), "gpt-realtime", {})
    before = configuration.expected
    configuration.sent("mine", {"tools": []}, by_client=True, asked={"tools": []})
    configuration.failed("mine")
    assert configuration.updated(before) == (False, ())
    assert configuration.change_for(policy()) == {}


def test_updates_that_are_never_answered_are_not_piled_up() -> None:
    configuration = Configuration(policy(), "gpt-realtime", {})
    with pytest.raises(TooManyUpdates):
        for _ in range(65):
            configuration.sent("mine", {}, by_client=True)


def test_a_forced_tool_is_let_go_with_its_grant() -> None:
    choice = {"type": "function", "name": "list_recent_orders"}
    configuration = Configuration(policy(), "gpt-realtime", {"tool_choice": choice})
    assert configuration.change_for(policy(grants={})) == {"tools": [], "tool_choice": "auto"}
