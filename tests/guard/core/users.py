"""What a user says, typed and spoken, and what goes up because of it."""

from __future__ import annotations

from typing import Any

from judging import NAMES, Judge, flags
from provider import event
from script import Orders, Script, policy

GATED = {"gated_turns": True, "transcription_model": "whisper"}
BAD = "something forbidden"


def desk(*, classifier: Any = NAMES, judgement: Any = None, **changes: Any) -> Judge:
    classifiers = (classifier,) if classifier else ()
    script = Script(policy(model_classifiers=classifiers, **changes))
    return Judge(script, judgement or flags("forbidden"))


def typed(text: str, **fields: Any) -> dict[str, Any]:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **fields}
    return {"type": "conversation.item.create", "event_id": "mine", "item": item}


def turn(item_id: str = "item_u") -> dict[str, Any]:
    return event("input_audio_buffer.committed", item_id=item_id, previous_item_id=None)


def transcript(text: Any, item_id: str = "item_u") -> dict[str, Any]:
    kind = "conversation.item.input_audio_transcription.completed"
    return event(kind, item_id=item_id, content_index=0, transcript=text)


def ups(orders: Orders) -> list[str]:
    return [sent["type"] for sent in orders.to_upstream]


CREATE = {"type": "response.create", "event_id": "create"}
