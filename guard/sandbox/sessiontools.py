"""Tool definitions and tool choice, as a session or a single response carries them."""

from __future__ import annotations

import re
from typing import Any

from guard.sandbox import checks
from guard.sandbox.events import Refusal

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FUNCTION = ("type", "name", "description", "parameters")
_SECRET = ("authorization", "headers")
"""Write-only: the provider never shows an MCP server's credentials again."""


def definitions(value: object, path: str) -> list[dict[str, Any]]:
    tools = checks.sequence([] if value is None else value, path)
    return [_definition(tool, f"{path}[{index}]") for index, tool in enumerate(tools)]


def _definition(value: object, path: str) -> dict[str, Any]:
    tool = checks.mapping(value, path)
    kind = checks.one_of(checks.required(tool, "type", path), f"{path}.type", ("function", "mcp"))
    if kind == "mcp":
        checks.text(checks.required(tool, "server_label", path), f"{path}.server_label")
        return {key: value for key, value in tool.items() if key not in _SECRET}
    checks.mapping(tool, path, _FUNCTION)
    if not _NAME.fullmatch(checks.text(checks.required(tool, "name", path), f"{path}.name")):
        raise Refusal(
            "invalid_value", f"Invalid '{path}.name': use 1 to 64 of a-z, A-Z, 0-9, _ and -.", f"{path}.name"
        )
    defaults = {"description": None, "parameters": {"type": "object", "properties": {}}}
    return {key: {**defaults, **tool}[key] for key in _FUNCTION}


def choice(value: object, path: str) -> str | dict[str, Any]:
    if isinstance(value, dict):
        checks.one_of(value.get("type"), f"{path}.type", ("function", "mcp"))
        return value
    return str(checks.one_of("auto" if value is None else value, path, ("none", "auto", "required")))
