"""What a running session asks the database about its calls."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

from controlplane import compile
from controlplane.models import SessionBinding, Tool
from controlplane.operations.locks import locked_tools
from controlplane.operations.standing import bar_on
from guard.core.running import Execution

# One statement, so that of two sessions of the same user only one gets the last place. The day is the database's.
_COUNT = """
    INSERT INTO controlplane_dailycalls (user_id, tool, day, count)
    VALUES (%(user)s, %(tool)s, (now() AT TIME ZONE 'UTC')::date, 1)
    ON CONFLICT ON CONSTRAINT calls_are_counted_once_per_day
    DO UPDATE SET count = controlplane_dailycalls.count + 1 WHERE controlplane_dailycalls.count < %(most)s
    RETURNING count - 1
"""


def count(*, session_id: UUID | str, tool: str, most: int) -> int:
    """Calls of the tool by the session's user today before this one, which counts from now on; ``most`` when it would
    be one too many, and then it does not count."""
    if most <= 0:
        return most
    user_id = SessionBinding.objects.values_list("user_id", flat=True).get(pk=session_id)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"user": user_id, "tool": tool, "most": most})
        row = cursor.fetchone()
    return most if row is None else int(row[0])


def may_run(session_id: UUID | str, execution: Execution) -> bool:
    """Whether the call is still the role's to make, as of this moment: tool and grant are what they were when it was
    decided, the tool is not locked, and the user may still have this session."""
    binding = SessionBinding.objects.select_related("user", "role", "provider").get(pk=session_id)
    if binding.state != SessionBinding.State.ACTIVE or bar_on(binding):
        return False
    try:
        now, then = compile.in_force(), compile.numbered(execution.policy_version)
        role, tool = binding.role.name, execution.tool
        is_same = _terms(now, role, tool) == _terms(then, role, tool)
    except compile.NotInForce:
        return False
    return is_same and tool not in locked_tools()


def _terms(snapshot: compile.Snapshot, role: str, tool: str) -> tuple[Any, ...]:
    """All that the version says about these calls. Raises ``NotInForce``."""
    settings = snapshot.role(role)
    if tool not in settings["grants"]:
        raise compile.NotInForce(f"policy {snapshot.number} has no grant of {tool}")
    return settings["grants"][tool], snapshot.document["tools"][tool], settings["engine_url"]


def secret_of(name: str, url: str) -> str:
    """What signs requests to the tool at this address, in clear; "" when there is none. Raises ``Undecryptable``."""
    row = Tool.objects.filter(name=name, url=url, retired_at=None).first()
    return row.api_key() if row else ""
