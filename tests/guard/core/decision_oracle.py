"""What must become of a call, in plain ifs over plain values. Slow, simple, and without a line of the product."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, replace
from typing import Any

from decision_cases import ATTRIBUTES, CALLS_PER_TURN, ROLES, RUN_BY_THE_PROVIDER, Row, Said


@dataclass(frozen=True)
class Expected:
    decision: str
    rule: str
    arguments: dict[str, Any] | None = None
    by: str = ""


class Denied(Exception):
    def __init__(self, rule: str) -> None:
        self.rule = rule


def expected(row: Row) -> tuple[Expected, Expected | None]:
    """The verdict, and what a grant that is only tried would have said."""
    said = ROLES[row.role].get(row.tool)
    if said is None or said.enforced:
        return verdict(row, said), None
    without = Said()
    return verdict(row, without), verdict(row, said)


def approval(row: Row) -> str:
    """The digest that a person has agreed to, for the circumstances of this row."""
    if row.circumstance.approved == "right":
        asked = expected(replace(row, circumstance=replace(row.circumstance, approved="")))[0]
        return digest(row.tool, asked.arguments or {})
    return digest(row.tool, {"other": 1}) if row.circumstance.approved == "wrong" else ""


def digest(tool: str, arguments: dict[str, Any]) -> str:
    text = json.dumps([tool, arguments], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def verdict(row: Row, said: Said | None) -> Expected:
    try:
        return judged(row, said)
    except Denied as denied:
        return Expected("deny", denied.rule)


def judged(row: Row, said: Said | None) -> Expected:
    now = row.circumstance
    if now.stale:
        raise Denied("policy_stale")
    if row.tool in now.locked:
        raise Denied("tool_locked")
    if said is None:
        raise Denied("default_deny")
    model_wrote = read(row.arguments)
    if not fits(row.tool, model_wrote):
        raise Denied("schema")
    arguments, changed = narrowed(row.tool, model_wrote, said.rules)
    if changed and row.tool in RUN_BY_THE_PROVIDER:
        raise Denied(changed[0])
    if now.of_all_tools >= CALLS_PER_TURN:
        raise Denied("calls_per_turn")
    if said.per_turn is not None and now.in_turn >= said.per_turn:
        raise Denied("cap:per_turn")
    if said.per_session is not None and now.in_session >= said.per_session:
        raise Denied("cap:per_session")
    if said.condition is not None:
        try:
            holds = said.condition.holds(arguments)
        except (KeyError, TypeError, ZeroDivisionError):
            holds = False
        if holds is not True:
            raise Denied("condition")
    if now.engine in ("absent", "deny", "timeout"):
        raise Denied("engine")
    if said.per_day is not None and (now.on_day is None or now.on_day >= said.per_day):
        raise Denied("cap:per_day")
    by = said.approver or ("supervisor" if now.engine == "require_approval" else "")
    if by and approval_is_missing(row, arguments):
        return Expected("require_approval", "approval", arguments, by)
    if changed:
        return Expected("constrain", changed[0], arguments)
    return Expected("allow", f"grant:{row.tool}", arguments)


def approval_is_missing(row: Row, arguments: dict[str, Any]) -> bool:
    if row.circumstance.approved == "":
        return True
    return approval(row) != digest(row.tool, arguments)


# -- reading


def read(text: str) -> dict[str, Any]:
    if len(text) > 256 * 1024 or text.startswith("\ufeff"):
        raise Denied("arguments_malformed")
    try:
        value = json.loads(
            text, object_pairs_hook=once_each, parse_constant=refuse, parse_int=whole, parse_float=real
        )
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError:  # UnicodeEncodeError is one
        raise Denied("arguments_malformed") from None
    if not isinstance(value, dict) or depth(value) > 32:
        raise Denied("arguments_malformed")
    return value


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError
    return dict(pairs)


def refuse(_: str) -> Any:
    raise ValueError


def whole(digits: str) -> int:
    if digits == "-0" or abs(int(digits)) >= 2**53:
        raise ValueError
    return int(digits)


def real(digits: str) -> float:
    value = float(digits)
    if math.isinf(value) or str(value) == "-0.0":
        raise ValueError
    return value


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max([depth(part) for part in value.values()], default=0)
    if isinstance(value, list):
        return 1 + max([depth(part) for part in value], default=0)
    return 0


# -- the schemas, by hand


def is_number(value: Any) -> bool:
    return type(value) in (int, float)


def is_whole(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value == int(value))


def fits(tool: str, value: dict[str, Any]) -> bool:
    if tool == "orders":
        return (
            isinstance(value.get("account_id"), str)
            and set(value) <= {"account_id", "limit"}
            and ("limit" not in value or (is_whole(value["limit"]) and 1 <= value["limit"] <= 50))
        )
    if tool == "refund":
        lines = value.get("lines", [])
        return (
            isinstance(value.get("order_id"), str)
            and set(value) <= {"order_id", "amount", "reason", "lines"}
            and is_number(value.get("amount", 0))
            and isinstance(value.get("reason", "long"), str)
            and len(value.get("reason", "long")) >= 3
            and isinstance(lines, list)
            and all(isinstance(line, dict) and is_whole(line.get("count", 0)) for line in lines)
        )
    if tool == "served":
        return isinstance(value.get("account_id", ""), str) and is_whole(value.get("limit", 0))
    return True


# -- the rules on arguments


def equal(one: Any, other: Any) -> bool:
    """As JSON. Texts of JSON differ for 1 and 1.0, which are equal, and for 1 and true, which are not."""
    return json.dumps(as_real(one), sort_keys=True) == json.dumps(as_real(other), sort_keys=True)


def as_real(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: as_real(part) for name, part in value.items()}
    if isinstance(value, list):
        return [as_real(part) for part in value]
    return float(value) if type(value) is int else value


def narrowed(
    tool: str, arguments: dict[str, Any], rules: dict[str, dict[str, Any]]
) -> tuple[dict[str, Any], list[str]]:
    value = json.loads(json.dumps(arguments))
    changed: list[str] = []
    for kinds in (("at_most", "at_least", "max_length", "one_of", "owned"), ("fixed", "dropped")):
        for argument, said in rules.items():
            for kind in kinds:
                if kind in said and apply(
                    f"argument:{argument}:{kind}", kind, said[kind], value, argument.split(".")
                ):
                    changed.append(f"argument:{argument}:{kind}")
        if "at_most" in kinds and changed and not fits(tool, value):
            raise Denied(changed[0])
    for argument, said in rules.items():
        if changed and said.get("at_least", -math.inf) > said.get("at_most", math.inf):
            raise Denied(f"argument:{argument}:at_most")
    return value, changed


def apply(rule: str, kind: str, bound: Any, value: Any, steps: list[str]) -> bool:
    """Whether it has changed something. ``value`` is an object, or whatever stands in place of one."""
    must_be = kind in ("owned", "fixed")
    if isinstance(value, list):
        if kind == "owned" and not value:
            raise Denied(rule)
        if kind == "fixed" and not value:
            raise Denied(rule)
        return any([apply(rule, kind, bound, part, steps) for part in value])
    if value is None and not must_be:
        return False
    if not isinstance(value, dict):
        raise Denied(rule)
    name = steps[0]
    if len(steps) > 1:
        if kind == "fixed":
            value.setdefault(name, {})
        return apply(rule, kind, bound, value.get(name), steps[1:])
    return changes(rule, kind, bound, value, name)


def changes(rule: str, kind: str, bound: Any, holder: dict[str, Any], name: str) -> bool:
    if kind == "fixed":
        if isinstance(bound, str) and bound.startswith("@"):
            if bound[1:] not in ATTRIBUTES:
                raise Denied(rule)
            bound = ATTRIBUTES[bound[1:]]
        changed = name not in holder or not equal(holder[name], bound)
        holder[name] = bound if changed else holder[name]
        return changed
    if name not in holder:
        if kind == "owned":
            raise Denied(rule)
        return False
    value = holder[name]
    if kind == "dropped":
        del holder[name]
        return True
    if kind == "owned" and not any(equal(value, mine) for mine in owned(bound)):
        raise Denied(rule)
    if kind == "one_of" and not any(equal(value, one) for one in bound):
        raise Denied(rule)
    if kind in ("at_most", "at_least") and not is_number(value):
        raise Denied(rule)
    if kind == "max_length" and not isinstance(value, str | list):
        raise Denied(rule)
    too_much = kind == "at_most" and value > bound
    too_little = kind == "at_least" and value < bound
    too_long = kind == "max_length" and len(value) > bound
    if too_much or too_little:
        holder[name] = bound
    if too_long:
        holder[name] = value[:bound]
    return too_much or too_little or too_long


def owned(attribute: str) -> list[Any]:
    value = ATTRIBUTES.get(attribute, [])
    return value if isinstance(value, list) else [value]
