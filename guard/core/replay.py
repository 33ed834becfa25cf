"""A recorded decision, made again under another policy: what would the draft have said to the calls of last week?

Pure: the record's own fields and a policy in, a verdict out, with whether it is certain. Where the verdict could depend
on something that the record does not tell, it is not. Each call is judged by itself: counts are the recorded ones, as
if the calls before it had gone as they went.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from guard.core.decide import FIRST_RULE, decide
from guard.core.decision import Decision
from guard.core.dependence import may_be_equal, rule_measures, rule_reads_attributes, schema_measures
from guard.core.engine import EngineAnswer
from guard.core.evidence import UNREADABLE, inputs_from, seal_key
from guard.core.frames import STRICT, Unreadable
from guard.core.policy import CallState, Grant, Policy, ToolCall, Verdict
from guard.core.restoring import Known, Restored, Torn
from guard.core.running import Runner

_HOPED = EngineAnswer(Decision.ALLOW)
_CUT = ("[truncated", "…[truncated:")
"""How the log marks what it has cut."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """``verdict`` None: the record cannot be replayed at all. Where it is not ``certain``, ``why`` says what the
    verdict depends on, and ``verdict`` is what it would be on the most favourable assumption. Where values are hidden,
    its arguments hold others in their place: they are not for showing. It is ``certain`` of decision and rule, not of
    what a grant that is only tried would have said (``shadow``). ``outside``: the session itself denied the call
    (nobody agreed in time, its id stood for another one), which no policy decides, so it is never certain."""

    verdict: Verdict | None
    certain: bool
    why: str = ""
    outside: bool = False


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A call as it is on record. ``rule`` is the one that decided then; ``outside`` as in ``Replayed``. ``loose``: no
    conversation held the call. ``mcp``: the provider made it, and asked."""

    call: ToolCall
    facts: CallState
    rule: str
    outside: bool
    digest: str
    arguments: Restored
    attributes: Restored
    loose: bool = False
    mcp: bool = False


def replay(fields: Mapping[str, Any], policy: Policy) -> Replayed:
    """``fields`` are those of a ``tool.decided`` record. The policy's principal is the user as of today: values known
    from there are recognised, but the attributes on record decide."""
    try:
        recorded = _recorded(fields, policy)
    except Torn as torn:
        return Replayed(None, False, str(torn))
    verdict = _decided(recorded, _as_then(recorded, policy))
    if recorded.outside:
        return Replayed(verdict, False, f"the session itself denied the call: {recorded.rule}", outside=True)
    why = next(_doubts(recorded, policy, verdict), "")
    return Replayed(verdict, not why, why)


def _as_then(recorded: _Recorded, policy: Policy) -> Policy:
    """The draft for the user of then. Locks belong to no policy: what was locked then stays locked."""
    return replace(
        policy,
        principal=replace(policy.principal, attributes=recorded.attributes.value),
        locked_tools=frozenset({recorded.call.name} if recorded.rule == "tool_locked" else ()),
    )


def _decided(recorded: _Recorded, policy: Policy) -> Verdict:
    """In the order of a session (``judging``): whoever is not needed for a denial is not asked."""
    facts = recorded.facts
    hoped = replace(facts, engine=facts.engine or _HOPED, tool_on_day=facts.tool_on_day or 0)
    verdict = decide(recorded.call, policy, hoped)
    if verdict.decision is Decision.DENY or recorded.digest != policy.digest:
        return verdict
    return decide(recorded.call, policy, facts)


# -- reading the record


def _recorded(fields: Mapping[str, Any], policy: Policy) -> _Recorded:
    """Raises ``Torn``."""
    if fields.get("replayable") is not True or not isinstance(fields.get("inputs"), Mapping):
        raise Torn("the record does not hold all that the decision was made from")
    attributes, seals = _object(fields, "attributes"), _object(fields, "sealed")
    if any(map(_is_cut, (fields["inputs"], attributes, seals))):
        raise Torn("the record was cut when it was stored")
    tool, text = str(fields.get("tool", "")), fields.get("arguments")
    considered = [str(rule) for rule in fields.get("considered") or [""]]
    shown = _read(text)
    known = Known([*_named_by(policy, tool), attributes, shown], policy.evidence_key)
    _check_key(seals, policy)
    arguments = known.restored(shown, _object(seals, "arguments"))
    return _Recorded(
        ToolCall(str(fields.get("call_id", "")), tool, _written(text, arguments)),
        _facts(fields["inputs"]),
        considered[-1],
        # Every decision of ``decide`` begins with its first rule; a record of old may have none at all.
        considered[0] not in ("", FIRST_RULE),
        str(fields.get("policy_digest", "")),
        arguments,
        known.restored(attributes, _object(seals, "attributes")),
        fields.get("out_of_band") is True,
        fields.get("mcp") is True,
    )


def _object(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = fields.get(name) or {}
    if not isinstance(found, Mapping):
        raise Torn("the record was cut when it was stored")
    return found


def _check_key(seals: Mapping[str, Any], policy: Policy) -> None:
    """Under another key no hidden value could be recognised, and taking it for none of those known would be wrong."""
    if seals.get("key", seal_key(policy.evidence_key)) != seal_key(policy.evidence_key):
        raise Torn("hidden values were hashed with another key")


def _is_cut(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_is_cut, (*value.keys(), *value.values())))
    if isinstance(value, list):
        return any(map(_is_cut, value))
    return isinstance(value, str) and (value.startswith(_CUT[0]) or _CUT[1] in value)


def _read(text: Any) -> Any:
    if isinstance(text, str) and text.startswith(UNREADABLE):
        return None
    try:
        return STRICT.read(str(text))
    except Unreadable:
        raise Torn("the arguments were cut when they were stored") from None


def _written(text: Any, arguments: Restored) -> str:
    """What could not be read then cannot be read now: any text that is no JSON will do."""
    return str(text) if str(text).startswith(UNREADABLE) else json.dumps(arguments.value)


def _facts(inputs: Mapping[str, Any]) -> CallState:
    try:
        return inputs_from(inputs)
    except (KeyError, TypeError, ValueError):
        raise Torn("the inputs on record are incomplete") from None


def _named_by(policy: Policy, tool: str) -> Iterator[Any]:
    """Values that the draft and the user of today know of."""
    yield dict(policy.principal.attributes)
    if (grant := policy.grants.get(tool)) is not None:
        yield dict(grant.tool.parameters)
        yield [rule.value for rule in grant.rules]


# -- what the verdict could depend on


def _doubts(recorded: _Recorded, policy: Policy, verdict: Verdict) -> Iterator[str]:
    grant = policy.grants.get(recorded.call.name)
    if grant is None:
        return
    looked_at = frozenset(verdict.considered)
    is_same = recorded.digest == policy.digest
    if "schema" in looked_at:
        yield from _of_schema(recorded, grant)
    if "argument_rules" in looked_at:
        yield from _of_rules(recorded, grant)
    if "caps" in looked_at and not is_same and verdict.decision is not Decision.DENY:
        yield from _of_counts(recorded, grant)
    if "condition" in looked_at and grant.condition is not None and _hides(recorded):
        yield "the condition may depend on a hidden value"
    if "engine" in looked_at and policy.engine and not (is_same and recorded.facts.engine):
        yield "the decision engine was not asked this"
    if "approval" in looked_at and recorded.facts.approved:
        yield from _of_approval(recorded, verdict)
    if verdict.arguments is not None:
        yield from _of_the_way(recorded, grant, verdict)


def _hides(recorded: _Recorded) -> bool:
    return bool(recorded.arguments.unknown or recorded.attributes.unknown)


def _of_schema(recorded: _Recorded, grant: Grant) -> Iterator[str]:
    for unknown in recorded.arguments.unknown:
        if schema_measures(grant.tool.parameters, unknown):
            yield f"the schema may depend on a hidden value: {_place(unknown.names)}"


def _of_rules(recorded: _Recorded, grant: Grant) -> Iterator[str]:
    for rule in grant.rules:
        for unknown in recorded.arguments.unknown:
            if rule_measures(rule, unknown):
                yield f"{rule.name} may depend on a hidden value"
        if rule_reads_attributes(rule) and any(each.is_whole for each in recorded.attributes.unknown):
            yield f"{rule.name} may depend on hidden attributes"
    if grant.rules and may_be_equal((*recorded.arguments.unknown, *recorded.attributes.unknown)):
        yield "hidden numbers may be equal"


def _of_counts(recorded: _Recorded, grant: Grant) -> Iterator[str]:
    caps = grant.caps
    if caps.per_day is not None and recorded.facts.tool_on_day is None:
        yield "the calls of that day were not counted"
    if recorded.rule.startswith("cap:") and (caps.per_day, caps.per_session, caps.per_turn) != (None,) * 3:
        yield "the calls that a cap refused were not counted"


def _of_approval(recorded: _Recorded, verdict: Verdict) -> Iterator[str]:
    """Consent is bound to the exact arguments, which a hidden value or another rule makes others."""
    if verdict.decision is Decision.REQUIRE_APPROVAL:
        yield "a person agreed to this call, or to one with other arguments"


def _of_the_way(recorded: _Recorded, grant: Grant, verdict: Verdict) -> Iterator[str]:
    """What a session denies beyond the policy, because it cannot be done for a call that is made in such a way."""
    runner = grant.tool.runner
    if recorded.mcp is not (runner is Runner.MCP):
        yield "the tool would be called in another way"
    if recorded.loose and (verdict.decision is Decision.REQUIRE_APPROVAL or runner is not Runner.CLIENT):
        yield "no conversation held the call, so nothing could answer it later"


def _place(names: tuple[str, ...]) -> str:
    return ".".join(names) or "the arguments"
