"""The only writer of records.

``record`` inserts inside the caller's transaction: called within ``transaction.atomic`` the record commits
with its effect or not at all; called outside it is durable on return. Whatever fails here raises, so that the
effect does not happen: an effect without its record is the one thing this system must not produce.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.actors import Actor
from audit.cleaning import clean_object, clean_text, fit
from audit.models import Record
from audit.verbs import MASK, Exposure, Verb, verb_named

BATCH = 500
# The column's own width is the cap, so that an insert cannot fail on it.
WIDTHS = {column.name: column.max_length or 0 for column in Record._meta.concrete_fields}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What ``record`` takes, as a value, for batches. ``policy_version`` 0 or None: decided by no policy."""

    verb: str
    actor: Actor
    subject: str = ""
    session_id: str = ""
    role: str = ""
    outcome: str = ""
    rule: str = ""
    reason: str = ""
    policy_version: int | None = None
    source_ip: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


def record(
    verb: str,
    *,
    actor: Actor,
    subject: str = "",
    session_id: str = "",
    role: str = "",
    outcome: str = "",
    rule: str = "",
    reason: str = "",
    policy_version: int | None = None,
    source_ip: str = "",
    fields: Mapping[str, Any] | None = None,
) -> Record:
    """Insert one record. Raises ``UnknownVerb``, TypeError for fields without JSON shape, DatabaseError."""
    row = _row(
        Fact(
            verb=verb,
            actor=actor,
            subject=subject,
            session_id=session_id,
            role=role,
            outcome=outcome,
            rule=rule,
            reason=reason,
            policy_version=policy_version,
            source_ip=source_ip,
            fields=fields or {},
        )
    )
    row.save(force_insert=True)
    return row


def record_many(facts: Iterable[Fact]) -> list[Record]:
    """Insert all or none, in order; they share one ``occurred_at`` per batch. Raises as ``record`` does."""
    return Record.objects.bulk_create([_row(fact) for fact in facts], batch_size=BATCH)


def _row(fact: Fact) -> Record:
    verb = verb_named(fact.verb)
    return Record(
        verb=verb.name,
        actor_kind=fact.actor.kind,
        actor_id=_column("actor_id", fact.actor.id),
        actor_label=_column("actor_label", fact.actor.label),
        subject=_column("subject", fact.subject),
        session_id=_column("session_id", fact.session_id),
        role=_column("role", fact.role),
        outcome=_column("outcome", fact.outcome),
        rule=_column("rule", fact.rule),
        reason=_column("reason", fact.reason),
        policy_version=fact.policy_version or None,
        source_ip=_column("source_ip", fact.source_ip),
        fields=_fields(verb, fact.fields),
    )


def _column(name: str, value: Any) -> str:
    # str(): callers hold UUIDs and enums.
    return clean_text(str(value), WIDTHS[name])


def _fields(verb: Verb, fields: Mapping[str, Any]) -> dict[str, Any]:
    return fit(clean_object({key: _masked(verb, str(key), value) for key, value in fields.items()}))


def _masked(verb: Verb, key: str, value: Any) -> Any:
    return MASK if verb.exposure(key) is Exposure.SECRET else value
