from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.faults.history import Call, check
from tests.faults.plant import Plant


@pytest.fixture(scope="session")
def shared_plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    plant = Plant(tmp_path_factory.mktemp("plant"))
    try:
        plant.start()
        yield plant
    finally:
        plant.stop()


@pytest.fixture
def plant(shared_plant: Plant) -> Iterator[Plant]:
    """Whole again after every test, whatever the test did to it."""
    yield shared_plant
    shared_plant.thaw()
    shared_plant.repair()


@pytest.fixture
async def calls(plant: Plant) -> AsyncIterator[list[Call]]:
    """The test puts the histories of its callers in here; the invariants are held against them after the fault."""
    mark = plant.last_record()
    found: list[Call] = []
    yield found
    plant.thaw()
    plant.repair()
    await check(plant, found, mark)
