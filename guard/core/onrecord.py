"""Names and ids that a peer has chosen, as a record may hold them: anything can be written into one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guard.core.client_events import CLIENT_EVENTS
from guard.core.events import SERVER_EVENTS
from guard.core.evidence import hash_of
from guard.core.policy import Policy
from guard.core.redact import Redactor

_MOST_CHARS = 128
_HASH_CHARS = 16
_IDS = frozenset({"call_id", "item_id"})
_NAMES = frozenset({"tool", "param"})


def id_on_record(value: str, policy: Policy) -> str:
    """The id itself, nearly always, or a type of event. One that had to be changed bears its keyed hash: all records
    about it are still found together, and no two ids become one."""
    if value in SERVER_EVENTS or value in CLIENT_EVENTS:
        return value
    shown = text_on_record(value, policy.to_client)
    if shown == value and len(value) <= _MOST_CHARS:
        return value
    mark = f"~{hash_of(value, policy.evidence_key)[:_HASH_CHARS]}"
    return shown[: _MOST_CHARS - len(mark)] + mark


def name_on_record(name: str, policy: Policy) -> str:
    """A granted tool's name is an administrator's. Any other is the model's own words: redacted as a whole, and only
    then cut, since half of a value is none to the redactor."""
    return name if name in policy.grants else text_on_record(name, policy.to_client)[:_MOST_CHARS]


def text_on_record(text: str, redactor: Redactor) -> str:
    """A redactor with a fault costs the record this text, and not the record."""
    try:
        return redactor.whole(text).text
    except Exception:
        return ""


def fields_on_record(fields: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    return {key: _on_record(key, value, policy) for key, value in fields.items()}


def _on_record(key: str, value: Any, policy: Policy) -> Any:
    if isinstance(value, str) and key in _IDS:
        return id_on_record(value, policy)
    return name_on_record(value, policy) if isinstance(value, str) and key in _NAMES else value
