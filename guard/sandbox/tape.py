"""What the provider saw: the exact frames of one client, for black-box tests that ask what got past the guard."""

from __future__ import annotations

import base64
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import msgspec

from guard.sandbox.events import Event


class Tape:
    """Keeps at most ``limit`` bytes, the latest ones: a load test must not fill the memory. 0 keeps nothing."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._frames: deque[tuple[float, str | bytes]] = deque()
        self._start = time.monotonic()
        self.received = 0
        self.forgotten = 0

    def record(self, frame: str | bytes) -> None:
        self.received += 1
        self._frames.append((time.monotonic() - self._start, frame))
        self._size += len(frame)
        while self._size > self._limit:
            self._size -= len(self._frames.popleft()[1])
            self.forgotten += 1

    @property
    def frames(self) -> list[str | bytes]:
        """Text frames as ``str``, binary ones as ``bytes``, in the order received."""
        return [frame for _, frame in self._frames]

    def events(self) -> Iterator[Event]:
        """The frames that are JSON objects, parsed."""
        for frame in self.frames:
            try:
                event = msgspec.json.decode(frame)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            if isinstance(event, dict):
                yield event

    def lines(self) -> list[dict[str, Any]]:
        """``{"t": seconds since the connection, "text": frame}``; ``base64`` in place of ``text`` for a binary one."""
        return [self._line(seconds, frame) for seconds, frame in self._frames]

    @staticmethod
    def _line(seconds: float, frame: str | bytes) -> dict[str, Any]:
        if isinstance(frame, str):
            return {"t": round(seconds, 4), "text": frame}
        return {"t": round(seconds, 4), "base64": base64.b64encode(frame).decode("ascii")}
