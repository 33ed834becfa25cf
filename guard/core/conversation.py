"""Which items of the provider's conversation the client may know of, and in which order it sees them."""

from __future__ import annotations

from collections import OrderedDict

from guard.core.memory import remember

_MOST = 10_000
"""Items remembered a session; older ones count as unknown, which refuses rather than reveals."""


class Conversation:
    """An item is visible once it was delivered (or made by the client); a hidden one never was."""

    def __init__(self) -> None:
        self._visible: OrderedDict[str, None] = OrderedDict()
        self._hidden: OrderedDict[str, str | None] = OrderedDict()
        self._ours: OrderedDict[str, None] = OrderedDict()

    def own(self, item_id: str) -> None:
        """An item that Sallyport puts into the conversation, for the model alone."""
        remember(self._ours, item_id, None, _MOST)

    def is_own(self, item_id: str) -> bool:
        return item_id in self._ours

    def show(self, item_id: str) -> None:
        self._hidden.pop(item_id, None)
        self._visible[item_id] = None
        if len(self._visible) > _MOST:
            self._visible.popitem(last=False)

    def hide(self, item_id: str, previous_item_id: str | None) -> None:
        """``previous_item_id`` is kept so that what follows can be hung on the nearest visible item."""
        if item_id in self._visible:
            return
        if self._hidden.get(item_id) is None:
            self._hidden[item_id] = previous_item_id
        if len(self._hidden) > _MOST:
            self._hidden.popitem(last=False)

    def forget(self, item_id: str) -> None:
        self._visible.pop(item_id, None)

    def is_visible(self, item_id: str) -> bool:
        return item_id in self._visible

    def is_taken(self, item_id: str) -> bool:
        return item_id in self._visible or item_id in self._hidden

    def visible_before(self, item_id: str | None) -> str | None:
        """``item_id`` itself, or the nearest visible item before it."""
        seen: set[str] = set()
        while item_id is not None and item_id in self._hidden and item_id not in seen:
            seen.add(item_id)
            item_id = self._hidden[item_id]
        return None if item_id in seen else item_id
