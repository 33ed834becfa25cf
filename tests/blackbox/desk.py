"""A role of the tests' own under argument rules, approvals and tools that Sallyport runs, on the sandbox provider."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.blackbox.harness import Stack, eventually, http
from tests.blackbox.talker import Talker

_MAKE = """
provider = None
if {port!r}:
    url = "ws://127.0.0.1:{port}/v1/realtime"
    provider = models.Provider(name={name!r}, url=url, model_names=["gpt-realtime"], private_tool_hosts=["127.0.0.1"])
    provider.set_api_key("sk-of-the-scripted-provider"); provider.save()
role = models.Role.objects.create(name={name!r}, provider=provider, **{fields!r})
users = models.User.objects
caller = users.create_user({name!r}, attributes={{"account_id": "acct_42", "tier": "gold"}})
boss = users.create_user({boss!r}, password="x", is_staff=True)
from django.contrib.auth.models import Permission
boss.user_permissions.add(Permission.objects.get(codename="decide_approval"))
caller.roles.add(role)
hosts = ["127.0.0.1"]
models.Provider.objects.filter(is_default=True).update(private_tool_hosts=hosts)
for tool, (own, grant) in {tools!r}.items():
    row, _ = models.Tool.objects.get_or_create(name=tool, defaults=own)
    models.Tool.objects.filter(pk=row.pk).update(**own)
    models.ToolGrant.objects.create(role=role, tool=row, **grant)
edit_role({name!r})
"""
_EDIT = """
grants = models.ToolGrant.objects.filter(role__name={name!r}, tool__name={tool!r})
grants.update(**{values!r})
edit_role({name!r})
"""

ACCOUNT = {"type": "string"}
REFUND = {
    "parameters": {
        "type": "object",
        "properties": {"order_id": {"type": "string"}, "amount": {"type": "number"}, "account_id": ACCOUNT},
        "required": ["order_id"],
        "additionalProperties": False,
    }
}


@dataclass
class Desk:
    """``tools``: name -> fields of the tool, fields of its grant. The user has the role's name, the supervisor
    ``NAME-boss``. ``port``: where the scripted provider of the test listens, 0 for the sandbox."""

    stack: Stack
    name: str
    tools: dict[str, tuple[dict[str, Any], dict[str, Any]]]
    fields: dict[str, Any] = field(default_factory=dict)
    port: int = 0

    def make(self) -> Desk:
        self.stack.backstage(
            _MAKE.format(name=self.name, boss=self.boss, fields=self.fields, tools=self.tools, port=self.port)
        )
        return self

    @property
    def boss(self) -> str:
        return f"{self.name}-boss"

    def edit(self, tool: str, **values: Any) -> None:
        self.stack.backstage(_EDIT.format(name=self.name, tool=tool, values=values))

    def ticket(self) -> str:
        return self.stack.ticket(self.name, self.name)

    @asynccontextmanager
    async def talk(self, ticket: str) -> AsyncIterator[Talker]:
        async with self.stack.talk(ticket) as talker:
            yield talker

    # -- approvals, through the API

    def pending(self, who: str = "") -> list[dict[str, Any]]:
        status, answer = self._api("GET", "approvals?state=pending", who or self.boss)
        assert status == 200, answer
        return [each for each in answer["data"] if each["username"] == self.name]

    def decide(self, approval_id: str, decision: str, who: str = "") -> tuple[int, Any]:
        return self._api("POST", f"approvals/{approval_id}", who or self.boss, {"decision": decision})

    def _api(self, method: str, path: str, who: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.stack.service_key}", "Sallyport-User": who}
        raw = None if body is None else json.dumps(body).encode()
        return http(method, f"{self.stack.server.base_url}/api/{path}", raw, headers)


async def desk_of(stack: Stack, name: str, grant: dict[str, Any], **tool: Any) -> Desk:
    made = Desk(stack, name, {f"{name}_refund": ({**REFUND, "description": "Refunds.", **tool}, grant)})
    return await asyncio.to_thread(made.make)


def asked(desk: Desk, arguments: str = '{"order_id": "o-77", "amount": 500}') -> str:
    return f"call {desk.name}_refund {arguments}"


def told(talker: Talker) -> str:
    """All that the client was told, but for its configuration and the echo of its own words."""
    events = [event for event in talker.events if not event["type"].startswith("session.")]
    others = [event for event in events if event.get("item", {}).get("role") != "user"]
    return json.dumps(others) + talker.heard


async def ticket_of(desk: Desk) -> str:
    return await asyncio.to_thread(desk.ticket)


async def decisions(desk: Desk, ticket: str, count: int = 1) -> list[dict[str, Any]]:
    session = await asyncio.to_thread(desk.stack.session_id, ticket)

    def enough() -> list[dict[str, Any]]:
        found = desk.stack.records(session, "tool.decided")
        return found if len(found) >= count else []

    return list(await eventually(enough))


def given(stack: Stack, marker: str, kind: str = "function_call_output") -> list[dict[str, Any]]:
    """Items of this kind that the provider was given in the conversation that ``marker`` was said in."""
    sent = [each["item"] for each in stack.upstream(marker) if each["type"] == "conversation.item.create"]
    return [item for item in sent if item["type"] == kind]
