"""Sessions with budgets: the parts of a response that cost something, and how the end of one reads."""

from __future__ import annotations

import base64
from typing import Any

from provider import event, response
from script import Orders, Script, policy

from guard.core.budget import Budgets
from guard.core.closing import EndReason
from guard.core.commands import AskLedger
from guard.core.prices import Prices

PRICES = {"gpt-realtime": Prices(4, 32, 16, 64)}
CREATE = {"type": "response.create", "event_id": "mine"}
ITEM = {
    "type": "conversation.item.create",
    "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]},
}


def script(**budgets: int) -> Script:
    return Script(policy(budgets=Budgets(**budgets), prices=PRICES))


def spoken(milliseconds: int, response_id: str = "resp_1") -> dict[str, Any]:
    sound = base64.b64encode(bytes(48 * milliseconds)).decode()
    return event("response.output_audio.delta", response_id=response_id, item_id="item_1", delta=sound)


def begins(id: str = "resp_1", **fields: Any) -> dict[str, Any]:
    audio = {"output": {"format": {"type": "audio/pcm", "rate": 24000}}}
    return response("response.created", id=id, **{"audio": audio, **fields})


def ends(id: str = "resp_1", **usage: int) -> dict[str, Any]:
    return response("response.done", "completed", id=id, usage=usage)


def is_over(orders: Orders, budget: str, used: float | None) -> bool:
    [record] = [each for each in orders.records if each.verb == "budget.exhausted"]
    assert (record.fields["budget"], record.fields["used"], record.subject) == (budget, used, budget)
    assert orders.end is not None and orders.end.reason is EndReason.BUDGET_EXHAUSTED
    assert orders.index(record) < orders.index(orders.end)
    return True


def asked(orders: Orders) -> AskLedger:
    return orders.only(AskLedger)
