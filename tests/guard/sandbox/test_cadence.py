from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from guard.sandbox import cadence, speech

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
SPOKEN = st.lists(
    st.sampled_from(["card", "4012", "8888,", "a", "dana@x.example", "internal_code"]), max_size=12
)


@given(TEXT)
def test_tokens_give_the_text_again_and_have_one_to_nine_characters(text: str) -> None:
    tokens = cadence.pieces(text, 0)
    assert "".join(tokens) == text
    assert all(1 <= len(token) <= 9 for token in tokens)


@given(TEXT, st.integers(1, 9))
def test_chunks_have_the_length_that_was_asked_for(text: str, chunk: int) -> None:
    pieces = cadence.pieces(text, chunk)
    assert "".join(pieces) == text
    assert all(len(piece) == chunk for piece in pieces[:-1])


def test_a_card_number_is_cut_inside_its_groups() -> None:
    assert cadence.pieces("4012 8888", 0) == ("401", "2", " 888", "8")


@given(SPOKEN, st.integers(0, 5), st.integers(10, 130))
def test_the_transcript_leads_the_sound(words: list[str], chunk: int, audio_ms: int) -> None:
    text = " ".join(words)
    written, heard = "", b""
    for is_sound, delta in cadence.beats(text, chunk, speech.PCM, 50, audio_ms):
        heard += base64.b64decode(delta) if is_sound else b""
        written += "" if is_sound else delta
        assert len(speech.words_in(heard)) <= len(written.split())
        assert not is_sound or written.startswith(" ".join(speech.words_in(heard)[:-1]))
    assert written == text
    assert heard == speech.speak(text, speech.PCM, 50)


def test_the_size_of_a_sound_is_known_without_decoding_it() -> None:
    for length in range(9):
        assert cadence.size_of(base64.b64encode(b"x" * length).decode()) == length
