"""What a provider can try to have sound heard that no clean transcript vouches for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from judging import NAMES, Judge, flags
from provider import Utterance, event, response
from script import CARD, Admitted, Script, policy
from test_bounded_speech import PCM, PCMU, RATE, begun, frame, sounds, words

from guard.core.classifier import Timing
from guard.core.policy import AudioPolicy
from guard.core.windows import LONGEST, windows_of

BAD = "This is forbidden."


def desk(classifier: Any = NAMES, **changes: Any) -> Judge:
    return Judge(Script(policy(client_classifiers=(classifier,), **changes)), flags("forbidden"))


# -- sound


def test_a_written_text_beside_it_vouches_for_no_sound() -> None:
    script, said = Script(), Utterance("ok", spoken=True)
    written = Utterance("ok")
    orders = script.server(*said.begin(), *said.audio(), *written.deltas(), written.finish()[0])
    assert "response.output_audio.delta" not in orders.types()


def test_an_item_that_is_used_again_brings_no_sound_with_it() -> None:
    script = Script()
    script.server(*Utterance("fine", spoken=True).all())
    again = Utterance(CARD, spoken=True, response_id="resp_2")
    assert "response.output_audio.delta" not in script.server(*again.all()).types()


def test_a_response_that_is_announced_twice_stays_cancelled() -> None:
    script, said = Script(policy(audio=AudioPolicy.KILL)), Utterance(f"{CARD} and", spoken=True)
    orders = script.server(*said.begin(), *said.deltas(), response("response.created"), *said.audio())
    assert "response.output_audio.delta" not in orders.types()


def test_an_encoding_asked_for_one_response_is_taken_for_the_densest_when_the_answer_does_not_say() -> None:
    desk = Script(policy(audio=AudioPolicy.BOUNDED, speech_rate=RATE))
    desk.client({"type": "response.create", "response": {"audio": {"output": PCMU}}})
    begun(desk)
    desk.server(frame(3_000))
    assert sounds(desk.server(words("abcdefghij"))) == 0


def test_a_rate_that_is_named_counts() -> None:
    slow = {"format": {"type": "audio/pcm", "rate": 8000}}
    desk = begun(Script(policy(audio=AudioPolicy.BOUNDED, speech_rate=RATE)), output=slow)
    desk.server(frame(480, 48))
    assert sounds(desk.server(words("abcdefghij"))) == 0
    assert PCM


def test_speech_of_the_user_that_interrupts_nothing_silences_nothing() -> None:
    session_update = {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}}
    session_update["audio"]["input"]["turn_detection"]["interrupt_response"] = False  # type: ignore[index]
    script, said = Script(Admitted(policy(), session=session_update)), Utterance("All is well.", spoken=True)
    started = event("input_audio_buffer.speech_started", item_id="item_u", audio_start_ms=5)
    orders = script.server(*said.begin(), started, *said.deltas(), *said.audio(), *said.finish())
    assert orders.types().count("response.output_audio.delta") == 2


# -- copies that say something else than the deltas


def spoken_copies(deltas: str, copy: str) -> tuple[Utterance, Utterance]:
    return Utterance(deltas, spoken=True), Utterance(copy, spoken=True)


@pytest.mark.parametrize("via", ["done", "part", "item"])
def test_a_copy_that_says_more_than_the_deltas_vouches_for_no_sound(via: str) -> None:
    grown, copy = spoken_copies("It is 4111 1111", f"It is {CARD}")
    endings = {"done": copy.finish()[:1], "part": copy.finish()[1:2], "item": copy.finish()[2:3]}
    script = Script()
    orders = script.server(*grown.begin(), *grown.deltas(), *grown.audio(), *endings[via], *copy.finish())
    assert "response.output_audio.delta" not in orders.types()
    assert CARD not in orders.text()


def test_a_classifier_that_finds_something_in_the_copy_alone_silences_its_sound() -> None:
    grown, copy = spoken_copies("This is fine, friend.", "This is forbidden, friend.")
    judge = desk()
    orders = judge.server(*grown.begin(), *grown.deltas(), *grown.audio(), *copy.finish())
    assert "response.output_audio.delta" not in orders.types()
    assert "forbidden" not in orders.text()


def test_a_cut_at_the_very_end_is_seen_in_every_copy() -> None:
    judge = desk(replace(NAMES, timing=Timing.FLOWING))
    judge.hold = True
    said = Utterance(f"{BAD} Y")
    orders = [*judge.server(*said.begin(), *said.deltas()).to_client, *judge.answer().to_client]
    orders += judge.server(*said.finish()).to_client
    grown = "".join(each["delta"] for each in orders if each["type"] == "response.output_text.delta")
    assert grown == f"{BAD} Y[WITHHELD]"
    assert {each["text"] for each in orders if each["type"] == "response.output_text.done"} == {grown}


def test_sound_held_for_responses_that_broke_off_makes_no_later_one_silent() -> None:
    script = Script()
    for number in range(40):
        said = Utterance(
            "x", item_id=f"i{number}", response_id=f"r{number}", spoken=True, sound=("A" * 1_000_000,)
        )
        done = response("response.done", "cancelled", id=said.response_id, output=[])
        script.server(*said.begin(), said.audio()[0], done)
    last = Utterance("All is well.", item_id="last", response_id="last", spoken=True)
    assert script.server(*last.all()).types().count("response.output_audio.delta") == 2


def test_sound_for_which_there_is_no_room_is_on_record() -> None:
    script, said = Script(), Utterance("x", spoken=True, sound=("A" * 30_000_000, "A" * 4_000_000))
    orders = script.server(*said.begin(), *said.audio())
    [record] = [record for record in orders.records if record.verb == "audio.withheld"]
    assert record.reason == "too much sound waits"


def test_what_was_held_under_another_policy_goes_before_what_comes_now() -> None:
    script, said = Script(), Utterance("All is well.", spoken=True)
    script.server(*said.begin(), *said.deltas(), said.audio()[0])
    script.replace(version=8, audio=AudioPolicy.KILL)
    orders = script.server(*said.audio()[1:])
    assert [each.get("delta") for each in orders.to_client] == ["AAAA", "BBBB", None]


def test_notices_that_are_not_known_as_such_do_not_go_on_for_ever() -> None:
    script = Script(policy(withheld_notice=f"Not {CARD}"))
    asked = 0
    for number in range(8):
        said = Utterance(CARD, item_id=f"i{number}", response_id=f"r{number}", spoken=True)
        asked += len(script.server(*said.all()).to_upstream)
    assert asked == 3


def test_a_text_that_was_cut_long_ago_is_still_cut_when_it_is_asked_for() -> None:
    script = Script()
    for number, text in ((1, "4111 1111"), (2, "1111 1111 and more")):
        script.server(*Utterance(text, item_id=f"item_{number}", response_id=f"resp_{number}").all())
    for number in range(4_200):
        script.server(event("response.output_text.delta", item_id=f"x{number}", response_id="r", delta="x"))
    cut = Utterance("1111 1111 and more", item_id="item_2")
    shown = script.server(event("conversation.item.retrieved", item=cut.item("completed", cut.text)))
    assert "1111 1111" not in shown.text()


def test_what_the_user_said_in_segments_is_shown_to_its_end() -> None:
    script, kind = Script(), "conversation.item.input_audio_transcription"
    where = {"item_id": "item_u", "content_index": 0}
    segments = [
        event(f"{kind}.segment", **where, id=f"s{at}", text=text, speaker="a", start=0.0, end=1.0)
        for at, text in enumerate(["My card is 4111 1111 ", "1111 1111"])
    ]
    orders = script.server(*segments, event(f"{kind}.completed", **where, transcript=f"My card is {CARD}"))
    heard = "".join(each["text"] for each in orders.to_client if each["type"].endswith("segment"))
    assert heard == "My card is [CARD_REDACTED]" == orders.to_client[-1]["transcript"]


def test_a_delta_of_millions_of_characters_has_as_many_windows_as_it_must() -> None:
    text = "x" * 2_000_000
    assert len(windows_of(text)) == len(text) // LONGEST
