from typing import Any

import pytest

from guard.core.policy import Grant
from guard.core.toolcalls import CallBook, CallState, OutputRefused
from guard.core.tools import Tool


def item(item_id: str = "i", call_id: str = "c", name: str = "t") -> dict[str, Any]:
    return {"id": item_id, "call_id": call_id, "name": name}


def test_a_call_is_one_whatever_announces_it() -> None:
    book = CallBook()
    assert book.announce(item(), "r") is book.announce(item(), "r")
    assert book.of_item("i") is book.of_call("c")
    assert book.of_response("r") == [book.of_call("c")]


@pytest.mark.parametrize("again", [item("j", "c"), item("i", "d")])
def test_ids_that_change_their_meaning_are_refused(again: dict[str, Any]) -> None:
    book = CallBook()
    book.announce(item(), "r")
    with pytest.raises(ValueError, match="call_id"):
        book.announce(again, "r")


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
