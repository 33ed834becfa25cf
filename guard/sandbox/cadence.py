"""How an answer is cut into deltas: text like a tokenizer does it, speech with the transcript ahead of the
sound.

Answers repeat (a demo, a load test), so the sound of short ones is kept; nothing here is computed per frame.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from guard.sandbox.speech import Encoding, blocks

_TOKEN = re.compile(r"\s?[^\W\d_]{1,8}|\s?\d{1,3}|\s?[^\w\s]{1,2}|.", re.DOTALL)
"""1 to 9 characters, a leading space belongs to the word, digits in threes: what the recorded deltas look
like. It cuts a card number and an address in the middle, which is the point."""

_CACHED_LETTERS = 4000
"""A long answer would fill the cache with sound: 100 MB for two hours."""

Beat = tuple[bool, str]
"""(is it sound?, the delta): a piece of transcript, or base64 audio."""


def pieces(text: str, chunk: int) -> tuple[str, ...]:
    """``text`` in deltas; joined they give ``text`` again. ``chunk`` as in ``Options``."""
    if chunk > 0:
        return tuple(text[start : start + chunk] for start in range(0, len(text), chunk))
    return tuple(_TOKEN.findall(text))


def beats(text: str, chunk: int, encoding: Encoding, word_ms: int, audio_ms: int) -> Iterable[Beat]:
    """The deltas of a spoken answer. No sound leaves before the transcript of its word and of the next one has."""
    if len(text) > _CACHED_LETTERS:
        return _beats(text, chunk, encoding, word_ms, audio_ms)
    return _kept_beats(text, chunk, encoding, word_ms, audio_ms)


@lru_cache(maxsize=64)
def _kept_beats(text: str, chunk: int, encoding: Encoding, word_ms: int, audio_ms: int) -> tuple[Beat, ...]:
    return tuple(_beats(text, chunk, encoding, word_ms, audio_ms))


def _beats(text: str, chunk: int, encoding: Encoding, word_ms: int, audio_ms: int) -> Iterator[Beat]:
    sounds, size = blocks(text, encoding, word_ms), audio_ms * encoding.bytes_per_ms
    ends = [match.end() for match in re.finditer(r"\S+", text)]
    written = spoken = 0
    pending = b""
    for delta in pieces(text, chunk):
        yield False, delta
        written += len(delta)
        while spoken + 1 < len(ends) and ends[spoken + 1] <= written:
            pending += sounds[spoken]
            spoken += 1
        while len(pending) >= size:
            yield True, _sound(pending[:size])
            pending = pending[size:]
    pending += b"".join(sounds[spoken:])
    for start in range(0, len(pending), size):
        yield True, _sound(pending[start : start + size])


def _sound(audio: bytes) -> str:
    return base64.b64encode(audio).decode("ascii")


def size_of(sound: str) -> int:
    """How many bytes a base64 delta holds."""
    return len(sound) * 3 // 4 - sound.count("=", -2)
