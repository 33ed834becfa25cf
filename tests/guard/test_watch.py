from __future__ import annotations

import asyncio
import time

import pytest
from channels.layers import InMemoryChannelLayer

from guard import watch as watch_module
from guard.core.closing import EndReason
from guard.core.commands import End
from guard.ports import Refused, Unavailable
from guard.tasks import running
from guard.watch import GROUP, NUDGE, Watch
from tests.fakes import FakeControlPlane, policy, until
from tests.guard.watched import BrokenDoorbell, FakeRelay


@pytest.fixture
def control():
    return FakeControlPlane()


@pytest.fixture
def layer():
    return InMemoryChannelLayer()


@pytest.fixture
async def watch(control, layer):
    watch = Watch(control, lambda: layer)
    yield watch
    watch.close()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(watch_module, "POLL_SECONDS", 0.05)


async def settled(watch: Watch, *relays: FakeRelay) -> None:
    for relay in relays:
        watch.add(relay)
    await until(lambda: all(relay.policies for relay in relays) and watch._tasks)
    await asyncio.sleep(0.02)  # the doorbell rings once when it has been joined


async def test_a_new_session_is_looked_at_right_away(watch):
    relay = FakeRelay()
    began = time.monotonic()
    await settled(watch, relay)
    assert time.monotonic() - began < 0.5
    assert relay.seen >= 1


async def test_a_nudge_reloads_every_session_within_a_moment(watch, layer, control):
    relays = [FakeRelay(f"s{n}") for n in range(20)]
    await settled(watch, *relays)
    control.current = policy(version=2)
    began = time.monotonic()
    await layer.group_send(GROUP, {"type": NUDGE})
    await until(lambda: all(relay.policies[-1].version == 2 for relay in relays))
    assert time.monotonic() - began < 1.0


async def test_a_changed_epoch_reloads_without_any_nudge(control, impatient):
    watch, relay = Watch(control, lambda: None), FakeRelay()
    await settled(watch, relay)
    control.current, control.number = policy(version=2), 2
    await until(lambda: relay.policies[-1].version == 2)
    watch.close()


async def test_an_unchanged_epoch_confirms_the_policy_without_reading_it(control, impatient):
    watch, relay = Watch(control, lambda: None), FakeRelay()
    await settled(watch, relay)
    reads, seen = len(control.reads), relay.seen
    await until(lambda: relay.seen > seen + 2)
    assert len(control.reads) == reads
    watch.close()


async def test_a_revoked_session_is_ended_with_the_reason_given(watch, layer, control):
    relay = FakeRelay()
    await settled(watch, relay)
    control.current = Refused(EndReason.REVOKED)
    await layer.group_send(GROUP, {"type": NUDGE})
    await until(lambda: relay.ended)
    assert relay.ended.reason is EndReason.REVOKED


async def test_those_that_may_not_go_on_end_before_any_policy_is_read(watch, layer, control):
    """The last of two hundred must not wait until eight at a time have read theirs (T84)."""
    relays = [FakeRelay(f"s{n}") for n in range(20)]
    await settled(watch, *relays)
    control.barred_ids = {f"s{n}": EndReason.LOCKED for n in range(19)}
    control.before_policy = asyncio.Event().wait
    await layer.group_send(GROUP, {"type": NUDGE})
    await until(lambda: all(relay.ended == End(EndReason.LOCKED) for relay in relays[:19]))
    assert relays[19].ended is None
    assert control.reads[-1] == "s19"


async def test_a_change_during_a_reload_is_not_missed(watch, layer, control):
    """The reload under way read the old rows, and the poll that would see the new epoch is seconds away."""
    relay = FakeRelay()
    await settled(watch, relay)
    relay.hold, reads = asyncio.Event(), len(control.reads)
    await layer.group_send(GROUP, {"type": NUDGE})
    await until(lambda: len(control.reads) > reads)
    control.current, control.number = policy(version=2), 2
    await layer.group_send(GROUP, {"type": NUDGE})
    await asyncio.sleep(0.05)
    relay.hold.set()
    await until(lambda: relay.policies[-1].version == 2, 1.0)


async def test_a_stuck_session_does_not_keep_a_nudge_from_the_others(watch, layer, control):
    stuck = [FakeRelay(f"stuck{n}") for n in range(watch_module.AT_ONCE + 2)]
    relay = FakeRelay()
    await settled(watch, *stuck, relay)
    for each in stuck:
        each.hold = asyncio.Event()
    control.current = policy(version=2)
    await layer.group_send(GROUP, {"type": NUDGE})
    await until(lambda: relay.policies[-1].version == 2, 1.0)


async def test_what_people_have_decided_is_carried_out_whole_however_long_that_takes(watch, monkeypatch):
    monkeypatch.setattr(watch_module, "DEADLINE", 0.05)
    relay = FakeRelay()
    relay.looking = asyncio.Event()
    watch.add(relay)
    await asyncio.sleep(0.2)
    relay.looking.set()
    await asyncio.sleep(0.05)
    assert relay.looked == 1


async def test_nobody_confirms_a_policy_while_the_database_is_away(control, impatient, caplog):
    watch, relay = Watch(control, lambda: None), FakeRelay()
    await settled(watch, relay)
    control.number = Unavailable("down")
    await asyncio.sleep(0.1)
    seen = relay.seen
    await asyncio.sleep(0.2)
    assert relay.seen == seen
    assert relay.ended is None
    control.number = 1
    await until(lambda: relay.seen > seen)
    watch.close()


async def test_a_policy_that_cannot_be_read_is_not_confirmed_and_is_tried_again(control, impatient):
    watch, relay = Watch(control, lambda: None), FakeRelay()
    control.current = Unavailable("down")
    watch.add(relay)
    await until(lambda: len(control.reads) > 2)
    assert (relay.seen, relay.ended) == (0, None)
    control.current = policy()
    await until(lambda: relay.seen)
    watch.close()


async def test_a_database_that_hangs_is_not_waited_for(control, impatient, monkeypatch):
    monkeypatch.setattr(watch_module, "DEADLINE", 0.05)
    watch, relay = Watch(control, lambda: None), FakeRelay()
    control.before_policy = asyncio.Event().wait
    watch.add(relay)
    await until(lambda: len(control.reads) > 2)
    assert relay.seen == 0
    watch.close()


async def test_a_dead_doorbell_ends_no_session_and_is_tried_again(control, impatient, monkeypatch):
    monkeypatch.setattr(watch_module, "_BACKOFF", (0.02,))
    doorbell = BrokenDoorbell()
    watch, relay = Watch(control, lambda: doorbell), FakeRelay()  # type: ignore[arg-type,return-value]
    await settled(watch, relay)
    await until(lambda: doorbell.tries > 3)
    seen = relay.seen
    await until(lambda: relay.seen > seen)
    assert relay.ended is None
    watch.close()


async def test_what_was_rung_before_the_doorbell_was_joined_is_looked_at(control, layer, monkeypatch):
    """The next poll is a minute away here: only joining rings."""
    monkeypatch.setattr(watch_module, "POLL_SECONDS", 60.0)
    ready = asyncio.Event()

    class Late(InMemoryChannelLayer):
        async def new_channel(self, prefix: str = "specific.") -> str:
            await ready.wait()
            return str(await super().new_channel(prefix))

    doorbell = Late()
    watch, relay = Watch(control, lambda: doorbell), FakeRelay()
    watch.add(relay)
    await until(lambda: relay.policies)
    control.current, control.number = policy(version=2), 2
    ready.set()
    await until(lambda: relay.policies[-1].version == 2, 1.0)
    watch.close()


async def test_the_watch_listens_on_one_channel_however_many_sessions_there_are(watch, layer):
    await settled(watch, *(FakeRelay(f"s{n}") for n in range(10)))
    assert len(layer.groups[GROUP]) == 1


async def test_the_lease_is_renewed_also_while_nothing_runs_and_not_after_the_close(
    watch, control, impatient
):
    """What ended while the database was away is written with a later renewal."""
    before = running()
    watch.start()
    await until(lambda: control.lease_renewals > 2)
    assert control.running == set()
    relay = FakeRelay()
    await settled(watch, relay)
    watch.discard(relay)
    renewals = control.lease_renewals
    await until(lambda: control.lease_renewals > renewals + 2)
    watch.close()
    await until(lambda: running() == before)


async def test_the_renewal_names_the_sessions_that_run(watch, control, impatient):
    await settled(watch, FakeRelay("s1"), FakeRelay("s2"))
    await until(lambda: control.running == {"s1", "s2"})


async def test_sessions_of_a_process_that_was_declared_lost_end_and_new_ones_may_begin(
    watch, control, impatient
):
    relays = [FakeRelay("s1"), FakeRelay("s2")]
    await settled(watch, *relays)
    control.number = Refused(EndReason.NODE_LOST)
    await until(lambda: all(relay.ended for relay in relays))
    assert {relay.ended.reason for relay in relays} == {EndReason.NODE_LOST}
    for relay in relays:
        watch.discard(relay)
    control.number = 2
    fresh = FakeRelay("s3")
    await settled(watch, fresh)
    await until(lambda: fresh.seen)
    assert fresh.ended is None


async def test_nobody_is_confirmed_by_a_reload_that_outlives_the_lease(watch, control, layer, impatient):
    relay = FakeRelay()
    await settled(watch, relay)
    relay.hold = asyncio.Event()
    watch.ring()
    await until(lambda: len(control.reads) > 1)
    control.number = Unavailable("down")
    renewals = control.lease_renewals
    await until(lambda: control.lease_renewals > renewals + 1)
    seen = relay.seen
    relay.hold.set()
    await asyncio.sleep(0.1)
    assert relay.seen == seen


async def test_every_session_is_told_of_a_drain_and_so_is_one_that_comes_late(watch):
    early, late = FakeRelay("s1"), FakeRelay("s2")
    await settled(watch, early)
    watch.drain()
    watch.add(late)
    assert (early.drained, late.drained) == (1, 1)


async def test_every_session_is_read_anew_now_and_then(control, impatient, monkeypatch):
    monkeypatch.setattr(watch_module, "REFRESH_SECONDS", 0.1)
    watch, relay = Watch(control, lambda: None), FakeRelay()
    await settled(watch, relay)
    await until(lambda: len(control.reads) > 3)
    watch.close()
