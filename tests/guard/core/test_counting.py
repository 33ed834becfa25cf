"""Calls are counted by turn and by session: for each tool those that were made, and all that were tried."""

from __future__ import annotations

from guard.core.counting import CallCounts


def test_nothing_has_been_counted_at_first() -> None:
    counts = CallCounts()
    assert (counts.in_turn, counts.total, counts.tool_in_turn("a"), counts.tool_in_session("a")) == (
        0,
        0,
        0,
        0,
    )


def test_a_turn_ends_and_the_session_goes_on() -> None:
    counts = CallCounts()
    for tool in ("a", "a", "b"):
        counts.attempted()
        counts.made(tool)
    assert (counts.in_turn, counts.tool_in_turn("a"), counts.tool_in_turn("b")) == (3, 2, 1)
    counts.new_turn()
    counts.made("a")
    assert (counts.in_turn, counts.tool_in_turn("a"), counts.tool_in_turn("b")) == (0, 1, 0)
    assert (counts.tool_in_session("a"), counts.tool_in_session("b"), counts.total) == (3, 1, 4)


def test_a_call_that_is_denied_counts_among_all_and_for_no_tool() -> None:
    counts = CallCounts()
    counts.attempted()
    assert (counts.in_turn, counts.total) == (1, 0)


def test_calls_of_replaced_sessions_count_in_the_session_and_not_in_the_turn() -> None:
    counts = CallCounts({"a": 2})
    counts.made("a")
    assert (counts.tool_in_session("a"), counts.tool_in_session("b"), counts.total) == (3, 0, 3)
    assert (counts.tool_in_turn("a"), counts.in_turn) == (1, 0)
    assert counts.summary() == {"a": 1}, "who is replaced has told of its own"


def test_asking_for_a_tool_does_not_make_it_one() -> None:
    counts = CallCounts()
    counts.tool_in_session("never")
    assert counts.total == 0
