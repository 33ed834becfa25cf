"""Where in an event for the client the model's own texts stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from guard.core.audio import part_of
from guard.core.commands import Event
from guard.core.events import Treatment, treatment_of

TextKey = tuple[str, int, str]
"""(item_id, content_index, ``text`` or ``transcript``)."""

Place = tuple[TextKey, dict[str, Any]]
"""A text and the object that holds it, under the key's last part or under ``name_in``."""

_FIELDS = ("text", "transcript", "refusal")
_CARRIERS = frozenset(
    {Treatment.TEXT_DONE, Treatment.PART, Treatment.ITEM, Treatment.OUTPUT_ITEM, Treatment.RESPONSE_DONE}
)


def delta_key(event: Event) -> TextKey | None:
    """The text that a delta belongs to, None unless it is a delta of something that the model says."""
    kind = event["type"]
    if not kind.startswith("response.") or treatment_of(kind) is not Treatment.TEXT_DELTA:
        return None
    return *part_of(event), "transcript" if "transcript" in kind else "text"


def ends(event: Event, key: TextKey, response_id: object) -> bool:
    """Whether the last delta of a text of this response has gone by when ``event`` comes."""
    is_done = event["type"].endswith(".done")
    match treatment_of(event["type"]):
        case Treatment.TEXT_DONE:
            name = "transcript" if "transcript" in event["type"] else "text"
            return key == (*part_of(event), name)
        case Treatment.PART:
            return is_done and key[:2] == part_of(event)
        case Treatment.ITEM | Treatment.OUTPUT_ITEM:
            return is_done and bool(key[0] == event["item"].get("id"))
        case Treatment.RESPONSE_DONE:
            # A text that names no response ends with any.
            return response_id in (event["response"].get("id"), None)
    return False


def texts_in(event: Event) -> Iterator[Place]:
    """Every whole copy of a text of the model in ``event``. What a user said is not among them."""
    if treatment_of(event["type"]) not in _CARRIERS or "input_audio_transcription" in event["type"]:
        return
    yield from _walk(event, *part_of(event))


def _is_users(value: dict[str, Any]) -> bool:
    """An item of a conversation; beside a text alone a role means nothing."""
    return value.get("role") in ("user", "system") and "content" in value and "id" in value


def _walk(value: Any, item_id: str, index: int) -> Iterator[Place]:
    if isinstance(value, list):
        for entry in value:
            yield from _walk(entry, item_id, index)
    elif isinstance(value, dict) and not _is_users(value):
        for field in _FIELDS:
            if isinstance(value.get(field), str):
                yield (item_id, index, field), value
        for key, entry in value.items():
            if key == "content" and isinstance(entry, list) and isinstance(value.get("id"), str):
                for at, part in enumerate(entry):
                    yield from _walk(part, value["id"], at)
            elif isinstance(entry, dict | list):
                yield from _walk(entry, item_id, index)
