"""How many tickets may be asked for in a minute. Counted in Postgres: a flush of Redis gives nobody a new minute."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db import connection

from controlplane.models import CreationCount, ServiceKey, User
from controlplane.tickets import peer_of
from guard.core.closing import EndReason
from guard.ports import Refused

Scope = CreationCount.Scope

_TABLE = CreationCount._meta.db_table
_COUNT = f"""
INSERT INTO {_TABLE} (scope, subject, minute, count)
VALUES (%s, %s, date_trunc('minute', clock_timestamp()), 1)
ON CONFLICT (scope, subject, minute) DO UPDATE SET count = {_TABLE}.count + 1 WHERE {_TABLE}.count < %s
RETURNING count
"""  # noqa: S608 - the name of our own table


def count(*, user: User, service_key: ServiceKey | None, address: str) -> None:
    """One more ticket is asked for. Raises ``Refused``: the scope that is full is named in the message.

    From the narrowest scope to the widest, so that one who floods uses up his own minute and nobody else's. Call it
    outside a transaction: the row of all tickets would be locked until the commit.
    """
    for scope, subject, most in _scopes(user, service_key, address):
        if not _fits(scope, subject, most):
            raise Refused(
                EndReason.RATE_LIMITED, f"Too many tickets for {scope.label}; try again in a minute."
            )


def _scopes(user: User, service_key: ServiceKey | None, address: str) -> Iterator[tuple[Scope, str, int]]:
    yield Scope.USER, str(user.pk), settings.TICKETS_PER_MINUTE
    if service_key:
        yield Scope.SERVICE_KEY, str(service_key.pk), settings.TICKETS_PER_MINUTE_OF_KEY
    elif address:
        yield Scope.ADDRESS, peer_of(address), settings.TICKETS_PER_MINUTE_OF_ADDRESS
    yield Scope.EVERYBODY, "", settings.TICKETS_PER_MINUTE_OF_ALL


def _fits(scope: Scope, subject: str, most: int) -> bool:
    """One statement, so that of any number at once no more than ``most`` see a row."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [scope.value, subject, most])
        return cursor.fetchone() is not None
