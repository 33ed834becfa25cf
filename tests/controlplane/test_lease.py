from __future__ import annotations

import time
from types import SimpleNamespace
from uuid import uuid4

import pytest

from controlplane import lease as lease_module
from controlplane.lease import Clocks, Lease, Lost
from guard.ports import Unavailable


class FakeLine:
    """A database whose clock is ``ahead`` of ours."""

    def __init__(self) -> None:
        self.epoch: int | None = 7
        self.ahead = 0.0
        self.row = True

    async def ask(self, question, values):
        return (self.epoch, time.time() + self.ahead) if self.row else None

    def close(self) -> None:
        pass


@pytest.fixture
def line():
    return FakeLine()


async def test_a_renewal_brings_the_epoch(line):
    assert (await Lease(line).renew(uuid4())).epoch == 7


async def test_without_a_row_there_is_nothing_to_renew(line):
    line.row = False
    with pytest.raises(Lost):
        await Lease(line).renew(uuid4())


async def test_an_answer_that_was_waited_for_too_long_confirms_nothing(line, monkeypatch):
    """This process was stopped in between: the answer lay there for a minute."""
    moments = iter((100.0, 160.0))
    clock = SimpleNamespace(monotonic=lambda: next(moments), time=time.time)
    monkeypatch.setattr(lease_module, "time", clock)
    with pytest.raises(Unavailable, match="too late"):
        await Lease(line).renew(uuid4())


async def test_a_database_without_its_epoch_confirms_nothing(line):
    line.epoch = None
    with pytest.raises(Unavailable, match="migrate"):
        await Lease(line).renew(uuid4())


async def test_a_jump_of_the_database_s_clock_is_told_once(line):
    lease, node = Lease(line), uuid4()
    assert (await lease.renew(node)).jumps == {}
    line.ahead = -3600.0
    jumps = (await lease.renew(node)).jumps
    assert jumps.keys() == {"database"}
    assert jumps["database"] == pytest.approx(-3600, abs=1)
    assert (await lease.renew(node)).jumps == {}


def test_a_clock_that_drifts_does_not_jump():
    clocks = Clocks()
    assert not any(clocks.jumps(host=1.5 * step) for step in range(10))
    assert clocks.jumps(host=17.5) == {"host": 4.0}
