"""Bounded speech: a sound goes as soon as its clean transcript is sure to cover it, never sooner."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from provider import Utterance, event, response
from script import CARD, Orders, Script, policy

from guard.core.policy import AudioPolicy
from guard.core.redact import Operator, Redactor, Rule

RATE = 20
WHERE = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}


def script(**changes: Any) -> Script:
    return Script(policy(audio=AudioPolicy.BOUNDED, speech_rate=RATE, **changes))


def frame(milliseconds: int, bytes_per_ms: int = 48) -> dict[str, Any]:
    sound = base64.b64encode(bytes(milliseconds * bytes_per_ms)).decode()
    return event("response.output_audio.delta", **WHERE, delta=sound)


def words(text: str) -> dict[str, Any]:
    return event("response.output_audio_transcript.delta", **WHERE, delta=text)


def begun(desk: Script, *, output: Any = None) -> Script:
    audio = {"output": output} if output else {}
    desk.server(response("response.created", audio=audio), *Utterance("", spoken=True).begin()[1:])
    return desk


def sounds(orders: Orders) -> int:
    return orders.types().count("response.output_audio.delta")


PCM = {"format": {"type": "audio/pcm", "rate": 24000}}
PCMU = {"format": {"type": "audio/pcmu"}}


def test_a_sound_waits_until_the_transcript_is_longer_than_any_voice_could_have_spoken() -> None:
    desk = begun(script(), output=PCM)
    assert sounds(desk.server(*[frame(500) for _ in range(4)])) == 0
    assert sounds(desk.server(words("abcdefghi "))) == 0  # 9 letters last 450 ms at least
    assert sounds(desk.server(words("j "))) == 1
    assert sounds(desk.server(words("abcdefghijklmnopqrst "))) == 2
    assert sounds(desk.server(frame(500))) == 0


def test_the_last_sounds_go_with_the_end_of_a_clean_transcript() -> None:
    desk, said = begun(script(), output=PCM), Utterance("Yes.", spoken=True)
    desk.server(words("Yes."), frame(5000))
    assert sounds(desk.server(*said.finish())) == 1


def test_marks_and_spaces_cover_no_sound() -> None:
    desk = begun(script(), output=PCM)
    assert sounds(desk.server(frame(100), words("--- *** ... !!! ,,, ;;; ---"))) == 0


def test_what_is_held_back_covers_no_sound() -> None:
    desk = begun(script(), output=PCM)
    assert sounds(desk.server(frame(100), words("4111 1111"))) == 0
    assert sounds(desk.server(words(" or"))) == 1


@pytest.mark.parametrize(("output", "size"), [(PCM, 48), (PCMU, 8), ({"format": {"type": "audio/new"}}, 8)])
def test_milliseconds_are_those_of_the_responses_encoding_and_of_the_densest_when_unknown(
    output: Any, size: int
) -> None:
    desk = begun(script(), output=output)
    desk.server(frame(480, size), frame(480, size))
    assert sounds(desk.server(words("abcdefghij"))) == 1


def test_a_faster_voice_needs_more_transcript() -> None:
    desk = script()
    desk.client(
        {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"speed": 1.5}}}}
    )
    begun(desk, output=PCM)
    desk.server(frame(500))
    assert sounds(desk.server(words("abcdefghij"))) == 0
    assert sounds(desk.server(words("klmno"))) == 1


def test_a_find_stops_the_speech_where_it_was_last_safe() -> None:
    desk = begun(script(), output=PCM)
    heard = desk.server(*[frame(500) for _ in range(6)], words("twenty letters of it are here "))
    orders = desk.server(words(f"{CARD} "), frame(500), words("and more words that are clean"))
    assert sounds(heard) == 2
    assert sounds(orders) == 0
    cancel, truncate = orders.to_upstream
    assert (cancel["type"], cancel["response_id"]) == ("response.cancel", "resp_1")
    assert (truncate["type"], truncate["item_id"], truncate["audio_end_ms"]) == (
        "conversation.item.truncate",
        "item_1",
        1000,
    )


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["clean words ", CARD + " ", "4111 ", "1111-1111 ", "."]), st.integers(1, 900)
        ),
        max_size=40,
    )
)
@settings(max_examples=200, deadline=None)
def test_no_sound_is_ahead_of_the_clean_transcript(steps: list[str | int]) -> None:
    """However words and sounds are mixed: what is heard lasts no longer than the clean letters before it need."""
    desk = begun(script(), output=PCM)
    heard = letters = 0
    dirty = False
    for step in steps:
        orders = desk.server(words(step) if isinstance(step, str) else frame(step))
        for shown in orders.to_client:
            if shown["type"].endswith("transcript.delta"):
                dirty = dirty or "REDACTED" in shown["delta"]
                letters += 0 if dirty else sum(map(str.isalnum, shown["delta"]))
            elif shown["type"] == "response.output_audio.delta":
                heard += len(base64.b64decode(shown["delta"])) // 48
        assert heard <= letters * 1000 / RATE


# -- the notice


def spoken_card(**changes: Any) -> tuple[Script, Orders]:
    desk = Script(policy(withheld_notice="I cannot say that aloud.", **changes))
    return desk, desk.server(*Utterance(f"Your card is {CARD}.", spoken=True).all())


@pytest.mark.parametrize("audio", [AudioPolicy.HOLD, AudioPolicy.BOUNDED, AudioPolicy.KILL])
def test_withheld_speech_is_followed_by_a_notice_in_words_of_the_policy(audio: AudioPolicy) -> None:
    _, orders = spoken_card(audio=audio)
    notice = orders.to_upstream[-1]
    assert notice["type"] == "response.create"
    assert notice["response"]["conversation"] == "none"
    assert notice["response"]["input"] == []
    assert notice["response"]["instructions"].endswith("I cannot say that aloud.")
    assert CARD not in str(notice)


def test_speech_that_is_delivered_needs_no_notice() -> None:
    _, orders = spoken_card(audio=AudioPolicy.DELIVER)
    assert orders.to_upstream == []


def test_a_written_answer_needs_no_notice() -> None:
    desk = Script(policy(withheld_notice="I cannot say that aloud."))
    assert desk.server(*Utterance(f"Your card is {CARD}.").all()).to_upstream == []


def test_a_notice_that_is_withheld_itself_is_not_followed_by_another() -> None:
    desk, orders = spoken_card()
    metadata = orders.to_upstream[-1]["response"]["metadata"]
    said = Utterance(CARD, item_id="item_n", response_id="resp_n", spoken=True)
    desk.server(response("response.created", id="resp_n", conversation_id=None, metadata=metadata))
    again = desk.server(*said.begin()[1:], *said.deltas(), *said.audio(), *said.finish())
    assert again.to_upstream == []
    assert "response.output_audio.delta" not in again.types()


def test_a_blocked_text_stops_the_sound_too() -> None:
    rule = Rule("secret", "open sesame", operator=Operator.BLOCK)
    desk = begun(script(to_client=Redactor([rule])), output=PCM)
    desk.server(*[frame(500) for _ in range(3)], words("ten letters "))
    orders = desk.server(words("open sesame and more "), frame(500))
    assert sounds(orders) == 0
    assert "response.cancel" in [sent["type"] for sent in orders.to_upstream]
