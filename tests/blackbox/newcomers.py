"""People and roles of one test alone, so that limits can be set for them and nobody else is in the way."""

from __future__ import annotations

import time
from typing import Any

from tests.blackbox.harness import PASSWORD, Event, Server, Stack, http

_MAKE = """
role = models.Role.objects.create(name={name!r})
models.ToolGrant.objects.create(role=role, tool=models.Tool.objects.get(name="list_recent_orders"))
models.User.objects.create_user({name!r}, password={password!r}).roles.add(role)
edit_role({name!r}, **{limits!r})
"""


class Newcomer:
    """``name`` is that of the user and of the role."""

    def __init__(self, stack: Stack, **limits: Any) -> None:
        self.stack = stack
        self.name = f"new{time.time_ns()}"
        stack.backstage(_MAKE.format(name=self.name, password=PASSWORD, limits=limits))

    def limit(self, **limits: Any) -> None:
        self.stack.backstage(f"edit_role({self.name!r}, **{limits!r})")

    def ticket(self, server: Server | None = None) -> str:
        return self.stack.ticket(self.name, server=server)

    def fresh(self, session: str, server: Server | None = None) -> str:
        """A fresh ticket for the session that runs."""
        status, answer = self.ask(session, server)
        assert status == 200, answer
        return str(answer["value"])

    def ask(self, session: str, server: Server | None = None, user: str = "") -> tuple[int, Event]:
        return self._post("/v1/realtime/client_secrets", b"{}", server, user, {"Sallyport-Session": session})

    def show(
        self, session: str, body: bytes, server: Server | None = None, user: str = ""
    ) -> tuple[int, Event]:
        return self._post(f"/api/sessions/{session}/reauthenticate", body, server, user, {})

    def _post(
        self, path: str, body: bytes, server: Server | None, user: str, headers: dict[str, str]
    ) -> tuple[int, Event]:
        said = {
            "Authorization": f"Bearer {self.stack.service_key}",
            "Sallyport-User": user or self.name,
            **headers,
        }
        base = (server or self.stack.server).base_url
        return http("POST", f"{base}{path}", body, said)
