"""What a provider, a client or a classifier can try against the last look, the gate and bounded speech."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from judging import NAMES, Judge, flags
from provider import Utterance, event, response, session
from script import CARD, Admitted, Script, policy
from users import CREATE, GATED, transcript, turn, ups

from guard.core.classifier import Judgement, OnFailure, Timing
from guard.core.policy import AudioPolicy

BAD = "This is forbidden."


def desk(classifier: Any = NAMES, **changes: Any) -> Judge:
    return Judge(Script(policy(client_classifiers=(classifier,), **changes)), flags("forbidden"))


# -- the last look


def test_a_frame_full_of_sentences_does_not_become_as_many_questions() -> None:
    lines = "".join(f"Line number {n} of the text.\n" for n in range(4_000))
    judge = desk()
    judge.hold = True
    judge.server(*Utterance(lines, sizes=(999_999,)).all())
    assert len(judge.asked) == 512


def test_what_was_not_asked_is_withheld_though_failures_may_pass() -> None:
    lines = "".join(f"Line number {n} of the text.\n" for n in range(600))
    judge = Judge(Script(policy(client_classifiers=(replace(NAMES, on_failure=OnFailure.PASS),))))
    judge.hold = True
    judge.server(*Utterance(lines, sizes=(99_999,)).all())
    shown = "".join(each.get("delta", "") for each in judge.answer().to_client)
    assert shown.endswith("Line number 511 of the text.[WITHHELD]")


def test_a_thousand_sentences_are_judged_in_steady_time() -> None:
    """Counted in look-ups, not in seconds: each answer must not look at everything that waits."""
    judge = desk()
    lines = "".join(f"Line number {n} of the text.\n" for n in range(500))
    judge.hold = True
    judge.server(*Utterance(lines, sizes=(99_999,)).all())
    inquiry, looked = judge.script.session._state.inquiry, 0
    known = inquiry.is_judged

    def counted(*arguments: Any) -> bool:
        nonlocal looked
        looked += 1
        return known(*arguments)

    inquiry.is_judged = counted  # type: ignore[method-assign]
    judge.answer()
    assert looked < 20_000


@pytest.mark.parametrize(
    ("on_failure", "shown"), [(OnFailure.WITHHOLD, "[WITHHELD]"), (OnFailure.PASS, "Half a sent")]
)
def test_a_sentence_that_is_never_completed_does_not_hold_up_the_session_for_ever(
    on_failure: OnFailure, shown: str
) -> None:
    judge = desk(replace(NAMES, on_failure=on_failure), audio=AudioPolicy.KILL)
    said = Utterance("Half a sent", spoken=True)
    judge.server(*said.begin(), *said.deltas(), said.audio()[0])
    assert judge.server(response("response.created", id="resp_2")).to_client == []
    assert judge.script.session.next_tick() <= judge.script.now + 5.0
    orders = judge._answered(judge.script.wait(5.0))
    assert "".join(each["delta"] for each in orders.to_client if "transcript" in each["type"]) == shown
    assert orders.types()[-1] == "response.created"


def test_a_text_that_names_no_response_ends_with_the_next_response() -> None:
    judge, said = desk(), Utterance("Half a sent")
    deltas = [{key: value for key, value in each.items() if key != "response_id"} for each in said.deltas()]
    orders = judge.server(*said.begin(), *deltas, response("response.done", "cancelled", output=[]))
    assert "Half a sent" in "".join(each.get("delta", "") for each in orders.to_client)


@pytest.mark.parametrize("role", ["user", "system"])
def test_a_role_beside_a_text_takes_it_past_no_classifier(role: str) -> None:
    judge, said = desk(), Utterance(BAD)
    done = {**said.finish()[0], "role": role}
    part = {**said.finish()[1], "part": {"type": "text", "text": BAD, "role": role}}
    item = {**said.finish()[3], "item": {**said.item("completed", BAD), "role": role}}
    assert "forbidden" not in judge.server(*said.begin(), done, part, item).text()


def test_two_names_of_one_text_are_not_two_texts() -> None:
    script, said = Script(), Utterance("4111 1111")
    beta = [{**each, "type": "response.text.delta"} for each in Utterance(" 1111 1111").deltas()]
    orders = script.server(*said.begin(), *said.deltas(), *beta)
    assert "1111 1111" not in "".join(each.get("delta", "") for each in orders.to_client)[10:]
    assert "frame.withheld" in orders.verbs()


def test_each_part_of_an_item_ends_as_its_own_deltas_ended() -> None:
    script, said = Script(), Utterance("my code is 4111")
    second = [{**each, "content_index": 1} for each in Utterance("and 4111").deltas()]
    orders = script.server(*said.begin(), *said.deltas(), *said.finish()[:2], *second)
    content = [
        {"type": "output_text", "text": "my code is 4111"},
        {"type": "output_text", "text": "and 4111"},
    ]
    item = {**said.item("incomplete"), "content": content}
    orders += script.server(response("response.done", "cancelled", output=[item]))
    parts = orders.to_client[-1]["response"]["output"][0]["content"]
    deltas = [each for each in orders.to_client if each["type"] == "response.output_text.delta"]
    for index in (0, 1):
        grown = "".join(each["delta"] for each in deltas if each["content_index"] == index)
        assert parts[index]["text"] == grown


def test_a_record_holds_no_word_of_either_side() -> None:
    script = Script()
    orders = script.server(
        event("conversation.item.added", item={"id": "x", "type": CARD}), event(CARD, delta="x")
    )
    orders += script.client({"type": CARD})
    assert {record.verb for record in orders.records} == {"frame.withheld", "frame.rejected"}
    assert CARD not in str(orders.records)


# -- the gate


def gated() -> Judge:
    return Judge(Script(policy(**GATED)))


def test_a_turn_without_a_name_ends_the_session() -> None:
    assert gated().server(event("input_audio_buffer.committed")).end is not None


def test_a_spoken_item_of_which_no_end_was_told_is_a_turn_all_the_same() -> None:
    judge = gated()
    content = [{"type": "input_audio", "transcript": None}]
    item = {"id": "item_u", "type": "message", "role": "user", "content": content}
    judge.server(event("conversation.item.created", item=item))
    assert ups(judge.client(CREATE)) == []
    assert ups(judge.server(transcript("what is the time"))) == ["response.create"]
    judge.server(event("conversation.item.done", item=item))
    assert ups(judge.client(CREATE)) == ["response.create"]


def test_a_response_that_was_never_announced_is_not_shown_while_a_turn_is_unjudged() -> None:
    judge, said = gated(), Utterance("So be it.")
    orders = judge.server(turn(), *said.begin()[1:], *said.deltas(), *said.finish())
    assert "So be it" not in orders.text()


def test_null_turn_detection_must_stay_null() -> None:
    off = {"audio": {"input": {"turn_detection": None}}}
    script = Script(Admitted(policy(**GATED), session=off), opened=False)
    [update] = script.server(session("session.created")).to_upstream
    echo = json.loads(json.dumps(update["session"]))
    echo["audio"]["input"]["turn_detection"] = {"type": "server_vad", "create_response": True}
    assert script.server(session("session.updated", **echo)).end is not None


def test_push_to_talk_asks_for_its_answer_once() -> None:
    judge = gated()
    assert ups(judge.client({"type": "input_audio_buffer.commit"}, CREATE)) == ["input_audio_buffer.commit"]
    assert ups(judge.server(turn(), transcript("what is the time"))) == ["response.create"]


def test_a_commit_that_failed_holds_up_nothing() -> None:
    judge = gated()
    [commit] = judge.client({"type": "input_audio_buffer.commit"}, CREATE).to_upstream
    failed = event("error", error={"type": "x", "message": "empty", "event_id": commit["event_id"]})
    assert ups(judge.server(failed)) == ["response.create"]


def test_the_deletion_of_a_turn_that_was_never_shown_counts() -> None:
    judge = gated()
    judge.server(turn(), transcript(f"it is {CARD}"))
    judge.server(event("conversation.item.deleted", item_id="item_u"))
    assert judge.script.wait(16.0).end is None


def test_transcripts_that_belong_to_no_turn_are_forgotten_in_their_turn() -> None:
    judge = gated()
    judge.server(*[transcript("late", f"old_{number}") for number in range(200)])
    assert ups(judge.server(transcript("what is the time"), turn())) == ["response.create"]


def test_a_refused_request_is_not_asked_again() -> None:
    judge, said = gated(), Utterance("So be it.")
    judge.client({"type": "response.create", "response": {"prompt": {"id": "p"}}})
    orders = judge.server(turn(), *said.all(), transcript("hello"))
    assert orders.types().count("error") == 0


def test_words_that_were_refused_leave_their_name_free() -> None:
    judge = Judge(Script(policy(model_classifiers=(NAMES,))), flags("forbidden"))
    item = {
        "id": "mine_1",
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": BAD}],
    }
    judge.client({"type": "conversation.item.create", "item": item})
    item["content"] = [{"type": "input_text", "text": "hello"}]
    assert ups(judge.client({"type": "conversation.item.create", "item": item})) == [
        "conversation.item.create"
    ]


def test_only_so_much_waits_behind_words_that_are_judged() -> None:
    judge = Judge(Script(policy(model_classifiers=(NAMES,))), lambda question: Judgement())
    judge.hold = True
    picture = {
        "type": "input_image",
        "image_url": "data:image/png;base64,iVBORw0KGgo" + "A" * 3_000_000 + "A",
    }
    item = {"type": "message", "role": "user", "content": [picture]}
    text = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
    create = {"type": "conversation.item.create", "item": item}
    orders = judge.client({**create, "item": text}, create, create, create)
    assert [each["error"]["code"] for each in orders.to_client] == ["rate_limit_exceeded"]


def test_a_commit_whose_failure_names_nothing_holds_up_nothing() -> None:
    judge = gated()
    judge.client({"type": "input_audio_buffer.commit"}, CREATE)
    assert ups(judge.server(event("error", error={"type": "x", "message": "empty"}))) == ["response.create"]


def test_a_commit_that_is_never_answered_holds_up_requests_for_a_while_only() -> None:
    judge = gated()
    judge.client({"type": "input_audio_buffer.commit"}, CREATE)
    assert ups(judge.script.wait(5.0)) == []
    assert ups(judge.script.wait(5.0)) == ["response.create"]


def test_words_that_are_taken_back_while_their_answer_is_spoken_cost_no_later_answer() -> None:
    judge = Judge(
        Script(policy(model_classifiers=(replace(NAMES, timing=Timing.FLOWING),))), flags("forbidden")
    )
    judge.hold = True
    content = [{"type": "input_text", "text": BAD}]
    item = {"type": "message", "role": "user", "content": content}
    judge.client({"type": "conversation.item.create", "item": item}, CREATE)
    first = Utterance("As you wish.")
    judge.server(*first.begin())
    judge.answer()
    judge.server(response("response.done", "cancelled", output=[]))
    assert "Hello" in judge.server(*Utterance("Hello.", item_id="i2", response_id="r2").all()).text()


def test_a_request_that_the_provider_refused_is_no_request() -> None:
    judge = Judge(
        Script(policy(model_classifiers=(replace(NAMES, timing=Timing.FLOWING),))), flags("forbidden")
    )
    [request] = judge.client(CREATE).to_upstream
    judge.server(event("error", error={"type": "x", "message": "no", "event_id": request["event_id"]}))
    content = [{"type": "input_text", "text": BAD}]
    judge.client(
        {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": content}}
    )
    assert "Hello" in judge.server(*Utterance("Hello.").all()).text()
