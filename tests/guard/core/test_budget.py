"""Budgets by themselves: when one is used up, and how long a day's time lasts."""

from __future__ import annotations

import pytest

from guard.core.budget import Budgets, DayUse, Exhausted, Use


@pytest.mark.parametrize(
    ("budget", "use", "used"),
    [
        ("session_tokens", Use(tokens=10), 10),
        ("session_audio_seconds", Use(audio_milliseconds=10_000), 10.0),
        ("session_cents", Use(micros=100_000), 10.0),
    ],
)
def test_a_budget_of_the_session_is_used_up_when_nothing_is_left(budget: str, use: Use, used: float) -> None:
    assert Budgets(**{budget: 10}).session_over(use) == Exhausted(budget, 10, used)
    assert Budgets(**{budget: 11}).session_over(use) is None
    assert Budgets().session_over(use) is None


@pytest.mark.parametrize(
    ("budget", "use"),
    [
        ("day_seconds", Use(milliseconds=10_000)),
        ("day_tokens", Use(tokens=10)),
        ("day_audio_seconds", Use(audio_milliseconds=10_000)),
        ("day_cents", Use(micros=100_000)),
    ],
)
def test_a_budget_of_the_day_is_used_up_when_nothing_is_left(budget: str, use: Use) -> None:
    found = Budgets(**{budget: 10}).day_over(use)
    assert found == Exhausted(budget, 10, 10)
    assert found.is_of_day
    assert Budgets(**{budget: 11}).day_over(use) is None
    assert Budgets(**{budget: 10}).are_of_day
    assert not Budgets(session_tokens=1, session_cents=1, session_audio_seconds=1).are_of_day


def test_only_a_budget_of_cost_needs_prices() -> None:
    assert Budgets(session_tokens=1, day_seconds=1).unjudged() is None
    assert Budgets(session_cents=5).unjudged() == Exhausted("session_cents", 5, None)
    assert Budgets(day_cents=5).unjudged() == Exhausted("day_cents", 5, None)


def test_a_session_may_last_as_long_as_the_day_has_time_left() -> None:
    budgets = Budgets(day_seconds=100)
    assert budgets.seconds_of_day(DayUse(Use(milliseconds=70_000), 3600)) == 30
    assert Budgets().seconds_of_day(DayUse(Use(), 3600)) is None


def test_a_session_that_lasts_into_the_next_day_has_the_time_of_that_day_as_well() -> None:
    assert Budgets(day_seconds=100).seconds_of_day(DayUse(Use(milliseconds=70_000), 10)) == 110


def test_what_has_come_on_top_is_never_less_than_nothing() -> None:
    assert Use(5, 1, 2, 3).since(Use(2, 4, 2, 1)) == Use(3, 0, 0, 2)
    assert Use(5, 1, 2, 3) + Use(1, 1, 1, 1) == Use(6, 2, 3, 4)
