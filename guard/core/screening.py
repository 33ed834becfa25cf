"""The last look at what the model says: texts that wait for a classifier, and texts that were cut.

Stands behind everything that decides (patterns, calls, sound) and in front of the client. As long as a sentence waits
for its judgement, all that came after it waits too, in order; only signs of the user's own speech overtake. Every copy
of a text is shown by the judgements of its sentences, so it equals the deltas that went out.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Protocol

from guard.core.audio import part_of
from guard.core.classifier import Classifier, OnFailure, Question, Timing
from guard.core.closing import EndReason
from guard.core.commands import Command, End, Event, ToClient
from guard.core.events import Treatment, treatment_of
from guard.core.memory import remember
from guard.core.modeltexts import TextKey, delta_key, ends, texts_in
from guard.core.policy import SpreadAnswer
from guard.core.shown import WITHHELD, judged, show_copy, with_delta
from guard.core.spread import Spread
from guard.core.state import State
from guard.core.waiting import Entry, Text
from guard.core.windows import Windows, windows_of

DIRECTION = "to_client"
_MOST_WAITING, _MOST_CHARACTERS = 20_000, 32 * 1024 * 1024
_PATIENCE = 5.0
"""Seconds that a sentence may take to be completed while others wait behind it."""
_MOST_TEXTS = 4_096
_OVERTAKES = frozenset({Treatment.SPEECH, Treatment.SESSION, Treatment.ERROR})
_SOUND = frozenset({Treatment.AUDIO_DELTA, Treatment.AUDIO_DONE})


class Speech(Protocol):
    """What must follow when words were withheld after the redactor had passed them."""

    def withhold(self, item_id: str, index: int, event: Event, *, stop: bool) -> Iterator[Command]: ...
    def heard(self, event: Event) -> None: ...
    def is_silenced(self, item_id: str, index: int) -> bool: ...


class Screen:
    def __init__(self, state: State, speech: Speech) -> None:
        self.state = state
        self._speech = speech
        self._texts: OrderedDict[TextKey, Text] = OrderedDict()
        self._pinned: OrderedDict[str, tuple[Classifier, ...]] = OrderedDict()
        self._open: dict[TextKey, None] = {}
        self._queue: deque[Entry] = deque()
        self._size = 0
        self._flowing: dict[tuple[Classifier, str], list[TextKey]] = {}
        self._spread = Spread()
        self._old_cuts: OrderedDict[TextKey, int] = OrderedDict()
        self._has_cuts = False

    # -- what comes

    def watch(self, commands: Iterable[Command]) -> Iterator[Command]:
        """The commands with everything for the client in its turn."""
        for command in commands:
            if not isinstance(command, ToClient) or treatment_of(command.event["type"]) in _OVERTAKES:
                yield command
            elif (key := delta_key(command.event)) is not None:
                yield from self._delta(key, command.event)
            else:
                yield from self._whole(command.event)

    def _delta(self, key: TextKey, event: Event) -> Iterator[Command]:
        text = self._text(key)
        if text.stopped:
            return
        text.template, self._open[key] = event, None
        yield from self._look_back(key, event["delta"], event)
        if text.stopped:
            return
        windows = text.windows.push(event["delta"]) if text.classifiers else []
        yield from self._ask(key, text, windows)
        if text.held:
            yield from self._take(key, text, windows)
        else:
            yield from self._enqueue(Entry(event, [event["delta"]], key=key))
        yield from self._watch_what_flows(key, text, windows)

    def _whole(self, event: Event) -> Iterator[Command]:
        for key in self._ended_by(event):
            yield from self._end(key)
        if treatment_of(event["type"]) in _SOUND:
            self._wait_for_sentence(event)
        entry = Entry(event)
        for key, place in texts_in(event):
            text = self._text(key)
            if text.held:
                entry.windows, entry.classifiers = [*entry.windows, *windows_of(place[key[2]])], text.held
            if place[key[2]] and not text.template and not text.ended:
                yield from self._without_deltas(key, text, place[key[2]], event)
        for window in entry.windows:
            subject = str(event.get("item_id", ""))
            yield from self.state.inquiry.ask(entry.classifiers, window, DIRECTION, subject, self.state.now)
        yield from self._enqueue(entry)

    def _without_deltas(self, key: TextKey, text: Text, whole: str, event: Event) -> Iterator[Command]:
        """A text that an item brings whole. It never grew, so only what came before it can be told apart."""
        yield from self._look_back(key, whole, event)
        self._spread.finish(key)
        yield from self._ask(key, text, windows_of(whole))
        text.ended = True

    def _end(self, key: TextKey) -> Iterator[Command]:
        text = self._texts[key]
        text.ended = True
        self._open.pop(key, None)
        self._spread.finish(key)
        rest = text.windows.finish()
        yield from self._ask(key, text, rest)
        if text.held:
            yield from self._take(key, text, rest)
        yield from self._watch_what_flows(key, text, rest)

    @property
    def due_by(self) -> float | None:
        """When the sentence that all others wait for must have been completed."""
        head = self._queue[0] if self._queue else None
        return head.since + _PATIENCE if head is not None and head.is_open else None

    def tick(self) -> Iterator[Command]:
        """A sentence that is not completed in time could not be judged: its text ends there, unless that may pass."""
        due_by, head = self.due_by, self._queue[0] if self._queue else None
        if due_by is None or head is None or head.key is None or self.state.now < due_by:
            return
        text = self._text(head.key)
        if any(each.on_failure is OnFailure.WITHHOLD for each in text.held):
            yield from self._cut(head.key, text.template)
            return
        rest = text.windows.finish()
        yield from self._ask(head.key, text, rest)
        head.windows, head.is_open, text.open = rest, False, None
        yield from self._release()

    def answered(self, question: Question) -> Iterator[Command]:
        """A judgement has come in: what waited for it goes, or is cut."""
        for key in self._flowing.pop((question.classifier, question.text), ()):
            yield from self._stop_if_bad(key, question.classifier, question.text)
        yield from self._release()

    def _stop_if_bad(self, key: TextKey, classifier: Classifier, window: str) -> Iterator[Command]:
        """A text that did not wait for its judgement is cut when that is bad."""
        verdict = self.state.inquiry.verdict((classifier,), window, DIRECTION)
        if verdict.blocked or verdict.spans:
            yield from self._cut(key, self._text(key).template)

    def _look_back(self, key: TextKey, piece: str, event: Event) -> Iterator[Command]:
        """Whether ``piece`` of ``event`` completes a value that an earlier item has begun."""
        rule = self._spread.push(key, piece, self.state.policy.to_client)
        if not rule or not self.state.once("spread", key, rule):
            return
        answer = self.state.policy.spread_values
        fields = {"pattern": rule, "item_id": key[0], "content_index": key[1]}
        yield self.state.record("redaction.spread", key[0], outcome=str(answer), rule=rule, fields=fields)
        if answer is SpreadAnswer.CUT:
            yield from self._cut(key, event)
        elif answer is SpreadAnswer.END:
            yield End(EndReason.NOT_ALLOWED, "The conversation was ended by its rules.")

    def _cut(self, key: TextKey, event: Event) -> Iterator[Command]:
        """The text ends with what has been let through so far, which is nothing of one that never grew."""
        text = self._text(key)
        if text.stopped or text.ended:
            return
        text.stopped = self._has_cuts = True
        text.windows = Windows()
        if text.open is not None:
            text.open.end_here(WITHHELD)
            text.open = None
        elif text.template:
            self._queue.append(Entry(self._own(text.template), [WITHHELD], key=key, cuts=True))
        else:
            text.cut_at = 0
        yield from self._release()
        yield from self._speech.withhold(key[0], key[1], event, stop=True)

    # -- texts

    def _text(self, key: TextKey) -> Text:
        text = self._texts.get(key)
        if text is None:
            pinned = self._pinned.get(key[0], self.state.policy.client_classifiers)
            remember(self._pinned, key[0], pinned, _MOST_TEXTS)
            text = self._texts[key] = Text(pinned, cut_at=self._old_cuts.get(key))
            if len(self._texts) > _MOST_TEXTS:
                self._forget(*self._texts.popitem(last=False))
        return text

    def _forget(self, key: TextKey, text: Text) -> None:
        """The oldest text: where it was cut is remembered longer, since its item may still be asked for."""
        self._open.pop(key, None)
        if text.open is not None:
            text.open.is_open = False
        if text.cut_at is not None:
            remember(self._old_cuts, key, text.cut_at, _MOST_TEXTS)

    def _ended_by(self, event: Event) -> list[TextKey]:
        responses = {key: self._texts[key].template.get("response_id") for key in self._open}
        return [key for key, response_id in responses.items() if ends(event, key, response_id)]

    def _ask(self, key: TextKey, text: Text, windows: list[str]) -> Iterator[Command]:
        for window in windows:
            yield from self.state.inquiry.ask(text.classifiers, window, DIRECTION, key[0], self.state.now)

    def _watch_what_flows(self, key: TextKey, text: Text, windows: list[str]) -> Iterator[Command]:
        for classifier in text.classifiers:
            for window in windows if classifier.timing is Timing.FLOWING else ():
                if self.state.inquiry.is_judged((classifier,), window, DIRECTION):
                    yield from self._stop_if_bad(key, classifier, window)
                else:
                    self._flowing.setdefault((classifier, window), []).append(key)

    def _take(self, key: TextKey, text: Text, windows: list[str]) -> Iterator[Command]:
        """Windows that are complete go into the delta that waits for them, or into one of their own."""
        if text.open is not None and (windows or text.ended):
            text.open.windows, text.open.is_open, text.open = windows, False, None
            yield from self._release()
        elif windows:
            yield from self._enqueue(Entry(self._own(text.template), windows, text.held, key))

    def _wait_for_sentence(self, event: Event) -> None:
        """Sound must not overtake the judgement of the sentence that it belongs to."""
        key = (*part_of(event), "transcript")
        text = self._texts.get(key)
        if text is not None and text.held and text.windows.rest and text.open is None:
            text.open = Entry(
                self._own(text.template), [], text.held, key, is_open=True, since=self.state.now
            )
            self._queue.append(text.open)

    def _own(self, template: Event) -> Event:
        """A delta of ours: it stands for several of the provider's, or for part of one."""
        return {**template, "event_id": self.state.own_id("event_sp_")}

    # -- the queue

    def _enqueue(self, entry: Entry) -> Iterator[Command]:
        if len(self._queue) >= _MOST_WAITING or self._size >= _MOST_CHARACTERS:
            raise OverflowError("too much waits for a judgement")
        self._queue.append(entry)
        self._size += entry.size
        yield from self._release()

    def _release(self) -> Iterator[Command]:
        while self._queue and self._is_ready(self._queue[0]):
            entry = self._queue.popleft()
            self._size -= entry.size
            yield from self._show(entry)
        if not self._queue:
            self._size = 0

    def _is_ready(self, entry: Entry) -> bool:
        """Goes on where it stopped the last time: an entry may hold thousands of sentences."""
        is_judged = self.state.inquiry.is_judged
        while entry.judged < len(entry.windows):
            if not is_judged(entry.classifiers, entry.windows[entry.judged], DIRECTION):
                return False
            entry.judged += 1
        return not entry.is_open

    def _show(self, entry: Entry) -> Iterator[Command]:
        if entry.key is not None:
            yield from self._show_delta(entry, entry.key)
        elif treatment_of(entry.event["type"]) in _SOUND:
            if not self._speech.is_silenced(*part_of(entry.event)):
                self._speech.heard(entry.event)
                yield ToClient(entry.event)
        else:
            yield ToClient(self._copies(entry.event))

    def _show_delta(self, entry: Entry, key: TextKey) -> Iterator[Command]:
        text = self._text(key)
        if text.cut_at is not None:
            return
        shown, verdict = judged(self.state.inquiry, entry.windows, entry.classifiers, DIRECTION)
        if entry.cuts or verdict.blocked:
            text.stopped, text.cut_at = True, text.length + len(shown) - len(WITHHELD)
        text.length += len(shown)
        if shown:
            yield ToClient(with_delta(entry.event, shown))
        if verdict.blocked or verdict.spans:
            yield from self._speech.withhold(key[0], key[1], entry.event, stop=verdict.blocked)

    def _copies(self, event: Event) -> Event:
        """The event with every copy of a text as its deltas have shown it."""
        if not any(self._has_cuts or self._text(key).held for key, _ in texts_in(event)):
            return event
        event = deepcopy(event)
        for key, place in texts_in(event):
            show_copy(self._text(key), key[2], place, self.state.inquiry, DIRECTION)
        return event
