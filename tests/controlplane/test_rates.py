from __future__ import annotations

import logging
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.db import OperationalError

from controlplane import rates
from controlplane.rates import Refusals

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def minutes(monkeypatch):
    """That do not pass: what is added up is flushed by the test."""
    monkeypatch.setattr(rates.threading, "Timer", Mock())


@pytest.fixture
def refusals():
    """Three a minute."""
    return Refusals(settings.REDIS_URL, 3)


def refuse(refusals, address, times):
    for _ in range(times):
        refusals.add(address)


def address(request):
    """One for each test: Redis keeps what the others counted."""
    return f"{request.node.name}.example"


def test_an_address_that_was_refused_too_often_is_turned_away_and_others_are_not(refusals, request, db):
    refuse(refusals, address(request), 3)
    assert refusals.turns_away(address(request))
    assert not refusals.turns_away("203.0.113.1")


def test_fewer_refusals_turn_nobody_away(refusals, request):
    refuse(refusals, address(request), 2)
    assert not refusals.turns_away(address(request))


def test_all_processes_count_together(refusals, request, db):
    refuse(refusals, address(request), 3)
    assert Refusals(settings.REDIS_URL, 3).turns_away(address(request))


def test_a_peer_with_ipv6_has_a_whole_network(refusals, db):
    refuse(refusals, "2001:db8:7:7::1", 3)
    assert refusals.turns_away("2001:db8:7:7:abcd::2")
    assert not refusals.turns_away("2001:db8:7:8::1")


def test_without_redis_a_process_counts_by_itself_and_asks_again_later(request, caplog, db):
    alone = Refusals(NOWHERE, 3)
    with caplog.at_level(logging.WARNING):
        refuse(alone, address(request), 3)
    assert alone.turns_away(address(request))
    assert caplog.text.count("in this process only") == 1


def test_an_unknown_address_is_never_turned_away(refusals):
    refuse(refusals, "", 10)
    assert not refusals.turns_away("")


def test_what_is_turned_away_is_on_record_as_one_sum(refusals, request, db, records):
    refuse(refusals, address(request), 3)
    for _ in range(5):
        assert refusals.turns_away(address(request))
    refusals.flush()
    (record,) = records("requests.shed")
    assert (record.subject, record.fields["count"]) == (address(request), 5)


def test_what_cannot_be_put_on_record_is_in_the_log(refusals, request, monkeypatch, caplog):
    def away(*_, **__):
        raise OperationalError("away")

    monkeypatch.setattr(rates.audit_log, "record", away)
    refuse(refusals, address(request), 3)
    assert refusals.turns_away(address(request))
    refusals.flush()
    assert "1 requests from" in caplog.text


async def test_the_guard_asks_off_the_loop(refusals, request):
    guarded = rates.GuardRefusals(refusals)
    assert not await guarded.turns_away(address(request))
    await guarded.add(address(request))
