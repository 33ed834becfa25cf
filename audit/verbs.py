"""The closed list of what can be recorded, and how careful each fact is.

Class A must be durable before its effect: the ticket is not handed out, the call is not delivered, the edit
is not committed without it. Class B may be batched, never dropped.

Each verb lists its fields as public or sensitive (values that speak of a person or a business: shown to
readers of the log, masked in exports unless asked for). A field that is not listed is secret and stored as
``MASK``.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MASK = "[masked]"


class Durability(StrEnum):
    A = "A"
    B = "B"


class Exposure(StrEnum):
    PUBLIC = "public"
    SENSITIVE = "sensitive"
    SECRET = "secret"  # noqa: S105 - a class of exposure, not a password


class UnknownVerb(LookupError):
    """The verb is not in ``VERBS``."""


@dataclass(frozen=True, slots=True)
class Verb:
    """``sentence`` is a template for people: ``{actor} {role} {subject} {outcome}`` or any field of the
    verb."""

    name: str
    durability: Durability
    sentence: str
    fields: Mapping[str, Exposure] = field(default_factory=dict)

    def exposure(self, name: str) -> Exposure:
        return self.fields.get(name, Exposure.SECRET)


def verb_named(name: str) -> Verb:
    """Raises ``UnknownVerb``, naming the nearest known one."""
    try:
        return VERBS[name]
    except KeyError:
        near = difflib.get_close_matches(name, VERBS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UnknownVerb(f"{name!r} is not a verb of audit.verbs{hint}") from None


def is_durable(name: str) -> bool:
    """Class A: the record must be committed before its effect. Raises ``UnknownVerb``."""
    return verb_named(name).durability is Durability.A


def _class_a(name: str, sentence: str, public: str = "", sensitive: str = "") -> Verb:
    return Verb(name, Durability.A, sentence, _exposures(public, sensitive))


def _class_b(name: str, sentence: str, public: str = "", sensitive: str = "") -> Verb:
    return Verb(name, Durability.B, sentence, _exposures(public, sensitive))


def _exposures(public: str, sensitive: str) -> dict[str, Exposure]:
    return {
        **dict.fromkeys(public.split(), Exposure.PUBLIC),
        **dict.fromkeys(sensitive.split(), Exposure.SENSITIVE),
    }


_TICKET = (
    "provider model expires_at start_by end_by max_seconds origin user_agent service_key username narrowed"
)
_REFUSAL = f"{_TICKET} code param status close_code requested_role requested_model session_id"
_SESSION = "provider model seconds_left started_at origin user_agent close_code username policy_digest node"
_CALL = "call_id tool item_id event_type"
_ROW = "model object_id label"
_APPROVAL = "number approver call_id tool username decided_by waited_seconds"

_VERBS = (
    _class_a("ticket.issued", "{actor} was given a ticket for role {role}", _TICKET),
    _class_a("ticket.refused", "A ticket was refused at connect", _REFUSAL),
    _class_a("ticket.replayed", "A ticket that had been used already was presented again", _REFUSAL),
    _class_a("ticket.expired", "A ticket was presented or left unused after its start-by time", _REFUSAL),
    _class_a("mint.refused", "{actor} was refused a ticket", _REFUSAL),
    _class_a("session.started", "{actor} started a session as {role}", _SESSION),
    _class_a("session.refused", "{actor} was not let into a session", _REFUSAL),
    _class_a(
        "session.ended",
        "The session ended: {outcome}",
        f"{_SESSION} end_reason duration_seconds events_in events_out bytes_in bytes_out tools_allowed"
        " tools_denied redactions responses refusals usage ended_by message",
    ),
    _class_a(
        "session.reauthenticated",
        "{actor} showed a fresh ticket for the session",
        f"{_SESSION} reauthenticate_by",
    ),
    _class_a(
        "session.duplicate",
        "A second connection to a session was presented: {outcome}",
        f"{_REFUSAL} successor",
    ),
    _class_a(
        "budget.exhausted",
        "The budget of {actor} is used up: {budget}",
        "budget most used response_id day",
    ),
    _class_b(
        "session.config_narrowed",
        "The client's session configuration was narrowed to what the role allows",
        "event_type constrained removed replaced clamped event_id",
    ),
    _class_b(
        "frame.rejected",
        "A client frame was refused: {subject}",
        "event_type code param size direction event_id frame_kind",
    ),
    _class_b(
        "frame.withheld",
        "A server event was kept from the client: {subject}",
        "event_type code size direction item_id call_id event_id response_id",
    ),
    _class_b(
        "audio.withheld", "Speech was kept from the client", "content_index item_id response_id seconds"
    ),
    _class_a(
        "tool.decided",
        "{actor} called {tool}: {outcome}",
        f"{_CALL} decision considered obligations policy_digest stale shadow replayable",
        "arguments arguments_delivered attributes inputs sealed",
    ),
    _class_a(
        "tool.result",
        "The result of {tool} went to the model",
        f"{_CALL} hidden_fields removed redactions size status duration_seconds",
    ),
    _class_a(
        "tool.late_output",
        "The result of {tool} came after its time; it went nowhere",
        f"{_CALL} size duration_seconds",
    ),
    _class_a(
        "tool.forged_output",
        "The client sent a result for a call that it was never given: {subject}",
        f"{_CALL} code size state",
    ),
    _class_a("egress.blocked", "The endpoint of {tool} led to an address that may not be reached", _CALL),
    _class_a("tool.abandoned", "The call of {tool} was never answered", f"{_CALL} waited_seconds state"),
    # Where a hit was and which pattern made it; never the text, not even its hash (a card number can be
    # guessed).
    _class_b(
        "redaction.hit",
        "A find of {pattern} was redacted ({direction})",
        "pattern start end operator item_id call_id event_type direction response_id content_index field"
        " length mode",
    ),
    _class_b(
        "redaction.spread",
        "A value of {pattern} was spelled over several items: {outcome}",
        "pattern item_id content_index response_id",
    ),
    _class_b(
        "classifier.found",
        "{classifier} flagged a text ({direction}): {outcome}",
        "classifier labels direction item_id content_index response_id length spans",
    ),
    _class_b(
        "classifier.failed",
        "{classifier} gave no judgement of a text ({direction}): {outcome}",
        "classifier direction item_id content_index response_id length",
    ),
    _class_a(
        "turn.refused",
        "What {actor} said was kept from the model",
        "item_id patterns classifiers",
    ),
    _class_a(
        "policy.published", "{actor} published policy version {number}", "number digest previous_digest why"
    ),
    _class_a(
        "policy.rejected",
        "The edit of {actor} does not compile; policy version {number} stays in force",
        "number digest fault",
    ),
    _class_b(
        "policy.applied",
        "Policy version {subject} took effect in the session",
        "number previous digest previous_digest seconds",
    ),
    _class_a(
        "policy.simulated",
        "{actor} asked whether {username} as {role} may call {tool}",
        "username tool decision rule asked_for",
    ),
    _class_a("object.created", "{actor} created {model} “{label}”", _ROW, "changes"),
    _class_a("object.changed", "{actor} changed {model} “{label}”", _ROW, "changes"),
    _class_a("object.retired", "{actor} retired {model} “{label}”", _ROW, "changes"),
    _class_a("admin.denied", "{actor} was not allowed to {attempted}", "attempted label"),
    _class_a("lock.raised", "{actor} locked {target_kind} {target}", "target_kind target lock_id label"),
    _class_a(
        "lock.lifted", "{actor} lifted the lock on {target_kind} {target}", "target_kind target lock_id label"
    ),
    _class_a(
        "approval.requested",
        "{actor} needs the consent of the {approver} to call {tool}",
        _APPROVAL,
        "arguments",
    ),
    _class_a(
        "approval.decided", "{decided_by} decided on the call of {tool} by {username}: {outcome}", _APPROVAL
    ),
    _class_a(
        "approval.refused", "A step of {actor} towards approval of {tool} was refused", _APPROVAL, "arguments"
    ),
    _class_a("approval.expired", "The request for approval of {tool} by {username} expired", _APPROVAL),
    _class_a("approval.used", "{actor} used the approval of {tool}", _APPROVAL),
    _class_a("service_key.created", "{actor} created service key “{name}”", "name last4 key_id"),
    _class_a("service_key.revoked", "{actor} revoked service key “{name}”", "name last4 key_id"),
    _class_a(
        "service_key.rotated",
        "{actor} replaced service key “{name}”",
        "name last4 key_id expires_at successor",
    ),
    _class_a(
        "user.password_changed",
        "The password of {username} was changed by {actor}",
        "username sessions_ended",
    ),
    _class_a("access.denied", "{actor} asked for what is not theirs: {subject}", "path method code"),
    _class_b(
        "requests.shed", "{count} requests from {subject} were turned away unread", "count scope seconds path"
    ),
    _class_a("node.started", "Process {subject} began to serve", "name"),
    _class_a("node.stopped", "Process {subject} stopped serving: {outcome}", "name sessions"),
    _class_a("clock.jumped", "The clock of process {subject} jumped by {seconds} seconds", "name seconds"),
    _class_a("user.disabled", "{actor} disabled user {username}", "username sessions_ended"),
    _class_a("user.logged_in", "{actor} signed in", "path username user_agent"),
    _class_a("user.login_failed", "A sign-in failed", "path user_agent code", "username"),
    _class_a("user.logged_out", "{username} was signed out by {actor}", "path username user_agent"),
    _class_a("audit.read", "{actor} read the audit log: {view}", "view record", "filter"),
    _class_a("audit.exported", "{actor} exported {count} records", "format count", "filter"),
    _class_b(
        "usage.reported",
        "The provider reported usage",
        "response_id status input_tokens output_tokens total_tokens cached_tokens audio_tokens text_tokens"
        " usage",
    ),
    _class_a("reaper.swept", "The reaper ended {count} sessions", "count expired lost tickets sessions"),
)

VERBS: Mapping[str, Verb] = {verb.name: verb for verb in _VERBS}
