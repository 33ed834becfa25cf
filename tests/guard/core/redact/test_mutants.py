"""The tests can fail: faults are planted in a copy of the engine, and each must be noticed."""

from __future__ import annotations

import mutants
import pytest


@pytest.mark.parametrize("name", mutants.QUICK)
def test_a_planted_leak_turns_a_test_of_behaviour_red(name):
    assert not mutants.survives(name, mutants.BEHAVIOUR)


def test_without_a_planted_fault_the_tests_of_behaviour_pass():
    assert mutants.survives("none", mutants.BEHAVIOUR)


@pytest.mark.soak
def test_without_a_planted_fault_all_tests_pass():
    assert mutants.survives("none")


@pytest.mark.soak
@pytest.mark.parametrize("name", mutants.MUTANTS)
def test_a_planted_fault_turns_a_test_red(name):
    assert not mutants.survives(name)


@pytest.mark.parametrize("name", mutants.MUTANTS)
def test_a_planted_fault_can_still_be_planted(name):
    file, sound, _ = mutants.MUTANTS[name]
    assert (mutants.ROOT / mutants.PACKAGE / file).read_text().count(sound) == 1
