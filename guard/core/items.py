"""Which conversation items a client may make: its own words, sounds and pictures, nothing that forges
authority."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from guard.core.client_events import check_audio
from guard.core.policy import Policy
from guard.core.redact import Hit
from guard.core.refusal import Code, Refusal, denied, invalid
from guard.core.shapes import base64_length

TEXT_CHARS = 64 * 1024
"""All text of one message. Redaction reads every character; a message is nobody's novel."""
AUDIO_BYTES = 3 * 1024 * 1024
IMAGE_BYTES = 3 * 1024 * 1024
"""Decoded."""

_IMAGE = re.compile(r"data:image/(?P<kind>png|jpeg|webp);base64,")
_SIGNATURES = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpeg": re.compile(rb"\xff\xd8\xff"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}


class Book(Protocol):
    """What the session knows of items."""

    def is_visible(self, item_id: str) -> bool: ...
    def is_taken(self, item_id: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Judged:
    """``item`` may go to the provider. ``hits`` are what was hidden in its text, with offsets into each
    part."""

    item: dict[str, Any]
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """The answer to a call. Whether there was such a call only the session knows; nothing here has judged
    ``output``."""

    call_id: str
    output: str
    item_id: str | None = None


def judge_item(item: Mapping[str, Any], policy: Policy, book: Book) -> Judged | ToolOutput:
    """An item of ``conversation.item.create`` or of ``response.input``, in a validated shape.

    Raises ``Refusal`` with a ``param`` that begins with ``item``. What the client says about ``status`` and
    ``object`` is dropped: both are the provider's to say."""
    kind = item.get("type")
    if kind == "item_reference":
        return _reference(item, book)
    if kind not in ("message", "function_call_output"):
        # A forged call would legitimise a forged output; mcp items approve or fake tools that run past
        # every decision.
        raise denied("item.type", "Items of this type cannot be created.", rule=f"item:{kind}")
    _check_id(item, book)
    if kind == "function_call_output":
        return ToolOutput(item["call_id"], item["output"], item.get("id"))
    return _message(item, policy)


def judge_previous(previous_item_id: str | None, book: Book) -> None:
    """Where an item may be put: at the start, or behind one that the client can see. Raises ``Refusal``."""
    if previous_item_id not in (None, "root") and not book.is_visible(str(previous_item_id)):
        raise not_found("previous_item_id")


def not_found(param: str) -> Refusal:
    """Also the answer for items that exist and are hidden: the client must not learn of them."""
    return Refusal(Code.ITEM_NOT_FOUND, f"No item with this id exists: '{param}'.", param)


def _reference(item: Mapping[str, Any], book: Book) -> Judged:
    if not book.is_visible(item["id"]):
        raise not_found("item.id")
    return Judged({"type": "item_reference", "id": item["id"]})


def _check_id(item: Mapping[str, Any], book: Book) -> None:
    if "id" in item and book.is_taken(item["id"]):
        raise invalid("item.id", "an id that is not in use")


def _message(item: Mapping[str, Any], policy: Policy) -> Judged:
    role = item["role"]
    if role == "system":
        raise denied("item.role", "System messages cannot be created.", rule="item:system")
    if role == "assistant" and not policy.accepts_history:
        raise denied("item.role", "Assistant messages cannot be created.", rule="item:assistant")
    if sum(len(part.get("text") or "") for part in item["content"]) > TEXT_CHARS:
        raise invalid("item.content", f"at most {TEXT_CHARS} characters of text")
    judges = _HISTORY if role == "assistant" else _USER
    parts: list[dict[str, Any]] = []
    hits: list[Hit] = []
    for index, part in enumerate(item["content"]):
        judged, found = _part(part, judges, policy, f"item.content[{index}]")
        parts.append(judged)
        hits += found
    kept = {"id": item["id"]} if "id" in item else {}
    return Judged({"type": "message", "role": role, **kept, "content": parts}, tuple(hits))


Part = tuple[dict[str, Any], tuple[Hit, ...]]
PartJudge = Callable[[Mapping[str, Any], Policy, str], Part]


def _part(part: Mapping[str, Any], judges: Mapping[str, PartJudge], policy: Policy, path: str) -> Part:
    judge = judges.get(part["type"])
    if judge is None:
        raise invalid(f"{path}.type", " or ".join(sorted(judges)))
    return judge(part, policy, path)


def _text(part: Mapping[str, Any], policy: Policy, path: str) -> Part:
    redaction = policy.to_model.whole(part["text"])
    return {"type": part["type"], "text": redaction.text}, redaction.hits


def _audio(part: Mapping[str, Any], _: Policy, path: str) -> Part:
    check_audio(part.get("audio", ""), f"{path}.audio", AUDIO_BYTES)
    # A transcript of the client's own making would stand in the record as what was said.
    return {"type": "input_audio", "audio": part["audio"]}, ()


def _image(part: Mapping[str, Any], _: Policy, path: str) -> Part:
    check_image(part["image_url"], f"{path}.image_url")
    kept = {"detail": part["detail"]} if "detail" in part else {}
    return {"type": "input_image", "image_url": part["image_url"], **kept}, ()


def check_image(url: str, param: str) -> None:
    """Raises ``Refusal`` unless ``url`` holds a PNG, JPEG or WebP picture itself: a remote one would be
    fetched by the provider, which tells its owner about the conversation."""
    head = _IMAGE.match(url)
    if head is None:
        raise denied(
            param, "Images must be data: URLs of type png, jpeg or webp, in base64.", rule="image_url"
        )
    payload = url[head.end() :]
    try:
        length = base64_length(payload)
    except ValueError:
        raise invalid(param, "base64") from None
    if length > IMAGE_BYTES:
        raise invalid(param, f"at most {IMAGE_BYTES} bytes of image")
    if not _SIGNATURES[head["kind"]].match(base64.b64decode(payload[:32])):
        raise invalid(param, f"a {head['kind']} image, as its URL says")


_USER: dict[str, PartJudge] = {"input_text": _text, "input_audio": _audio, "input_image": _image}
_HISTORY: dict[str, PartJudge] = {"output_text": _text}
"""Text only: sound in an assistant's message could not be checked against any transcript."""
