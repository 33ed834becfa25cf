"""Fake back ends of the demo tools: pure functions over a few invented rows.

For whoever plays the client and has to answer a tool call (the console, the SDK example, tests). They
return JSON-shaped results with fields that a support role must not see (``internal_cost``, ``margin``,
``partner_discount``), so that a missing filter shows. Nothing is stored: the same question has the same
answer."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

Result = dict[str, Any]

OWN_ACCOUNT = "acct_42"
"""Whose orders are meant when a call names no account."""

_PLANS = ("starter", "team", "business")
_STATES = ("active", "active", "active", "past_due")
_GOODS = ("Lantern", "Drawbridge chain", "Portcullis oil", "Gate bell", "Watchman's coat")


def _number(*key: str) -> int:
    """The same for the same key on every machine and in every run, which ``hash`` is not."""
    return zlib.crc32("/".join(key).encode())


def get_account_status(account_id: str) -> Result:
    seed = _number("account", account_id)
    balance = round(seed % 50_000 / 100, 2)
    return {
        "account_id": account_id,
        "status": _STATES[seed % len(_STATES)],
        "plan": _PLANS[seed % len(_PLANS)],
        "balance": balance,
        "internal_cost": round(balance * 0.62, 2),
        "margin": round(balance * 0.38, 2),
        "partner_discount": seed % 30,
    }


def list_recent_orders(account_id: str = OWN_ACCOUNT, limit: int = 10) -> Result:
    """At most ``limit`` orders, newest first. Money is in euros."""
    return {"account_id": account_id, "orders": [_order(account_id, place) for place in range(max(0, limit))]}


def _order(account_id: str, place: int) -> Result:
    seed = _number("order", account_id, str(place))
    total = round(10 + seed % 9_000 / 100, 2)
    return {
        "order_id": str(seed % 9_000 + 1_000),
        "item": _GOODS[seed % len(_GOODS)],
        "total": total,
        "status": "delivered" if place else "on its way",
        "internal_cost": round(total * 0.55, 2),
        "margin": round(total * 0.45, 2),
    }


def create_support_ticket(account_id: str, issue: str) -> Result:
    number = _number("ticket", account_id, issue) % 100_000
    return {"account_id": account_id, "ticket_id": f"T-{number}", "issue": issue}


def refund_order(order_id: str, amount: float | None = None, reason: str = "") -> Result:
    """In full unless an amount is given."""
    amount = round(10 + _number("refund", order_id) % 9_000 / 100, 2) if amount is None else amount
    cost = round(amount * 0.55, 2)
    return {"order_id": order_id, "refunded": True, "amount": amount, "reason": reason, "internal_cost": cost}


def reset_password(account_id: str) -> Result:
    return {"account_id": account_id, "reset": True, "sent_to": f"{account_id}@mail.example"}


def delete_account(account_id: str, reason: str = "") -> Result:
    return {"account_id": account_id, "deleted": True, "reason": reason}


BACK_ENDS: dict[str, Callable[..., Result]] = {
    function.__name__: function
    for function in (
        get_account_status,
        list_recent_orders,
        create_support_ticket,
        refund_order,
        reset_password,
        delete_account,
    )
}


def answer(name: str, arguments: str) -> str:
    """What a client sends as ``function_call_output.output``: the result as JSON, or ``{"error": {...}}``."""
    try:
        result = BACK_ENDS[name](**json.loads(arguments))
    except KeyError:
        result = {"error": {"type": "unknown_tool", "message": f"There is no tool named {name}."}}
    except (TypeError, ValueError) as problem:
        result = {"error": {"type": "bad_arguments", "message": f"{name}: {problem}"}}
    return json.dumps(result)
