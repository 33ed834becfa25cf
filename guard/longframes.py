"""A long text takes the redactor a while: it is judged on a thread, so that only its own session waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from guard.core.commands import Command
from guard.core.running import ToolAnswer
from guard.tasks import spawn

LONG_FRAME = 16 * 1024
"""Characters."""


class LongFrames:
    """Of one session: its lock is held meanwhile, so there is one at a time."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._judging: asyncio.Task[list[Command]] | None = None

    async def judged(self, decide: Callable[..., list[Command]], *subject: object) -> list[Command]:
        if not any(_length(each) > LONG_FRAME for each in subject):
            return decide(*subject)
        self._judging = spawn(asyncio.to_thread(decide, *subject), f"judge {self._session_id}")
        return await asyncio.shield(self._judging)

    async def settled(self, seconds: float) -> None:
        """Whoever gave up waiting may find the session still in the thread's hands."""
        if self._judging is not None:
            await asyncio.wait([self._judging], timeout=seconds)


def _length(subject: object) -> int:
    text = subject.text if isinstance(subject, ToolAnswer) else subject
    return len(text) if isinstance(text, str | bytes) else 0
