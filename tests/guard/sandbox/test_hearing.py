from __future__ import annotations

import pytest

from guard.sandbox.hearing import Hearing, SpeechStarted, SpeechStopped
from guard.sandbox.speech import PCM, PCMU, silence, speak, transcript_of

VAD = {"prefix_padding_ms": 300, "silence_duration_ms": 200}


@pytest.mark.parametrize("size", [400, 4800, 1_000_000])
def test_a_turn_is_found_however_the_sound_is_cut(size: int) -> None:
    hearing = Hearing()
    sound = silence(1000) + speak("hello there") + silence(500)
    heard = [
        turn for start in range(0, len(sound), size) for turn in hearing.append(sound[start : start + size])
    ]
    started, stopped = heard
    assert isinstance(started, SpeechStarted)
    assert isinstance(stopped, SpeechStopped)
    assert 680 <= started.at_ms <= 720, "speech begins at 1000 ms, less 300 ms of padding"
    assert 1420 <= stopped.at_ms <= 1480, "it lasts 240 ms and needs 200 ms of silence to be over"
    assert transcript_of(stopped.sound) == "hello there"


def test_silence_alone_is_no_turn_and_is_not_hoarded() -> None:
    hearing = Hearing()
    assert list(hearing.append(silence(60_000))) == []
    assert len(hearing.commit()) <= 320 * PCM.bytes_per_ms


def test_two_turns_in_one_append_are_two_turns() -> None:
    hearing = Hearing()
    heard = list(hearing.append((speak("one") + silence(400)) * 2))
    assert [type(turn) for turn in heard] == [SpeechStarted, SpeechStopped] * 2


def test_without_detection_sound_is_only_collected() -> None:
    hearing = Hearing()
    hearing.configure(PCM, None)
    assert list(hearing.append(speak("hello") + silence(900))) == []
    assert transcript_of(hearing.commit()) == "hello"
    assert hearing.commit() == b""


def test_cleared_sound_is_forgotten() -> None:
    hearing = Hearing()
    list(hearing.append(speak("forget me")))
    hearing.clear()
    assert hearing.commit() == b""


def test_telephone_sound_is_heard_too() -> None:
    hearing = Hearing()
    hearing.configure(PCMU, VAD)
    heard = list(hearing.append(speak("hello", PCMU) + silence(400, PCMU)))
    assert [type(turn) for turn in heard] == [SpeechStarted, SpeechStopped]
