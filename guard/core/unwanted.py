"""Responses that the provider began before everything said to it had been judged.

Holding back requests is not enough: a turn can end at the provider while a request is on its way there, and the
response then answers words that nobody has judged. Such a response is cancelled, nothing of it is shown, and what it
has added to the conversation is deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from guard.core.commands import Command, Event
from guard.core.state import State


class Unwanted:
    def __init__(self, state: State) -> None:
        self.state = state
        self._responses: dict[str, list[str]] = {}

    def begin(self, response_id: str) -> Iterator[Command]:
        self._responses[response_id] = []
        yield from self.state.withheld("response.created", "it answers what has not been judged yet")
        self.state.turns.cancel(response_id)
        yield self.state.order("response.cancel", response_id=response_id)

    def concerns(self, event: Event) -> bool:
        """Whether ``event`` is part of such a response."""
        if not self._responses:
            return False
        return self._response_of(event) is not None

    def is_unannounced(self, event: Event) -> bool:
        """Whether it belongs to a response that never began, and so could not be told to wait."""
        if event["type"] == "response.created":
            return False
        if event["type"].startswith("response."):
            return _named(event) not in self.state.turns.active
        return self._is_new(event)

    def receive(self, event: Event) -> Iterator[Command]:
        """Keeps track of what has to be deleted; the end of the response deletes it."""
        response_id = self._response_of(event)
        if response_id is None:
            return
        for item in _items_of(event):
            if item["id"] not in self._responses[response_id]:
                self._responses[response_id].append(item["id"])
                self.state.conversation.hide(item["id"], event.get("previous_item_id"))
        if event["type"] == "response.done":
            self.state.turns.done(response_id)
            for item_id in self._responses.pop(response_id):
                yield self.state.order("conversation.item.delete", item_id=item_id)

    def _response_of(self, event: Event) -> str | None:
        if isinstance(named := _named(event), str):
            return named if named in self._responses else None
        item_id = event.get("item_id") or next((item["id"] for item in _items_of(event)), None)
        for response_id, items in self._responses.items():
            if item_id in items:
                return response_id
        # An item of the model that is new while such a response runs is that response's.
        return next(iter(self._responses)) if self._is_new(event) else None

    def _is_new(self, event: Event) -> bool:
        """Whether it brings an item of the model that nobody has seen."""
        return any(
            item.get("role") != "user"
            and item.get("type") in ("message", "function_call")
            and not self.state.conversation.is_taken(item["id"])
            for item in _items_of(event)
        )


def _named(event: Event) -> Any:
    response = event.get("response")
    return response.get("id") if isinstance(response, dict) else event.get("response_id")


def _items_of(event: Event) -> list[dict[str, Any]]:
    response = event.get("response")
    output = response.get("output") if isinstance(response, dict) else None
    items = [event.get("item"), *(output or [])]
    return [item for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)]
