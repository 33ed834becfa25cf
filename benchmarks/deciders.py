"""Who decides: Sallyport, Cedar and Rego, each prepared as well as it can be before the first call."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from benchmarks import grants as rights
from benchmarks.grants import Asked, tool_names
from guard.core.arguments import parse
from guard.core.condition import Condition
from guard.core.decide import decide
from guard.core.policy import CallState, Caps, Grant, Policy, Principal, ToolCall
from guard.core.redact import Redactor
from guard.core.tools import Tool

_CONDITION = f"args.amount <= {rights.MOST_AMOUNT} && user.attributes.tier == 'gold'"
_RULES: dict[str, dict[str, Any]] = {
    "account_id": {"owned": "account_id"},
    "limit": {"at_most": rights.NARROWED_TO},
}


@dataclass(frozen=True, slots=True)
class Decider:
    """``permits``: raw arguments in, verdict out, arguments judged on the way."""

    name: str
    permits: Callable[[Asked], bool]


def deciders(tools: int, *, ruled: bool) -> Iterator[Decider]:
    """Cedar and Rego where they can be imported: they are no dependencies of this project."""
    yield Decider("Sallyport", _sallyport(tools, ruled))
    if (cedar := _module("cedarpy")) is not None:
        yield Decider("Cedar (cedarpy)", _cedar(cedar, tools, ruled))
    if (rego := _module("regopy")) is not None:
        yield Decider("Rego (regopy)", _rego(rego, tools, ruled))


def _module(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


# -- Sallyport


def _sallyport(tools: int, ruled: bool) -> Callable[[Asked], bool]:
    nothing = Redactor([])
    policy = Policy(
        version=1,
        digest="",
        principal=Principal(rights.USER, rights.USER, rights.ROLE, rights.ATTRIBUTES),
        grants={name: _grant(name, ruled) for name in tool_names(tools)},
        to_client=nothing,
        to_model=nothing,
    )

    def permits(asked: Asked) -> bool:
        state = CallState(
            tool_in_turn=asked.in_turn, tool_in_session=asked.in_session, tool_on_day=asked.on_day
        )
        return decide(ToolCall("call_1", asked.tool, asked.arguments), policy, state).decision.permits

    return permits


def _grant(name: str, ruled: bool) -> Grant:
    tool = Tool(name, "", rights.SCHEMA)
    if not ruled:
        return Grant(tool)
    return Grant(
        tool,
        rules=tuple(rule for argument, said in _RULES.items() for rule in parse(argument, said)),
        caps=Caps(rights.PER_TURN, rights.PER_SESSION, rights.PER_DAY),
        condition=Condition(_CONDITION),
    )


# -- Cedar: an action for each tool, the arguments in its context; the schema of the context judges their types

_CONTEXT = (
    "{args: {account_id: String, amount: Long, limit: Long, reason: String},"
    " in_turn: Long, in_session: Long, on_day: Long}"
)
_WITHIN_SCHEMA = f"context.args.limit >= {rights.FEWEST} && context.args.limit <= {rights.MOST}"
_WITHIN_RULES = f"""
    context.args.account_id == principal.account_id && context.args.amount <= {rights.MOST_AMOUNT}
    && principal.tier == "gold" && context.in_turn < {rights.PER_TURN}
    && context.in_session < {rights.PER_SESSION} && context.on_day < {rights.PER_DAY}
"""


def _cedar(cedar: ModuleType, tools: int, ruled: bool) -> Callable[[Asked], bool]:
    when = f"{_WITHIN_SCHEMA} && {_WITHIN_RULES}" if ruled else _WITHIN_SCHEMA
    policies = cedar.PolicySet.from_str(
        "\n".join(
            f'permit(principal in Role::"{rights.ROLE}", action == Action::"{name}", resource) when {{ {when} }};'
            for name in tool_names(tools)
        )
    )
    applies = f"appliesTo {{principal: User, resource: Session, context: {_CONTEXT}}}"
    schema = cedar.Schema.from_str(
        "entity Role; entity Session; entity User in [Role] {account_id: String, tier: String};\n"
        + "\n".join(f'action "{name}" {applies};' for name in tool_names(tools))
    )
    user, session = {"type": "User", "id": rights.USER}, {"type": "Session", "id": "1"}
    role = {"type": "Role", "id": rights.ROLE}
    entities = cedar.Entities.from_json_str(
        json.dumps(
            [
                {"uid": user, "attrs": rights.ATTRIBUTES, "parents": [role]},
                *({"uid": uid, "attrs": {}, "parents": []} for uid in (role, session)),
            ]
        )
    )

    def permits(asked: Asked) -> bool:
        request = {
            "principal": user,
            "action": {"type": "Action", "id": asked.tool},
            "resource": session,
            "context": _context(asked),
        }
        return bool(cedar.is_authorized(request, policies, entities, schema).allowed)

    return permits


def _context(asked: Asked) -> dict[str, Any]:
    arguments = json.loads(asked.arguments)
    return {
        "args": arguments,
        "in_turn": asked.in_turn,
        "in_session": asked.in_session,
        "on_day": asked.on_day,
    }


# -- Rego: one rule, and the grants as data beside it, found by the tool's name

_ENTRYPOINT = "tools/allow"
_REGO = """
package tools

default allow := false

allow if {
    grant := data.grants[input.tool]
    well_formed
    permitted(grant)
}

well_formed if {
    count(object.keys(input.args) - {"account_id", "amount", "limit", "reason"}) == 0
    is_string(input.args.account_id)
    is_string(input.args.reason)
    is_number(input.args.amount)
    is_number(input.args.limit)
    input.args.limit >= %(fewest)d
    input.args.limit <= %(most)d
}

permitted(grant) if not grant.ruled

permitted(grant) if {
    grant.ruled
    input.args.account_id == data.user.account_id
    input.args.amount <= grant.most_amount
    data.user.tier == "gold"
    input.in_turn < grant.per_turn
    input.in_session < grant.per_session
    input.on_day < grant.per_day
}
"""


def _rego(rego: ModuleType, tools: int, ruled: bool) -> Callable[[Asked], bool]:
    grant = {
        "ruled": ruled,
        "most_amount": rights.MOST_AMOUNT,
        "per_turn": rights.PER_TURN,
        "per_session": rights.PER_SESSION,
        "per_day": rights.PER_DAY,
    }
    interpreter = rego.Interpreter()
    interpreter.add_data({"grants": dict.fromkeys(tool_names(tools), grant), "user": rights.ATTRIBUTES})
    interpreter.add_module("tools", _REGO % {"fewest": rights.FEWEST, "most": rights.MOST})
    bundle = interpreter.build(None, [_ENTRYPOINT])

    def permits(asked: Asked) -> bool:
        interpreter.set_input({"tool": asked.tool, **_context(asked)})
        return interpreter.query_bundle_entrypoint(bundle, _ENTRYPOINT).results[0].expressions[0] is True

    return permits
