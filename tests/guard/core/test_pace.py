"""A client that asks faster than any conversation goes is cut off."""

from __future__ import annotations

import pytest
from script import Script

from guard.core.closing import EndReason
from guard.core.pace import BURST, PER_SECOND, Pace


def test_a_burst_passes_and_the_next_one_does_not() -> None:
    pace = Pace(5.0)
    assert [pace.allows(5.0) for _ in range(BURST + 1)] == [True] * BURST + [False]


def test_what_was_used_comes_back_with_time_and_never_more_than_a_burst() -> None:
    pace = Pace(0.0)
    assert all(pace.allows(0.0) for _ in range(BURST))
    assert pace.allows(1 / PER_SECOND) and not pace.allows(1 / PER_SECOND)
    assert sum(pace.allows(1_000.0) for _ in range(2 * BURST)) == BURST


def test_a_clock_that_goes_back_gives_nothing() -> None:
    pace = Pace(10.0)
    assert all(pace.allows(10.0) for _ in range(BURST))
    assert not pace.allows(9.0)


@pytest.mark.parametrize("kind", ["response.create", "input_audio_buffer.commit"])
def test_a_flood_ends_the_session_with_4429_and_a_record(kind: str) -> None:
    script = Script()
    orders = script.client(*[{"type": kind}] * (BURST + 1))
    assert orders.end is not None and orders.end.reason is EndReason.RATE_LIMITED
    assert [(record.verb, record.rule) for record in orders.records] == [("frame.rejected", "pace")]


def test_words_and_sound_are_not_counted() -> None:
    script = Script()
    sound = {"type": "input_audio_buffer.append", "audio": "AAAA"}
    assert script.client(*[sound] * (3 * BURST)).end is None
