"""What a client was shown, searched for a value, and its copies compared."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.blackbox.scripted_provider import Line, marker
from tests.blackbox.talker import Talker

Event = dict[str, Any]
Stream = tuple[str, int, str]
"""(item, content index, whose words): the copies of one stream must be one text."""

_PIECE = 8
"""Letters of a value that must not stand together anywhere; a token says less than that of what it replaced."""
_FEWEST_DIGITS = 8
_SECONDS = 60.0
"""A thousand events and a busy machine."""
_TEXTS = ("text", "transcript", "arguments")


class Shown:
    """Every frame that one client received."""

    def __init__(self, frames: list[str]) -> None:
        self.frames = frames
        self.events: list[Event] = [json.loads(frame) for frame in frames]
        self.streamed: dict[Stream, str] = defaultdict(str)
        self.whole: dict[Stream, set[str]] = defaultdict(set)
        for each in self.events:
            self._sort(each)

    # -- a value

    def leaks(self, value: str) -> list[str]:
        """Pieces of ``value`` that stand in a frame, in its decoded texts or in a stream put together."""
        texts = [*self.frames, *self.strings(), *self.streamed.values()]
        everything = "\n".join(texts)
        pieces = {value[at : at + _PIECE] for at in range(max(1, len(value) - _PIECE + 1))}
        found = [piece for piece in pieces if piece in everything]
        return found + self._leaked_digits(value)

    def _leaked_digits(self, value: str) -> list[str]:
        """A number is a number whatever stands between its digits."""
        digits = re.sub(r"\D", "", value)
        if len(digits) < _FEWEST_DIGITS or re.search(r"[g-zG-Z]", value):
            return []
        texts = [*self.streamed.values(), *(text for texts in self.whole.values() for text in texts)]
        return [digits for text in texts if digits in re.sub(r"\D", "", text)]

    def strings(self) -> Iterator[str]:
        for each in self.events:
            yield from _strings(each)

    # -- copies

    def disagreements(self) -> dict[Stream, set[str]]:
        """Streams whose copies are not one text to the letter, or not what the deltas spell."""
        seen = {
            stream: texts | ({self.streamed[stream]} if stream in self.streamed else set())
            for stream, texts in self.whole.items()
        }
        return {stream: texts for stream, texts in seen.items() if len(texts) > 1}

    @property
    def texts(self) -> set[str]:
        """Every text that was shown as whole."""
        return {text for texts in self.whole.values() for text in texts}

    def _sort(self, shown: Event) -> None:
        kind, index = shown["type"], shown.get("content_index", 0)
        if kind.endswith((".delta", ".segment")) and "item_id" in shown and "audio.delta" not in kind:
            self.streamed[shown["item_id"], index, _owner(kind)] += shown.get("delta", shown.get("text", ""))
        elif kind.endswith((".done", ".completed")) and "item_id" in shown and "part" not in shown:
            self._keep(shown["item_id"], index, shown, _owner(kind))
        for part in (shown.get("part"), shown.get("content")):
            if isinstance(part, dict) and kind.endswith(".done"):
                self._keep(shown["item_id"], index, part, "model")
        items = [shown["item"]] if "item" in shown else (shown.get("response") or {}).get("output", [])
        for item in items:
            self._item(item)

    def _item(self, item: Event) -> None:
        if item.get("status") != "in_progress":
            self._keep(item["id"], 0, item, "model")
            for index, part in enumerate(item.get("content", [])):
                self._keep(item["id"], index, part, "user" if item["role"] == "user" else "model")

    def _keep(self, item_id: str, index: int, holder: Event, owner: str) -> None:
        for field in _TEXTS:
            if isinstance(holder.get(field), str):
                self.whole[item_id, index, owner].add(holder[field])


_markers = itertools.count()


async def shown_after(talker: Talker, line: Line, *streams: list[Event]) -> Shown:
    """Everything new that the client has, once all that the provider says here has come through."""
    known, name = len(talker.frames), f"marker {next(_markers)}"
    await line.push(each for stream in streams for each in stream)
    await line.push([marker(name)])
    async with asyncio.timeout(_SECONDS):
        while not talker.frames or f'"{name}"' not in str(talker.frames[-1]):
            assert not talker.reading.done(), talker.frames[-1]
            await asyncio.sleep(0.005)
    return Shown([str(frame) for frame in talker.frames[known:]])


def _owner(kind: str) -> str:
    """Segments are texts of their own: they may be put together otherwise than the transcript."""
    if kind.endswith(".segment"):
        return "segments"
    return "user" if kind.startswith("conversation.item.input_audio_transcription") else "model"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield key
            yield from _strings(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _strings(entry)
