from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.sandbox import speech

WORDS = st.lists(st.text(st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=12), max_size=6)


@given(WORDS, st.sampled_from(list(speech.ENCODINGS.values())))
def test_spoken_words_are_found_again_in_the_sound(words: list[str], encoding: speech.Encoding) -> None:
    audio = speech.speak(" ".join(words), encoding, 20)
    assert speech.words_in(audio) == words


def test_words_stand_readable_in_the_bytes() -> None:
    assert b"<say:4012>" in speech.speak("the card 4012 8888")


def test_every_word_lasts_as_long_as_asked() -> None:
    assert len(speech.speak("one two", speech.PCM, 100)) == 2 * 100 * 48
    assert len(speech.speak("one two", speech.PCMU, 100)) == 2 * 100 * 8


def test_a_word_cut_off_counts_as_far_as_it_was_heard() -> None:
    audio = speech.speak("secret")
    assert speech.words_in(audio[: len("<say:sec")]) == ["sec"]


def test_the_tone_holds_no_marker() -> None:
    for encoding in speech.ENCODINGS.values():
        assert b"<" not in encoding.tone


def test_foreign_sound_has_no_words() -> None:
    assert speech.words_in(speech.silence(500)) == []
    assert speech.transcript_of(b"\x00\x30" * 100) == speech.UNINTELLIGIBLE


@pytest.mark.parametrize("encoding", speech.ENCODINGS.values(), ids=speech.ENCODINGS)
def test_speech_is_loud_and_silence_is_not(encoding: speech.Encoding) -> None:
    assert speech.is_loud(speech.speak("hello", encoding), encoding)
    assert not speech.is_loud(speech.silence(20, encoding), encoding)


def test_a_voice_is_loud_and_the_noise_of_a_room_is_not() -> None:
    def wave(level: int) -> bytes:
        return b"".join(struct.pack("<h", int(level * math.sin(n / 9))) for n in range(480))

    assert speech.is_loud(wave(9000))
    assert not speech.is_loud(wave(300))
    assert not speech.is_loud(b"")
