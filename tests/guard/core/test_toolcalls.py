import json
from typing import Any

import pytest

from guard.core.argument_stream import ArgumentStream
from guard.core.policy import Grant
from guard.core.redact import Redactor
from guard.core.toolcalls import OVER, Call, CallBook, CallState, OutputRefused, Unanswerable
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
    over = {CallState.DENIED, CallState.ABANDONED, CallState.ANSWERED}
    assert {call.state for call in book.unfinished()} == set(CallState) - over
    assert book.count(CallState.DENIED, CallState.ANSWERED) == 2


def pending(*, watched: bool = False) -> Call:
    call = CallBook().announce(item(), "r")
    call.watched = ArgumentStream(Redactor()) if watched else None
    return call


def test_deltas_are_joined_and_an_empty_one_counts() -> None:
    call = pending()
    assert call.streamed is None
    call.hear("")
    assert call.streamed == ""
    for delta in ("{", "", "}"):
        call.hear(delta)
    assert call.streamed == "{}"


def test_what_is_remembered_of_endless_deltas_is_bounded() -> None:
    call = pending(watched=True)
    for _ in range(40):
        call.hear("[" * 64 * 1024)
        call.hear("")
    assert len(call.streamed or "") == 1024 * 1024 + 1


def test_nothing_is_shown_of_a_call_that_is_not_watched() -> None:
    call = pending()
    assert (call.hear('{"a":1}'), call.shown, call.is_hidden, call.is_closed) == ("", "", True, False)


@pytest.mark.parametrize("state", list(CallState))
def test_a_watched_call_is_never_hidden_again(state: CallState) -> None:
    call = pending(watched=True)
    assert call.hear('{"a":1') == '{"a":'
    call.state = state
    assert not call.is_hidden
    assert call.is_closed is (state in (CallState.DENIED, CallState.ABANDONED))


def test_what_was_shown_is_what_was_watched_until_the_call_is_delivered() -> None:
    call = pending(watched=True)
    call.hear('{"a":1')
    call.arguments = '{"a":1}'
    assert call.shown == '{"a":'
    call.state = CallState.DELIVERED
    assert call.shown == '{"a":1}'


def test_a_watched_call_awaits_no_output_before_it_is_delivered() -> None:
    book = CallBook()
    call = book.announce(item(), "r")
    call.watched = ArgumentStream(Redactor())
    for state in (CallState.PENDING, CallState.DENIED, CallState.ABANDONED):
        call.state = state
        with pytest.raises(OutputRefused):
            book.awaiting("c")


def test_each_call_of_an_id_is_another_use_of_it() -> None:
    book = CallBook()
    uses = []
    for number in range(3):
        call = book.announce({"id": f"item_{number}", "call_id": "call_0"}, "resp_1")
        call.state = CallState.ANSWERED
        uses.append(call.use)
    assert uses == [1, 2, 3]
    assert book.announce({"id": "item_9", "call_id": "call_9"}, "resp_1").use == 1


@pytest.mark.parametrize("call_id", ['a"b', "a\\b", "größe"])
def test_a_hidden_call_is_named_by_its_id_however_json_writes_it(call_id: str) -> None:
    book = CallBook()
    book.announce({"id": "item_1", "call_id": call_id, "name": "refund"}, "resp_1").state = CallState.DENIED
    assert book.names_hidden({"error": [{"message": f"no output for {call_id} yet"}]})
    assert book.names_hidden({f"of {call_id}": None})
    assert book.names_hidden(f"in {json.dumps({'call_id': call_id}, ensure_ascii=False)}")
    assert not book.names_hidden({"message": "no output for another call", "count": 3})
