"""Fixtures of the guard's moving parts. ``tests/guard/core`` uses none of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from guard.client import Client
from guard.ports import Ports
from guard.relay import Relay
from tests.errand_fakes import FakeClassifiers, FakeEngines, FakeRefusals, FakeTools
from tests.fakes import (
    FakeAudit,
    FakeControlPlane,
    FakeProvider,
    FakeUpstream,
    until,
)
from tests.guard.asking import Asking
from tests.guard.judge_server import JudgeServer
from tests.socket_fakes import FakeSocket


@dataclass
class Registry:
    relays: list[Any] = field(default_factory=list)

    def add(self, relay: Any) -> None:
        self.relays.append(relay)

    def discard(self, relay: Any) -> None:
        self.relays.remove(relay)


class Stage:
    """One relay among fakes. ``open`` waits until the session is locked and the client may speak."""

    def __init__(self) -> None:
        self.control = FakeControlPlane()
        self.audit = FakeAudit()
        self.upstream = FakeUpstream()
        self.classifiers = FakeClassifiers()
        self.tools = FakeTools()
        self.engines = FakeEngines()
        self.socket = FakeSocket()
        self.registry = Registry()
        self.relay: Relay | None = None
        self.task: asyncio.Task[None] | None = None

    @property
    def provider(self) -> FakeProvider:
        assert isinstance(self.upstream.provider, FakeProvider)
        return self.upstream.provider

    def start(self) -> Relay:
        self.relay = Relay(
            self.control.admission,  # type: ignore[arg-type]
            Client(self.socket.scope, self.socket.send),
            Ports(
                control=self.control,
                audit=self.audit,
                upstream=self.upstream,  # type: ignore[arg-type]
                classifiers=self.classifiers,
                tools=self.tools,
                engines=self.engines,
                refusals=FakeRefusals(),
            ),
            self.registry,  # type: ignore[arg-type]
        )
        self.task = asyncio.get_running_loop().create_task(self.relay.run())
        return self.relay

    async def open(self) -> Relay:
        relay = self.start()
        await until(lambda: "session.created" in self.socket.types)
        return relay

    async def over(self, seconds: float = 3.0) -> tuple[Any, Any]:
        """Wait for the end: the reason on record, and the close frame."""
        assert self.task is not None
        await asyncio.wait_for(asyncio.shield(self.task), seconds)
        [(_, reason, _)] = self.control.ends
        return reason, self.socket.close


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    yield stage
    if stage.task is not None and not stage.task.done():
        stage.task.cancel()
        await asyncio.wait([stage.task])


@pytest.fixture
async def asking() -> AsyncIterator[Asking]:
    server = JudgeServer()
    await server.start()
    asking = Asking(server)
    yield asking
    await asking.classifiers.close()
    server.stop()
