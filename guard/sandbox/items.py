"""Items that a client sends: checked like the provider does, rebuilt from known fields only."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from guard.sandbox import checks
from guard.sandbox.conversation import Item
from guard.sandbox.events import Ids, Refusal
from guard.sandbox.speech import Encoding, transcript_of
from guard.sandbox.wireaudio import decoded

LONGEST_ID = 32
"""Measured on the real service for ``call_id`` and taken to hold for ``id``: a proxy that makes longer ones
is refused here as well."""

_CALL_ID = re.compile(r"[A-Za-z0-9_-]+")
_CONTENT: dict[str, tuple[str, ...]] = {
    "system": ("input_text",),
    "user": ("input_text", "input_audio", "input_image"),
    "assistant": ("output_text", "output_audio"),
}


def from_client(value: object, ids: Ids, encoding: Encoding, path: str = "item") -> Item:
    """The item, completed with an id and a status. Raises ``Refusal``. ``encoding`` is that of the user's
    sound."""
    raw = checks.mapping(value, path)
    kind = checks.one_of(checks.required(raw, "type", path), f"{path}.type", _BUILDERS)
    item_id = checks.text(raw.get("id") or ids.make("item"), f"{path}.id", LONGEST_ID)
    return _BUILDERS[kind](raw, item_id, path, encoding)


def _message(raw: dict[str, Any], item_id: str, path: str, encoding: Encoding) -> Item:
    role = checks.one_of(checks.required(raw, "role", path), f"{path}.role", _CONTENT)
    parts = checks.sequence(checks.required(raw, "content", path), f"{path}.content")
    content = [_part(part, role, f"{path}.content[{index}]") for index, part in enumerate(parts)]
    heard = b"".join(
        decoded(part["audio"], f"{path}.content", encoding) for part in content if part.get("audio")
    )
    shown = [
        {"type": "input_audio", "transcript": None} if p["type"] == "input_audio" else p for p in content
    ]
    wire = {"id": item_id, "type": "message", "status": "completed", "role": role, "content": shown}
    return Item(wire, heard, encoding, transcript_of(heard) if heard else None)


def _part(value: object, role: str, path: str) -> dict[str, Any]:
    part = checks.mapping(value, path)
    kind = checks.one_of(checks.required(part, "type", path), f"{path}.type", _CONTENT[role])
    if kind in ("input_text", "output_text"):
        return {"type": kind, "text": checks.text(checks.required(part, "text", path), f"{path}.text")}
    if kind == "input_audio":
        return {"type": kind, "audio": checks.text(checks.required(part, "audio", path), f"{path}.audio")}
    if kind == "output_audio":
        return {"type": kind, "transcript": checks.text(part.get("transcript") or "", f"{path}.transcript")}
    return {
        "type": kind,
        "image_url": checks.text(checks.required(part, "image_url", path), f"{path}.image_url"),
    }


def _call_id(raw: dict[str, Any], path: str) -> str:
    call_id = checks.text(checks.required(raw, "call_id", path), f"{path}.call_id", LONGEST_ID)
    if not _CALL_ID.fullmatch(call_id):
        raise Refusal(
            "invalid_value", f"Invalid '{path}.call_id': use a-z, A-Z, 0-9, _ and -.", f"{path}.call_id"
        )
    return call_id


def _function_call(raw: dict[str, Any], item_id: str, path: str, encoding: Encoding) -> Item:
    wire = {
        "id": item_id,
        "type": "function_call",
        "status": "completed",
        "name": checks.text(checks.required(raw, "name", path), f"{path}.name"),
        "call_id": _call_id(raw, path),
        "arguments": checks.text(checks.required(raw, "arguments", path), f"{path}.arguments"),
    }
    return Item(wire)


def _function_call_output(raw: dict[str, Any], item_id: str, path: str, encoding: Encoding) -> Item:
    output = checks.text(checks.required(raw, "output", path), f"{path}.output")
    return Item(
        {"id": item_id, "type": "function_call_output", "call_id": _call_id(raw, path), "output": output}
    )


def _approval(raw: dict[str, Any], item_id: str, path: str, encoding: Encoding) -> Item:
    request = checks.required(raw, "approval_request_id", path)
    message = f"No approval request with id '{request}' exists: the sandbox runs no MCP server."
    raise Refusal("invalid_value", message, f"{path}.approval_request_id")


_BUILDERS: dict[str, Callable[[dict[str, Any], str, str, Encoding], Item]] = {
    "message": _message,
    "function_call": _function_call,
    "function_call_output": _function_call_output,
    "mcp_approval_response": _approval,
}
