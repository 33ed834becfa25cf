from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from audit import log
from audit.actors import Actor, system
from audit.models import Record
from audit.verbs import MASK, UnknownVerb

pytestmark = pytest.mark.django_db
ALICE = Actor("user", "7", "alice")


def test_a_record_holds_what_it_was_given():
    written = log.record(
        "tool.decided",
        actor=ALICE,
        subject="call_1",
        session_id="11111111-2222-3333-4444-555555555555",
        role="customer_support",
        outcome="deny",
        rule="no_grant",
        reason="not granted",
        policy_version=12,
        source_ip="192.0.2.1",
        fields={"tool": "refund_order", "arguments": {"amount": 42}},
    )
    row = Record.objects.get(pk=written.pk)
    assert (row.verb, row.subject, row.outcome, row.rule) == ("tool.decided", "call_1", "deny", "no_grant")
    assert (row.actor_kind, row.actor_id, row.actor_label) == ("user", "7", "alice")
    assert (row.role, row.policy_version, row.source_ip) == ("customer_support", 12, "192.0.2.1")
    assert row.fields == {"tool": "refund_order", "arguments": {"amount": 42}}


def test_the_time_is_the_databases_and_is_known_at_once():
    written = log.record("user.logged_in", actor=ALICE)
    assert abs(written.occurred_at - timezone.now()) < timedelta(minutes=1)
    assert Record.objects.get(pk=written.pk).occurred_at == written.occurred_at


def test_a_field_that_the_verb_does_not_list_is_masked():
    row = log.record("tool.decided", actor=ALICE, fields={"tool": "x", "api_key": "sk-live-1"})
    row.refresh_from_db()
    assert row.fields == {"tool": "x", "api_key": MASK}


def test_an_unknown_verb_writes_nothing():
    with pytest.raises(UnknownVerb):
        log.record("tool.pondered", actor=ALICE)
    assert not Record.objects.exists()


def test_hostile_values_are_stored_and_do_not_abort_the_transaction():
    row = log.record(
        "frame.rejected",
        actor=Actor("session", "s\x00", "al\ud800ice"),
        subject="\x00" * 300,
        session_id="x" * 1000,
        outcome="o" * 1000,
        rule="r" * 1000,
        reason="\ud83d" * 10_000,
        role="q" * 1000,
        source_ip="9" * 1000,
        fields={"event_type": "\x00\ud800", "size": 10**400, "code": float("nan")},
    )
    row.refresh_from_db()
    assert row.actor_label == "al\\ud800ice"
    assert row.fields["event_type"] == "␀\\ud800"
    assert len(row.reason) == 2048


def test_policy_version_zero_means_that_no_policy_decided():
    assert log.record("user.logged_in", actor=ALICE, policy_version=0).policy_version is None


def test_a_batch_is_written_in_order():
    facts = [log.Fact(verb="usage.reported", actor=ALICE, subject=f"r{n}") for n in range(1200)]
    log.record_many(facts)
    assert list(Record.objects.order_by("pk").values_list("subject", flat=True)) == [
        f"r{n}" for n in range(1200)
    ]


def test_a_batch_with_one_bad_fact_writes_none_of_it():
    facts = [log.Fact(verb=verb, actor=ALICE) for verb in ("usage.reported", "usage.invented")]
    with pytest.raises(UnknownVerb):
        log.record_many(facts)
    assert not Record.objects.exists()


def test_the_record_goes_with_the_effect_when_the_transaction_fails():
    with pytest.raises(RuntimeError), transaction.atomic():
        log.record("user.disabled", actor=system("test"))
        raise RuntimeError("the effect failed")
    assert not Record.objects.exists()


def test_a_kind_of_actor_that_nobody_knows_is_refused_by_the_database_too():
    with pytest.raises(DatabaseError, match="record_actor_kind_is_known"), transaction.atomic():
        Record.objects.create(verb="user.logged_in", actor_kind="robot")


def test_log_is_the_only_writer():
    root = Path(__file__).parents[2]
    writes = re.compile(r"\bRecord\(|Record\.objects\.(create|bulk_create|get_or_create|update_or_create)")
    sources = [path for folder in ("audit", "controlplane") for path in (root / folder).rglob("*.py")]
    writers = {
        str(path.relative_to(root))
        for path in sources
        if "audit.models" in path.read_text() and writes.search(path.read_text())
    }
    assert writers == {"audit/log.py"}
