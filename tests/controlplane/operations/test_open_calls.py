"""Calls whose process is gone: each has one last record when the session is swept up, and no other call has."""

from __future__ import annotations

from audit import log as audit_log
from audit.actors import system
from controlplane.operations import sessions
from guard.core.closing import EndReason
from tests.controlplane.processes import process, session_in
from tests.people import TESTER


def lost_session() -> str:
    return str(session_in(process(seen_seconds_ago=61)).pk)


def told(session: str, verb: str, call_id: str, outcome: str = "", rule: str = "") -> None:
    fields = {"call_id": call_id, "tool": "refund_order"}
    audit_log.record(
        verb,
        actor=system("session"),
        subject=call_id,
        session_id=session,
        outcome=outcome,
        rule=rule,
        fields=fields,
    )


def test_what_was_allowed_and_never_ended_is_abandoned_once(demo, records):
    session = lost_session()
    for call_id, outcome in (("a", "allow"), ("c", "constrain"), ("w", "require_approval"), ("d", "deny")):
        told(session, "tool.decided", call_id, outcome)
    sessions.reap_expired(actor=TESTER)
    sessions.reap_expired(actor=TESTER)
    found = records("tool.abandoned", session_id=session)
    assert [(record.subject, record.outcome) for record in found] == [
        ("a", "node_lost"),
        ("c", "node_lost"),
        ("w", "node_lost"),
    ]
    assert {record.fields["tool"] for record in found} == {"refund_order"}
    assert found[-1].pk < records("session.ended", session_id=session)[0].pk


def test_what_has_ended_is_left_alone_and_an_id_that_came_again_is_not(demo, records):
    session = lost_session()
    for call_id, last in (("r", "tool.result"), ("x", "tool.abandoned"), ("again", "tool.result")):
        told(session, "tool.decided", call_id, "allow")
        told(session, last, call_id, "answered")
    told(session, "tool.decided", "again", "allow")
    told(session, "tool.decided", "refused", "require_approval")
    told(session, "tool.decided", "refused", "deny")
    sessions.reap_expired(actor=TESTER)
    assert [r.subject for r in records("tool.abandoned", outcome="node_lost")] == ["again"]


def test_a_call_whose_id_another_one_has_tried_to_take_is_abandoned(demo, records):
    session = lost_session()
    told(session, "tool.decided", "a", "allow")
    told(session, "tool.decided", "a", "deny", rule="duplicate_call_id")
    told(session, "tool.decided", "b", "deny", rule="duplicate_call_id")
    sessions.reap_expired(actor=TESTER)
    assert [r.subject for r in records("tool.abandoned", outcome="node_lost")] == ["a"]


def test_a_session_whose_process_lives_says_so_itself(demo, records):
    session = lost_session()
    told(session, "tool.decided", "a", "allow")
    sessions.end_session(actor=TESTER, session_id=session, reason=EndReason.REVOKED)
    assert records("tool.abandoned") == []
