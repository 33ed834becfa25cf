"""How a relay leaves: whichever way the session ended, and whatever else fails meanwhile."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from guard import relay as relay_module
from guard.core.closing import EndReason
from guard.core.commands import End
from guard.core.policy import Limits
from guard.ports import Unavailable
from guard.tasks import running
from tests.fakes import HELLO, admission, call_of, policy, until


@pytest.mark.parametrize(
    ("reason", "code", "word"),
    [
        (EndReason.REVOKED, 4410, "session_revoked"),
        (EndReason.DRAINING, 1012, "draining"),
        (EndReason.IDLE, 4408, "session_expired"),
    ],
)
async def test_the_reason_is_told_in_words_and_then_in_the_close_code(stage, reason, code, word):
    relay = await stage.open()
    relay.end(End(reason))
    assert await stage.over() == (reason, (code, word))
    assert stage.socket.events[-1]["error"]["code"] == word
    assert stage.provider.closed


async def test_the_first_reason_stands(stage):
    relay = await stage.open()
    relay.end(End(EndReason.REVOKED))
    relay.end(End(EndReason.CLIENT_LEFT))
    stage.provider.lose()
    assert (await stage.over())[0] is EndReason.REVOKED


async def test_the_end_is_recorded_once_and_the_relay_is_forgotten(stage):
    relay = await stage.open()
    assert stage.registry.relays == [relay]
    relay.end(End(EndReason.CLIENT_LEFT))
    await stage.over()
    assert len(stage.control.ends) == 1
    assert stage.registry.relays == []


async def test_nothing_follows_a_revocation(stage):
    relay = await stage.open()
    stage.audit.hold = asyncio.Event()
    stage.provider.say(*call_of("list_recent_orders"))
    await asyncio.sleep(0.05)
    relay.end(End(EndReason.REVOKED))
    stage.audit.hold.set()
    await stage.over()
    assert not any("function_call" in kind for kind in stage.socket.types)


async def test_both_sockets_are_left_within_a_second_though_the_client_does_not_read(stage):
    relay = await stage.open()
    stage.socket.stuck = True
    stage.provider.say({"type": "input_audio_buffer.cleared"})
    await asyncio.sleep(0.05)
    began = time.monotonic()
    relay.end(End(EndReason.REVOKED))
    await until(lambda: stage.provider.closed)
    reason, _ = await stage.over()
    assert time.monotonic() - began < 1.0
    assert reason is EndReason.REVOKED


async def test_a_client_that_does_not_read_is_cut(stage, monkeypatch):
    monkeypatch.setattr(relay_module, "STUCK_SECONDS", 0.3)
    monkeypatch.setattr(relay_module, "BEAT_SECONDS", 0.1)
    await stage.open()
    stage.socket.stuck = True
    stage.provider.say({"type": "input_audio_buffer.cleared"})
    assert (await stage.over())[0] is EndReason.SLOW_CLIENT
    assert stage.provider.closed


async def test_a_provider_that_does_not_read_is_lost(stage, monkeypatch):
    monkeypatch.setattr(relay_module, "STUCK_SECONDS", 0.3)
    monkeypatch.setattr(relay_module, "BEAT_SECONDS", 0.1)
    relay = await stage.open()
    stage.provider.stuck = True
    await relay.feed(json.dumps(HELLO))
    reason, close = await stage.over()
    assert reason is EndReason.UPSTREAM_LOST
    assert close == (4502, "upstream_lost")


async def test_the_provider_s_close_ends_the_session(stage):
    await stage.open()
    stage.provider.lose()
    assert await stage.over() == (EndReason.UPSTREAM_LOST, (4502, "upstream_lost"))


async def test_the_provider_s_own_limit_reads_as_expiry(stage):
    await stage.open()
    stage.provider.say(
        {
            "type": "error",
            "error": {"type": "invalid_request_error", "code": "session_expired", "message": "60 minutes"},
        }
    )
    stage.provider.lose()
    assert (await stage.over())[0] is EndReason.EXPIRED


async def test_a_provider_that_cannot_be_reached_ends_the_session_with_its_sentence(stage):
    stage.upstream.provider = Unavailable("The provider could not be reached.")
    stage.start()
    assert await stage.over() == (EndReason.UPSTREAM_LOST, (4502, "upstream_lost"))
    assert stage.socket.events[-1]["error"]["message"] == "The provider could not be reached."


async def test_a_session_ends_on_time_by_its_own_clock(stage):
    stage.control.admission = admission(seconds_left=0.3)
    began = time.monotonic()
    stage.start()
    assert await stage.over() == (EndReason.EXPIRED, (4411, "session_expired"))
    assert 0.25 < time.monotonic() - began < 1.0


async def test_the_absolute_limit_holds_while_a_send_is_stuck(stage):
    stage.control.admission = admission(seconds_left=0.5)
    await stage.open()
    stage.socket.stuck = True
    stage.provider.say({"type": "input_audio_buffer.cleared"})
    began = time.monotonic()
    assert (await stage.over(5))[0] is EndReason.EXPIRED
    assert time.monotonic() - began < 2.5


async def test_an_idle_session_ends(stage):
    quick = policy(limits=Limits(max_seconds=600, idle_seconds=0.3))
    stage.control.admission = admission(policy=quick)
    await stage.open()
    assert await stage.over() == (EndReason.IDLE, (4408, "session_expired"))


async def test_a_client_that_vanished_is_noticed_at_the_next_send(stage):
    await stage.open()
    stage.socket.gone = True
    stage.provider.say({"type": "input_audio_buffer.cleared"})
    reason, close = await stage.over()
    assert reason is EndReason.CLIENT_LEFT
    assert close is None
    assert stage.provider.closed


async def test_the_end_is_recorded_although_everything_else_fails(stage):
    relay = await stage.open()
    stage.audit.fail = True
    stage.socket.stuck = True
    relay._session.summary = relay._session.close = lambda *_: 1 / 0  # type: ignore[method-assign,assignment]
    relay.end(End(EndReason.REVOKED))
    assert (await stage.over(6))[0] is EndReason.REVOKED


async def test_a_fault_of_ours_ends_the_session(stage):
    relay = await stage.open()
    relay._session.tick = lambda _: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    assert (await stage.over())[0] is EndReason.INTERNAL


async def test_a_relay_that_is_cancelled_still_leaves_and_records(stage):
    await stage.open()
    assert stage.task is not None
    stage.task.cancel()
    await asyncio.wait([stage.task])
    await until(lambda: stage.control.ends)
    assert stage.provider.closed
    assert stage.control.ends[0][1] is EndReason.INTERNAL


async def test_a_second_cancellation_does_not_stop_the_end(stage):
    """asyncio cancels everything once more when its loop is closed."""
    await stage.open()
    stage.socket.stuck = True
    assert stage.task is not None
    stage.task.cancel()
    await asyncio.sleep(0.05)
    stage.task.cancel()
    await asyncio.wait([stage.task])
    await until(lambda: stage.control.ends)


async def test_a_session_leaves_no_task_behind(stage):
    before = running()
    relay = await stage.open()
    relay.end(End(EndReason.CLIENT_LEFT))
    await stage.over()
    await until(lambda: running() == before)
