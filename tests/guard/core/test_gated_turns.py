"""Under gated turns the model answers only what was said and judged."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from judging import Judge
from provider import FunctionCall, Utterance, event, response, session
from script import CARD, Admitted, Script, policy
from users import BAD, CREATE, GATED, desk, transcript, turn, ups

from guard.core.classifier import Judgement
from guard.core.closing import EndReason

# -- gated turns


def test_the_provider_is_told_not_to_answer_by_itself() -> None:
    script = Script(policy(**GATED))
    update = script.session._state.configuration.expected["audio"]["input"]
    assert update == {
        "transcription": {"model": "whisper"},
        "turn_detection": {"type": "server_vad", "create_response": False},
    }


def test_a_client_cannot_switch_the_gate_off() -> None:
    script = Script(policy(**GATED))
    asked = {"type": "server_vad", "create_response": True, "idle_timeout_ms": 6000, "threshold": 0.4}
    [sent] = script.client(
        {
            "type": "session.update",
            "session": {"type": "realtime", "audio": {"input": {"turn_detection": asked}}},
        }
    ).to_upstream
    assert sent["session"]["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "create_response": False,
        "threshold": 0.4,
    }


@pytest.mark.parametrize(
    "detection", [{"type": "server_vad", "create_response": True}, {"type": "server_vad"}, None]
)
def test_a_provider_that_keeps_answering_by_itself_is_not_let_in(detection: Any) -> None:
    script = Script(policy(**GATED), opened=False)
    [update] = script.server(session("session.created")).to_upstream
    echo = deepcopy(update["session"])
    echo["audio"]["input"]["turn_detection"] = detection
    assert script.server(session("session.updated", **echo)).end is not None


def test_a_turn_is_answered_when_its_transcript_is_clean() -> None:
    judge = desk(**GATED)
    assert ups(judge.server(turn())) == []
    assert ups(judge.server(transcript("what is the time"))) == ["response.create"]


def test_a_transcript_that_comes_before_the_end_of_its_turn_counts() -> None:
    judge = desk(**GATED)
    assert ups(judge.server(transcript("what is the time"))) == []
    assert ups(judge.server(turn())) == ["response.create"]


@pytest.mark.parametrize(
    ("said", "patterns", "classifiers"), [(f"it is {CARD}", ["card"], None), (BAD, None, ["names"])]
)
def test_a_turn_with_a_find_is_deleted_and_not_answered(said: str, patterns: Any, classifiers: Any) -> None:
    judge = desk(**GATED)
    orders = judge.server(turn(), transcript(said))
    assert ups(orders) == ["conversation.item.delete"]
    assert orders.to_upstream[0]["item_id"] == "item_u"
    [record] = [record for record in orders.records if record.verb == "turn.refused"]
    assert (record.fields.get("patterns"), record.fields.get("classifiers")) == (patterns, classifiers)
    assert orders.to_client[-1]["error"]["code"] == "policy_denied"
    assert said not in str(orders.records)


def test_nothing_is_answered_before_a_refused_turn_is_forgotten() -> None:
    judge = desk(**GATED)
    judge.server(turn(), transcript(BAD))
    assert ups(judge.client(CREATE)) == []
    judge.server(event("conversation.item.added", item=spoken_item()))
    assert ups(judge.server(event("conversation.item.deleted", item_id="item_u"))) == ["response.create"]


def spoken_item() -> dict[str, Any]:
    content = [{"type": "input_audio", "transcript": None}]
    return {"id": "item_u", "type": "message", "role": "user", "content": content}


def test_a_provider_that_will_not_forget_a_turn_ends_the_session() -> None:
    judge = desk(**GATED)
    [delete] = judge.server(turn(), transcript(BAD)).to_upstream
    refused = event("error", error={"type": "x", "message": "no", "event_id": delete["event_id"]})
    end = judge.server(refused).end
    assert end is not None
    assert end.reason is EndReason.INTERNAL


def test_a_provider_that_says_nothing_about_the_deletion_ends_the_session() -> None:
    judge = desk(**GATED)
    judge.server(turn(), transcript(BAD))
    assert judge.script.wait(15.0).end is not None


@pytest.mark.parametrize("missing", [None, "", "  ", 5])
def test_a_turn_that_nobody_understood_is_not_answered(missing: Any) -> None:
    judge = desk(**GATED)
    orders = judge.server(turn(), transcript(missing))
    assert ups(orders) == ["conversation.item.delete"]
    assert "error" not in orders.types()


def test_a_failed_transcription_is_no_transcript() -> None:
    judge = desk(**GATED)
    kind = "conversation.item.input_audio_transcription.failed"
    failed = event(kind, item_id="item_u", content_index=0, error={"type": "x", "message": "no"})
    assert ups(judge.server(turn(), failed)) == ["conversation.item.delete"]


def test_a_turn_whose_transcript_never_comes_is_not_answered() -> None:
    judge = desk(**GATED)
    judge.server(turn())
    assert judge.script.session.next_tick() <= judge.script.now + 15.0
    assert ups(judge.script.wait(15.0)) == ["conversation.item.delete"]


def test_a_client_cannot_have_an_unjudged_turn_answered() -> None:
    judge = desk(**GATED)
    judge.server(turn())
    assert ups(judge.client(CREATE)) == []
    assert ups(judge.server(transcript("what is the time"))) == ["response.create"]


def test_sound_inside_an_item_is_refused_since_nobody_transcribes_it() -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "AAAA"}]}
    judge = desk(**GATED)
    create = {"type": "conversation.item.create", "item": item}
    one = {"type": "response.create", "response": {"conversation": "none", "input": [item]}}
    for request in (create, one):
        orders = judge.client(request)
        assert ups(orders) == []
        assert orders.to_client[0]["error"]["code"] == "policy_denied"


def test_a_turn_that_the_client_ended_itself_is_answered_when_the_client_asks() -> None:
    judge = desk(**GATED)
    judge.client({"type": "input_audio_buffer.commit"})
    assert ups(judge.server(turn(), transcript("what is the time"))) == []
    assert ups(judge.client(CREATE)) == ["response.create"]


def test_a_client_that_detects_turns_itself_is_not_answered_unasked() -> None:
    off = {"audio": {"input": {"turn_detection": None}}}
    judge = Judge(Script(Admitted(policy(**GATED), session=off)))
    assert ups(judge.server(turn(), transcript("what is the time"))) == []


def test_a_turn_waits_for_the_response_under_way() -> None:
    judge, said = desk(**GATED), Utterance("One moment.")
    judge.server(*said.begin(), turn())
    assert ups(judge.server(transcript("and another thing"))) == []
    assert ups(judge.server(*said.deltas(), *said.finish())) == ["response.create"]


def test_several_turns_are_answered_together() -> None:
    judge = desk(**GATED)
    judge.server(turn("a"), turn("b"))
    assert ups(judge.server(transcript("one", "a"))) == []
    assert ups(judge.server(transcript("two", "b"))) == ["response.create"]


def test_without_the_gate_turns_are_the_providers_affair() -> None:
    judge = desk()
    assert ups(judge.server(turn(), transcript(BAD))) == []
    assert judge.asked == []


def test_an_edit_puts_the_gate_under_a_running_session_and_takes_it_away() -> None:
    script = Script()
    [on] = script.replace(version=8, **GATED).to_upstream
    assert on["session"]["audio"]["input"] == {
        "transcription": {"model": "whisper"},
        "turn_detection": {"type": "server_vad", "create_response": False},
    }
    [off] = script.replace(version=9, gated_turns=False).to_upstream
    assert off["session"]["audio"]["input"] == {"turn_detection": {"type": "server_vad"}}


def test_a_judgement_that_fails_refuses_the_turn() -> None:
    judge = desk(judgement=lambda question: Judgement(failure="status"), **GATED)
    assert ups(judge.server(turn(), transcript("what is the time"))) == ["conversation.item.delete"]


def test_a_response_that_began_before_a_turn_was_judged_is_never_shown() -> None:
    """The client asked in time, as far as the guard could see; the turn ended at the provider while the request was
    under way."""
    judge, said = desk(**GATED), Utterance("It is 4000.", spoken=True)
    assert ups(judge.client(CREATE)) == ["response.create"]
    early = judge.server(turn(), *said.begin(), *said.deltas()[:2])
    assert ups(early) == ["response.cancel"]
    assert early.to_upstream[0]["response_id"] == "resp_1"
    rest = judge.server(
        *said.audio(),
        event("conversation.item.done", previous_item_id="item_u", item=said.item("incomplete", "It is")),
        response("response.done", "cancelled", output=[said.item("incomplete", "It is")]),
    )
    assert [sent["type"] for sent in rest.to_upstream] == ["conversation.item.delete"]
    assert rest.to_upstream[0]["item_id"] == "item_1"
    assert set([*early.types(), *rest.types()]) == {"input_audio_buffer.committed"}
    assert judge.server(event("conversation.item.deleted", item_id="item_1")).to_client == []
    assert ups(judge.server(transcript("what is the time"))) == ["response.create"]
    assert (
        "It is"
        in judge.server(*Utterance("It is 4000.", item_id="item_2", response_id="resp_2").all()).text()
    )


def test_a_response_that_nobody_asked_for_is_not_shown_before_its_turn_was_judged() -> None:
    judge, said = desk(**GATED), Utterance("It is 4000.")
    orders = judge.server(turn(), *said.all(), transcript(BAD))
    assert "It is" not in orders.text()
    assert ups(orders) == ["response.cancel", "conversation.item.delete", "conversation.item.delete"]


def test_a_call_made_before_its_turn_was_judged_is_neither_decided_nor_shown() -> None:
    judge, call = desk(**GATED), FunctionCall("list_recent_orders", '{"account_id":"acct_42"}')
    orders = judge.server(turn(), *call.all())
    assert "tool.decided" not in orders.verbs()
    assert "list_recent_orders" not in orders.text()
    assert ups(orders) == ["response.cancel", "conversation.item.delete"]
