"""Django system checks: what would start, and then go wrong in the night."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection

BLOCKING_POP = 5
"""Seconds that channels-redis waits in one read."""


@register()
def redis_timeouts(**_: Any) -> Iterable[CheckMessage]:
    """M1: with redis-py's default, equal to the layer's blocking pop, one idle websocket dies every 5 s."""
    layers: dict[str, dict[str, Any]] = settings.CHANNEL_LAYERS
    for name, layer in layers.items():
        for host in layer.get("CONFIG", {}).get("hosts", ()):
            timeout = host.get("socket_timeout") if isinstance(host, dict) else BLOCKING_POP
            if timeout is None or timeout <= BLOCKING_POP:
                yield Error(
                    f"CHANNEL_LAYERS[{name!r}]: socket_timeout must be more than {BLOCKING_POP} s, and set",
                    hint="Below, idle websockets die. None never notices a dead Redis.",
                    id="sallyport.E001",
                )


@register()
def connection_health(**_: Any) -> Iterable[CheckMessage]:
    """M14: a pool hands out connections that a restart of Postgres has killed, unless it checks them."""
    for name, database in settings.DATABASES.items():
        if database.get("OPTIONS", {}).get("pool") and not database.get("CONN_HEALTH_CHECKS"):
            yield Error(
                f"DATABASES[{name!r}]: a pool needs CONN_HEALTH_CHECKS",
                hint="Without it, requests fail after a restart of Postgres.",
                id="sallyport.E002",
            )


@register()
def no_results_and_json_only(**_: Any) -> Iterable[CheckMessage]:
    """Whoever reaches the broker must not be able to send more than a task's name, nor find out what came of it."""
    if settings.CELERY_ACCEPT_CONTENT != ["json"]:
        yield Error("CELERY_ACCEPT_CONTENT must be ['json']", id="sallyport.E003")
    if settings.CELERY_RESULT_BACKEND or not settings.CELERY_TASK_IGNORE_RESULT:
        yield Error("Celery must keep no results", id="sallyport.E004")
    if not settings.CELERY_TASK_SOFT_TIME_LIMIT or not settings.CELERY_TASK_TIME_LIMIT:
        yield Error("Celery's tasks must have time limits", id="sallyport.E005")


@register(Tags.database)
def one_default_provider(databases: Iterable[str] | None = None, **_: Any) -> Iterable[CheckMessage]:
    """Runs with ``check --database default``. Also before migrate, when there may be no table yet."""
    from controlplane.models import Provider

    if not databases or Provider._meta.db_table not in connection.introspection.table_names():
        return
    if not Provider.objects.filter(is_default=True, retired_at=None).exists():
        yield Warning(
            "No provider is the default: roles that name none cannot open sessions",
            hint="Set UPSTREAM_URL and run seed_demo, or make one the default in the admin.",
            id="sallyport.W001",
        )
