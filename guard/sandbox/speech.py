"""Sound that says what it says: audio whose bytes carry the spoken words, so that a test can count words
that leaked.

Format. Every word is one block of ``word_ms`` milliseconds, whatever the encoding::

    <say:WORD> TONE

``WORD`` is percent-encoded ASCII ("<", ">", "%" and everything outside printable ASCII become %XX), padded
by one space when the marker would have an odd number of bytes; ``TONE`` is a loud square wave that holds no
"<". Blocks follow each other without gaps; a delta may cut one anywhere, so join the deltas before you
decode. ``words_in`` also finds a word whose block was cut off behind its first letters. The user's speech
has the same format: a test speaks to the sandbox with ``speak(text) + silence(400)``. Any other loud PCM
counts as speech whose words nobody understood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

UNINTELLIGIBLE = "(unintelligible)"
_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in "<>%")
_MARKER = re.compile(rb"<say:([!-;=?-~]+)")
_LOUD = 1500
"""Of 32767: above room noise, below anything a person would call speech."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """``quiet`` lists the byte values that are silence in a one-byte encoding; PCM has none and is
    measured."""

    name: str
    bytes_per_ms: int
    tone: bytes
    silence: bytes
    quiet: bytes = b""


PCM = Encoding("audio/pcm", 48, b"\x00\x20\x00\xe0", b"\x00\x00")
PCMU = Encoding("audio/pcmu", 8, b"\x10\x90", b"\xff", b"\xff\x7f")
PCMA = Encoding("audio/pcma", 8, b"\x10\x90", b"\xd5", b"\xd5\x55")
ENCODINGS = {encoding.name: encoding for encoding in (PCM, PCMU, PCMA)}


@lru_cache(maxsize=2048)
def _block(word: str, encoding: Encoding, word_ms: int) -> bytes:
    marker = b"<say:" + quote(word, safe=_PRINTABLE).encode("ascii") + b">"
    marker += b" " * (len(marker) % 2)
    room = max(0, word_ms * encoding.bytes_per_ms - len(marker))
    return marker + (encoding.tone * (room // len(encoding.tone) + 1))[:room]


def blocks(text: str, encoding: Encoding = PCM, word_ms: int = 120) -> tuple[bytes, ...]:
    """The sound of each word of ``text``."""
    return tuple(_block(word, encoding, word_ms) for word in text.split())


def speak(text: str, encoding: Encoding = PCM, word_ms: int = 120) -> bytes:
    return b"".join(blocks(text, encoding, word_ms))


def silence(milliseconds: int, encoding: Encoding = PCM) -> bytes:
    return encoding.silence * (milliseconds * encoding.bytes_per_ms // len(encoding.silence))


def words_in(audio: bytes) -> list[str]:
    """The words that ``audio`` speaks, in order. Join the deltas of a content part before you call this."""
    return [unquote(word.decode("ascii")) for word in _MARKER.findall(audio)]


def transcript_of(audio: bytes) -> str:
    """What speech recognition makes of ``audio``: its words, or ``UNINTELLIGIBLE`` for foreign sound."""
    return " ".join(words_in(audio)) or UNINTELLIGIBLE


def is_loud(window: bytes, encoding: Encoding = PCM) -> bool:
    """Whether somebody speaks. Looks at every seventh sample only: this runs for each appended frame."""
    if encoding.quiet:
        return bool(window.translate(None, encoding.quiet))
    samples = memoryview(window[: len(window) & ~1]).cast("h")[::7]
    return bool(samples) and (max(samples) > _LOUD or min(samples) < -_LOUD)
