"""One beat: of any number that are started, and never none for long."""

from __future__ import annotations

import psycopg
import pytest

from tests.blackbox.harness import Stack, http, wait_for
from tests.blackbox.processes import Process

pytestmark = pytest.mark.slow

ONE = "this is the one beat"
WAITS = "waiting for its place"


def says(process: Process, words: str, seconds: float = 30.0) -> None:
    wait_for(lambda: words in process.output() or process.process.poll() is not None, seconds)
    assert words in process.output()


@pytest.fixture
def beats(stack: Stack):
    started: list[Process] = []

    def beat() -> Process:
        started.append(stack._run("beat", "manage.py", "beat"))
        return started[-1]

    yield beat
    for process in started:
        if process.process.poll() is None:
            process.kill()


def test_a_second_beat_waits_and_takes_over_when_the_first_one_is_killed(beats):
    first = beats()
    says(first, ONE)
    second = beats()
    says(second, WAITS)
    assert ONE not in second.output()
    first.kill()
    says(second, ONE)
    assert second.terminate() is not None


def test_a_beat_that_cannot_be_sure_to_be_the_only_one_stops(stack, beats):
    only = beats()
    says(only, ONE)
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'sallyport beat' AND datname = current_database()"
        )
    assert only.process.wait(20) != 0
    assert "another beat may run now" in only.output()


@pytest.mark.soak
def test_sweeps_run_from_the_start_of_the_beat_and_readiness_sees_them_stop(stack, beats):
    worker = stack._run(
        "worker", "-m", "celery", "-A", "controlplane", "worker", "--pool", "solo", "--without-mingle"
    )
    beats()

    def ready() -> tuple[str, str]:
        _, body = http("GET", f"{stack.server.base_url}/readyz")
        return body["status"], body["checks"]["sweeps"]

    wait_for(lambda: ready() == ("ok", "ok"), 40)
    worker.kill()
    wait_for(lambda: ready()[0] == "degraded", 40)
    assert ready()[1].startswith("late: reap_expired last ran ")
