"""HTTP tools that call the tool server, with the ports and a name server of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import httpcore

from guard.core.running import Endpoint, Execution, ToolAnswer
from guard.executions import HttpTools
from tests.guard.tool_server import ToolServer

SESSION = "11111111-1111-4111-8111-111111111111"
SECRET = "whsec_c2FsbHlwb3J0LXRlc3Qtc2VjcmV0LTAxMjM0NTY3"
ARGUMENTS = {"customer": "Dana Whitfield", "limit": 3}
PRIVATE = frozenset({"127.0.0.1"})


class Port:
    """``ControlPlane.claim`` or ``ControlPlane.tool_secret``."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[tuple[Any, ...]] = []
        self.delay = 0.0

    async def __call__(self, *asked: Any) -> Any:
        self.asked.append(asked)
        await asyncio.sleep(self.delay)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Names:
    """A name server. Each name has a list of answers; the last one is given for ever."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): list(answers) for name, answers in names.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self.answers.get(host, [[host]])
        return answers.pop(0) if len(answers) > 1 else answers[0]


class Running:
    """``run`` ends after ten seconds, whatever hangs."""

    def __init__(self, server: ToolServer) -> None:
        self.server = server
        self.claim = Port(True)
        self.secrets = Port(SECRET)
        self.names = Names()
        self.tools = HttpTools(self.secrets, self.claim, self.names)

    def execution(self, **changes: Any) -> Execution:
        url = changes.pop("url", f"{self.server.url}/tools/orders")
        hosts = changes.pop("private_hosts", PRIVATE)
        fields = {
            "number": 1,
            "call_id": "call_1",
            "tool": "orders",
            "endpoint": Endpoint(url, hosts),
            "arguments": ARGUMENTS,
            "deadline": 5.0,
            "policy_version": 7,
        }
        return Execution(**(fields | changes))

    async def run(self, **changes: Any) -> ToolAnswer:
        async with asyncio.timeout(10):
            return await self.tools.run(SESSION, self.execution(**changes))


class Wire:
    """The network below the guard: remembers which address was connected to, and connects to this machine."""

    def __init__(self, monkeypatch: Any) -> None:
        self.addresses: list[str] = []
        self.dead: set[str] = set()
        real = httpcore.AnyIOBackend.connect_tcp

        async def connect_tcp(backend: Any, host: str, port: int, **options: Any) -> Any:
            self.addresses.append(host)
            if host in self.dead:
                raise httpcore.ConnectError("nobody there")
            return await real(backend, "127.0.0.1", port, **options)

        monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
