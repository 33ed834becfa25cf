"""A decision engine on a real socket, in the shape of the Open Policy Agent's data API: it judges by a rule of its own
unless its ``Mood`` says what to answer."""

from __future__ import annotations

import json
from typing import Any

from tests.guard.tool_server import Call, Mood, ToolServer

RULES = "/v1/data/sallyport/call"


class EngineServer(ToolServer):
    """Refunds are limited; of what it has no rule for it says nothing."""

    def response(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        if self.mood != Mood():
            return super().response(call)
        result = _result(call.event["input"])
        answer = {"decision_id": "4ca636c1"} | ({} if result is None else {"result": result})
        return 200, {}, json.dumps(answer).encode()


def _result(asked: dict[str, Any]) -> Any:
    if asked["tool"] != "refund":
        return None
    if asked["arguments"]["amount"] <= 100:
        return {"allow": True}
    return {"decision": "require_approval", "reason": "more than 100"}
