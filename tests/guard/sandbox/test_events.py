from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guard.sandbox.events import Ids, Refusal, error_event, padding


@given(st.text(max_size=40))
def test_padding_fills_a_delta_up_to_a_multiple_of_sixteen(delta: str) -> None:
    filler = padding(delta)
    assert (len(delta) + len(filler)) % 16 == 0
    assert len(filler) < 16
    assert filler.isalnum() or filler == ""


def test_padding_does_not_repeat_itself() -> None:
    assert len({padding("a") for _ in range(50)}) > 25


def test_identifiers_of_two_connections_never_meet() -> None:
    first, second = Ids(), Ids()
    made = [ids.make("item") for ids in (first, second) for _ in range(100)]
    assert len(set(made)) == 200
    assert len(first.call()) <= 32


def test_an_error_names_the_client_event_at_fault() -> None:
    event = error_event(Ids(), Refusal("unknown_parameter", "No.", "session.modalities"), "evt_7")
    assert event["error"] == {
        "type": "invalid_request_error",
        "code": "unknown_parameter",
        "message": "No.",
        "param": "session.modalities",
        "event_id": "evt_7",
    }
