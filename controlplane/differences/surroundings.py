"""Tools and providers: where calls and sessions go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controlplane.differences.sentence import (
    LOOSER,
    NEUTRAL,
    STRICTER,
    Difference,
    Said,
    Teller,
    amount,
    changed,
    collection,
    long_text,
    of_fields,
    switch,
)


def _result(old: Any, new: Any) -> Iterator[Said]:
    effect = NEUTRAL if old and new else STRICTER if new else LOOSER
    (said, _) = next(long_text("schema of the result")(old, new))
    yield said, effect


TOOL: dict[str, Teller] = {
    "runner": changed("run by"),
    "description": long_text("description"),
    "parameters": long_text("schema of the arguments"),
    "answer_seconds": amount("time to answer", "seconds"),
    "result_schema": _result,
}
PROVIDER: dict[str, Teller] = {
    "url": changed("address"),
    "auth_header": changed("key header"),
    "model_names": collection("models:", "no longer models:", LOOSER),
    "is_default": switch("is now the default", "is no longer the default", NEUTRAL),
    "private_tool_hosts": collection(
        "tools may reach the private hosts:", "tools may no longer reach the private hosts:", LOOSER
    ),
    "prices": long_text("prices"),
}


def tools(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """A tool by itself allows nothing: what it means for a role is said with the role's grants."""
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield Difference(f"tool {name}", " retired", STRICTER)
        elif name not in old:
            yield Difference(f"tool {name}", f" added, run by {_runner(new[name])}", NEUTRAL)
        else:
            yield from of_fields(f"tool {name}", _run(old[name]), _run(new[name]), TOOL)


_PLACE = ("runner", "url", "mcp_label", "mcp_tool")


def _run(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Who runs it and where, as one fact."""
    return {**{key: value for key, value in tool.items() if key not in _PLACE}, "runner": _runner(tool)}


def _runner(tool: Mapping[str, Any]) -> str:
    if tool["runner"] == "mcp":
        return f"mcp {tool['mcp_label']}/{tool['mcp_tool']} at {tool['url']}"
    return f"{tool['runner']} {tool['url']}".strip()


def providers(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield Difference(f"provider {name}", " retired: its sessions end", NEUTRAL)
        elif name not in old:
            yield Difference(f"provider {name}", f" added at {new[name]['url']}", NEUTRAL)
        else:
            yield from of_fields(f"provider {name}", old[name], new[name], PROVIDER)
