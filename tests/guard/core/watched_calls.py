"""Calls of a tool that streams its arguments, and what the client saw of them."""

from __future__ import annotations

import re
from typing import Any

from provider import FunctionCall, response
from script import ORDERS, Orders, Script, policy

from guard.core.policy import Grant

DELTA = "response.function_call_arguments.delta"
DONE = "response.function_call_arguments.done"
ENDS = ["conversation.item.done", "response.output_item.done"]
ALLOWED = '{"account_id":"a1","limit":3}'
WATCHED = {ORDERS.name: Grant(ORDERS, streams_arguments=True)}


def watching(**changes: Any) -> Script:
    return Script(policy(**{"grants": WATCHED, **changes}))


def ordered(arguments: str = ALLOWED, **where: Any) -> FunctionCall:
    return FunctionCall("list_recent_orders", arguments, **where)


def begun(script: Script, call: FunctionCall, deltas: int | None = None) -> Orders:
    orders = script.server(response("response.created"), *call.added(), *call.deltas()[:deltas])
    orders.pop(0)
    return orders


def watched(orders: Orders) -> str:
    return "".join(e["delta"] for e in orders.to_client if e["type"] == DELTA)


def said(orders: Orders) -> str:
    """Everything but the ids of the events, which may be any number."""
    return re.sub(r"event_\w+", "", orders.text())


def ends(orders: Orders) -> list[tuple[str, str, str]]:
    return [
        (e["type"], e["item"]["status"], e["item"]["arguments"])
        for e in orders.to_client
        if e["type"] in ENDS
    ]


def closed(orders: Orders, shown: str) -> None:
    """The call ended for the client, and in a way that no SDK acts on."""
    assert ends(orders) == [(kind, "incomplete", shown) for kind in ENDS]
    assert DONE not in orders.types()
    assert "completed" not in [e.get("item", {}).get("status") for e in orders.to_client]
