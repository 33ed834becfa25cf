"""T78: when the redactor itself fails, the frame is withheld, and the third failure ends the session."""

from __future__ import annotations

import pytest
from provider import FunctionCall, Utterance, event
from script import Script

from guard.core.closing import CLOSINGS, EndReason
from guard.core.redact import Redactor, Stream

WORDS = "nothing to hide"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """A session whose redactor fails at every text from now on."""
    opened = Script()

    def fail(self: object, text: str, **options: object) -> str:
        raise RuntimeError(f"cannot read {text}")

    monkeypatch.setattr(Redactor, "whole", fail)
    monkeypatch.setattr(Stream, "push", fail)
    return opened


CARRIERS = {
    "a text delta": lambda: Utterance(WORDS).deltas()[0],
    "a transcript delta": lambda: Utterance(WORDS, spoken=True).deltas()[0],
    "a whole text": lambda: Utterance(WORDS).finish()[0],
    "a part": lambda: Utterance(WORDS).finish()[1],
    "an item": lambda: Utterance(WORDS).finish()[2],
    "an output item": lambda: Utterance(WORDS).finish()[3],
    "a response": lambda: Utterance(WORDS).finish()[4],
    "an error": lambda: event("error", error={"type": "server_error", "message": WORDS}),
    "an unknown event": lambda: event("guess.what", note=WORDS),
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_t78_a_frame_that_the_redactor_fails_on_is_withheld(script: Script, carrier: str) -> None:
    orders = script.server(CARRIERS[carrier]())
    assert orders.to_client == []
    [record] = [each for each in orders.records if each.rule == "fault"]
    assert record.verb == "frame.withheld"
    assert WORDS not in str(record)


def test_t78_a_call_that_the_redactor_fails_on_never_reaches_the_client(script: Script) -> None:
    orders = script.server(*FunctionCall("list_recent_orders", f'{{"account_id":"{WORDS}"}}').all())
    assert orders.types() == ["response.created"]  # it has no text
    assert "fault" in [record.rule for record in orders.records]


def test_t78_the_third_failure_ends_the_session_with_4500(script: Script) -> None:
    deltas = Utterance(WORDS, sizes=(5,)).deltas()
    assert [script.server(delta).end for delta in deltas[:2]] == [None, None]
    ended = script.server(deltas[2])
    assert ended.to_client == []
    assert ended.end is not None and ended.end.reason is EndReason.INTERNAL
    assert CLOSINGS[ended.end.reason].close_code == 4500


def test_t78_what_the_client_says_goes_nowhere_either(script: Script) -> None:
    content = [{"type": "input_text", "text": WORDS}]
    item = {"type": "message", "role": "user", "content": content}
    orders = script.client({"type": "conversation.item.create", "item": item})
    assert orders.to_upstream == []
    assert [record.rule for record in orders.records] == ["fault"]
