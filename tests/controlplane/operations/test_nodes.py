from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.db.models.functions import Now

from controlplane.models import Node
from controlplane.operations import nodes
from tests.controlplane.processes import process
from tests.people import TESTER


def test_a_process_is_on_record_once_however_often_it_says_that_it_starts(db, records):
    node_id = uuid4()
    said = [nodes.start(actor=TESTER, node_id=node_id, name="host:7") for _ in range(2)]
    assert said == [True, False]
    (record,) = records("node.started")
    assert (record.subject, record.fields) == (str(node_id), {"name": "host:7"})


def test_a_process_stops_once_and_one_that_was_declared_lost_does_not(db, records):
    node = process(seen_seconds_ago=61)
    nodes.declare_lost(actor=TESTER, silent=nodes.silent())
    assert nodes.stop(actor=TESTER, node_id=node.pk) is False
    other = process()
    assert [nodes.stop(actor=TESTER, node_id=other.pk) for _ in range(2)] == [True, False]
    assert [record.outcome for record in records("node.stopped")] == ["node_lost", "stopped"]


def test_a_process_that_has_renewed_since_is_not_lost(db):
    node = process(seen_seconds_ago=61)
    silent = nodes.silent()
    Node.objects.filter(pk=node.pk).update(seen_at=Now())
    assert nodes.declare_lost(actor=TESTER, silent=silent) == 0
    assert Node.objects.get(pk=node.pk).stopped_at is None


def test_a_clock_that_went_back_does_not_keep_a_dead_process_alive(db):
    node = process()
    Node.objects.filter(pk=node.pk).update(seen_at=Now() + timedelta(hours=1))
    assert set(nodes.silent()) == {node.pk}


def test_a_jump_names_process_and_clock(db, records):
    assert nodes.has_database_jumped() is False
    node_id = uuid4()
    nodes.record_jump(actor=TESTER, node_id=node_id, name="host:1", clock="host", seconds=-3600.0)
    assert nodes.has_database_jumped() is False
    nodes.record_jump(actor=TESTER, node_id=node_id, name="host:1", clock="database", seconds=3600.0)
    assert nodes.has_database_jumped() is True
    assert [record.fields["seconds"] for record in records("clock.jumped")] == [-3600.0, 3600.0]
