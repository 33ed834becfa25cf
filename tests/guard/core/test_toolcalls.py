from typing import Any

import pytest

from guard.core.policy import Grant
from guard.core.toolcalls import OVER, CallBook, CallState, OutputRefused, Unanswerable
from guard.core.tools import Tool


def item(item_id: str = "i", call_id: str = "c", name: str = "t") -> dict[str, Any]:
    return {"id": item_id, "call_id": call_id, "name": name}


def test_a_call_is_one_whatever_announces_it() -> None:
    book = CallBook()
    assert book.announce(item(), "r") is book.announce(item(), "r")
    assert book.of_item("i") is book.of_call("c")
    assert book.of_response("r") == [book.of_call("c")]


def test_an_item_cannot_change_its_call() -> None:
    book = CallBook()
    book.announce(item(), "r")
    with pytest.raises(Unanswerable):
        book.announce(item("i", "d"), "r")


@pytest.mark.parametrize("state", list(CallState))
def test_a_call_id_may_come_again_when_its_call_is_over(state: CallState) -> None:
    book = CallBook()
    book.announce(item(), "r").state = state
    again = book.announce(item("j", "c"), "r")
    assert again.duplicate is (state not in OVER)
    assert (book.of_call("c") is again) is (state in OVER)


@pytest.mark.parametrize("broken", [item("", "c"), item("i", ""), {"id": 5, "call_id": "c"}, {}])
def test_a_call_needs_both_its_ids(broken: dict[str, Any]) -> None:
    with pytest.raises(Unanswerable):
        CallBook().announce(broken, "r")


def test_only_so_many_calls_are_kept() -> None:
    book = CallBook()
    with pytest.raises(Unanswerable):
        for n in range(10_001):
            book.announce(item(f"i{n}", f"c{n}"), "r")


@pytest.mark.parametrize("state", [s for s in CallState if s is not CallState.DELIVERED])
def test_only_a_delivered_call_awaits_an_output(state: CallState) -> None:
    book = CallBook()
    book.announce(item(), "r").state = state
    with pytest.raises(OutputRefused):
        book.awaiting("c")


@pytest.mark.parametrize("call_id", ["nobody", None, 5, ["c"]])
def test_an_unknown_call_awaits_nothing(call_id: object) -> None:
    book = CallBook()
    call = book.announce(item(), "r")
    call.state, call.grant = CallState.DELIVERED, Grant(Tool("t", "", {"type": "object"}))
    with pytest.raises(OutputRefused):
        book.awaiting(call_id)
    assert book.awaiting("c") == (call, call.grant)


def test_a_call_holds_only_so_many_events() -> None:
    call = CallBook().announce(item(), "r")
    with pytest.raises(OverflowError):
        for _ in range(1001):
            call.hold({})


def test_what_is_unfinished_and_how_many_there_are() -> None:
    book = CallBook()
    for n, state in enumerate(CallState):
        book.announce(item(f"i{n}", f"c{n}"), "r").state = state
    assert {call.state for call in book.unfinished()} == {CallState.PENDING, CallState.DELIVERED}
    assert book.count(CallState.DENIED, CallState.ANSWERED) == 2
