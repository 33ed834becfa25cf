"""Calls of tools, and what may be called: the same rights for every contender that decides."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks.prose import SEED

USER, ROLE = "alice", "support"
ATTRIBUTES = {"account_id": "acct_42", "tier": "gold"}
FEWEST, MOST = 1, 50
NARROWED_TO, MOST_AMOUNT = 20, 100
PER_TURN, PER_SESSION, PER_DAY = 5, 50, 200
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "account_id": {"type": "string"},
        "amount": {"type": "integer"},
        "limit": {"type": "integer", "minimum": FEWEST, "maximum": MOST},
        "reason": {"type": "string"},
    },
    "required": ["account_id", "amount", "limit", "reason"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """``arguments`` is JSON text as a model writes it; the counts are of calls before this one."""

    tool: str
    arguments: str
    in_turn: int
    in_session: int
    on_day: int


def tool_names(count: int) -> list[str]:
    return [f"tool_{number}" for number in range(count)]


def asked(count: int, tools: int, seed: int = SEED) -> list[Asked]:
    """Two calls in three are as they should be; of the others each has one thing wrong."""
    chance = Random(seed)  # noqa: S311  (repeatable, not secret)
    return [_asked(chance, chance.choice(tool_names(tools))) for _ in range(count)]


def _asked(chance: Random, tool: str) -> Asked:
    arguments: dict[str, Any] = {
        "account_id": "acct_42",
        "amount": chance.randint(1, MOST_AMOUNT),
        "limit": chance.randint(FEWEST, MOST),
        "reason": chance.choice(["damaged on arrival", "wrong size", "asked for twice"]),
    }
    in_turn = chance.randint(0, PER_TURN - 1)
    match chance.randrange(18):
        case 0:
            arguments["account_id"] = "acct_7"
        case 1:
            arguments["amount"] = MOST_AMOUNT + 1
        case 2:
            arguments["limit"] = str(arguments["limit"])
        case 3:
            arguments["more"] = True
        case 4:
            tool = "no_such_tool"
        case 5:
            in_turn = PER_TURN
    return Asked(tool, json.dumps(arguments), in_turn, chance.randint(0, 40), chance.randint(0, 100))
