"""Roles, tools, arguments and circumstances for the decision table, in plain data: nothing here is the product's.

A role is a mapping from tools to what its grant says. A condition stands there twice: in CEL, and as a Python function
that raises or says no where CEL must not hold.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Conditional:
    cel: str
    holds: Callable[[Any], Any]


@dataclass(frozen=True)
class Said:
    """What a grant says of a tool."""

    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    per_turn: int | None = None
    per_session: int | None = None
    per_day: int | None = None
    condition: Conditional | None = None
    approver: str = ""
    enforced: bool = True


@dataclass(frozen=True)
class Circumstance:
    """``engine``: "" where the role has none, "absent" where it has not answered. ``approved``: "", "right" for the
    digest of the very action, or "wrong"."""

    name: str
    stale: bool = False
    locked: tuple[str, ...] = ()
    in_turn: int = 0
    in_session: int = 0
    on_day: int | None = 0
    of_all_tools: int = 0
    engine: str = ""
    approved: str = ""


@dataclass(frozen=True)
class Row:
    role: str
    tool: str
    arguments: str
    circumstance: Circumstance

    def __str__(self) -> str:
        shown = (
            self.arguments if len(self.arguments) < 100 else f"{self.arguments[:60]}… ({len(self.arguments)})"
        )
        return f"{self.role} calls {self.tool} with {shown}, {self.circumstance.name}"


ATTRIBUTES = {"account_id": "acct_42", "orders": ["o1", "o2", 3], "level": 2, "flag": True}
CALLS_PER_TURN = 25
STRING, INTEGER = {"type": "string"}, {"type": "integer"}
SCHEMAS: dict[str, dict[str, Any]] = {
    "orders": {
        "type": "object",
        "properties": {"account_id": STRING, "limit": {"type": "integer", "minimum": 1, "maximum": 50}},
        "required": ["account_id"],
        "additionalProperties": False,
    },
    "refund": {
        "type": "object",
        "properties": {
            "order_id": STRING,
            "amount": {"type": "number"},
            "reason": {"type": "string", "minLength": 3},
            "lines": {"type": "array", "items": {"type": "object", "properties": {"count": INTEGER}}},
        },
        "required": ["order_id"],
        "additionalProperties": False,
    },
    "anything": {"type": "object"},
    "served": {"type": "object", "properties": {"account_id": STRING, "limit": INTEGER}},
}
RUN_BY_THE_PROVIDER = frozenset({"served"})

_SMALL = Conditional("args.amount <= 100", lambda args: args["amount"] <= 100)
_MINE = Conditional(
    "args.account_id == user.attributes.account_id", lambda args: args["account_id"] == "acct_42"
)
_BROKEN = Conditional("args.limit / 0 > 1", lambda args: 1 / 0)
_NO_TRUTH = Conditional("args.amount", lambda args: "no truth value")

ROLES: dict[str, dict[str, Said]] = {
    "plain": {"orders": Said(), "refund": Said(), "anything": Said(), "served": Said()},
    "narrowed": {
        "orders": Said({"limit": {"at_least": 2, "at_most": 20}, "account_id": {"fixed": "@account_id"}}),
        "refund": Said(
            {
                "amount": {"at_most": 100},
                "reason": {"max_length": 5},
                "lines.count": {"at_most": 2, "at_least": 0},
            }
        ),
        "anything": Said({"note": {"dropped": True}, "who.id": {"fixed": "@account_id"}}),
        "served": Said({"limit": {"at_most": 5}}),
    },
    "owner": {
        "orders": Said({"account_id": {"owned": "account_id"}, "limit": {"one_of": [1, 5.0, True]}}),
        "refund": Said({"order_id": {"owned": "orders"}, "reason": {"max_length": 2}}),
        "anything": Said({"lines.order": {"owned": "orders"}, "kind": {"one_of": ["a", 1, [1], {"x": 1}]}}),
        "served": Said({"account_id": {"owned": "account_id"}}),
    },
    "muddled": {
        "orders": Said({"account_id": {"fixed": "@nobody"}}),
        "anything": Said({"amount": {"at_most": 5, "at_least": 10}}),
        "refund": Said({"amount": {"at_most": 5}, "order_id": {"fixed": "all"}}, condition=_SMALL),
    },
    "capped": {
        "orders": Said(per_turn=3),
        "refund": Said({"amount": {"at_most": 100}}, per_session=3),
        "anything": Said(per_turn=4, per_session=4, per_day=3),
        "served": Said(per_day=3),
    },
    "conditional": {
        "orders": Said(condition=_MINE),
        "refund": Said({"amount": {"at_most": 150}}, condition=_SMALL),
        "anything": Said(condition=_NO_TRUTH),
        "served": Said(condition=_BROKEN),
    },
    "watched": {
        "orders": Said({"limit": {"at_most": 20}}, approver="user"),
        "refund": Said({"amount": {"at_most": 100}}, per_day=3, condition=_SMALL, approver="supervisor"),
        "served": Said(approver="user"),
    },
    "tried": {
        "orders": Said({"limit": {"at_most": 20}}, per_turn=3, approver="user", enforced=False),
        "refund": Said({"order_id": {"owned": "orders"}}, per_day=3, condition=_SMALL, enforced=False),
        "anything": Said({"kind": {"one_of": ["a"]}}, approver="supervisor", enforced=False),
        "served": Said({"limit": {"at_most": 5}}, per_session=3, enforced=False),
    },
    "nobody": {},
}

MALFORMED = (
    "",
    "{",
    "null",
    "[]",
    "5",
    '{"account_id": "a", "account_id": "b"}',
    '{"limit": 1, "l\\u0069mit": 2}',
    '{"limit": NaN}',
    '{"limit": 1e999}',
    '{"limit": -0}',
    '{"limit": -0.0}',
    '{"limit": 9007199254740992}',
    '{"account_id": "\\ud800"}',
    '\ufeff{"account_id": "a"}',
    '{"account_id": "a"} {}',
    "{'account_id': 'a'}",
    '{"x": ' + "[" * 40 + "]" * 40 + "}",
    '{"account_id": "' + "a" * 270_000 + '"}',
)
WELL_FORMED: dict[str, list[dict[str, Any]]] = {
    "orders": [
        {},
        {"account_id": 5},
        {"account_id": "acct_42", "more": 1},
        {"account_id": "acct_42"},
        {"account_id": "acct_7"},
        *({"account_id": "acct_42", "limit": n} for n in (0, 1, 2, 5, 20, 21, 50, 51, 5.0, 5.5, "5", True, None)),
    ],
    "refund": [
        {"amount": 5},
        {"order_id": 3},
        {"order_id": "o1"},
        {"order_id": "o9", "amount": 5},
        {"order_id": "3", "amount": 5},
        *({"order_id": "o2", "amount": amount} for amount in (0, 5, 100, 100.0, 100.5, 101, 151, 1e308, -5, "5", True)),
        {"order_id": "o1", "reason": "no"},
        {"order_id": "o1", "reason": "broken on arrival", "amount": 4},
        {"order_id": "o1", "lines": []},
        {"order_id": "o1", "lines": [{"count": -1}]},
        {"order_id": "o1", "lines": [{"count": 1}, {"count": 9}, {}]},
        {"order_id": "o1", "lines": [{"count": -1}, {"count": 1.5}]},
        {"order_id": "o1", "lines": 5},
    ],
    "anything": [
        {},
        {"note": "x", "amount": 7},
        {"amount": 3.0, "who": {}},
        {"amount": "7", "kind": "b"},
        {"who": {"id": "acct_7", "name": "A"}},
        {"who": [{"id": "acct_7"}, {}]},
        {"who": "me"},
        {"who": None},
        {"who": []},
        *({"kind": kind, "lines": {"order": "o1"}} for kind in ("a", 1, 1.0, True, [1], [True], {"x": 1}, {"x": True})),
        *({"lines": lines} for lines in ([], None, "o1", [{"order": "o1"}], [{"order": 3}, {"order": "o2"}])),
        *({"lines": [{"order": "o1"}, other]} for other in ({"order": "o9"}, {"order": True}, {}, None)),
        {"lines": [{"order": "o1"}, [{"order": "o9"}]]},
    ],
    "served": [
        {},
        {"account_id": "acct_42", "limit": 5},
        {"account_id": "acct_42", "limit": 6},
        {"account_id": "acct_7", "limit": 1},
        {"limit": "6"},
        {"more": {"deep": [1]}},
    ],
}  # fmt: skip

CIRCUMSTANCES = (
    Circumstance("as usual"),
    Circumstance("with a policy too old", stale=True),
    Circumstance("with a locked tool", locked=("orders", "served")),
    Circumstance("with other tools locked", locked=("other", "Orders")),
    *(Circumstance(f"after {n} in this turn", in_turn=n) for n in (2, 3, 4)),
    *(Circumstance(f"after {n} in this session", in_session=n) for n in (2, 3, 4)),
    *(Circumstance(f"after {n} on this day", on_day=n) for n in (None, 2, 3, 4)),
    *(Circumstance(f"after {n} of all tools", of_all_tools=n) for n in (24, 25, 26)),
    *(
        Circumstance(f"engine {engine or 'none'}, approval {approved or 'none'}", engine=engine, approved=approved)
        for engine in ("", "absent", "allow", "constrain", "deny", "require_approval", "timeout")
        for approved in ("", "right", "wrong")
        if engine or approved
    ),
    Circumstance("after too many and with an engine that denies", in_turn=4, on_day=4, engine="deny"),
    Circumstance("nobody counted and the engine wants approval", on_day=None, engine="require_approval"),
)  # fmt: skip


def rows(role: str) -> Iterator[Row]:
    for tool in (*SCHEMAS, "unheard_of"):
        texts = [json.dumps(value) for value in WELL_FORMED.get(tool, [{}])]
        for text, circumstance in itertools.product(texts, CIRCUMSTANCES):
            yield Row(role, tool, text, circumstance)
        for text in MALFORMED:
            yield Row(role, tool, text, CIRCUMSTANCES[0])
