"""Function calls on their way from the model to the client: hold, decide once, then deliver or refuse.

A denied call leaves no trace at the client, unless its tool streams arguments: then it ends as incomplete. The model
gets a neutral output for it, so the conversation goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from guard.core.argument_stream import ArgumentStream
from guard.core.commands import Command, Event
from guard.core.decide import NOT_AVAILABLE, decide
from guard.core.decision import Decision
from guard.core.deliveries import Deliveries
from guard.core.frames import encode
from guard.core.policy import CallState as Circumstances
from guard.core.policy import Policy, ToolCall, Verdict
from guard.core.redact import Hit
from guard.core.results import filter_result
from guard.core.state import State
from guard.core.toolcalls import Call, CallState, Unanswerable, refusal_output
from guard.core.utterances import Utterances

_MOST_RECORDED = 16 * 1024
_JUDGED_BY = ("conversation.item.done", "response.output_item.done")
"""Items that are complete. ``added`` and ``created`` may come before their arguments."""
_RETRIEVED = "conversation.item.retrieved"
_PART_SHOWN = "part of the arguments had been shown"


class Verdicts:
    def __init__(self, state: State, utterances: Utterances) -> None:
        self.state = state
        self.utterances = utterances
        self.deliveries = Deliveries(state)
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
        if call.state is CallState.PENDING and event["type"] != _RETRIEVED:
            yield from self._undecided(event, item, call)
        # The end of a closed call has been told; only who asks for it is shown it again.
        if not call.is_hidden and (not call.is_closed or event["type"] == _RETRIEVED):
            yield from self.deliveries.show(event, call)

    def _undecided(self, event: Event, item: dict[str, Any], call: Call) -> Iterator[Command]:
        if call.is_new and event["type"] not in _JUDGED_BY and self._may_watch(call):
            self.deliveries.watch(call)
        self.state.conversation.hide(call.item_id, event.get("previous_item_id"))
        if event["type"] not in _JUDGED_BY:
            call.hold(event)
        elif item.get("status") in ("completed", None):
            yield from self._judge(call, str(item.get("arguments") or ""), None)
        else:
            yield from self._abandon(call)

    def arguments_delta(self, event: Event) -> Iterator[Command]:
        """Nothing of the arguments goes out before they are judged whole, unless the tool streams them."""
        call = self.state.calls.of_item(str(event.get("item_id", "")))
        if call is None or not isinstance(event.get("delta"), str):
            yield from self.state.withheld(event["type"], "no such call")
        elif call.state is CallState.PENDING:
            if call.watched is not None and not self._may_watch(call):
                call.watched.stop("policy")
            yield from self.deliveries.delta(event, call)

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
        filtered = filter_result(str(item.get("output") or ""), call.grant, self.state.policy.to_client)
        yield from self.deliveries.output(event, item, filtered.text)

    # -- the decision

    def _may_watch(self, call: Call) -> bool:
        """Whether the client may see the arguments while they are written: the call would be allowed, as far as can
        be told without them. Asked at every delta, so that a change of the policy stops the next one."""
        policy = self.state.policy
        grant = policy.grants.get(call.name)
        return (
            grant is not None
            and grant.streams_arguments
            and grant.tool.name == call.name
            and call.name not in policy.locked_tools
            and not call.duplicate
            and not self.state.deadlines.is_stale(self.state.now)
        )

    def _judge(self, call: Call, arguments: str, done: Event | None) -> Iterator[Command]:
        policy, shown, hits = self.state.policy, "", list[Hit]()
        verdict = self._decide(call, arguments, policy)
        if verdict.arguments is not None:
            shown, hits = self.deliveries.redacted(verdict.arguments, call)
            if not shown.startswith(call.shown):
                verdict, shown = _denied("arguments_shown", "other arguments were shown", policy), ""
        call.verdict = verdict
        yield self._record(call, verdict, shown or self._on_record(arguments))
        if verdict.arguments is not None and _permits(verdict):
            yield from self.state.hits(hits, call.item_id, "response.function_call_arguments.done")
            yield from self._allow(call, shown, done)
        else:
            yield from self._deny(call, verdict)

    def _allow(self, call: Call, arguments: str, done: Event | None) -> Iterator[Command]:
        call.state, call.arguments = CallState.DELIVERED, arguments
        call.grant = self.state.policy.grants[call.name]
        self.state.conversation.show(call.item_id)
        yield from self.deliveries.release(call, done)

    def _deny(self, call: Call, verdict: Verdict) -> Iterator[Command]:
        call.state = CallState.DENIED
        if not (call.duplicate or self._is_out_of_band(call)):
            yield self._refusal(call, verdict.message)
        yield from self.deliveries.close(call)

    def _decide(self, call: Call, arguments: str, policy: Policy) -> Verdict:
        if call.duplicate:
            return _denied("duplicate_call_id", "the call_id still stands for another call", policy)
        if call.streamed is not None and call.streamed != arguments:
            return _denied("arguments_mismatch", "the final arguments differ from the streamed ones", policy)
        circumstances = Circumstances(stale=self.state.deadlines.is_stale(self.state.now))
        return decide(ToolCall(call.call_id, call.name, arguments), policy, circumstances)

    def _on_record(self, arguments: str) -> str:
        """Refused arguments, for the record: what cannot be read cannot be redacted, so only its size is told."""
        stream = ArgumentStream(self.state.policy.to_client)
        stream.push(arguments[:_MOST_RECORDED])
        if len(arguments) <= _MOST_RECORDED:
            stream.finish()
        if stream.broken:
            return f"unreadable ({stream.broken}), {len(arguments)} characters"
        return stream.shown

    def _record(self, call: Call, verdict: Verdict, arguments: str) -> Command:
        part_shown = bool(call.shown) and not _permits(verdict)
        return self.state.record(
            "tool.decided",
            call.call_id,
            outcome=str(verdict.decision),
            rule=verdict.rule,
            reason=f"{verdict.reason}; {_PART_SHOWN}" if part_shown else verdict.reason,
            fields={
                "call_id": call.call_id,
                "tool": call.name[:128],
                "decision": str(verdict.decision),
                "arguments": arguments,
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
        call.state = CallState.ABANDONED
        fields = {"tool": call.name[:128]}
        if call.shown:
            fields["arguments"] = call.shown[:_MOST_RECORDED]
        reason = _PART_SHOWN if call.shown else ""
        yield self.state.record(
            "tool.abandoned", call.call_id, outcome="cut_off", reason=reason, fields=fields
        )
        yield from self.deliveries.close(call)

    def view(self, item: dict[str, Any]) -> dict[str, Any] | None:
        """The call inside ``response.done``."""
        call = self.state.calls.of_item(str(item.get("id", "")))
        return None if call is None or call.is_hidden else self.deliveries.view(item, call)

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


def _permits(verdict: Verdict) -> bool:
    return verdict.decision in (Decision.ALLOW, Decision.CONSTRAIN)


def _denied(rule: str, reason: str, policy: Policy) -> Verdict:
    return Verdict(Decision.DENY, rule, reason, NOT_AVAILABLE, policy.version, considered=(rule,))
