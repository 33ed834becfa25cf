"""Function calls on their way from the model to the client: hold, decide once, then deliver or refuse.

A denied call leaves no trace at the client. The model gets a neutral output for it, so the conversation goes
on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from guard.core.commands import Command, Event, ToClient
from guard.core.decide import NOT_AVAILABLE, decide
from guard.core.frames import STRICT, Unreadable, encode
from guard.core.policy import CallState as Circumstances
from guard.core.policy import Decision, Policy, ToolCall, Verdict
from guard.core.results import filter_result
from guard.core.state import State
from guard.core.surfaces import Walk
from guard.core.toolcalls import Call, CallState, Unanswerable, refusal_output
from guard.core.utterances import Utterances

_MOST_STREAMED = 1024 * 1024
_MOST_RECORDED = 16 * 1024
_JUDGED_BY = ("conversation.item.done", "response.output_item.done")
"""Items that are complete. ``added`` and ``created`` may come before their arguments."""


class Verdicts:
    def __init__(self, state: State, utterances: Utterances) -> None:
        self.state = state
        self.utterances = utterances
        self._own_response: str | None = None

    # -- events of a call

    def item(self, event: Event, item: dict[str, Any]) -> Iterator[Command]:
        try:
            call = self.state.calls.announce(item, str(event.get("response_id", "")))
        except Unanswerable as fault:
            self.state.conversation.hide(item["id"], event.get("previous_item_id"))
            yield from self.state.withheld(event["type"], str(fault))
            return
        call.response_id = call.response_id or str(event.get("response_id", ""))
        if call.state is CallState.PENDING:
            self.state.conversation.hide(call.item_id, event.get("previous_item_id"))
            if event["type"] in _JUDGED_BY and item.get("status") in ("completed", None):
                yield from self._judge(call, str(item.get("arguments") or ""), None)
            elif event["type"] in _JUDGED_BY:
                yield from self._abandon(call)
            else:
                call.hold(event)
        if not call.is_hidden:
            yield from self._show(event, call)

    def arguments_delta(self, event: Event) -> Iterator[Command]:
        """Nothing of the arguments goes out before they are judged whole."""
        call = self.state.calls.of_item(str(event.get("item_id", "")))
        if call is None or not isinstance(event.get("delta"), str):
            yield from self.state.withheld(event["type"], "no such call")
        elif call.state is CallState.PENDING:
            streamed = (call.streamed or "") + event["delta"]
            call.streamed = streamed[: _MOST_STREAMED + 1]

    def arguments_done(self, event: Event) -> Iterator[Command]:
        call = self.state.calls.of_item(str(event.get("item_id", "")))
        if call is None:
            yield from self.state.withheld(event["type"], "no such call")
        elif call.state is CallState.PENDING:
            call.response_id = call.response_id or str(event.get("response_id", ""))
            yield from self._judge(call, str(event.get("arguments") or ""), event)

    def output_item(self, event: Event, item: dict[str, Any]) -> Iterator[Command]:
        """The echo of an output: ours for a denied call stays hidden, the client's is shown as it was sent
        up."""
        call = self.state.calls.of_call(str(item.get("call_id", "")))
        if call is None or call.is_hidden or call.grant is None:
            self.state.conversation.hide(str(item["id"]), event.get("previous_item_id"))
            return
        self.state.conversation.show(str(item["id"]))
        filtered = filter_result(str(item.get("output") or ""), call.grant, self.state.policy.to_client)
        yield from self._deliver(
            {**event, "item": {**item, "output": filtered.text}}, str(item["id"]), "output"
        )

    # -- the decision

    def _judge(self, call: Call, arguments: str, done: Event | None) -> Iterator[Command]:
        policy = self.state.policy
        call.verdict = verdict = self._decide(call, arguments, policy)
        shown = None if verdict.arguments is None else self._redacted(dict(verdict.arguments))
        yield self._record(call, verdict, arguments, shown)
        if verdict.decision in (Decision.ALLOW, Decision.CONSTRAIN) and shown is not None:
            call.state, call.grant, call.arguments = CallState.DELIVERED, policy.grants[call.name], shown
            self.state.conversation.show(call.item_id)
            yield from self._release(call, done)
        else:
            call.state, call.held = CallState.DENIED, []
            if not (call.duplicate or self._is_out_of_band(call)):
                yield self._refusal(call, verdict.message)

    def _decide(self, call: Call, arguments: str, policy: Policy) -> Verdict:
        if call.duplicate:
            return _denied("duplicate_call_id", "the call_id still stands for another call", policy)
        if call.streamed is not None and call.streamed != arguments:
            return _denied("arguments_mismatch", "the final arguments differ from the streamed ones", policy)
        circumstances = Circumstances(stale=self.state.deadlines.is_stale(self.state.now))
        return decide(ToolCall(call.call_id, call.name, arguments), policy, circumstances)

    def _redacted(self, arguments: Any) -> str:
        """Arguments are redacted as parsed JSON: in the raw text an escape could hide a digit."""
        return encode(Walk(self.state.policy.to_client).value(arguments, free=True))

    def _on_record(self, arguments: str) -> str:
        """Refused arguments, for the record: what cannot be parsed cannot be redacted, so only its size is told."""
        try:
            return self._redacted(STRICT.read(arguments))[:_MOST_RECORDED]
        except Unreadable as fault:
            return f"unreadable ({fault.rule}), {len(arguments)} characters"

    def _record(self, call: Call, verdict: Verdict, arguments: str, shown: str | None) -> Command:
        shown = self._on_record(arguments) if shown is None else shown
        return self.state.record(
            "tool.decided",
            call.call_id,
            outcome=str(verdict.decision),
            rule=verdict.rule,
            reason=verdict.reason,
            fields={
                "call_id": call.call_id,
                "tool": call.name[:128],
                "decision": str(verdict.decision),
                "arguments": shown,
                "considered": list(verdict.considered),
                "obligations": [obligation.kind for obligation in verdict.obligations],
            },
        )

    def _refusal(self, call: Call, message: str) -> Command:
        output = encode(refusal_output(message))
        item = {"type": "function_call_output", "call_id": call.call_id, "output": output}
        return self.state.order("conversation.item.create", item=item)

    def _is_out_of_band(self, call: Call) -> bool:
        """No conversation holds such a call, so nothing could answer it."""
        response = self.state.turns.active.get(call.response_id)
        return response is not None and response.out_of_band

    def _abandon(self, call: Call) -> Iterator[Command]:
        call.state, call.held = CallState.ABANDONED, []
        yield self.state.record(
            "tool.abandoned", call.call_id, outcome="cut_off", fields={"tool": call.name[:128]}
        )

    # -- delivery

    def _release(self, call: Call, done: Event | None) -> Iterator[Command]:
        held = call.release()
        for event in held:
            yield from self._show(event, call)
        index = next((e["output_index"] for e in [done or {}, *held] if "output_index" in e), 0)
        common = {"response_id": call.response_id, "item_id": call.item_id, "output_index": index}
        delta = {**common, "call_id": call.call_id, "delta": call.arguments}
        finish = {**common, "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
        for kind, fields in (("delta", delta), ("done", finish)):
            event_id = done["event_id"] if done and kind == "done" and "event_id" in done else None
            yield ToClient(
                {
                    "type": f"response.function_call_arguments.{kind}",
                    "event_id": event_id or self.state.own_id("event_sp_"),
                    **fields,
                }
            )

    def _show(self, event: Event, call: Call) -> Iterator[Command]:
        item = self._as_decided(event["item"], call)
        if event["type"] == "conversation.item.retrieved" and item["arguments"]:
            item["arguments"] = self._redacted(STRICT.read(item["arguments"]))  # by the rules of now as well
        yield from self._deliver({**event, "item": item}, call.item_id, "arguments")

    def _as_decided(self, item: dict[str, Any], call: Call) -> dict[str, Any]:
        """The item with the decided name and arguments, whatever this copy says; a copy that was sent before
        the arguments were complete stays empty."""
        arguments = call.arguments if item.get("arguments") or item.get("status") == "completed" else ""
        return {**item, "name": call.name, "call_id": call.call_id, "arguments": arguments}

    def _deliver(self, event: Event, item_id: str, judged: str) -> Iterator[Command]:
        """Redacts all of the event but the item's ``judged`` field, which has been already."""
        walk = Walk(self.state.texts.redactor_for(item_id, self.state.policy.to_client))
        item = {key: value for key, value in event["item"].items() if key != judged}
        walked = walk.value({**event, "item": item})
        walked["item"][judged] = event["item"][judged]
        if "previous_item_id" in event:
            walked["previous_item_id"] = self.state.conversation.visible_before(event["previous_item_id"])
        yield from self.state.hits(walk.hits, item_id, event["type"])
        yield ToClient(walked)

    def view(self, item: dict[str, Any]) -> dict[str, Any] | None:
        """The call inside ``response.done``."""
        call = self.state.calls.of_item(str(item.get("id", "")))
        if call is None or call.is_hidden:
            return None
        rest = {key: value for key, value in item.items() if key != "arguments"}
        walked = Walk(self.state.policy.to_client).value(rest)
        return {**walked, **{k: self._as_decided(item, call)[k] for k in ("name", "call_id", "arguments")}}

    # -- the end of a response

    def settle(self, response_id: str, output: list[dict[str, Any]], *, completed: bool) -> Iterator[Command]:
        """Judges or abandons what is still pending when its response is done."""
        for index, item in enumerate(output):
            call = self.state.calls.of_item(item["id"])
            if call is not None:
                call.response_id = call.response_id or response_id
            if completed and item.get("type") == "function_call" and _is_undecided(call):
                event = {
                    "type": "response.output_item.done",
                    "event_id": self.state.own_id("event_sp_"),
                    "response_id": response_id,
                    "output_index": index,
                    "item": item,
                }
                yield from self.item(event, item)
        for call in self.state.calls.of_response(response_id):
            if call.state is CallState.PENDING:
                yield from self._abandon(call)

    def next_turn(self, response: dict[str, Any]) -> Iterator[Command]:
        """Asks the model to go on when the client has nothing to answer, then lets the client's own request
        go."""
        turns = self.state.turns
        ended = turns.done(str(response["id"]))
        calls = self.state.calls.of_response(str(response["id"]))
        denied = [call for call in calls if call.state is CallState.DENIED]
        if not ended.out_of_band:
            only_denied = bool(denied) and len(denied) == len(calls) and response.get("status") == "completed"
            fields = turns.after_denial(self.state.now, only_denied=only_denied)
            if fields is not None:
                yield self._go_on(response, fields)

    def _go_on(self, response: dict[str, Any], fields: dict[str, Any]) -> Command:
        """In the modalities of the response that was refused: the client may have chosen them for that turn
        only."""
        if modalities := response.get("output_modalities"):
            fields = {**fields, "output_modalities": modalities}
        order = self.state.order("response.create", **({"response": fields} if fields else {}))
        self._own_response = order.event["event_id"]
        return order

    def own_order_failed(self, event_id: str) -> Iterator[Command]:
        """An order of ours was refused by the provider; the client never learns of it."""
        yield from self.state.withheld("error", "about an order of ours")
        if event_id == self._own_response:
            self.state.turns.ours_failed()

    def names_hidden(self, text: str) -> bool:
        """Whether a text of the provider speaks of a call that the client must not know of."""
        return any(
            word and word in text
            for call in self.state.calls.hidden()
            for word in (call.name, call.call_id, call.item_id)
        )


def _is_undecided(call: Call | None) -> bool:
    return call is None or call.state is CallState.PENDING


def _denied(rule: str, reason: str, policy: Policy) -> Verdict:
    return Verdict(Decision.DENY, rule, reason, NOT_AVAILABLE, policy.version, considered=(rule,))
