"""Frames of the provider that wait while a call is decided."""

from __future__ import annotations

from collections import deque

_MOST_FRAMES, _MOST_CHARACTERS = 5_000, 32 * 1024 * 1024


class Stalled:
    def __init__(self) -> None:
        self._frames: deque[str | bytes] = deque()
        self._size = 0

    def __bool__(self) -> bool:
        return bool(self._frames)

    def push(self, frame: str | bytes) -> None:
        """Raises ``OverflowError``: what could not wait must not be lost in silence."""
        self._frames.append(frame)
        self._size += len(frame)
        if len(self._frames) > _MOST_FRAMES or self._size > _MOST_CHARACTERS:
            raise OverflowError("too much waits for the decision of a call")

    def put_back(self, frame: str | bytes) -> None:
        """Has waited already, or is the first that must."""
        self._frames.appendleft(frame)
        self._size += len(frame)

    def pop(self) -> str | bytes:
        frame = self._frames.popleft()
        self._size -= len(frame)
        return frame
