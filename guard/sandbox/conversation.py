"""The conversation as the provider keeps it: items in order, and what stands behind them (sound,
transcripts)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from guard.sandbox.events import Ids, Refusal
from guard.sandbox.speech import Encoding

ROOT = "root"


@dataclass(slots=True)
class Item:
    """``wire`` is what ``conversation.item.added`` and ``.done`` show. ``heard`` is the sound behind it, in
    ``encoding``; ``transcript`` the user's words, which only ``conversation.item.retrieved`` shows."""

    wire: dict[str, Any]
    heard: bytes = b""
    encoding: Encoding | None = None
    transcript: str | None = None

    @property
    def id(self) -> str:
        return str(self.wire["id"])

    @property
    def kind(self) -> str:
        return str(self.wire["type"])

    @property
    def role(self) -> str:
        return str(self.wire.get("role", ""))

    def text(self) -> str:
        """All words of a message, spoken or written."""
        if self.transcript is not None:
            return self.transcript
        parts = self.wire.get("content") or []
        return " ".join(str(part.get("text") or part.get("transcript") or "") for part in parts).strip()

    def retrieved(self) -> dict[str, Any]:
        """The item with its sound and its transcript."""
        if not self.heard or "content" not in self.wire:
            return self.wire
        audio = base64.b64encode(self.heard).decode("ascii")
        return {**self.wire, "content": [self._voiced(part, audio) for part in self.wire["content"]]}

    def _voiced(self, part: dict[str, Any], audio: str) -> dict[str, Any]:
        if part["type"] == "input_audio":
            return {"type": "input_audio", "transcript": self.transcript, "audio": audio}
        return {**part, "audio": audio} if part["type"] == "output_audio" else part


class Conversation:
    def __init__(self, ids: Ids) -> None:
        self.id = ids.make("conv")
        self._items: list[Item] = []

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def find(self, item_id: object) -> Item | None:
        return next((item for item in self._items if item.wire["id"] == item_id), None)

    def append(self, item: Item) -> str | None:
        """The id of the item before it."""
        previous = self._items[-1].id if self._items else None
        self._items.append(item)
        return previous

    def insert(self, item: Item, after: object) -> str | None:
        """Put ``item`` behind the item ``after`` (None: at the end, "root": first). Raises ``Refusal``."""
        if self.find(item.id) is not None:
            message = f"Error adding item: an item with id '{item.id}' already exists."
            raise Refusal("item_create_invalid_item_id", message, "item.id")
        if after is None:
            return self.append(item)
        place = 0 if after == ROOT else self._place(after) + 1
        self._items.insert(place, item)
        return self._items[place - 1].id if place else None

    def _place(self, item_id: object) -> int:
        for place, item in enumerate(self._items):
            if item.wire["id"] == item_id:
                return place
        message = f"Error adding item: the previous item with id '{item_id}' does not exist."
        raise Refusal("item_create_invalid_previous_item_id", message, "previous_item_id")

    def has_call(self, call_id: str) -> bool:
        return any(item.kind == "function_call" and item.wire["call_id"] == call_id for item in self._items)

    def require(self, item_id: object, verb: str) -> Item:
        """``verb`` is retrieve, delete or truncate. Raises ``Refusal`` with the provider's code for it."""
        item = self.find(item_id)
        if item is None:
            message = f"Error: cannot {verb} the item with id '{item_id}', it does not exist."
            raise Refusal(f"item_{verb}_invalid_item_id", message, "item_id")
        return item

    def delete(self, item_id: object) -> None:
        self._items.remove(self.require(item_id, "delete"))

    def truncate(self, item_id: object, content_index: int, end_ms: int) -> int | None:
        """Cut the sound of an assistant item and forget its transcript, since nobody knows where the words
        stand.

        Returns the length of the sound in milliseconds if that was shorter than asked, else None.
        """
        item = self.require(item_id, "truncate")
        parts = item.wire.get("content") or []
        if item.encoding is None or item.role != "assistant" or not item.heard or content_index >= len(parts):
            raise Refusal("unsupported_content_type", "Only model output audio messages can be truncated.")
        length = len(item.heard) // item.encoding.bytes_per_ms
        item.heard = item.heard[: end_ms * item.encoding.bytes_per_ms]
        parts[content_index]["transcript"] = ""
        return length if end_ms > length else None
