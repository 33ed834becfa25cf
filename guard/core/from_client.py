"""What the client says: validated events in, ordered commands out. Whatever goes up is rebuilt, never
forwarded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from guard.core.answers import Answers
from guard.core.classifier import Timing
from guard.core.closing import EndReason
from guard.core.commands import Command, Event, Record, ToClient, ToUpstream
from guard.core.configuration import TooManyUpdates
from guard.core.consents import Consents
from guard.core.intake import Intake
from guard.core.items import Judged, ToolOutput, judge_item, judge_previous, not_found
from guard.core.narrowing import Narrowed, instructions_of, with_instructions
from guard.core.pace import COUNTED, Pace
from guard.core.reauthentication import Reauthentication
from guard.core.refusal import Refusal, denied
from guard.core.rejections import Rejections
from guard.core.session_config import narrow_response, narrow_session
from guard.core.spending import before
from guard.core.state import CLIENT_PREFIX, State
from guard.core.toolcalls import OutputRefused
from guard.core.turns import TooManyQueued


class FromClient:
    """``receive`` takes an event that ``client_events.parse`` has accepted, as a dict. Raises ``Refusal``."""

    def __init__(
        self, state: State, rejections: Rejections, intake: Intake, answers: Answers, consents: Consents
    ) -> None:
        self.state = state
        self.reauthentication = Reauthentication(state, rejections)
        self._rejections = rejections
        self.intake = intake
        self._answers = answers
        self._consents = consents
        self._pace = Pace(state.now)
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
            "sallyport.reauthenticate": self.reauthentication.shown,
        }

    def receive(self, event: Event) -> Iterator[Command]:
        event = self._named(event)
        if event["type"] in COUNTED and not self._pace.allows(self.state.now):
            raise Refusal(
                "rate_limited", "Too many requests.", rule="pace", fatal=True, end=EndReason.RATE_LIMITED
            )
        if self.intake.must_wait(event["type"]):
            self.intake.queue(event)
            return
        yield from self._treat[event["type"]](event)

    def _named(self, event: Event) -> Event:
        """Every event that goes up has an id, so that an error about it can be told from one about ours."""
        return event if event.get("event_id") else {**event, "event_id": self.state.own_id(CLIENT_PREFIX)}

    # -- configuration

    def _session_update(self, event: Event) -> Iterator[Command]:
        configuration = self.state.configuration
        narrowed = narrow_session(event["session"], self.state.policy, model=configuration.model)
        yield from self._narrowed("session.update", narrowed)
        own = instructions_of(narrowed.value, self.state.policy)

        def passed(left: Mapping[str, str]) -> Iterator[Command]:
            session = with_instructions(narrowed.value, own, left, self.state.policy)
            try:
                configuration.sent(event["event_id"], session, by_client=True, asked=event["session"])
            except TooManyUpdates as full:
                raise Refusal("rate_limit_exceeded", "Too many updates are waiting for an answer.") from full
            yield ToUpstream({**event, "session": session})

        yield from self.intake.judge(own, "", passed, lambda: self._withheld(event, "session.instructions"))

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
        self.state.turns.client_commits(event["event_id"], self.state.now)
        yield ToUpstream(event)

    def _plain(self, event: Event) -> Iterator[Command]:
        yield ToUpstream(event)

    def _webrtc_only(self, event: Event) -> Iterator[Command]:
        raise denied("type", "This event exists for WebRTC and SIP sessions only.")

    # -- items

    def _item(self, event: Event) -> Iterator[Command]:
        self.state.deadlines.touch(self.state.now)
        if event["item"].get("type") == "mcp_approval_response":
            yield self._consents.answer_of_client(event["item"])
            return
        judge_previous(event.get("previous_item_id"), self.state.conversation)
        judged = judge_item(event["item"], self.state.policy, self.state.conversation)
        if isinstance(judged, ToolOutput):
            yield from self._output(event, judged)
            return
        self._check_sound(judged.item)
        self.state.new_turn()
        item_id = self._named_item(judged)
        yield from self._hits(judged)

        def passed(left: Mapping[str, str]) -> Iterator[Command]:
            if item_id:
                self.state.conversation.show(item_id)
            yield ToUpstream({**event, "item": _with_texts(judged.item, left)})

        yield from self.intake.judge(
            _texts(judged.item), item_id, passed, lambda: self._withheld(event, "item")
        )

    def _check_sound(self, item: Mapping[str, Any]) -> None:
        """Under gated turns sound must come by the way on which it is transcribed and judged."""
        if self.state.policy.gated_turns and any(
            part["type"] == "input_audio" for part in item.get("content", ())
        ):
            raise denied("item.content", "Speech must go through the input audio buffer.", rule="gated_turns")

    def _named_item(self, judged: Judged) -> str:
        """The item's id, for which there may be no other than ours yet; "" when the provider will name it."""
        item_id = judged.item.get("id")
        if item_id is None and (item_id := self._own_item_id()):
            judged.item["id"] = item_id
        return item_id or ""

    def _own_item_id(self) -> str:
        """For an item that may have to be deleted before the provider tells us its name; "" for any other."""
        flowing = any(each.timing is Timing.FLOWING for each in self.state.policy.model_classifiers)
        return self.state.own_id("item_sp_") if flowing else ""

    def _withheld(self, event: Event, param: str) -> Iterator[Command]:
        refusal = denied(param, "The text was kept from the model.", rule="classifier")
        yield from self._rejections.refuse(event, refusal)

    def _hits(self, judged: Judged) -> Iterator[Record]:
        subject = str(judged.item.get("id") or self.state.own_id("client_item_"))
        yield from self.state.hits(judged.hits, subject, "conversation.item.create", "to_model")

    def _output(self, event: Event, output: ToolOutput) -> Iterator[Command]:
        """A tool's result: only for a call that was allowed, delivered, and not answered before."""
        try:
            call, grant = self.state.calls.awaiting(output.call_id)
        except OutputRefused as refused:
            yield self._not_awaited(output, refused)
            rule = "late_output" if refused.late else "forged_output"
            raise denied("item.call_id", "No call awaits this output.", rule=rule) from refused
        item_id = output.item_id or self._own_item_id()
        named = {"id": item_id} if item_id else {}

        def give(text: str) -> Iterator[Command]:
            if call.told:
                yield from self._answers.give(call, text)
                return
            item = {"type": "function_call_output", "call_id": call.call_id, "output": text, **named}
            yield ToUpstream({**event, "item": item})

        yield from self._answers.result(call, grant, output.output, item_id, give, held=True)

    def _not_awaited(self, output: ToolOutput, refused: OutputRefused) -> Record:
        """A result that comes too late is no forgery, the first time that it comes."""
        if (call := refused.late) is None:
            return self.state.record("tool.forged_output", output.call_id, reason=refused.reason)
        call.timed_out = False
        return self.state.late_output(call, len(output.output), refused.reason)

    def _reference(self, event: Event) -> Iterator[Command]:
        if not self.state.conversation.is_visible(event["item_id"]):
            raise not_found("item_id")
        call = self.state.calls.of_item(event["item_id"])
        if call is not None and event["type"] == "conversation.item.delete":
            raise denied("item_id", "A function call cannot be deleted.")
        yield ToUpstream(event)

    # -- responses

    def _response(self, event: Event) -> Iterator[Command]:
        self.state.deadlines.touch(self.state.now)
        if not self.state.turns.must_wait:
            yield from self._create(event)
            return
        try:
            self.state.turns.queue(event)
        except TooManyQueued as full:
            raise Refusal("rate_limit_exceeded", "Too many responses are waiting.") from full

    def release_waiting(self) -> Iterator[Command]:
        """Requests that waited, for a judgement or for a response of ours; narrowed by the policy of now."""
        yield from self.intake.advance()
        while (event := self.intake.next_event()) is not None:
            yield from self._resume(event, self._treat[event["type"]])
        while not self.intake.must_wait("response.create") and (event := self.state.turns.next_queued()):
            yield from self._resume(event, self._create)

    def _resume(self, event: Event, treat: Callable[[Event], Iterator[Command]]) -> Iterator[Command]:
        try:
            yield from treat(event)
        except Refusal as refusal:
            yield from self._rejections.refuse(event, refusal)

    def _create(self, event: Event) -> Iterator[Command]:
        response = event.get("response")
        if not isinstance(response, dict):
            yield from self._requested(event, event)
            return
        judged: list[Judged] = []
        narrowed = narrow_response(response, self.state.policy, self._input_judge(judged))
        yield from self._narrowed("response.create", narrowed)
        for entry in judged:
            yield from self._hits(entry)

        own = instructions_of(narrowed.value, self.state.policy)

        def passed(left: Mapping[str, str]) -> Iterator[Command]:
            items = [_with_texts(item, left) for item in narrowed.value.get("input", ())]
            given = {"input": items} if "input" in narrowed.value else {}
            asked = with_instructions({**narrowed.value, **given}, own, left, self.state.policy)
            self.state.configuration.asked_of_response(asked)
            yield from self._requested(event, {**event, "response": asked})

        texts = [text for entry in judged for text in _texts(entry.item)]
        yield from self.intake.judge([*texts, *own], "", passed, lambda: self._withheld(event, "response"))

    def _requested(self, event: Event, rebuilt: Event) -> Iterator[Command]:
        self.intake.requested(event)
        yield from before(self.state, ToUpstream(rebuilt))

    def _input_judge(self, judged: list[Judged]) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
        def judge(item: Mapping[str, Any]) -> Mapping[str, Any]:
            entry = judge_item(item, self.state.policy, self.state.conversation)
            if isinstance(entry, ToolOutput):
                raise denied("item.type", "A tool's output cannot be given for one response only.")
            self._check_sound(entry.item)
            judged.append(entry)
            return entry.item

        return judge

    def _cancel(self, event: Event) -> Iterator[Command]:
        response_id = event.get("response_id")
        if response_id is not None and response_id not in self.state.turns.active:
            raise Refusal("response_cancel_not_active", "No such response is active.", "response_id")
        was_active = bool(self.state.turns.active)
        withdrawn = self.state.turns.client_cancels(response_id)
        for waiting in withdrawn:
            gone = Refusal("response_cancelled", "The response was cancelled before it began.")
            yield ToClient(self._rejections.error(waiting, gone))
        if was_active or not withdrawn:
            yield ToUpstream(event)


def _texts(item: Mapping[str, Any]) -> list[str]:
    return [part["text"] for part in item.get("content", ()) if "text" in part]


def _with_texts(item: Mapping[str, Any], left: Mapping[str, str]) -> dict[str, Any]:
    """The item with what the classifiers have left of each text."""
    if "content" not in item:
        return dict(item)
    parts = [{**part, "text": left[part["text"]]} if "text" in part else part for part in item["content"]]
    return {**item, "content": parts}
