"""What is always true of calls under policy, over seeded random orders of everything that can happen."""

from __future__ import annotations

import pytest
from random_calls import World

_STEPS = 150


@pytest.mark.parametrize("first", range(0, 120, 20))
def test_what_is_always_true_of_calls(first: int) -> None:
    for seed in range(first, first + 20):
        world = World(seed)
        try:
            for _ in range(_STEPS):
                world.step()
            world.finish()
        except AssertionError as failure:
            raise AssertionError(f"seed {seed}: {failure}") from failure


def test_the_random_orders_reach_what_they_are_for() -> None:
    seen: set[str] = set()
    for seed in range(20):
        world = World(seed)
        for _ in range(_STEPS):
            world.step()
        seen |= {how for how, _ in world.made}
        seen |= {f"{command.verb} {command.outcome}" for command in world.log if hasattr(command, "verb")}
    ways = {"deliver", "run", "approve", "tool.decided require_approval", "tool.decided deny"}
    assert seen >= ways | {"tool.abandoned timeout", "tool.abandoned cut_off", "tool.result answered"}
