"""What is said: texts, transcripts and their sound, in deltas and in whole copies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guard.core.commands import Command, Event, ToClient
from guard.core.encodings import PCM_BYTES_PER_MS, bytes_per_ms
from guard.core.events import delta_of, text_field
from guard.core.notice import notice_of_silence
from guard.core.policy import AudioPolicy
from guard.core.state import State
from guard.core.surfaces import Memo, Sound, Walk, reveals
from guard.core.texts import DELTA_KEYS, Grown, content_index_of, slot_of

_PART_NAMES = {"output_text": "text", "output_audio": "audio"}
"""Inside ``response.content_part.*`` the protocol says text|audio where items say output_text|output_audio;
lax servers mix them up and the Agents SDK for JavaScript refuses the wrong one."""

STOPS = frozenset({AudioPolicy.KILL, AudioPolicy.BOUNDED})
"""Policies under which speech has begun before its end is known: a find stops it."""

_OPEN_STATUSES = ("incomplete", "in_progress")


class Utterances:
    def __init__(self, state: State) -> None:
        self.state = state
        self._memo = Memo()

    # -- growing

    def delta(self, event: Event) -> Iterator[Command]:
        item_id = str(event.get("item_id", ""))
        if self.state.texts.is_second(item_id, slot_of(event)):
            yield from self.state.withheld(event["type"], "the text has come under another name")
            return
        grown = self.state.texts.push(event, self.state.policy.to_client)
        yield from self._grown(grown, item_id, event)
        if grown.blocked:
            yield from self._stop_speaking(event)
        if self.state.policy.audio is AudioPolicy.BOUNDED and self._speaks(event):
            yield from self._cover(item_id, content_index_of(event), event)

    def done(self, event: Event) -> Iterator[Command]:
        """The whole text. Its copy must equal the deltas that went out, so the tail goes first."""
        item_id, index = str(event.get("item_id", "")), content_index_of(event)
        cut = self.state.turns.is_cancelling(event.get("response_id"))
        texts = self.state.texts
        if not texts.has(item_id, slot_of(event)):
            yield from self._without_deltas(event, cut=cut)
        yield from self._grown(texts.finish(item_id, cut=cut, slot=slot_of(event)), item_id, event)
        if not event["type"].startswith("response."):
            # What was heard may have come in segments as well: their tail is due now.
            heard = texts.finish(item_id, cut=cut, index=index, kinds="conversation.")
            yield from self._grown(heard, item_id, event)
        walk = self._walk(item_id, cut=bool(texts.was_cut(item_id, index)))
        walked = walk.value(event)
        yield from self.state.hits(walk.hits, item_id, event["type"])
        clean = not cut and self._vouches(item_id, index, walked.get(text_field(event["type"])))
        yield from self._settle_sound(item_id, index, clean=clean, event=event)
        yield ToClient(walked)

    def _vouches(self, item_id: str, index: int, copy: object) -> bool:
        """Whether a whole copy of a transcript says what its deltas have said. One that differs has words of which
        nobody knows whether they were spoken."""
        return isinstance(copy, str) and self.state.texts.is_copy(item_id, index, copy)

    def unheard(self, event: Event) -> Iterator[Command]:
        """The transcript of the user broke off: what was held of it is masked."""
        item_id = str(event.get("item_id", ""))
        grown = self.state.texts.finish(item_id, cut=True, kinds="conversation.")
        yield from self._grown(grown, item_id, event)

    def _without_deltas(self, event: Event, *, cut: bool) -> Iterator[Command]:
        """A text that comes whole grows all the same, in one step: what watches growing texts need not know."""
        whole = str(event.get(text_field(event["type"])) or "")
        if event["type"].startswith("response."):
            place = {key: value for key, value in event.items() if key in DELTA_KEYS}
            kind = {"type": delta_of(event["type"]), "event_id": self.state.own_id("event_sp_")}
            yield from self.delta({**place, **kind, "delta": whole})
        else:
            item_id = str(event.get("item_id", ""))
            grown = self.state.texts.absorb(event, whole, self.state.policy.to_client, cut=cut)
            yield from self._grown(grown, item_id, event)

    def part(self, event: Event) -> Iterator[Command]:
        part, item_id, index = event["part"], str(event.get("item_id", "")), content_index_of(event)
        is_done = event["type"].endswith(".done")
        whole = {key: value for key, value in part.items() if value is not None}
        if is_done:
            cut = self.state.turns.is_cancelling(event.get("response_id"))
            yield from self._end_texts(item_id, cut=cut, event=event, index=index, copies={index: part})
        else:
            # Deltas bring the text; a beginning that came here as well would not be joined with them.
            whole = {key: "" if key in ("text", "transcript") else value for key, value in whole.items()}
        whole["type"] = _PART_NAMES.get(str(part.get("type")), part.get("type"))
        cut = self._is_cut(item_id, "completed", index)
        yield from self._show({**event, "part": whole}, item_id, cut=cut)

    def sound(self, event: Event) -> Iterator[Command]:
        killed = self.state.turns.is_cancelling(event.get("response_id"))
        if killed and self.state.policy.audio in STOPS:
            return  # also what belongs to another part of the same response
        for released in self.state.audio.offer(event, self.state.policy.audio):
            yield ToClient(released)
        if self.state.audio.overflowed:
            item_id, fields = str(event.get("item_id", "")), {"content_index": content_index_of(event)}
            yield self.state.record("audio.withheld", item_id, reason="too much sound waits", fields=fields)

    # -- whole

    def item(self, event: Event, item: dict[str, Any]) -> Iterator[Command]:
        """A message, from either side. It becomes visible here."""
        item_id, status = str(item["id"]), item.get("status")
        self.state.conversation.show(item_id)
        if event["type"].endswith("item.done") and item.get("role") == "assistant":
            copies = {index: part for index, part in enumerate(item.get("content") or ())}
            yield from self._end_texts(item_id, cut=status in _OPEN_STATUSES, event=event, copies=copies)
        previous = {}
        if "previous_item_id" in event:
            previous["previous_item_id"] = self.state.conversation.visible_before(event["previous_item_id"])
        if status == "in_progress" and event["type"] != "conversation.item.retrieved":
            event = {**event, "item": {**item, "content": []}}
        yield from self._show({**event, **previous}, item_id, cut=False)

    def view(self, item: dict[str, Any]) -> dict[str, Any]:
        """An item inside ``response.done``; its hits were recorded with its other copies."""
        item_id = str(item.get("id", ""))
        return self._walked(self._walk(item_id, cut=False), item, item_id)

    def end_response(self, response_id: str, output: list[dict[str, Any]], *, cut: bool) -> Iterator[Command]:
        """After a cancel nothing guarantees a ``done`` for each text: what is still held is masked here."""
        statuses = {item.get("id"): item.get("status") for item in output}
        for item_id in self.state.texts.open_items(response_id):
            item_cut = cut or statuses.get(item_id) in _OPEN_STATUSES
            yield from self._end_texts(item_id, cut=item_cut, event={"type": "response.done"})
        for item in output:
            self.state.audio.silence_item(str(item.get("id", "")))
        self.state.audio.silence_response(response_id)

    # -- parts of the above

    def _walk(self, item_id: str, *, cut: bool) -> Walk:
        redactor = self.state.texts.redactor_for(item_id, self.state.policy.to_client)
        sound = Sound.UNHIDDEN if self.state.policy.audio is AudioPolicy.DELIVER else Sound.NEVER
        return Walk(redactor, cut=cut, sound=sound, memo=self._memo)

    def _retrieved_sound(self, item_id: str) -> Sound:
        """Where sound is gated at all, an item carries it only when it is asked for, with the transcript that vouches
        for it, and never once a part of it was silenced."""
        if self.state.policy.audio is AudioPolicy.DELIVER:
            return Sound.UNHIDDEN
        silent = self.state.policy.audio is AudioPolicy.TEXT_ONLY or self.state.audio.is_silenced(item_id)
        return Sound.NEVER if silent else Sound.VOUCHED

    def _is_cut(self, item_id: str, status: object, index: int | None = None) -> bool:
        """Deltas and copies must end alike; a text that is still open is treated as cut, since its end may
        yet come."""
        cut = self.state.texts.was_cut(item_id, index)
        is_open = self.state.texts.is_open(item_id, index)
        return cut if cut is not None else status in _OPEN_STATUSES or is_open

    def _walked(self, walk: Walk, item: dict[str, Any], item_id: str) -> dict[str, Any]:
        """The item with each of its parts as that part's own text ended."""
        content = item.get("content")
        rest = {
            key: value for key, value in item.items() if key != "content" or not isinstance(content, list)
        }
        walked: dict[str, Any] = walk.value(rest)
        if isinstance(content, list):
            walked["content"] = []
            for index, part in enumerate(content):
                walk.cut = self._is_cut(item_id, item.get("status"), index)
                walked["content"].append(walk.value(part, depth=2))
        return walked

    def _show(self, event: Event, item_id: str, *, cut: bool) -> Iterator[Command]:
        """``cut`` is for an event without an item: the parts of an item are looked at one by one."""
        walk = self._walk(item_id, cut=cut)
        retrieved = event["type"] == "conversation.item.retrieved"
        if retrieved:
            walk.sound = self._retrieved_sound(item_id)
        walked = self._walk_event(walk, event, item_id)
        if retrieved and walk.redactor is not self.state.policy.to_client:
            # Asked for now, so the rules of now hide more, never less, than those the text was first shown under.
            again = Walk(self.state.policy.to_client, sound=walk.sound, is_users=walk.is_users)
            walked = self._walk_event(again, walked, item_id)
        yield from self.state.hits(walk.hits, item_id, event["type"])
        yield ToClient(walked)

    def _walk_event(self, walk: Walk, event: Event, item_id: str) -> Event:
        item = event.get("item")
        if not isinstance(item, dict):
            walked: Event = walk.value(event)
            return walked
        walk.is_users = item.get("role") == "user"
        rest = walk.value({key: value for key, value in event.items() if key != "item"})
        return {**rest, "item": self._walked(walk, item, item_id)}

    def _grown(self, grown: Grown, item_id: str, event: Event) -> Iterator[Command]:
        yield from self.state.hits(grown.hits, item_id, event["type"])
        if reveals(grown.hits):
            yield from self._silence(item_id, content_index_of(event), event)
        for delta in grown.events:
            is_tail = delta["type"] != event["type"]  # its template has been delivered once, under its own id
            yield ToClient({**delta, "event_id": self.state.own_id("event_sp_")} if is_tail else delta)

    def _end_texts(
        self,
        item_id: str,
        *,
        cut: bool,
        event: Event,
        index: int | None = None,
        copies: Mapping[int, Any] | None = None,
    ) -> Iterator[Command]:
        """``copies``: the parts as the event that ends them shows them, by content index."""
        grown = self.state.texts.finish(item_id, cut=cut, index=index, kinds="response.")
        yield from self._grown(grown, item_id, event)
        for waiting in self.state.audio.waiting(item_id, index):
            clean = not cut and self._agrees(item_id, waiting, (copies or {}).get(waiting))
            yield from self._settle_sound(item_id, waiting, clean=clean, event=event)

    def _agrees(self, item_id: str, index: int, part: Any) -> bool:
        """Whether the part's own copy of the transcript vouches for its sound; a part without one says nothing."""
        transcript = part.get("transcript") if isinstance(part, dict) else None
        if not isinstance(transcript, str):
            return True
        return self._vouches(item_id, index, self._walk(item_id, cut=False).text(transcript))

    def _settle_sound(self, item_id: str, index: int, *, clean: bool, event: Event) -> Iterator[Command]:
        """The transcript is complete: the sound of the part may go, or never goes."""
        if not event["type"].startswith("response."):
            return
        if clean and self.state.texts.is_clean(item_id, index):
            for released in self.state.audio.clear((item_id, index)):
                yield ToClient(released)
        else:
            yield from self._silence(item_id, index, event)

    def _cover(self, item_id: str, index: int, event: Event) -> Iterator[Command]:
        """Sound that the clean transcript is sure to cover, at the fastest that the voice may speak."""
        rate = self.state.policy.speech_rate * max(1.0, self.state.configuration.speed)
        milliseconds = self.state.texts.cleared(item_id, index) * 1000 / rate
        size = self._said_bytes_per_ms(event) or self.state.configuration.least_bytes_per_ms
        for released in self.state.audio.cover((item_id, index), milliseconds, size):
            yield ToClient(released)

    def _bytes_per_ms(self, event: Event) -> int | None:
        """None when neither the response nor the session says how its sound is encoded."""
        return self._said_bytes_per_ms(event) or bytes_per_ms(self.state.configuration.output)

    def _said_bytes_per_ms(self, event: Event) -> int | None:
        response = self.state.turns.active.get(str(event.get("response_id", "")))
        return response.bytes_per_ms if response else None

    def withhold(self, item_id: str, index: int, event: Event, *, stop: bool) -> Iterator[Command]:
        """Words of the part were withheld by something else than a pattern: its sound goes the same way."""
        yield from self._silence(item_id, index, event)
        if stop:
            yield from self._stop_speaking(event)

    def heard(self, event: Event) -> None:
        """The frame of sound has been shown to the client."""
        self.state.audio.played(event)

    def is_silenced(self, item_id: str, index: int) -> bool:
        deliver = self.state.policy.audio is AudioPolicy.DELIVER
        return not deliver and self.state.audio.is_part_silenced((item_id, index))

    def _silence(self, item_id: str, index: int, event: Event) -> Iterator[Command]:
        if self.state.policy.audio is AudioPolicy.DELIVER or not self.state.audio.silence((item_id, index)):
            return
        if not self.state.audio.was_heard((item_id, index)) and not self._speaks(event):
            return
        yield self.state.record("audio.withheld", item_id, fields={"content_index": index})
        if self.state.turns.withheld(event.get("response_id")):
            yield from notice_of_silence(self.state, event.get("response_id"))
        if self.state.policy.audio in STOPS:
            # Counted at the most bytes that a millisecond can have: the provider refuses a time behind the end.
            size = self._bytes_per_ms(event) or PCM_BYTES_PER_MS
            played = self.state.audio.played_ms((item_id, index), size)
            yield from self._stop_speaking(event)
            yield self.state.order(
                "conversation.item.truncate", item_id=item_id, content_index=index, audio_end_ms=played
            )

    def _speaks(self, event: Event) -> bool:
        return "transcript" in event["type"] and event["type"].startswith("response.")

    def _stop_speaking(self, event: Event) -> Iterator[Command]:
        response_id = event.get("response_id")
        turns = self.state.turns
        if response_id in turns.active and not turns.is_cancelling(response_id):
            turns.cancel(response_id)
            yield self.state.order("response.cancel", response_id=response_id)
