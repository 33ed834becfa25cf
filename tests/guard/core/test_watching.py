"""A call that is certain to be denied is not shown while it is written."""

from __future__ import annotations

import pytest
from provider import FunctionCall
from script import ORDERS, Script, policy
from watched_calls import ALLOWED, begun, watched

from guard.core.policy import Caps, Grant

NO_CAPS = Caps()


def watching(caps: Caps = NO_CAPS, calls_per_turn: int = 10, *, enforced: bool = True) -> Script:
    grant = Grant(ORDERS, streams_arguments=True, caps=caps, enforced=enforced)
    return Script(policy(grants={ORDERS.name: grant}, calls_per_turn=calls_per_turn))


def call(number: int) -> FunctionCall:
    ids = {"call_id": f"call_{number}", "item_id": f"item_{number}", "response_id": f"resp_{number}"}
    return FunctionCall(ORDERS.name, ALLOWED, **ids)


@pytest.mark.parametrize(
    ("caps", "calls_per_turn"),
    [
        (Caps(per_turn=1), 10),
        (Caps(per_session=1), 10),
        (NO_CAPS, 1),
    ],
)
def test_a_call_over_its_cap_is_not_shown(caps: Caps, calls_per_turn: int) -> None:
    script = watching(caps, calls_per_turn)
    first, second = call(1), call(2)
    assert watched(begun(script, first))
    script.server(first.done(), *first.copies(), first.finished())
    assert watched(begun(script, second)) == ""
    after = script.server(second.done(), *second.copies(), second.finished())
    assert "call_2" not in str(after.to_client)


@pytest.mark.parametrize("caps", [Caps(per_turn=0), Caps(per_session=0), Caps(per_day=0)])
def test_a_call_that_has_none_left_is_not_shown(caps: Caps) -> None:
    assert watched(begun(watching(caps), call(1))) == ""


def test_a_cap_that_is_only_tried_hides_nothing() -> None:
    assert watched(begun(watching(Caps(per_turn=0), enforced=False), call(1)))
