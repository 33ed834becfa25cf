from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import override_settings

from controlplane import database
from controlplane.adapters import DatabaseControlPlane
from controlplane.database import Database
from controlplane.operations import nodes


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords():
    """Slow hashes are Django's business and tested there."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True)
def _impatient_reaper(monkeypatch):
    monkeypatch.setattr(nodes, "PATIENCE", 0)


@pytest.fixture
def executor(db, monkeypatch):
    """A thread that shares the test's connection, and with it the transaction that is rolled back at the end."""
    monkeypatch.setattr(database, "close_old_connections", lambda: None)
    shared = connections["default"]
    shared.inc_thread_sharing()

    def adopt():
        connections["default"] = shared

    with ThreadPoolExecutor(1, initializer=adopt) as threads:
        yield threads
    shared.dec_thread_sharing()


@pytest.fixture
def control(executor):
    return DatabaseControlPlane(Database(executor))
