from typing import Any

from guard.core.audio import AudioGate
from guard.core.encodings import PCM_BYTES_PER_MS
from guard.core.policy import AudioPolicy

PART = ("i", 0)


def frame(sound: str = "AAAA", index: int = 0) -> dict[str, Any]:
    return {"type": "response.output_audio.delta", "item_id": "i", "content_index": index, "delta": sound}


def test_held_sound_is_released_once_in_order_and_flows_from_then_on() -> None:
    gate = AudioGate()
    assert gate.offer(frame("A"), AudioPolicy.HOLD) == gate.offer(frame("B"), AudioPolicy.HOLD) == []
    assert gate.waiting("i") == [0]
    assert [f["delta"] for f in gate.clear(PART)] == ["A", "B"]
    assert gate.clear(PART) == []
    assert gate.offer(frame("C"), AudioPolicy.HOLD) == [frame("C")]


def test_a_silenced_part_never_speaks_again() -> None:
    gate = AudioGate()
    gate.offer(frame(), AudioPolicy.HOLD)
    assert gate.silence(PART) and not gate.silence(PART)
    assert gate.clear(PART) == [] and gate.offer(frame(), AudioPolicy.KILL) == []


def test_parts_do_not_share_their_fate() -> None:
    gate = AudioGate()
    gate.offer(frame(index=0), AudioPolicy.HOLD)
    gate.offer(frame(index=1), AudioPolicy.HOLD)
    gate.silence(PART)
    assert gate.clear(("i", 1)) == [frame(index=1)]


def test_too_much_held_sound_is_dropped_rather_than_kept() -> None:
    gate = AudioGate()
    for _ in range(40):
        gate.offer(frame("A" * 1_000_000), AudioPolicy.HOLD)
    assert gate.clear(PART) == []


def test_what_was_played_is_counted_in_milliseconds() -> None:
    gate = AudioGate()
    for sound in gate.offer(frame("A" * 6400), AudioPolicy.KILL):
        gate.played(sound)
    gate.offer(frame("A" * 6400), AudioPolicy.KILL)  # let go, but never shown
    assert gate.played_ms(PART, PCM_BYTES_PER_MS) == 100
    assert gate.played_ms(("j", 0), PCM_BYTES_PER_MS) == 0


def test_an_item_that_is_over_drops_what_still_waits() -> None:
    gate = AudioGate()
    gate.offer(frame(), AudioPolicy.HOLD)
    gate.silence_item("i")
    assert gate.clear(PART) == []
