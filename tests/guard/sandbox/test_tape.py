from __future__ import annotations

from guard.sandbox.tape import Tape


def test_frames_are_kept_exactly_and_in_order() -> None:
    tape = Tape(1000)
    for frame in ('{"type": "a"}', b"\x00\x01", "not json"):
        tape.record(frame)
    assert tape.frames == ['{"type": "a"}', b"\x00\x01", "not json"]
    assert list(tape.events()) == [{"type": "a"}]
    assert [set(line) for line in tape.lines()] == [{"t", "text"}, {"t", "base64"}, {"t", "text"}]


def test_the_oldest_frames_are_forgotten_when_the_room_is_used_up() -> None:
    tape = Tape(10)
    for number in range(5):
        tape.record(f"{number}" * 4)
    assert tape.frames == ["3333", "4444"]
    assert (tape.received, tape.forgotten) == (5, 3)


def test_a_tape_without_room_keeps_nothing() -> None:
    tape = Tape(0)
    tape.record("x")
    assert (tape.frames, tape.received) == ([], 1)
