"""What the provider says: each event in, ordered commands out.

Calls and texts have modules of their own beside this one; here is who gets which event, and the plain cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from guard.core.answers import Answers
from guard.core.closing import EndReason
from guard.core.commands import Command, End, Event, ToClient
from guard.core.encodings import bytes_per_ms
from guard.core.events import QUIETLY_WITHHELD, Treatment, treatment_of
from guard.core.faults import Faults
from guard.core.frames import encode
from guard.core.intake import Intake
from guard.core.mcp import ITEMS as MCP_ITEMS
from guard.core.notice import is_notice, notice_of_silence
from guard.core.opening import Opening
from guard.core.response_view import response_view
from guard.core.server_shape import check_shape
from guard.core.shapes import OWN_PREFIX
from guard.core.spending import begun
from guard.core.state import CLIENT_PREFIX, Phase, State
from guard.core.surfaces import mentions, walk_event
from guard.core.unwanted import Unwanted
from guard.core.utterances import Utterances
from guard.core.verdicts import Verdicts

_MOST_EARLY = 100
_LONGEST_EARLY = 64 * 1024

UNJUDGEABLE_KEYS = frozenset(
    {
        *("delta", "text", "transcript", "content", "part", "item", "items", "output"),
        *("arguments", "tools", "instructions", "call_id", "response", "session"),
    }
)
"""An event of unknown type that holds one of these, however deep, is withheld: a delta cannot be redacted alone, and
calls, items and configuration are for the known events to carry."""


class FromServer:
    def __init__(self, state: State, intake: Intake, answers: Answers) -> None:
        self.state = state
        self.intake = intake
        self.utterances = Utterances(state)
        self.verdicts = Verdicts(state, self.utterances, answers)
        self.unfinished: Event | None = None
        """The end of a response that must wait for the verdict on a call which only this end tells of."""
        self._opening = Opening(state)
        self._unwanted = Unwanted(state)
        self._faults = Faults(state)
        self._treat: dict[Treatment, Callable[[Event], Iterator[Command]]] = {
            Treatment.SESSION: self._session,
            Treatment.ERROR: self._error,
            Treatment.ITEM: self._item,
            Treatment.OUTPUT_ITEM: self._item,
            Treatment.ITEM_REFERENCE: self._item_reference,
            Treatment.RESPONSE_CREATED: self._response_created,
            Treatment.RESPONSE_DONE: self._response_done,
            Treatment.PART: self.utterances.part,
            Treatment.TEXT_DELTA: self.utterances.delta,
            Treatment.TEXT_DONE: self.utterances.done,
            Treatment.AUDIO_DELTA: self.utterances.sound,
            Treatment.AUDIO_DONE: self.utterances.sound,
            Treatment.ARGUMENTS_DELTA: self.verdicts.arguments_delta,
            Treatment.ARGUMENTS_DONE: self.verdicts.arguments_done,
            Treatment.SPEECH: self._speech,
            Treatment.TRANSCRIPT: self._transcript,
            Treatment.NO_TRANSCRIPT: self._no_transcript,
            Treatment.NOTICE: self._notice,
            Treatment.WITHHELD: self._withheld,
            Treatment.UNKNOWN: self._unknown,
        }

    def receive(self, event: Event) -> Iterator[Command]:
        event_type = event.get("type")
        if not isinstance(event_type, str):
            yield from self.state.withheld("", "no type")
            return
        check_shape(event)
        treatment = treatment_of(event_type)
        if self.state.phase is not Phase.OPEN and treatment not in (Treatment.SESSION, Treatment.ERROR):
            yield from self._hold_early(event)
            return
        if self._unwanted.concerns(event):
            yield from self._unwanted.receive(event)
            if event_type == "response.done":
                yield from self.verdicts.go_on()
            return
        if self.intake.is_unjudged and self._unwanted.is_unannounced(event):
            yield from self.state.withheld(event_type, "a response that was not announced")
            return
        yield from self._treat[treatment](event)

    def _hold_early(self, event: Event) -> Iterator[Command]:
        """Real providers say next to nothing before the lock; what a broken one says must not fill the memory."""
        if len(self.state.early) < _MOST_EARLY and len(encode(event)) <= _LONGEST_EARLY:
            self.state.early.append(event)
        else:
            yield from self.state.withheld(event["type"], "too much before the session was locked")

    # -- the session itself

    def _session(self, event: Event) -> Iterator[Command]:
        yield from self._opening.receive(event)
        if self.state.phase is Phase.OPEN and self.state.early:
            early, self.state.early = self.state.early, []
            for held in early:
                yield from self.receive(held)

    def refused(self, event: Event) -> Iterator[Command]:
        """An ``error`` about a request, of the provider or, in its place, of ours."""
        yield from self._error(event)

    def _error(self, event: Event) -> Iterator[Command]:
        error = event["error"]
        self.state.ledger.not_begun()
        event_id = error.get("event_id")
        event_id = event_id if isinstance(event_id, str) else ""
        if error.get("code") == "session_expired":
            yield End(EndReason.EXPIRED)
        elif self.state.configuration.failed(event_id):
            yield self.state.record(
                "session.refused", rule="echo", reason="the provider refused the configuration"
            )
            yield End(EndReason.INTERNAL, "The provider did not accept the locked configuration.")
        elif self.state.phase is not Phase.OPEN:
            yield End(EndReason.UPSTREAM_LOST, "The provider refused the session.")
        elif _is_own(event_id) or (not event_id and self.verdicts.following.is_refused(error)):
            yield from self.verdicts.following.own_order_failed(event_id)
            yield from self.intake.not_deleted(event_id)
        else:
            self.state.turns.commit_failed(event_id)
            self.intake.request_failed(event_id)
            if not event_id:
                # It may be ours that failed, and nobody would ever say so.
                self.state.turns.ours_failed()
                yield from self.verdicts.following.pay()
            shown = None if event_id.startswith(CLIENT_PREFIX) else event_id or None
            bare: Event = {key: event[key] for key in ("type", "event_id") if key in event}
            yield from self._deliver({**bare, "error": {**self._faults.view(error), "event_id": shown}})

    # -- items and responses

    def _item(self, event: Event) -> Iterator[Command]:
        item = event["item"]
        if event["type"] == "conversation.item.retrieved" and not self.state.conversation.is_visible(
            item["id"]
        ):
            yield from self.state.withheld(event["type"], "item is not the client's to see")
            return
        kind = item.get("type")
        if self.state.conversation.is_own(item["id"]):
            self.state.turns.heard(item["id"])
            self.state.conversation.hide(item["id"], event.get("previous_item_id"))
        elif kind == "function_call":
            yield from self.verdicts.item(event, item)
        elif kind in MCP_ITEMS:
            yield from self.verdicts.mcp.item(event, item)
        elif kind == "function_call_output":
            yield from self.verdicts.output_item(event, item)
        elif kind == "message" and item.get("role") in _speakers(event):
            yield from self.utterances.item(event, item)
            if item.get("role") == "user" and _has_sound(item):
                yield from self.intake.committed(item["id"], wants_answer=False)
        else:
            self.state.conversation.hide(item["id"], event.get("previous_item_id"))
            yield from self.state.withheld(event["type"], "such an item is not for the client")

    def _item_reference(self, event: Event) -> Iterator[Command]:
        item_id = str(event.get("item_id", ""))
        is_visible = self.state.conversation.is_visible(item_id)
        if event["type"] == "conversation.item.deleted":
            self.state.conversation.forget(item_id)
            self.intake.deleted(item_id)
        if is_visible:
            yield from self._deliver(event)

    def _response_created(self, event: Event) -> Iterator[Command]:
        response = event["response"]
        out_of_band = "conversation_id" in response and response["conversation_id"] is None
        started = self.state.turns.created(str(response["id"]), out_of_band=out_of_band)
        audio = response.get("audio")
        started.bytes_per_ms = bytes_per_ms(audio.get("output")) if isinstance(audio, dict) else None
        started.is_notice = is_notice(response)
        self.state.responses += 1
        self.state.deadlines.touch(self.state.now)
        yield from begun(self.state, started.response_id)
        if not started.is_notice and self.intake.comes_too_early(out_of_band=out_of_band):
            yield from self._unwanted.begin(started.response_id)
            return
        self.verdicts.following.begun(started)
        yield from self._deliver({**event, "response": response_view(response, self._faults)})

    def _response_done(self, event: Event) -> Iterator[Command]:
        response = event["response"]
        response_id = str(response["id"])
        self.state.deadlines.touch(self.state.now)
        if response_id not in self.state.turns.active and self.state.turns.over(response_id) is not None:
            yield from self.state.withheld(event["type"], "the response was over")
            return
        output = [item for item in response.get("output") or [] if _has_id(item)]
        completed = response.get("status") == "completed"
        yield from self.verdicts.settle(response_id, output, completed=completed)
        if self.verdicts.judging.holds_stream:
            self.unfinished = event
            return
        yield from self.utterances.end_response(response_id, output, cut=not completed)
        shown = [view for item in output if (view := self._item_view(item)) is not None]
        yield from self._deliver({**event, "response": response_view(response, self._faults)}, output=shown)
        yield from self.verdicts.next_turn(response)
        yield from notice_of_silence(self.state, response["id"])

    def _item_view(self, item: dict[str, Any]) -> dict[str, Any] | None:
        """An item of a finished response as the client may see it; None hides it."""
        if item.get("type") == "function_call":
            return self.verdicts.view(item)
        if item.get("type") == "message" and item.get("role") == "assistant":
            return self.utterances.view(item)
        return None

    # -- everything else

    def _speech(self, event: Event) -> Iterator[Command]:
        self.state.deadlines.touch(self.state.now)
        if event["type"] == "input_audio_buffer.speech_started":
            self.state.turns.user_speaks(self.state.now, interrupts=self.state.configuration.interrupts)
        yield from self._deliver(event)
        if event["type"] == "input_audio_buffer.committed":
            self.state.new_turn()
            answers = not self.state.turns.committed_by_client() and self.state.configuration.answers_turns
            self.state.turns.user_spoke(self.state.now, is_answered=answers)
            yield from self.intake.committed(str(event.get("item_id", "")), wants_answer=answers)

    def _transcript(self, event: Event) -> Iterator[Command]:
        """What the user said, whole."""
        yield from self.utterances.done(event)
        transcript = event.get("transcript")
        said = transcript if isinstance(transcript, str) else None
        yield from self.intake.transcribed(str(event.get("item_id", "")), said)

    def _no_transcript(self, event: Event) -> Iterator[Command]:
        yield from self.utterances.unheard(event)
        yield from self._notice(event)
        yield from self.intake.transcribed(str(event.get("item_id", "")), None)

    def _withheld(self, event: Event) -> Iterator[Command]:
        if event["type"] not in QUIETLY_WITHHELD:
            yield from self.state.withheld(event["type"], "not for the client")

    def _unknown(self, event: Event) -> Iterator[Command]:
        if self.state.calls.names_hidden(event):
            yield from self.state.withheld(event["type"], "about a call that is not for the client")
            return
        yield from self._notice(event)

    def _notice(self, event: Event) -> Iterator[Command]:
        """A known event without content, or one of a type that nobody knew when this was written."""
        if mentions(event, UNJUDGEABLE_KEYS) or event["type"].endswith(".delta"):
            yield from self.state.withheld(event["type"], "content that cannot be judged in such an event")
            return
        if isinstance(error := event.get("error"), dict):
            event = {**event, "error": self._faults.view(error)}
        yield from self._deliver(event)

    def _deliver(self, event: Event, *, output: list[dict[str, Any]] | None = None) -> Iterator[Command]:
        """The event with all its strings redacted. ``output`` goes in afterwards: items were judged one by
        one."""
        item_id = str(event.get("item_id", ""))
        redactor = self.state.texts.redactor_for(item_id, self.state.policy.to_client)
        walked, hits = walk_event(event, redactor)
        yield from self.state.hits(hits, item_id, event["type"])
        if "previous_item_id" in walked:
            walked["previous_item_id"] = self.state.conversation.visible_before(event["previous_item_id"])
        if output is not None:
            walked["response"]["output"] = output
        yield ToClient(walked)


def _is_own(event_id: str) -> bool:
    return event_id.startswith(OWN_PREFIX) and not event_id.startswith(CLIENT_PREFIX)


def _speakers(event: Event) -> tuple[str, ...]:
    """A response holds what the model says, whatever its items claim."""
    return ("assistant",) if event["type"].startswith("response.") else ("user", "assistant")


def _has_sound(item: Mapping[str, Any]) -> bool:
    return any(isinstance(p, dict) and p.get("type") == "input_audio" for p in item.get("content") or ())


def _has_id(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), str)
