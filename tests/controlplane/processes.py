"""Server processes, as rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db.models.functions import Now

from controlplane.models import Node, SessionBinding
from controlplane.operations import nodes
from controlplane.operations.admission import redeem
from tests.people import TESTER, handshake, ticket_for


def process(seen_seconds_ago: float = 0.0) -> Node:
    node_id = uuid4()
    nodes.start(actor=TESTER, node_id=node_id, name="host:1")
    seen_at = Now() - timedelta(seconds=seen_seconds_ago)
    Node.objects.filter(pk=node_id).update(seen_at=seen_at)
    return Node.objects.get(pk=node_id)


def session_in(node: Node, name: str = "alice", **wish: Any) -> SessionBinding:
    return redeem(handshake=handshake(ticket_for(name, **wish).ticket), node=node.pk).binding
