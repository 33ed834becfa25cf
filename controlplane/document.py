"""The whole policy as one JSON document: what a ``PolicyVersion`` keeps, and what ``compile`` reads.

Sessions run on documents, never on rows: a row that somebody is just editing decides nothing, and every decision
names a version that can be read again later, unchanged. The document holds no secrets.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from controlplane.models import Classifier, Provider, RedactionPattern, Role, Tool, ToolGrant
from controlplane.models.bounds import BOUNDED_FIELDS

ROLE_FIELDS = (
    "constraints",
    "instructions",
    "accepts_client_instructions",
    "accepts_history",
    "audio",
    "speech_rate",
    "withheld_notice",
    "spread_values",
    "gated_turns",
    "transcription_model",
    "model_names",
    "max_session_seconds",
    "idle_seconds",
    "ticket_seconds",
    "max_output_tokens",
    "binds_address",
    "may_use_webrtc",
    "calls_per_turn",
    "engine_url",
    "engine_deadline_ms",
    *BOUNDED_FIELDS,
)
TOOL_FIELDS = (
    "description",
    "parameters",
    "runner",
    "answer_seconds",
    "url",
    "mcp_label",
    "mcp_tool",
    "result_schema",
)
GRANT_FIELDS = (
    "rules",
    "condition",
    "per_turn",
    "per_session",
    "per_day",
    "approver",
    "approval_seconds",
    "visible_fields",
    "hidden_fields",
    "streams_arguments",
    "mode",
)
PROVIDER_FIELDS = ("url", "auth_header", "model_names", "is_default", "private_tool_hosts", "prices")


def current() -> dict[str, Any]:
    """The rows in use, as they are in the database now."""
    return {
        "roles": {role.name: _role(role) for role in Role.objects.filter(retired_at=None)},
        "tools": {tool.name: _fields(tool, TOOL_FIELDS) for tool in Tool.objects.filter(retired_at=None)},
        "patterns": [_pattern(pattern) for pattern in _in_use(RedactionPattern)],
        "classifiers": [_classifier(row) for row in _in_use(Classifier)],
        "providers": {
            provider.name: _fields(provider, PROVIDER_FIELDS)
            for provider in Provider.objects.filter(retired_at=None)
        },
    }


def completed(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document of any version in today's shape: what it did not know has the value that a new row would have.

    A version never changes, so one that was published before an upgrade lacks what the upgrade brought."""
    tools, providers = _fields(Tool(), TOOL_FIELDS), _fields(Provider(), PROVIDER_FIELDS)
    return {
        "classifiers": [],
        **document,
        "roles": {name: _completed_role(role) for name, role in document["roles"].items()},
        "tools": {name: {**tools, **tool} for name, tool in document["tools"].items()},
        "providers": {name: {**providers, **provider} for name, provider in document["providers"].items()},
        "patterns": [{"mode": "enforce", **pattern} for pattern in document["patterns"]],
    }


def _completed_role(role: Mapping[str, Any]) -> dict[str, Any]:
    fresh = _fields(ToolGrant(), GRANT_FIELDS)
    grants = {name: {**fresh, **grant} for name, grant in role["grants"].items()}
    return {**_fields(Role(), ROLE_FIELDS), **role, "grants": grants}


def canonical(document: Mapping[str, Any]) -> str:
    """One text for one document: sorted keys, no spaces. Raises ValueError for NaN and infinities."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical text, in hex."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def _fields(row: Model, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _role(role: Role) -> dict[str, Any]:
    fields = _fields(role, ROLE_FIELDS)
    return fields | {"provider": role.provider.name if role.provider else "", "grants": _grants(role)}


def _grants(role: Role) -> dict[str, Any]:
    grants = ToolGrant.objects.filter(role=role, retired_at=None, tool__retired_at=None)
    return {
        grant.tool.name: {
            **_fields(grant, GRANT_FIELDS),
            "visible_fields": sorted(grant.visible_fields),
            "hidden_fields": sorted(grant.hidden_fields),
        }
        for grant in grants.select_related("tool")
    }


def _pattern(pattern: RedactionPattern) -> dict[str, Any]:
    shape = {"rule": pattern.definition(), "direction": pattern.direction, "roles": roles_of(pattern)}
    return shape | {"mode": pattern.mode}


def _classifier(row: Classifier) -> dict[str, Any]:
    return {"ask": row.definition(), "direction": row.direction, "roles": roles_of(row)}


def _in_use(model: type[RedactionPattern] | type[Classifier]) -> list[Any]:
    """With their roles in one question: a catalogue has hundreds of rows, and the epoch is locked meanwhile.

    Sorted here: a database sorts as its locale does, and the same policy has one digest everywhere."""
    return sorted(
        model.objects.filter(retired_at=None).prefetch_related("roles"), key=lambda row: str(row.name)
    )


def roles_of(row: RedactionPattern | Classifier) -> list[str] | None:
    """None: for every role. A row whose roles have all been retired is for nobody, not for everybody."""
    roles = row.roles.all()
    return sorted(role.name for role in roles if role.retired_at is None) if roles else None
