from __future__ import annotations

import importlib
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError
from django.db.models.functions import Now
from django.test import Client

from controlplane import readiness
from controlplane.models import Sweep
from controlplane.operations import sweeps
from guard.draining import stopping


@pytest.fixture
def checks(monkeypatch):
    """The registry as it is, free to be added to."""
    copy = dict(readiness.CHECKS)
    monkeypatch.setattr(readiness, "CHECKS", copy)
    return copy


def test_a_live_process_says_so_without_asking_anybody():
    assert Client().get("/livez").json() == {"status": "ok"}  # no ``db`` fixture: a query would fail


@pytest.fixture
def swept(db):
    for name in settings.SWEEPS:
        sweeps.note(name=name, count=0)


def test_a_ready_process_names_each_check(swept, checks):
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert response.json()["status"] == "ok"
    checked = response.json()["checks"]
    assert {"database", "redis", "migrations", "sweeps"} <= set(checked)
    assert set(checked.values()) == {"ok"}


def test_one_failing_check_is_503_and_named(db, checks):
    readiness.add("draining", lambda: "is about to stop")
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["draining"] == "is about to stop"
    assert response.json()["checks"]["database"] == "ok"


def test_late_sweeps_are_yellow_the_process_works_all_the_same(swept, checks):
    Sweep.objects.filter(name="reap_expired").update(ran_at=Now() - timedelta(seconds=40))
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["checks"]["sweeps"] == "late: reap_expired last ran 40 s ago"


def test_red_wins_over_yellow(db, checks):
    readiness.add("draining", lambda: "is about to stop")
    assert Client().get("/readyz").json()["status"] == "unavailable"


def test_a_process_that_drains_is_not_ready(db, checks):
    importlib.import_module("controlplane.asgi")  # where the guard's server and the checks meet
    checks.update(readiness.CHECKS)
    assert Client().get("/readyz").status_code == 200
    stopping.set()
    try:
        response = Client().get("/readyz")
    finally:
        stopping.clear()
    assert response.status_code == 503
    assert response.json()["checks"]["draining"] == "is about to stop"


def test_a_dead_redis_is_named_without_its_address(settings):
    settings.REDIS_URL = "redis://:password@127.0.0.1:1/0"
    found = readiness.doorbell()
    assert found == "does not answer: ConnectionError"


def test_a_dead_database_is_named_without_its_address(monkeypatch):
    def away():
        raise OperationalError("connection to 10.0.0.5 refused")

    monkeypatch.setattr(readiness.connection, "cursor", away)
    assert readiness.database() == "does not answer: OperationalError"


def test_missing_migrations_are_counted_until_they_are_applied(db, monkeypatch):
    plan = ["one", "two"]
    monkeypatch.setattr(readiness.MigrationExecutor, "migration_plan", lambda *_: plan)
    check = readiness.Migrations()
    assert check() == "2 not applied"
    plan.clear()
    assert check() == ""
    plan.append("three")
    assert check() == ""  # seen complete once; a running process's schema does not go back
