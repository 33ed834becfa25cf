"""Server processes: their rows, and how one is declared lost.

``seen_at`` is the lease. Every step is a compare-and-set on the row, so that a process that renews and a sweep that
gives it up cannot both succeed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from audit import log as audit_log
from audit.actors import Actor
from audit.models import Record
from controlplane.models import Node, SessionBinding

LEASE = timedelta(seconds=60)
"""A process that has not renewed for this long is lost. It has closed its sessions by then: they end after 30 s
without a view of the policy, which comes with the same renewal."""
PATIENCE = 5.0
"""Real seconds in which a process that seems lost may still renew: twice over for one that lives. After a jump of the
database's clock, or when the database comes back, every process seems lost."""
JUMP_MATTERS = timedelta(days=2)
"""Longer than any session lasts."""


@transaction.atomic
def start(*, actor: Actor, node_id: UUID, name: str) -> bool:
    """A process begins to serve. False if it has its row already."""
    _, is_new = Node.objects.get_or_create(
        pk=node_id, defaults={"name": name[:200], "started_at": Now(), "seen_at": Now()}
    )
    if is_new:
        audit_log.record(
            "node.started", actor=actor, subject=str(node_id), outcome="started", fields={"name": name}
        )
    return is_new


def stop(*, actor: Actor, node_id: UUID) -> bool:
    """A process says that it stops. False if it had been declared lost."""
    return _stop(actor, Q(pk=node_id), "stopped")


def silent() -> Mapping[UUID, datetime]:
    """Processes that seem lost, and when they were last seen. A clock that went back shows them in the future."""
    out_of_time = Q(seen_at__lt=Now() - LEASE) | Q(seen_at__gt=Now() + LEASE)
    return dict(Node.objects.filter(out_of_time, stopped_at=None).values_list("pk", "seen_at"))


def declare_lost(*, actor: Actor, silent: Mapping[UUID, datetime]) -> int:
    """Those that have not been seen since. From then on none of them can renew."""
    return sum(_stop(actor, Q(pk=pk, seen_at=seen), "node_lost") for pk, seen in silent.items())


@transaction.atomic
def record_jump(*, actor: Actor, node_id: UUID, name: str, clock: str, seconds: float) -> None:
    """``clock``: "database" or "host"."""
    audit_log.record(
        "clock.jumped",
        actor=actor,
        subject=str(node_id),
        outcome=clock,
        fields={"name": name, "seconds": seconds},
    )


def has_database_jumped() -> bool:
    """Whether deadlines that were written before may lie in another time than now."""
    jumps = Record.objects.filter(verb="clock.jumped", outcome="database")
    return jumps.filter(Q(occurred_at__gt=Now() - JUMP_MATTERS)).exists()


@transaction.atomic
def _stop(actor: Actor, which: Q, outcome: str) -> bool:
    node = Node.objects.filter(which).first()
    if node is None or not Node.objects.filter(which, stopped_at=None).update(stopped_at=Now()):
        return False
    running = SessionBinding.objects.filter(node=node, state=SessionBinding.State.ACTIVE).count()
    audit_log.record(
        "node.stopped",
        actor=actor,
        subject=str(node.pk),
        outcome=outcome,
        fields={"name": node.name, "sessions": running},
    )
    return True
