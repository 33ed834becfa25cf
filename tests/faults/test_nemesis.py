"""Faults in any order, from a seed that is printed: ``FAULT_SEED`` repeats a run, ``FAULT_MINUTES`` makes it longer."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable

import pytest

from tests.faults.callers import callers
from tests.faults.plant import Plant

pytestmark = pytest.mark.soak

SEED = int(os.environ.get("FAULT_SEED") or time.time_ns() % 1_000_000)
MINUTES = float(os.environ.get("FAULT_MINUTES") or 1)


async def redis_is_killed(plant: Plant, seconds: float) -> None:
    plant.crash_valkey()
    await asyncio.sleep(seconds)
    plant.restart_valkey()


async def redis_is_a_black_hole(plant: Plant, seconds: float) -> None:
    with plant.spoiled(plant.redis, "freeze"):
        await asyncio.sleep(seconds)


async def postgres_is_killed(plant: Plant, seconds: float) -> None:
    plant.crash_postgres()
    await asyncio.sleep(seconds)
    plant.restart_postgres()


async def postgres_hangs(plant: Plant, seconds: float) -> None:
    with plant.frozen(*plant.postgres_pids()):
        await asyncio.sleep(seconds)


async def postgres_is_slow(plant: Plant, seconds: float) -> None:
    with plant.spoiled(plant.database, "slow", 0.1):
        await asyncio.sleep(seconds)


async def the_provider_breaks_off(plant: Plant, seconds: float) -> None:
    with plant.spoiled(plant.provider, "cut"):
        await asyncio.sleep(seconds)


async def a_server_is_killed(plant: Plant, seconds: float) -> None:
    victim = plant.other
    victim.process.kill()
    await asyncio.sleep(seconds)
    await asyncio.to_thread(plant.restarted, victim)


async def the_worker_is_killed(plant: Plant, seconds: float) -> None:
    plant.worker.kill()
    await asyncio.sleep(seconds)
    plant.worker = plant.start_worker()


FAULTS: list[Callable[[Plant, float], Awaitable[None]]] = [
    redis_is_killed,
    redis_is_a_black_hole,
    postgres_is_killed,
    postgres_hangs,
    postgres_is_slow,
    the_provider_breaks_off,
    a_server_is_killed,
    the_worker_is_killed,
]


async def test_whatever_fails_in_whatever_order_the_invariants_hold(plant, calls):
    print(f"FAULT_SEED={SEED} FAULT_MINUTES={MINUTES}")  # noqa: T201 - to repeat it
    chosen, until = random.Random(SEED), time.monotonic() + MINUTES * 60
    while time.monotonic() < until:
        fault, seconds = chosen.choice(FAULTS), chosen.uniform(1, 8)
        print(f"{fault.__name__} for {seconds:.1f} s")  # noqa: T201
        async with callers(plant, 4, plant.servers) as found:
            calls += [caller.call for caller in found]
            await asyncio.sleep(1)
            await fault(plant, seconds)
            await asyncio.sleep(2)
        plant.repair()
