"""A role of the tests' own, under the whole shipped catalogue, whose sessions go to the scripted provider."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.blackbox.harness import TEXT, Server, Stack
from tests.blackbox.processes import free_port
from tests.blackbox.scripted_provider import Line, ScriptedProvider, scripted_provider
from tests.blackbox.talker import Talker

NOTE, WATCHED_NOTE = "take_note", "take_watched_note"
"""Tools that take one text. The arguments of the second are shown while they are written."""

_MAKE = """
from dataclasses import asdict
from guard.core.redact import CATALOGUE
provider = models.Provider(name={name!r}, url={url!r}, model_names=["gpt-realtime"])
provider.set_api_key("sk-of-the-scripted-provider"); provider.save()
role = models.Role.objects.create(name={name!r}, provider=provider, **{fields!r})
models.User.objects.create_user({name!r}).roles.add(role)
schema = {{"type": "object", "properties": {{"note": {{"type": "string"}}}}}}
for tool in {tools!r}:
    row, _ = models.Tool.objects.get_or_create(
        name=tool, defaults={{"description": "Keep a note.", "parameters": schema}}
    )
    models.ToolGrant.objects.create(role=role, tool=row, streams_arguments=tool == {watched!r})
if {catalogue!r}:
    shipped = models.RedactionPattern.objects.filter(name__startswith="shipped_")
    if not shipped.exists():
        models.RedactionPattern.objects.bulk_create(
            models.RedactionPattern(
                **asdict(rule) | {{"name": "shipped_" + rule.name, "keywords": list(rule.keywords)}},
                kind="keywords" if rule.keywords else "regex",
            )
            for rule in CATALOGUE
        )
    role.patterns.add(*shipped.all())
edit_role({name!r})
"""


@dataclass
class GuardedRole:
    """``catalogue`` False: only the demo's patterns apply. The user has the role's name."""

    stack: Stack
    name: str
    catalogue: bool = True
    fields: dict[str, Any] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    def make(self) -> GuardedRole:
        url = f"ws://127.0.0.1:{self.port}/v1/realtime"
        tools, own = (NOTE, WATCHED_NOTE), {"max_session_seconds": 900, "calls_per_turn": 1000, **self.fields}
        self.stack.backstage(
            _MAKE.format(
                name=self.name,
                url=url,
                fields=own,
                tools=tools,
                watched=WATCHED_NOTE,
                catalogue=self.catalogue,
            )
        )
        return self

    def edit(self, **values: Any) -> None:
        self.stack.backstage(f"edit_role({self.name!r}, **{values!r})")

    def cap(self, tool: str, **caps: int) -> None:
        self.stack.backstage(
            f"models.ToolGrant.objects.filter(role__name={self.name!r}, tool__name={tool!r}).update(**{caps!r})\n"
            f"edit_role({self.name!r})"
        )

    def ticket(self, server: Server | None = None, body: Any = TEXT) -> str:
        return self.stack.ticket(self.name, self.name, body, server)

    def fresh(self, session: str) -> str:
        """A fresh ticket for the session that runs."""
        status, answer = self.stack.post_mint(self.name, body={}, session=session)
        assert status == 200, answer
        return str(answer["value"])

    @asynccontextmanager
    async def provider(self) -> AsyncIterator[ScriptedProvider]:
        async with scripted_provider(self.port) as provider:
            yield provider

    @asynccontextmanager
    async def talk(
        self, provider: ScriptedProvider, ticket: str = "", server: Server | None = None
    ) -> AsyncIterator[tuple[Talker, Line]]:
        """The client and the provider of one session, past its lock."""
        known = len(provider.lines)
        async with self.stack.talk(ticket or self.ticket(server), server=server) as talker:
            yield talker, provider.lines[known]
