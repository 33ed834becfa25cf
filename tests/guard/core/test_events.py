"""The table of server events against the official SDK's own list."""

from typing import get_args

import pytest
from provider import event
from script import CARD, Script

from guard.core.events import SERVER_EVENTS, Treatment, text_field, treatment_of


def official_types() -> set[str]:
    openai_realtime = pytest.importorskip("openai.types.realtime")
    union = get_args(openai_realtime.RealtimeServerEvent)[0]
    return {
        literal for model in get_args(union) for literal in get_args(model.model_fields["type"].annotation)
    }


def test_every_official_event_has_a_treatment() -> None:
    assert official_types() - SERVER_EVENTS.keys() == set()


def test_everything_else_has_one_treatment_too() -> None:
    assert treatment_of("response.brand_new.thing") is Treatment.UNKNOWN


def test_every_text_has_its_field() -> None:
    fields = {t: text_field(t) for t, treatment in SERVER_EVENTS.items() if treatment is Treatment.TEXT_DONE}
    assert set(fields.values()) == {"text", "transcript"}


def test_an_unknown_event_is_delivered_redacted() -> None:
    orders = Script().server(event("novelty", note=f"see {CARD}"))
    assert orders.types() == ["novelty"] and CARD not in orders.text()


@pytest.mark.parametrize("content", [{"delta": "4111"}, {"arguments": "{}"}, {"tools": []}, {"call_id": "c"}])
def test_an_unknown_event_with_what_cannot_be_judged_alone_is_withheld(content: dict[str, object]) -> None:
    orders = Script().server(event("novelty", **content))
    assert orders.to_client == [] and orders.verbs() == ["frame.withheld"]


@pytest.mark.parametrize("frame", ["{", "[1]", "null", b"\xff", '{"no":"type"}', '{"type":5}'])
def test_what_is_no_event_is_withheld(frame: str | bytes) -> None:
    orders = Script().server(frame)
    assert orders.to_client == [] and orders.verbs() == ["frame.withheld"]


def test_telephone_keys_and_quotas_stay_here() -> None:
    assert Script().server(event("input_audio_buffer.dtmf_event_received", event="4")).to_client == []
    quota = Script().server(event("rate_limits.updated", rate_limits=[]))
    assert quota == []
