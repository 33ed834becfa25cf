from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from guard import relay as relay_module
from guard.core.closing import EndReason
from guard.core.commands import End
from guard.core.policy import Limits
from guard.ports import Unavailable
from guard.tasks import running
from tests.fakes import CARD, admission, policy, until

HELLO = {
    "type": "conversation.item.create",
    "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]},
}


def call_of(name: str, arguments: str = "{}") -> list[dict[str, Any]]:
    """The events of a response that is one function call."""
    item = {
        "id": "item_F",
        "type": "function_call",
        "status": "in_progress",
        "name": name,
        "call_id": "call_1",
    }
    opened, done = {**item, "arguments": ""}, {**item, "status": "completed", "arguments": arguments}
    part = {"response_id": "resp_1", "output_index": 0, "item_id": "item_F", "call_id": "call_1"}
    at = {"response_id": "resp_1", "output_index": 0}
    return [
        {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "output": []}},
        {"type": "response.output_item.added", **at, "item": opened},
        {"type": "conversation.item.added", "previous_item_id": None, "item": opened},
        {"type": "response.function_call_arguments.delta", **part, "delta": arguments},
        {"type": "response.function_call_arguments.done", **part, "name": name, "arguments": arguments},
        {"type": "conversation.item.done", "previous_item_id": None, "item": done},
        {"type": "response.output_item.done", **at, "item": done},
        {"type": "response.done", "response": {"id": "resp_1", "status": "completed", "output": [done]}},
    ]


async def test_the_client_hears_nothing_before_the_provider_runs_under_our_configuration(stage):
    stage.upstream.provider = type(stage.provider)(confirms=False)
    stage.start()
    await until(lambda: stage.provider.sent)
    await asyncio.sleep(0.05)
    assert stage.provider.sent[0]["type"] == "session.update"
    assert stage.socket.types == []


async def test_client_frames_wait_until_the_session_is_locked(stage):
    stage.upstream.provider = type(stage.provider)(confirms=False)
    relay = stage.start()
    await relay.feed(json.dumps(HELLO))
    await until(lambda: stage.provider.sent)
    await asyncio.sleep(0.05)
    assert [event["type"] for event in stage.provider.sent] == ["session.update"]
    stage.provider.say(
        {"type": "session.updated", "session": {"id": "s", **stage.provider.sent[0]["session"]}}
    )
    await until(lambda: len(stage.provider.sent) == 2)
    assert stage.provider.sent[1]["type"] == "conversation.item.create"


async def test_a_third_frame_waits_in_the_socket_while_the_first_is_stuck(stage):
    relay = await stage.open()
    stage.provider.stuck = True
    await relay.feed(json.dumps(HELLO))
    await asyncio.sleep(0.01)
    await relay.feed(json.dumps(HELLO))
    third = asyncio.get_running_loop().create_task(relay.feed(json.dumps(HELLO)))
    await asyncio.sleep(0.05)
    assert not third.done()
    relay.end(End(EndReason.REVOKED))
    await asyncio.wait_for(third, 2)
    assert (await stage.over())[0] is EndReason.REVOKED


async def test_a_decision_is_on_record_before_the_client_sees_the_call(stage):
    await stage.open()
    stage.audit.hold = asyncio.Event()
    stage.provider.say(*call_of("list_recent_orders", '{"limit": 3}'))
    await asyncio.sleep(0.1)
    assert not any("function_call" in kind for kind in stage.socket.types)
    stage.audit.hold.set()
    await until(lambda: "response.function_call_arguments.done" in stage.socket.types)
    assert [r.verb for r in stage.audit.records] == ["tool.decided"]


async def test_without_the_record_the_call_is_not_delivered_and_the_session_ends(stage):
    await stage.open()
    stage.audit.fail = True
    stage.provider.say(*call_of("list_recent_orders", '{"limit": 3}'))
    reason, close = await stage.over(5)
    assert reason is EndReason.AUDIT_UNAVAILABLE
    assert close == (4507, "audit_unavailable")
    assert not any("function_call" in kind for kind in stage.socket.types)
    assert stage.socket.events[-1]["error"]["code"] == "audit_unavailable"


async def test_an_audit_log_that_hangs_ends_the_session_after_its_deadline(stage, monkeypatch):
    monkeypatch.setattr("guard.journal.DEADLINE", 0.2)
    await stage.open()
    stage.audit.hold = asyncio.Event()
    stage.provider.say(*call_of("list_recent_orders"))
    assert (await stage.over(5))[0] is EndReason.AUDIT_UNAVAILABLE


async def test_a_denied_call_never_reaches_the_client(stage):
    await stage.open()
    stage.provider.say(*call_of("delete_account"))
    await until(lambda: any(e["type"] == "conversation.item.create" for e in stage.provider.sent))
    await until(lambda: "response.done" in stage.socket.types)
    assert "delete_account" not in json.dumps(stage.socket.events)
    assert "call_1" not in json.dumps(stage.socket.events)


async def test_a_card_never_reaches_the_client(stage):
    await stage.open()
    at = {"response_id": "r", "item_id": "i", "output_index": 0, "content_index": 0}
    for piece in (CARD[:7], CARD[7:13], CARD[13:]):
        stage.provider.say({"type": "response.output_text.delta", **at, "delta": piece})
    stage.provider.say({"type": "response.output_text.done", **at, "text": CARD})
    await until(lambda: "response.output_text.done" in stage.socket.types)
    said = "".join(e.get("delta", "") for e in stage.socket.events)
    assert CARD not in said
    assert CARD not in json.dumps(stage.socket.events)


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


async def test_a_new_policy_decides_the_next_call(stage):
    relay = await stage.open()
    await relay.replace_policy(policy(version=2, grants={}))
    stage.provider.say(*call_of("list_recent_orders"))
    await until(lambda: "response.done" in stage.socket.types)
    assert "list_recent_orders" not in json.dumps(stage.socket.events[1:])
    verdict = next(r for r in stage.audit.records if r.verb == "tool.decided")
    assert (verdict.outcome, verdict.policy_version) == ("deny", 2)


async def test_small_records_are_batched_and_written_within_a_beat(stage, monkeypatch):
    monkeypatch.setattr(relay_module, "BEAT_SECONDS", 0.1)
    relay = await stage.open()
    await relay.feed(json.dumps({"type": "no.such.event"}))
    await until(lambda: "error" in stage.socket.types)
    await until(lambda: [r.verb for r in stage.audit.records] == ["frame.rejected"])


async def test_the_last_records_are_written_at_the_end(stage):
    relay = await stage.open()
    await relay.feed(json.dumps({"type": "no.such.event"}))
    await until(lambda: "error" in stage.socket.types)
    relay.end(End(EndReason.CLIENT_LEFT))
    await stage.over()
    assert [r.verb for r in stage.audit.records] == ["frame.rejected"]


async def test_a_call_that_nobody_answered_is_on_record_at_the_end(stage):
    relay = await stage.open()
    stage.provider.say(*call_of("list_recent_orders"))
    await until(lambda: "response.done" in stage.socket.types)
    relay.end(End(EndReason.CLIENT_LEFT))
    await stage.over()
    assert [r.verb for r in stage.audit.records] == ["tool.decided", "tool.abandoned"]


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


async def test_the_provider_is_dialled_with_the_bound_model_and_an_anonymous_user(stage):
    await stage.open()
    [(target, model, identifier)] = stage.upstream.dialled
    assert (target.name, model) == ("fake", "gpt-realtime")
    assert "alice" not in identifier
    assert identifier != "7"


async def test_a_client_that_leaves_during_the_dial_ends_the_session(stage):
    stage.upstream.hold = asyncio.Event()
    relay = stage.start()
    await until(lambda: stage.upstream.dialled)
    relay.end(End(EndReason.CLIENT_LEFT))
    assert (await stage.over())[0] is EndReason.CLIENT_LEFT
