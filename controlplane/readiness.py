"""Whether this process may be given work. Each check answers "" or what is wrong, without addresses or secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from controlplane.operations import sweeps as operations

SECONDS = 2.0


def database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as failure:
        return f"does not answer: {type(failure).__name__}"
    return ""


def doorbell() -> str:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=None
    )
    try:
        client.ping()
    except redis.RedisError as failure:
        return f"does not answer: {type(failure).__name__}"
    finally:
        client.close()
    return ""


def sweeps() -> str:
    try:
        found = operations.late()
    except Error as failure:
        return f"not known: {type(failure).__name__}"
    return f"late: {', '.join(found)}" if found else ""


class Migrations:
    """Looks until it has seen the schema complete once: a running process's own schema does not go back."""

    def __init__(self) -> None:
        self._complete = False

    def __call__(self) -> str:
        if self._complete:
            return ""
        try:
            executor = MigrationExecutor(connection)
            missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except Error as failure:
            return f"not known: {type(failure).__name__}"
        self._complete = not missing
        return f"{len(missing)} not applied" if missing else ""


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "redis": doorbell,
    "migrations": Migrations(),
    "sweeps": sweeps,
}
YELLOW = {"sweeps"}
"""Somebody should look, but this process can work: sessions keep their own deadlines."""


def add(name: str, check: Callable[[], str]) -> None:
    """For what only the composition root knows, such as whether the process is draining."""
    CHECKS[name] = check


def faults() -> dict[str, str]:
    """Every check by name, "ok" or what is wrong."""
    return {name: check() or "ok" for name, check in CHECKS.items()}


def status(found: Mapping[str, str]) -> str:
    """ok, degraded (ready, and somebody should look), or unavailable."""
    wrong = {name for name, said in found.items() if said != "ok"}
    if not wrong:
        return "ok"
    return "degraded" if wrong <= YELLOW else "unavailable"
