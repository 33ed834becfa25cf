"""What a dead worker had reserved goes back into its queue."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from kombu import Connection, Queue

from embedded.engines import Engines
from embedded.home import open_home
from embedded.paths import ROOT
from tests.embedded.fake_project import environment, make_project

pytestmark = pytest.mark.slow
RESERVE = """
import os, sys
from kombu import Connection, Consumer, Queue
connection = Connection(sys.argv[1])
keep = [lambda body, message: None]
Consumer(connection, [Queue("celery")], prefetch_count=8, accept=["json"], callbacks=keep).consume()
for _ in range(5): connection.drain_events(timeout=5)
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    home = open_home(tmp_path / "state", durable=False)
    engines = Engines(home, {"DATABASE_URL": "postgres://unused/d"})
    yield engines.start()["REDIS_URL"]
    engines.stop()


def requeue(project: Path, broker: str) -> str:
    argv = [sys.executable, "-m", "embedded.requeue", "controlplane"]
    shell = {**environment(), "REDIS_URL": broker}
    return subprocess.run(argv, cwd=project, env=shell, capture_output=True, text=True, check=True).stdout


def test_reserved_tasks_come_back_at_once_and_only_once(broker: str, tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    with Connection(broker) as connection:
        producer = connection.Producer()
        for number in range(5):
            producer.publish({"n": number}, routing_key="celery", declare=[Queue("celery")])
    dead = subprocess.run([sys.executable, "-c", RESERVE, broker], cwd=ROOT, check=False)
    assert dead.returncode == -9
    client = redis.Redis.from_url(broker)
    assert client.llen("celery") == 0, "all are reserved by the dead worker"

    assert "gave back 5 task(s)" in requeue(project, broker)
    assert client.llen("celery") == 5
    assert requeue(project, broker) == ""
    assert client.llen("celery") == 5
