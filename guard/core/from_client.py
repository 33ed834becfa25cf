"""What the client says: validated events in, ordered commands out. Whatever goes up is rebuilt, never
forwarded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from guard.core.commands import Command, Event, Record, ToUpstream
from guard.core.items import Judged, ToolOutput, judge_item
from guard.core.narrowing import Narrowed
from guard.core.refusal import Code, Refusal, denied
from guard.core.results import filter_result
from guard.core.session_config import narrow_response, narrow_session
from guard.core.state import CLIENT_PREFIX, State
from guard.core.toolcalls import CallState, OutputRefused
from guard.core.turns import TooManyQueued


class FromClient:
    """``receive`` takes an event that ``client_events.parse`` has accepted, as a dict. Raises ``Refusal``."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._treat: dict[str, Callable[[Event], Iterator[Command]]] = {
            "session.update": self._session_update,
            "input_audio_buffer.append": self._audio,
            "input_audio_buffer.commit": self._turn,
            "input_audio_buffer.clear": self._plain,
            "output_audio_buffer.clear": self._webrtc_only,
            "conversation.item.create": self._item,
            "conversation.item.retrieve": self._reference,
            "conversation.item.truncate": self._reference,
            "conversation.item.delete": self._reference,
            "response.create": self._response,
            "response.cancel": self._cancel,
        }

    def receive(self, event: Event) -> Iterator[Command]:
        yield from self._treat[event["type"]](self._named(event))

    def _named(self, event: Event) -> Event:
        """Every event that goes up has an id, so that an error about it can be told from one about ours."""
        return event if event.get("event_id") else {**event, "event_id": self.state.own_id(CLIENT_PREFIX)}

    # -- configuration

    def _session_update(self, event: Event) -> Iterator[Command]:
        configuration = self.state.configuration
        narrowed = narrow_session(event["session"], self.state.policy, model=configuration.model)
        configuration.asked.update(event["session"])
        yield from self._narrowed("session.update", narrowed)
        configuration.sent(event["event_id"], narrowed.value, by_client=True)
        yield ToUpstream({**event, "session": narrowed.value})

    def _narrowed(self, event_type: str, narrowed: Narrowed) -> Iterator[Record]:
        if narrowed.constrained:
            fields = {"constrained": list(narrowed.constrained)}
            yield self.state.record("session.config_narrowed", event_type, fields=fields)
        subject = self.state.own_id("client_text_")
        yield from self.state.hits(narrowed.hits, subject, event_type, "to_model")

    # -- sound

    def _audio(self, event: Event) -> Iterator[Command]:
        """Not an activity: an abandoned microphone sends silence for ever."""
        yield ToUpstream(event)

    def _turn(self, event: Event) -> Iterator[Command]:
        self.state.deadlines.touch(self.state.now)
        yield ToUpstream(event)

    def _plain(self, event: Event) -> Iterator[Command]:
        yield ToUpstream(event)

    def _webrtc_only(self, event: Event) -> Iterator[Command]:
        raise denied("type", "This event exists for WebRTC and SIP sessions only.")

    # -- items

    def _item(self, event: Event) -> Iterator[Command]:
        self.state.deadlines.touch(self.state.now)
        previous = event.get("previous_item_id")
        if previous not in (None, "root") and not self.state.conversation.is_visible(previous):
            raise Refusal(Code.ITEM_NOT_FOUND, "There is no such item.", "previous_item_id")
        judged = judge_item(event["item"], self.state.policy, self.state.conversation)
        if isinstance(judged, ToolOutput):
            yield from self._output(event, judged)
            return
        if isinstance(item_id := judged.item.get("id"), str):
            self.state.conversation.show(item_id)
        yield from self._hits(judged)
        yield ToUpstream({**event, "item": judged.item})

    def _hits(self, judged: Judged) -> Iterator[Record]:
        subject = str(judged.item.get("id") or self.state.own_id("client_item_"))
        yield from self.state.hits(judged.hits, subject, "conversation.item.create", "to_model")

    def _output(self, event: Event, output: ToolOutput) -> Iterator[Command]:
        """A tool's result: only for a call that was allowed, delivered, and not answered before."""
        try:
            call, grant = self.state.calls.awaiting(output.call_id)
        except OutputRefused as refused:
            yield self.state.record("tool.forged_output", output.call_id[:128], reason=refused.reason)
            raise denied("item.call_id", "No call awaits this output.", rule="forged_output") from refused
        filtered = filter_result(output.output, grant, self.state.policy.to_model)
        call.state = CallState.ANSWERED
        yield self.state.record(
            "tool.result",
            call.call_id,
            outcome="answered",
            reason=filtered.fault,
            fields={"call_id": call.call_id, "tool": call.name, "removed": list(filtered.removed)},
        )
        yield from self.state.hits(filtered.hits, call.call_id, "function_call_output", "to_model")
        rebuilt = {"type": "function_call_output", "call_id": call.call_id, "output": filtered.text}
        if output.item_id is not None:
            rebuilt["id"] = output.item_id
        yield ToUpstream({**event, "item": rebuilt})

    def _reference(self, event: Event) -> Iterator[Command]:
        if not self.state.conversation.is_visible(event["item_id"]):
            raise Refusal(Code.ITEM_NOT_FOUND, "There is no such item.", "item_id")
        call = self.state.calls.of_item(event["item_id"])
        if call is not None and event["type"] == "conversation.item.delete":
            raise denied("item_id", "A function call cannot be deleted.")
        yield ToUpstream(event)

    # -- responses

    def _response(self, event: Event) -> Iterator[Command]:
        self.state.deadlines.touch(self.state.now)
        if isinstance(response := event.get("response"), dict):
            hits: list[Judged] = []
            narrowed = narrow_response(response, self.state.policy, self._input_judge(hits))
            yield from self._narrowed("response.create", narrowed)
            for judged in hits:
                yield from self._hits(judged)
            event = {**event, "response": narrowed.value}
        if self.state.turns.must_wait:
            try:
                self.state.turns.queue(event)
            except TooManyQueued as full:
                raise Refusal("rate_limit_exceeded", "Too many responses are waiting.") from full
        else:
            yield ToUpstream(event)

    def _input_judge(self, judged: list[Judged]) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
        def judge(item: Mapping[str, Any]) -> Mapping[str, Any]:
            entry = judge_item(item, self.state.policy, self.state.conversation)
            if isinstance(entry, ToolOutput):
                raise denied("item.type", "A tool's output cannot be given for one response only.")
            judged.append(entry)
            return entry.item

        return judge

    def _cancel(self, event: Event) -> Iterator[Command]:
        response_id = event.get("response_id")
        if response_id is not None and response_id not in self.state.turns.active:
            raise Refusal("response_cancel_not_active", "No such response is active.", "response_id")
        self.state.turns.cancel(response_id)
        yield ToUpstream(event)
