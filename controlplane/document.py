"""The whole policy as one JSON document: what a ``PolicyVersion`` keeps, and what ``compile`` reads.

Sessions run on documents, never on rows: a row that somebody is just editing decides nothing, and every decision
names a version that can be read again later, unchanged. The document holds no secrets.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from controlplane.models import Classifier, Provider, RedactionPattern, Role, Tool, ToolGrant

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
)


def current() -> dict[str, Any]:
    """The rows in use, as they are in the database now."""
    return {
        "roles": {role.name: _role(role) for role in Role.objects.filter(retired_at=None)},
        "tools": {
            tool.name: {"description": tool.description, "parameters": tool.parameters}
            for tool in Tool.objects.filter(retired_at=None)
        },
        "patterns": [_pattern(pattern) for pattern in _in_use(RedactionPattern)],
        "classifiers": [_classifier(row) for row in _in_use(Classifier)],
        "providers": {
            provider.name: {
                "url": provider.url,
                "auth_header": provider.auth_header,
                "model_names": provider.model_names,
                "is_default": provider.is_default,
            }
            for provider in Provider.objects.filter(retired_at=None)
        },
    }


def completed(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document of any version in today's shape: what it did not know has the value that a new row would have.

    A version never changes, so one that was published before an upgrade lacks what the upgrade brought."""
    return {
        "classifiers": [],
        **document,
        "roles": {name: _completed_role(role) for name, role in document["roles"].items()},
    }


def _completed_role(role: Mapping[str, Any]) -> dict[str, Any]:
    fresh = Role()
    defaults = {field: getattr(fresh, field) for field in ROLE_FIELDS}
    grants = {name: {"streams_arguments": False, **grant} for name, grant in role["grants"].items()}
    return {**defaults, **role, "grants": grants}


def canonical(document: Mapping[str, Any]) -> str:
    """One text for one document: sorted keys, no spaces. Raises ValueError for NaN and infinities."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical text, in hex."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def _role(role: Role) -> dict[str, Any]:
    fields = {field: getattr(role, field) for field in ROLE_FIELDS}
    return fields | {"provider": role.provider.name if role.provider else "", "grants": _grants(role)}


def _grants(role: Role) -> dict[str, Any]:
    grants = ToolGrant.objects.filter(role=role, retired_at=None, tool__retired_at=None).select_related(
        "tool"
    )
    return {
        grant.tool.name: {
            "hidden_fields": sorted(grant.hidden_fields),
            "streams_arguments": grant.streams_arguments,
        }
        for grant in grants
    }


def _pattern(pattern: RedactionPattern) -> dict[str, Any]:
    return {"rule": pattern.definition(), "direction": pattern.direction, "roles": _roles_of(pattern)}


def _classifier(row: Classifier) -> dict[str, Any]:
    return {"ask": row.definition(), "direction": row.direction, "roles": _roles_of(row)}


def _in_use(model: type[RedactionPattern] | type[Classifier]) -> QuerySet[Any]:
    """With their roles in one question: a catalogue has hundreds of rows, and the epoch is locked meanwhile."""
    return model.objects.filter(retired_at=None).prefetch_related("roles")


def _roles_of(row: RedactionPattern | Classifier) -> list[str] | None:
    """None: for every role. A row whose roles have all been retired is for nobody, not for everybody."""
    roles = row.roles.all()
    return sorted(role.name for role in roles if role.retired_at is None) if roles else None
