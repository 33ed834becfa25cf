"""What the model is told about its calls: results, refusals, and outcomes that come later.

The first answer to a call is a ``function_call_output``. A call that waits for a person has had one already ("you are
waiting"), so its outcome is put into the conversation as the same call made again, with the arguments that were really
used, and its output: a result stays where data belongs, and never stands in a message that could give orders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec

from guard.core.argument_stream import redacted
from guard.core.commands import Command
from guard.core.decide import NOT_AVAILABLE
from guard.core.decision import Decision
from guard.core.frames import encode
from guard.core.intake import Intake
from guard.core.mcp import answer as mcp_answer
from guard.core.policy import Grant
from guard.core.results import Filtered, filter_result
from guard.core.state import State
from guard.core.toolcalls import Call, CallState, refusal_output

_WITHHELD_RESULT = encode(refusal_output(NOT_AVAILABLE))

Give = Callable[[str], Iterator[Command]]


class Answers:
    def __init__(self, state: State, intake: Intake) -> None:
        self.state = state
        self._intake = intake

    def give(self, call: Call, output: str) -> Iterator[Command]:
        """``output`` goes up as it is."""
        if self.is_out_of_band(call) or call.mcp:
            return
        if call.told:
            yield from self._made_again(call, output)
        else:
            yield self._output(call.call_id, output)

    def refuse(self, call: Call, message: str, kind: str = "not_available") -> Iterator[Command]:
        """Neutral, and something that the model can speak from. The provider's own calls know a plain no."""
        if call.mcp:
            yield mcp_answer(self.state, call, approve=False)
        yield from self.give(call, encode(refusal_output(message, kind)))

    def result(
        self, call: Call, grant: Grant, output: str, item_id: str, give: Give, *, held: bool
    ) -> Iterator[Command]:
        """What a tool has returned: filtered, recorded, judged by classifiers, then given. ``held``: a client's event
        waits for it, and those behind it."""
        filtered = self._filtered(output, call, grant)
        call.state = CallState.ANSWERED
        yield self.state.record(
            "tool.result",
            call.call_id,
            outcome="withheld" if filtered.fault else "answered",
            reason=filtered.fault,
            fields={
                "call_id": call.call_id,
                "tool": call.name,
                "removed": list(filtered.removed),
                "size": len(output),
                "duration_seconds": round(self.state.now - call.began, 3),
            },
        )
        yield from self.state.hits(filtered.hits, call.call_id, "function_call_output", "to_model")
        judge = self._intake.judge if held else self._intake.judge_result
        yield from judge(
            [filtered.text],
            item_id,
            lambda left: give(self._noted(call, left[filtered.text])),
            lambda: give(_WITHHELD_RESULT),
        )

    def is_out_of_band(self, call: Call) -> bool:
        """No conversation holds such a call, so nothing could answer it."""
        response = self.state.turns.active.get(call.response_id) or self.state.turns.over(call.response_id)
        if response is not None:  # for as long as it is remembered
            call.out_of_band = response.out_of_band
        return call.out_of_band

    # -- parts of the above

    def _filtered(self, output: str, call: Call, grant: Grant) -> Filtered:
        """By the grant of now: a field hidden since the call was delivered stays hidden, and what a tool returns
        after its grant is gone goes nowhere."""
        policy = self.state.policy
        current = policy.grants.get(call.name)
        if current is None or call.name in policy.locked_tools:
            return Filtered(_WITHHELD_RESULT, fault="revoked")
        hidden = current.hidden_fields | grant.hidden_fields
        return filter_result(output, replace(current, hidden_fields=hidden), policy.to_model)

    def _noted(self, call: Call, output: str) -> str:
        """A narrowed call answers another question than the model has asked: it is told which, where it does not see
        the call made again."""
        if call.told or call.verdict is None or call.verdict.decision is not Decision.CONSTRAIN:
            return output
        return encode({"result": _as_written(output), "carried_out_with": self._arguments(call)})

    def _arguments(self, call: Call) -> Any:
        return msgspec.json.decode(redacted(dict(call.made or {}), self.state.policy.to_model)[0])

    def _made_again(self, call: Call, output: str) -> Iterator[Command]:
        call_id, item_id = self.state.own_id("call_sp_"), self.state.own_id("item_sp_")
        self.state.conversation.own(item_id)
        again = {
            "id": item_id,
            "type": "function_call",
            "call_id": call_id,
            "name": call.name,
            "arguments": encode(self._arguments(call)),
        }
        yield self.state.order("conversation.item.create", item=again)
        yield self._output(call_id, output)

    def _output(self, call_id: str, output: str) -> Command:
        item_id = self.state.own_id("item_sp_")
        self.state.conversation.own(item_id)
        item = {"id": item_id, "type": "function_call_output", "call_id": call_id, "output": output}
        order = self.state.order("conversation.item.create", item=item)
        self.state.turns.told(item_id, order.event["event_id"])
        return order


def _as_written(output: str) -> Any:
    """JSON stays what it is, to the last digit of its numbers; anything else is a text."""
    try:
        msgspec.json.decode(output)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return output
    return msgspec.Raw(output.encode())
