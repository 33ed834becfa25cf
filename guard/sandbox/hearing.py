"""The ear of the sandbox: finds turns in appended sound, as the provider's voice activity detection does.

Time is counted in sound received, not by a clock: a test may append an hour of speech at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guard.sandbox.speech import PCM, Encoding, is_loud

_WINDOW_MS = 20


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    at_ms: int
    sound: bytes


Heard = SpeechStarted | SpeechStopped


class Hearing:
    """``detects`` False (``turn_detection`` null): sound is only collected, the client commits it."""

    def __init__(self) -> None:
        self.encoding = PCM
        self.detects = True
        self._prefix_ms, self._silence_ms = 300, 200
        self._buffer = bytearray()
        self._elapsed = self._quiet = 0
        self._speaking = False

    def configure(self, encoding: Encoding, detection: Mapping[str, Any] | None) -> None:
        """``detection`` is ``audio.input.turn_detection`` of the session. Semantic detection uses the
        defaults."""
        self.encoding, self.detects = encoding, detection is not None
        self._prefix_ms = int((detection or {}).get("prefix_padding_ms") or 300)
        self._silence_ms = int((detection or {}).get("silence_duration_ms") or 200)

    def append(self, sound: bytes) -> Iterator[Heard]:
        if not self.detects:
            self._collect(sound)
            return
        step = _WINDOW_MS * self.encoding.bytes_per_ms
        for start in range(0, len(sound), step):
            yield from self._listen(sound[start : start + step])

    def commit(self) -> bytes:
        """Everything collected since the last turn; empty when there is nothing."""
        sound = bytes(self._buffer)
        self.clear()
        return sound

    def clear(self) -> None:
        self._buffer.clear()
        self._speaking = False

    def _listen(self, window: bytes) -> Iterator[Heard]:
        loud = is_loud(window, self.encoding)
        self._collect(window)
        if self._speaking:
            self._quiet = 0 if loud else self._quiet + len(window)
            if self._quiet >= self._silence_ms * self.encoding.bytes_per_ms:
                yield SpeechStopped(self._ms(self._elapsed), self.commit())
        elif loud:
            self._speaking, self._quiet = True, 0
            yield SpeechStarted(self._ms(self._elapsed - len(self._buffer)))
        else:
            del self._buffer[: -self._prefix_ms * self.encoding.bytes_per_ms]

    def _collect(self, sound: bytes) -> None:
        self._elapsed += len(sound)
        self._buffer += sound

    def _ms(self, size: int) -> int:
        return size // self.encoding.bytes_per_ms
