from __future__ import annotations

import threading

import psycopg
import pytest
from django.db import connection

from controlplane import place as place_module
from controlplane.place import Place
from tests.blackbox.processes import wait_for


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(place_module, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(place_module, "CHECK_SECONDS", 0.05)


def took() -> tuple[Place, threading.Event]:
    lost = threading.Event()
    place = Place("of the test", lost.set)
    place.start()
    return place, lost


def holder() -> int | None:
    with psycopg.connect(**_parameters()) as other:
        row = other.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'sallyport of the test'"
            " AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"
        ).fetchone()
    return row[0] if row else None


def end_the_connection_of(pid: int | None) -> None:
    with psycopg.connect(**_parameters(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_one_has_the_place_and_the_next_one_gets_it_when_the_connection_ends():
    first, lost = took()
    assert first.taken.wait(5)
    second, second_lost = took()
    assert not second.taken.wait(0.5)
    end_the_connection_of(holder())
    assert lost.wait(5)
    assert second.taken.wait(5)
    assert not second_lost.is_set()
    end_the_connection_of(holder())
    assert second_lost.wait(5)
    wait_for(lambda: holder() is None)


def test_a_lock_that_is_gone_though_the_connection_lives_is_noticed():
    place, lost = took()
    assert place.taken.wait(5)
    assert not lost.wait(0.5)
    place._number += 1
    assert lost.wait(5)


def _parameters():
    ours = connection.get_connection_params()
    return {name: ours[name] for name in ("dbname", "user", "password", "host", "port") if name in ours}
