"""What is long is judged on a thread, wherever its text is; what is short is judged at once."""

from __future__ import annotations

import threading

import pytest

from guard.core.commands import Command
from guard.core.running import ToolAnswer
from guard.longframes import LONG_FRAME, LongFrames

LONG = "x" * (LONG_FRAME + 1)


@pytest.mark.parametrize(
    ("subject", "is_long"),
    [
        (("x" * LONG_FRAME,), False),
        ((LONG,), True),
        ((LONG.encode(),), True),
        ((7, ToolAnswer("x")), False),
        ((7, ToolAnswer(LONG)), True),
        ((None,), False),
    ],
)
async def test_a_long_text_leaves_the_loop_to_others(subject: tuple[object, ...], is_long: bool) -> None:
    threads: list[threading.Thread] = []

    def decide(*given: object) -> list[Command]:
        threads.append(threading.current_thread())
        assert given == subject
        return []

    assert await LongFrames("s").judged(decide, *subject) == []
    assert (threads != [threading.current_thread()]) is is_long
