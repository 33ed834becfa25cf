from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from controlplane import asgi


@pytest.mark.parametrize("name", ["classifiers", "engines", "tools"])
async def test_what_the_sessions_of_a_process_share_is_closed_when_it_stops(monkeypatch, name):
    closed = []

    async def aclose() -> None:
        closed.append(name)

    client = SimpleNamespace(aclose=aclose)
    if name == "tools":
        monkeypatch.setattr(asgi.tools, "_clients", {False: client})
    else:
        monkeypatch.setattr(getattr(asgi, name)._endpoints, "_client", client)
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        assert message["type"].endswith(".complete")

    await asgi.application({"type": "lifespan"}, receive, send)
    assert closed == [name]
