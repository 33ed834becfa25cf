"""How fast a client may ask the provider for work. Pure: seconds are handed in."""

from __future__ import annotations

BURST = 100
PER_SECOND = 10.0
"""Far more than turns of a conversation, far less than what a flood would cost at the provider."""

COUNTED = frozenset({"response.create", "input_audio_buffer.commit"})


class Pace:
    def __init__(self, now: float) -> None:
        self._left = float(BURST)
        self._at = now

    def allows(self, now: float) -> bool:
        """Whether one more may go on, which is then counted."""
        self._left = min(BURST, self._left + max(0.0, now - self._at) * PER_SECOND)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
