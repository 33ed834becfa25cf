"""The demo's rows, seeded once by the real operation and then copied: seven hundred statements a test are too many.

A copy is what a test would find after ``seed``, down to the ids: sequences do not go back when a transaction is rolled
back, so nothing that a test makes can have the id of a row in the copy.
"""

from __future__ import annotations

from django.db import connection, transaction
from psycopg import sql

Table = set[bytes]


COUNTER = "controlplane_epoch"
"""The one table with a row of the migrations' own that seeding changes."""


def seeded(password: str) -> dict[str, Table]:
    """What the operation adds to each table of an empty database, which is left as it was; of ``COUNTER`` all."""
    from audit.actors import system
    from controlplane.operations.demo import seed

    before = _all_tables()
    with transaction.atomic():
        seed(actor=system("tests"), password=password)
        after = _all_tables()
        transaction.set_rollback(True)
    changed = {name for name in after if before[name] - after[name]}
    assert changed == {COUNTER}, f"elsewhere rows are only added, or a copy would lack a change: {changed}"
    return {name: rows - before[name] for name, rows in after.items() if rows - before[name]}


def restore(tables: dict[str, Table]) -> None:
    """In the transaction of the test. Foreign keys are deferred, so the order of the tables does not matter."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(COUNTER)))
        for name, rows in tables.items():
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))) as copy:
                copy.write(b"".join(rows))


def _all_tables() -> dict[str, Table]:
    return {name: _rows(name) for name in connection.introspection.table_names()}


def _rows(name: str) -> Table:
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))) as copy,
    ):
        return {bytes(line) for line in copy}
