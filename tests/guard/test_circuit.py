from __future__ import annotations

import pytest

from guard.circuit import Circuit


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def circuit(clock):
    return Circuit(clock, failures=3, pause=10.0)


@pytest.fixture
def opened(circuit):
    for _ in range(3):
        circuit.failed()
    return circuit


def test_it_opens_at_the_last_failure_in_a_row_and_says_so_once(circuit):
    assert [circuit.failed() for _ in range(5)] == [False, False, True, False, False]
    assert not circuit.admits()


def test_a_success_between_failures_starts_the_count_anew(circuit):
    for _ in range(5):
        circuit.failed()
        circuit.failed()
        assert not circuit.succeeded()
    assert circuit.admits()


def test_it_stays_shut_until_the_pause_is_over(opened, clock):
    clock.now += 9.99
    assert not opened.admits()
    clock.now += 0.01
    assert opened.admits()


def test_one_trial_is_let_through_and_no_more(opened, clock):
    clock.now += 10
    assert [opened.admits() for _ in range(3)] == [True, False, False]


def test_a_trial_that_succeeds_closes_it_and_says_so_once(opened, clock):
    clock.now += 10
    assert opened.admits()
    assert [opened.succeeded(), opened.succeeded()] == [True, False]
    assert [opened.admits() for _ in range(3)] == [True, True, True]


def test_a_trial_that_fails_leaves_it_open_for_another_pause(opened, clock):
    clock.now += 10
    assert opened.admits()
    assert not opened.failed()
    clock.now += 9.99
    assert not opened.admits()
    clock.now += 0.01
    assert opened.admits()


def test_a_trial_that_is_never_heard_of_again_is_followed_by_another(opened, clock):
    clock.now += 10
    assert opened.admits()
    clock.now += 10
    assert opened.admits()


def test_a_failure_that_comes_late_does_not_prolong_the_pause(opened, clock):
    clock.now += 9
    opened.failed()
    clock.now += 1
    assert opened.admits()


def test_after_closing_it_takes_the_full_count_to_open_again(opened, clock):
    clock.now += 10
    opened.admits()
    opened.succeeded()
    assert [opened.failed() for _ in range(3)] == [False, False, True]
