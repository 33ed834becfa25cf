"""A record as a sentence for people. Pure over the record's attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audit.verbs import verb_named

if TYPE_CHECKING:
    from audit.models import Record

UNSAID = "(not recorded)"


class _Words(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return UNSAID


def sentence(record: Record) -> str:
    """``alice called refund_order: deny — not granted to this role``. Raises ``UnknownVerb``."""
    words = _Words({name: _word(value) for name, value in record.fields.items()})
    words |= {
        "actor": record.actor_label or record.actor_id or record.actor_kind,
        "role": record.role or UNSAID,
        "subject": record.subject or UNSAID,
        "outcome": record.outcome or UNSAID,
    }
    # The templates are ours and plain ``{name}``; the values are strings, so nothing in them is formatted
    # again.
    said = verb_named(record.verb).sentence.format_map(words)
    return f"{said} — {record.reason}" if record.reason else said


def _word(value: Any) -> str:
    if value is None or value == "":
        return UNSAID
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
