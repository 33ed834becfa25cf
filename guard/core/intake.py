"""What the user says, on its way to the model: judged before the model may answer it.

Typed words and tool results wait here for their classifiers. Under *gated turns* spoken words do, too: the provider is
told not to answer by itself, the transcript of each turn is judged, and only then a response is asked for. What is
found cannot be taken out of a sound, so a turn with a find is deleted from the conversation.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from guard.core.classifier import Classifier, Question, Timing
from guard.core.closing import EndReason
from guard.core.commands import Command, End, Event, ToClient, characters_in
from guard.core.held_texts import DIRECTION, Judged, Waiting, asked, goes_on, is_judged
from guard.core.memory import remember
from guard.core.redact import Operator
from guard.core.refusal import Code, Refusal
from guard.core.shown import judged
from guard.core.spending import before
from guard.core.spoken import Stage, Turn
from guard.core.state import State

_MOST_WAITING, _MOST_CHARACTERS = 64, 8 * 1024 * 1024
_MOST_SETTLED = 1_024
_WAITS = frozenset(
    {
        "conversation.item.create",
        "conversation.item.retrieve",
        "conversation.item.truncate",
        "conversation.item.delete",
        "response.create",
        "session.update",
    }
)
"""Client events that keep their order behind words that wait. Sound and cancels go on."""


@dataclass(slots=True)
class Intake:
    state: State
    _waiting: Waiting | None = None
    _results: list[Waiting] = field(default_factory=list)
    _behind: deque[Event] = field(default_factory=deque)
    _turns: dict[str, Turn] = field(default_factory=dict)
    _early: OrderedDict[str, str | None] = field(default_factory=OrderedDict)
    _settled: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _flowing: dict[tuple[Classifier, str], list[str]] = field(default_factory=dict)
    _wants_answer: bool = False
    _requested: Event | None = None
    _recalled: bool = False
    _deletions: dict[str, str] = field(default_factory=dict)

    # -- what the client sends

    def must_wait(self, event_type: str) -> bool:
        if event_type not in _WAITS:
            return False
        if self._waiting is not None or self._behind or self.state.ledger.is_asked:
            return True
        return self._must_not_answer(event_type)

    def _must_not_answer(self, event_type: str) -> bool:
        """A turn has not been judged, or has been ended by the client and not even been confirmed."""
        ending = self.state.policy.gated_turns and self.state.turns.is_ending(self.state.now)
        return event_type == "response.create" and (bool(self._turns) or ending)

    def queue(self, event: Event) -> None:
        """Raises ``Refusal`` when too much waits already."""
        size = sum(map(characters_in, self._behind)) + characters_in(event)
        if len(self._behind) >= _MOST_WAITING or size > _MOST_CHARACTERS:
            raise Refusal("rate_limit_exceeded", "Too many events are waiting to be judged.")
        self._behind.append(event)

    def next_event(self) -> Event | None:
        """The oldest client event that waited, once nothing is in its way."""
        if not self._behind or self._waiting is not None or self.state.ledger.is_asked:
            return None
        if self._must_not_answer(self._behind[0]["type"]):
            return None
        return self._behind.popleft()

    def judge(
        self, texts: list[str], item_id: str, passed: Judged, refused: Callable[[], Iterator[Command]]
    ) -> Iterator[Command]:
        """``passed`` now, where nothing has to be waited for, else when all ``texts`` have been judged."""
        self._waiting = yield from asked(self.state, texts, item_id, passed, refused)
        yield from self._advance_waiting()
        yield from self._watch_what_flows(texts, item_id)

    def judge_result(
        self, texts: list[str], item_id: str, passed: Judged, refused: Callable[[], Iterator[Command]]
    ) -> Iterator[Command]:
        """Like ``judge``, beside whatever the client does: nothing of it waits."""
        self._results.append((yield from asked(self.state, texts, item_id, passed, refused)))
        yield from self._advance_waiting()
        yield from self._watch_what_flows(texts, item_id)

    def _advance_waiting(self) -> Iterator[Command]:
        for result in [each for each in self._results if is_judged(self.state, each.texts, each.classifiers)]:
            self._results.remove(result)
            yield from goes_on(self.state, result)
        waiting = self._waiting
        if waiting is not None and is_judged(self.state, waiting.texts, waiting.classifiers):
            self._waiting = None
            yield from goes_on(self.state, waiting)

    # -- what the user speaks

    def requested(self, event: Event) -> None:
        """The client's request for a response goes up."""
        self._requested = event
        if (event.get("response") or {}).get("conversation") != "none":
            self.state.turns.is_to_be_answered(self.state.now)

    def request_failed(self, event_id: str) -> None:
        """The provider refused it: no response will answer it."""
        if self._requested is not None and event_id in ("", self._requested.get("event_id")):
            self._requested = None
            self.state.turns.is_not_answered()

    def comes_too_early(self, *, out_of_band: bool) -> bool:
        """Whether a response that begins now answers words that nobody has judged, or that were taken back."""
        requested, self._requested = self._requested, None
        recalled, self._recalled = self._recalled, False
        if not self._turns:
            return recalled
        if requested is not None:
            self._behind.appendleft(requested)  # asked for once more when everything has been judged
        elif not out_of_band:
            self._wants_answer = True
        return True

    def committed(self, item_id: str, *, wants_answer: bool) -> Iterator[Command]:
        """A turn of the user is over. Until it has been judged, nothing is answered."""
        if not self.state.policy.gated_turns or item_id in self._turns or item_id in self._settled:
            return
        if not item_id:
            yield End(EndReason.INTERNAL, "The provider did not say which turn is over.")
            return
        self._turns[item_id] = Turn(item_id, self.state.now, wants_answer)
        if item_id in self._early:
            yield from self.transcribed(item_id, self._early.pop(item_id))

    @property
    def is_unjudged(self) -> bool:
        """Whether the model may have heard something that nobody has judged yet."""
        return bool(self._turns)

    def transcribed(self, item_id: str, transcript: str | None) -> Iterator[Command]:
        """``transcript`` None: there is none, and what nobody can read nobody can judge. It may come at any time, also
        before the end of its turn is told."""
        turn = self._turns.get(item_id)
        if turn is None and self.state.policy.gated_turns and item_id not in self._settled:
            remember(self._early, item_id, transcript, _MOST_WAITING)
        if turn is None or turn.stage is not Stage.UNHEARD:
            return
        if transcript is None or not transcript.strip():
            yield from self._refuse(turn, reason="no transcript")
            return
        redaction = self.state.policy.to_model.whole(transcript)
        yield from self.state.hits(redaction.hits, item_id, "input_audio_transcription", DIRECTION)
        found = {hit.rule for hit in redaction.hits if hit.operator is not Operator.FLAG}
        if found:
            yield from self._refuse(turn, patterns=sorted(found))
            return
        classifiers = self.state.policy.model_classifiers
        yield from self.state.inquiry.ask(classifiers, redaction.text, DIRECTION, item_id, self.state.now)
        turn.heard(redaction.text, tuple(each for each in classifiers if each.timing is Timing.HELD))
        yield from self._watch_what_flows([redaction.text], item_id)
        yield from self.advance()

    def deleted(self, item_id: str) -> None:
        """The provider has forgotten the item."""
        if self._turns.pop(item_id, None) is not None:
            remember(self._settled, item_id, None, _MOST_SETTLED)
        self._deletions = {event: item for event, item in self._deletions.items() if item != item_id}

    def not_deleted(self, event_id: str) -> Iterator[Command]:
        """The provider would not forget what the model must not know: nothing goes on."""
        if event_id in self._deletions:
            yield End(EndReason.INTERNAL, "What was said could not be withheld from the model.")

    # -- time goes on

    @property
    def due_by(self) -> float | None:
        return min((turn.due_by for turn in self._turns.values()), default=None)

    def advance(self) -> Iterator[Command]:
        """Whatever can go on now: after a judgement, an event of the provider, or some time."""
        yield from self._advance_waiting()
        for turn in list(self._turns.values()):
            if turn.stage is Stage.HEARD and is_judged(self.state, [turn.transcript], turn.classifiers):
                yield from self._settle(turn)
            elif self.state.now >= turn.due_by:
                yield from self._overdue(turn)
        yield from self._answer()

    def _settle(self, turn: Turn) -> Iterator[Command]:
        _, verdict = judged(self.state.inquiry, [turn.transcript], turn.classifiers, DIRECTION)
        if verdict.blocked or verdict.spans:
            yield from self._refuse(turn, classifiers=[each.name for each in turn.classifiers])
            return
        del self._turns[turn.item_id]
        remember(self._settled, turn.item_id, None, _MOST_SETTLED)
        self._wants_answer = self._wants_answer or turn.wants_answer

    def _overdue(self, turn: Turn) -> Iterator[Command]:
        if turn.stage is Stage.REFUSED:
            yield End(EndReason.INTERNAL, "What was said could not be withheld from the model.")
        else:
            yield from self._refuse(turn, reason="no transcript in time")

    def _answer(self) -> Iterator[Command]:
        """One response for all turns that were let through; never beside another one."""
        turns = self.state.turns
        if self._wants_answer and not self._turns and not turns.must_wait and not turns.is_speaking:
            self._wants_answer = False
            turns.expect_ours(self.state.now)
            yield from before(self.state, self.state.order("response.create"))

    def _refuse(
        self,
        turn: Turn,
        *,
        patterns: list[str] | None = None,
        classifiers: list[str] | None = None,
        reason: str = "",
    ) -> Iterator[Command]:
        fields: dict[str, Any] = {"item_id": turn.item_id}
        fields |= {"patterns": patterns} if patterns else {}
        fields |= {"classifiers": classifiers} if classifiers else {}
        yield self.state.record("turn.refused", turn.item_id, reason=reason, fields=fields)
        turn.refused(self.state.now)
        yield self._delete(turn.item_id)
        if not reason:  # what nobody understood, a noise for the most part, is no news to the client
            yield self._notice()

    def answered(self, question: Question) -> Iterator[Command]:
        """A judgement of words that did not wait for it."""
        for item_id in self._flowing.pop((question.classifier, question.text), ()):
            yield from self._recall_if_bad(question.classifier, question.text, item_id)

    def _watch_what_flows(self, texts: list[str], item_id: str) -> Iterator[Command]:
        for classifier in self.state.policy.model_classifiers:
            for text in texts if classifier.timing is Timing.FLOWING else ():
                if self.state.inquiry.is_judged((classifier,), text, DIRECTION):
                    yield from self._recall_if_bad(classifier, text, item_id)
                else:
                    self._flowing.setdefault((classifier, text), []).append(item_id)

    def _recall_if_bad(self, classifier: Classifier, text: str, item_id: str) -> Iterator[Command]:
        """The model forgets the words and stops, when their judgement is bad."""
        verdict = self.state.inquiry.verdict((classifier,), text, DIRECTION)
        if verdict.blocked or verdict.spans:
            yield from self._recall(item_id, classifier)

    def _recall(self, item_id: str, classifier: Classifier) -> Iterator[Command]:
        fields = {"item_id": item_id, "classifiers": [classifier.name]}
        yield self.state.record("turn.refused", item_id, fields=fields)
        # A response that has been asked for and has not begun is stopped when it begins.
        self._recalled = self._requested is not None or self.state.turns.due_by is not None
        for response_id in self.state.turns.stop_all():
            yield self.state.order("response.cancel", response_id=response_id)
        if item_id:
            yield self._delete(item_id)
        yield self._notice()

    def _delete(self, item_id: str) -> Command:
        order = self.state.order("conversation.item.delete", item_id=item_id)
        self._deletions[order.event["event_id"]] = item_id
        return order

    def _notice(self) -> ToClient:
        error = {
            "type": "invalid_request_error",
            "code": Code.POLICY_DENIED,
            "message": "What was said was kept from the model.",
            "param": None,
            "event_id": None,
        }
        return ToClient({"type": "error", "event_id": self.state.own_id("event_sp_"), "error": error})
