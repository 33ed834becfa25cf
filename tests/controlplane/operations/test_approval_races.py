"""Threads that come at the same moment, on rows that are really committed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from tests.controlplane.scratch import seeded_database

ROUNDS = 6


@pytest.fixture(scope="module")
def scratch() -> Iterator[dict[str, str]]:
    with seeded_database("approvals") as env:
        yield env


@pytest.fixture
def race(scratch):
    def run(name):
        command = [sys.executable, "-m", "tests.controlplane.approval_race", name]
        return json.loads(subprocess.check_output(command, env=scratch, text=True, timeout=120))

    return run


def recorded(scratch, verb):
    with psycopg.connect(scratch["DATABASE_URL"]) as connection:
        return connection.execute("SELECT count(*) FROM audit_record WHERE verb = %s", [verb]).fetchone()[0]


@pytest.mark.slow
def test_of_two_who_decide_at_once_one_decides(race, scratch):
    before = recorded(scratch, "approval.decided")
    assert race("two_deciders") == {"won": ROUNDS, "already_decided": ROUNDS}
    assert recorded(scratch, "approval.decided") == before + ROUNDS


@pytest.mark.slow
def test_an_approval_that_is_used_four_times_at_once_is_used_once(race, scratch):
    assert race("uses") == {"True": ROUNDS, "False": 3 * ROUNDS}
    assert recorded(scratch, "approval.used") == ROUNDS


@pytest.mark.slow
def test_a_decision_at_the_deadline_and_the_deadline_tell_one_story(race):
    assert race("deadline") == {"whole": ROUNDS}


@pytest.mark.slow
def test_of_twenty_four_requests_at_once_eight_wait(race):
    assert race("flood") == {"pending": 8, "too_many_pending": 16}


@pytest.mark.slow
def test_a_session_that_ends_leaves_no_request_waiting(race):
    assert race("ending") == {"waiting": 0}
