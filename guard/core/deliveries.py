"""What the client sees of function calls: events that announce them, arguments, outputs, and how they end.

A call whose tool streams its arguments is seen before it is decided. SDKs and raw users act on completed calls only
(``function_call_arguments.done``, or an item of status ``completed``), so one that is then refused gets neither: it
ends as ``incomplete``, with what had been shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from guard.core.argument_stream import ArgumentStream, redacted
from guard.core.commands import Command, Event, Record, ToClient
from guard.core.evidence import fields_of
from guard.core.judging import Case
from guard.core.policy import Verdict
from guard.core.redact import Hit, Redactor
from guard.core.state import State
from guard.core.surfaces import Walk, padding_for
from guard.core.toolcalls import Call, CallState

SERVER_LABEL = "sallyport"
_RETRIEVED = "conversation.item.retrieved"
PART_SHOWN = "part of the arguments had been shown"
_ENDED_BY = {
    "conversation.item.added": "conversation.item.done",
    "conversation.item.created": "conversation.item.done",
    "response.output_item.added": "response.output_item.done",
}
"""Each event that announces a call, and the one that says that it is over."""


class Deliveries:
    def __init__(self, state: State) -> None:
        self.state = state

    def redacted(self, arguments: Any, call: Call) -> tuple[str, list[Hit]]:
        return redacted(arguments, self._redactor(call.item_id))

    def record(self, case: Case, verdict: Verdict, delivered: str = "") -> Record:
        """``delivered``: the arguments as the client may see them, "" when none are."""
        call, policy = case.call, self.state.policy
        fields = fields_of(case.arguments, verdict, case.facts, policy)
        if delivered and delivered != fields["arguments"]:
            fields["arguments_delivered"] = delivered
        part_shown = bool(call.shown) and not verdict.decision.permits
        return self.state.record(
            "tool.decided",
            call.call_id,
            outcome=str(verdict.decision),
            rule=verdict.rule,
            reason=f"{verdict.reason}; {PART_SHOWN}" if part_shown else verdict.reason,
            fields={
                "call_id": call.call_id,
                "tool": call.name,
                "decision": str(verdict.decision),
                "considered": list(verdict.considered),
                "obligations": [obligation.kind for obligation in verdict.obligations],
                "policy_digest": policy.digest,
                **{kind: True for kind in ("out_of_band", "mcp") if getattr(call, kind)},
                **fields,
            },
        )

    def ask_user(self, call: Call, request_id: str, arguments: str) -> Iterator[Command]:
        """In place of the call: the official item that asks for an approval, which SDKs know how to answer."""
        item = {
            "id": request_id,
            "type": "mcp_approval_request",
            "server_label": SERVER_LABEL,
            "name": call.name,
            "arguments": arguments,
        }
        call.request = item
        where = {"response_id": call.response_id, "output_index": (call.done or {}).get("output_index", 0)}
        for kind in ("response.output_item.added", "conversation.item.added"):
            yield self._own(kind, {**where, "item": item})
        for kind in ("conversation.item.done", "response.output_item.done"):
            yield self._own(kind, {**where, "item": item})

    def _own(self, kind: str, fields: Event) -> Command:
        known = (
            {"previous_item_id": None, "item": fields["item"]} if kind.startswith("conversation") else fields
        )
        return ToClient({"type": kind, "event_id": self.state.own_id("event_sp_"), **known})

    # -- arguments that the client watches

    def watch(self, call: Call) -> None:
        call.watched = ArgumentStream(self._redactor(call.item_id))
        self.state.conversation.show(call.item_id)

    def delta(self, event: Event, call: Call) -> Iterator[Command]:
        released = call.hear(event["delta"])
        if call.watched is not None:
            yield from self.state.hits(call.watched.take_hits(), call.item_id, event["type"])
        if released:
            padding = {"obfuscation": padding_for(released)} if "obfuscation" in event else {}
            yield self._arguments("delta", call, event, delta=released, **padding)

    def close(self, call: Call) -> Iterator[Command]:
        """Every announcement that was shown gets its end, the last one first, as providers do it."""
        held = call.release()
        if call.is_hidden:
            return
        ends = {_ENDED_BY[event["type"]]: event for event in held if event["type"] in _ENDED_BY}
        for kind, announced in reversed(ends.items()):
            event_id = self.state.own_id("event_sp_")
            yield from self.show({**announced, "type": kind, "event_id": event_id}, call)

    # -- a call that may be made

    def release(self, call: Call, done: Event | None) -> Iterator[Command]:
        """What was held, the arguments as far as they have not been watched, and that they are complete."""
        held = call.release()
        watched = "" if call.watched is None else call.watched.shown
        if call.watched is None:
            for event in held:
                yield from self.show(event, call)
        index = next((e["output_index"] for e in [done or {}, *held] if "output_index" in e), 0)
        where = {"output_index": index}
        if rest := call.arguments[len(watched) :]:
            yield self._arguments("delta", call, where, delta=rest)
        where |= {"event_id": done["event_id"]} if done and "event_id" in done else {}
        yield self._arguments("done", call, where, name=call.name, arguments=call.arguments)

    def _arguments(self, kind: str, call: Call, where: Event, **fields: Any) -> Command:
        return ToClient(
            {
                "type": f"response.function_call_arguments.{kind}",
                "event_id": where.get("event_id") or self.state.own_id("event_sp_"),
                "response_id": call.response_id,
                "item_id": call.item_id,
                "output_index": where.get("output_index", 0),
                "call_id": call.call_id,
                **fields,
            }
        )

    # -- whole items

    def show(self, event: Event, call: Call) -> Iterator[Command]:
        item = self._as_decided(event["item"], call)
        if event["type"] == _RETRIEVED:
            item["arguments"] = self._by_rules_of_now(call)
        elif call.state is CallState.PENDING:
            item["arguments"] = (
                ""  # deltas bring them; a beginning that came here as well would stand there twice
            )
        yield from self._deliver({**event, "item": item}, call.item_id, "arguments")

    def output(self, event: Event, item: dict[str, Any], text: str) -> Iterator[Command]:
        self.state.conversation.show(str(item["id"]))
        yield from self._deliver({**event, "item": {**item, "output": text}}, str(item["id"]), "output")

    def view(self, item: dict[str, Any], call: Call) -> dict[str, Any] | None:
        """The call inside ``response.done``."""
        if call.is_hidden:
            return None if call.request is None else dict(call.request)
        shown = self._as_decided(item, call)
        arguments = shown.pop("arguments")
        walked = Walk(self._redactor(call.item_id)).value(shown)
        return {**walked, "name": call.name, "call_id": call.call_id, "arguments": arguments}

    def _as_decided(self, item: dict[str, Any], call: Call) -> dict[str, Any]:
        """The item with the decided name and arguments, whatever this copy says; a copy that was sent before
        the arguments were complete stays empty."""
        named = {**item, "name": call.name, "call_id": call.call_id}
        if call.state is CallState.PENDING:
            return {**named, "status": "in_progress", "arguments": call.shown}
        if call.is_closed:
            return {**named, "status": "incomplete", "arguments": call.shown}
        complete = item.get("arguments") or item.get("status") == "completed"
        return {**named, "arguments": call.arguments if complete else ""}

    def _by_rules_of_now(self, call: Call) -> str:
        """Asked for now, so the rules of now hide more, never less, than those it was first shown under."""
        current = self.state.policy.to_client
        if current is self._redactor(call.item_id):
            return call.shown
        again = ArgumentStream(current)
        again.push(call.shown)
        return again.shown

    def _deliver(self, event: Event, item_id: str, judged: str) -> Iterator[Command]:
        """Redacts all of the event but the item's ``judged`` field, which has been already."""
        walk = Walk(self._redactor(item_id))
        item = {key: value for key, value in event["item"].items() if key != judged}
        walked = walk.value({**event, "item": item})
        walked["item"][judged] = event["item"][judged]
        if "previous_item_id" in event:
            walked["previous_item_id"] = self.state.conversation.visible_before(event["previous_item_id"])
        yield from self.state.hits(walk.hits, item_id, event["type"])
        yield ToClient(walked)

    def _redactor(self, item_id: str) -> Redactor:
        return self.state.texts.redactor_for(item_id, self.state.policy.to_client)
