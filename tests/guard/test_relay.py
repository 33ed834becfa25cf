from __future__ import annotations

import asyncio
import json
import threading
import time

from guard import relay as relay_module
from guard.core.closing import EndReason
from guard.core.commands import End
from tests.fakes import CARD, HELLO, call_of, policy, until


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


async def test_a_long_frame_is_judged_beside_the_loop(stage, monkeypatch):
    """A thread of its own, so that other sessions do not wait for the redactor to read it."""
    relay = await stage.open()
    judge, judged_here = relay._session.receive_client, []

    def watched(frame, now):
        judged_here.append(threading.current_thread() is threading.main_thread())
        return judge(frame, now)

    monkeypatch.setattr(relay._session, "receive_client", watched)
    long = {**HELLO, "item": {**HELLO["item"], "content": [{"type": "input_text", "text": "a" * 20_000}]}}
    for frame in (HELLO, long):
        await relay.feed(json.dumps(frame))
    await until(lambda: len(stage.provider.sent) == 3)
    assert judged_here == [True, False]


async def test_the_end_waits_for_a_frame_that_is_still_being_judged(stage, monkeypatch):
    relay = await stage.open()
    order = []

    def slow(frame, now):
        time.sleep(0.3)
        order.append("judged")
        return []

    closing = relay._session.close
    monkeypatch.setattr(relay._session, "receive_client", slow)
    monkeypatch.setattr(relay._session, "close", lambda now: order.append("closed") or closing(now))
    await relay.feed(json.dumps({"type": "x" * 20_000}))
    await asyncio.sleep(0.05)
    relay.end(End(EndReason.REVOKED))
    await stage.over()
    assert order == ["judged", "closed"]
