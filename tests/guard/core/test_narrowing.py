from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from script import CARD, HIDDEN_CARD, ORDERS, REFUND, policy

from guard.core import narrowing
from guard.core.narrowing import Draft, below, own_part, permitted
from guard.core.policy import Grant
from guard.core.refusal import Refusal


def test_permitted_tools_come_in_a_stable_order_without_locked_ones() -> None:
    grants = {REFUND.name: Grant(REFUND), ORDERS.name: Grant(ORDERS)}
    assert list(permitted(policy(grants=grants))) == ["list_recent_orders", "refund_order"]
    assert list(permitted(policy(grants=grants, locked_tools=frozenset({"refund_order"})))) == [
        "list_recent_orders"
    ]


def test_a_key_without_a_rule_does_not_pass() -> None:
    with pytest.raises(Refusal) as caught:
        narrowing.apply({}, {"voice": "ash"}, Draft(policy(), "session"))
    assert (caught.value.code, caught.value.param) == ("unknown_parameter", "session.voice")


def test_client_instructions_are_redacted_and_the_hits_are_told() -> None:
    accepting = policy(accepts_client_instructions=True)
    narrowed = narrowing.apply(
        {"instructions": narrowing.instructions},
        {"instructions": f"Card {CARD}"},
        Draft(accepting, "session"),
    )
    assert narrowed.value == {"instructions": f"Never refund.\n\nCard {HIDDEN_CARD}"}
    assert [hit.rule for hit in narrowed.hits] == ["card"]


def test_metadata_is_redacted() -> None:
    draft = Draft(policy(), "response")
    narrowing.metadata(draft, "metadata", {"topic": f"card {CARD}"})
    assert draft.value == {"metadata": {"topic": f"card {HIDDEN_CARD}"}}


@given(st.text(), st.text())
def test_the_policys_instructions_come_first_and_whole(preamble: str, own: str) -> None:
    combined = below(policy(instructions=preamble), own)
    assert combined.startswith(preamble)
    assert combined.endswith(own)


@given(st.text(min_size=1), st.text())
def test_the_clients_part_is_found_again(preamble: str, own: str) -> None:
    composed = policy(instructions=preamble)
    assert own_part(composed, below(composed, own)) == own


def test_any_cap_replaces_unlimited_output() -> None:
    assert narrowing.capped(policy(max_output_tokens=100), "inf") == 100
    assert narrowing.capped(policy(max_output_tokens=100), 4096) == 100
    assert narrowing.capped(policy(max_output_tokens=100), 7) == 7
    assert narrowing.capped(policy(), "inf") == "inf"


@pytest.mark.parametrize("given_value", [None, [], ""])
def test_dropping_nothing_is_not_worth_a_record(given_value: Any) -> None:
    draft = Draft(policy(), "session")
    narrowing.is_dropped(draft, "include", given_value)
    assert draft.constrained == []
