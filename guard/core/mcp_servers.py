"""The MCP servers that a policy names, and what their tools are called here."""

from __future__ import annotations

from typing import Any

from guard.core.policy import Policy
from guard.core.running import Runner


def definitions(policy: Policy) -> list[dict[str, Any]]:
    """The entries of ``session.tools``: one for each server, narrowed to the tools that the role may call."""
    servers: dict[str, dict[str, Any]] = {}
    for name, grant in sorted(policy.grants.items()):
        server = grant.tool.mcp
        if grant.tool.runner is not Runner.MCP or server is None or name in policy.locked_tools:
            continue
        entry = servers.setdefault(
            server.label,
            {
                "type": "mcp",
                "server_label": server.label,
                "server_url": server.url,
                **({"authorization": server.authorization} if server.authorization else {}),
                "allowed_tools": [],
                "require_approval": "always",
            },
        )
        entry["allowed_tools"].append(server.tool)
    return list(servers.values())


def registered(policy: Policy, label: str, name: str) -> str:
    """The registry's name of a tool on a server; where there is none, one that nothing can be granted under."""
    for grant in policy.grants.values():
        server = grant.tool.mcp
        if server is not None and (server.label, server.tool) == (label, name):
            return grant.tool.name
    return f"{label}/{name}"
