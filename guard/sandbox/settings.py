"""How one response is to be made: the session's settings with the overrides of ``response.create``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from guard.sandbox import checks, session, sessiontools
from guard.sandbox.conversation import Conversation, Item
from guard.sandbox.events import Ids, Refusal
from guard.sandbox.items import LONGEST_ID, from_client
from guard.sandbox.script import Cue
from guard.sandbox.session import Session
from guard.sandbox.speech import ENCODINGS, Encoding

_PHASED = ("gpt-realtime-2", "gpt-realtime-2.1", "gpt-realtime-2.1-mini")
_INTERLEAVED = ("gpt-realtime-2.1", "gpt-realtime-2.1-mini")
_METADATA_PAIRS, _METADATA_KEY, _METADATA_VALUE = 16, 64, 512


@dataclass(frozen=True, slots=True)
class Settings:
    """``in_conversation`` False: out of band, the output becomes no part of the conversation. ``input``
    replaces the conversation as context. ``phased``: items say whether they are commentary or the final
    answer. ``interleaved``: the events of several outputs mix. Both are habits of newer models."""

    spoken: bool
    encoding: Encoding
    output: dict[str, Any]
    max_output_tokens: int | str
    instructions: str
    tools: tuple[str, ...]
    tool_choice: str | dict[str, Any]
    parallel: bool
    in_conversation: bool = True
    metadata: dict[str, str] | None = None
    input: tuple[Item, ...] | None = None
    phased: bool = False
    interleaved: bool = False

    def cue(self, context: Sequence[Item]) -> Cue:
        """What the model reacts to: tool results that wait at the end of ``context``, or the user's last
        words."""
        outputs = _waiting_outputs(context)
        spoken = [item for item in context if item.role == "user"]
        return Cue(
            spoken[-1].text() if spoken else "",
            outputs,
            self.instructions,
            self.tools,
            self.tool_choice,
            self.parallel,
        )


def _waiting_outputs(context: Sequence[Item]) -> tuple[str, ...]:
    outputs: list[str] = []
    for item in reversed(context):
        if item.kind == "function_call_output":
            outputs.insert(0, str(item.wire["output"]))
        elif item.kind != "function_call":
            break
    return tuple(outputs)


def _metadata(value: object, path: str) -> dict[str, str] | None:
    if value is None:
        return None
    pairs = checks.mapping(value, path)
    if len(pairs) > _METADATA_PAIRS:
        raise Refusal("invalid_value", f"Invalid '{path}': at most {_METADATA_PAIRS} pairs.", path)
    for key, text in pairs.items():
        checks.text(key, path, _METADATA_KEY)
        checks.text(text, f"{path}.{key}", _METADATA_VALUE)
    return pairs


def _plain(value: object, path: str) -> Any:
    return value


_FIELDS: dict[str, Callable[[object, str], Any]] = {
    "instructions": session.instructions,
    "tools": sessiontools.definitions,
    "tool_choice": sessiontools.choice,
    "parallel_tool_calls": _plain,
    "output_modalities": session.modalities,
    "max_output_tokens": session.output_tokens,
    "metadata": _metadata,
    "conversation": lambda value, path: checks.one_of(value or "auto", path, ("auto", "none")),
    "prompt": _plain,
    "reasoning": _plain,
}
_KNOWN = (*_FIELDS, "input", "audio")


def of_session(shape: dict[str, Any], interleave: bool | None) -> Settings:
    """The settings of a response that nobody asked for (voice activity), straight from the session."""
    return _settings(shape, {}, shape["audio"]["output"], interleave)


def of_request(
    current: Session, conversation: Conversation, ids: Ids, request: object, interleave: bool | None
) -> Settings:
    """The settings that ``response.create.response`` asks for. Raises ``Refusal``."""
    wanted = checks.mapping(request or {}, "response", _KNOWN)
    fields = {key: check(wanted[key], f"response.{key}") for key, check in _FIELDS.items() if key in wanted}
    audio = checks.mapping(wanted.get("audio") or {}, "response.audio", ("output",))
    shape, path = current.shape["audio"]["output"], "response.audio.output"
    if wanted.get("input") is not None:
        fields["input"] = _input(wanted["input"], conversation, ids, current.input_encoding)
    output = session.merged(shape, audio.get("output"), session.OUTPUT, path)
    return _settings(current.shape, fields, output, interleave)


def _input(value: object, conversation: Conversation, ids: Ids, encoding: Encoding) -> tuple[Item, ...]:
    return tuple(
        _context_item(item, conversation, ids, encoding, f"response.input[{index}]")
        for index, item in enumerate(checks.sequence(value, "response.input"))
    )


def _context_item(value: object, conversation: Conversation, ids: Ids, encoding: Encoding, path: str) -> Item:
    raw = checks.mapping(value, path)
    if raw.get("type") != "item_reference":
        return from_client(raw, ids, encoding, path)
    item_id = checks.text(checks.required(raw, "id", path), f"{path}.id", LONGEST_ID)
    return conversation.require(item_id, "retrieve")


def _settings(
    shape: dict[str, Any], fields: dict[str, Any], output: dict[str, Any], interleave: bool | None
) -> Settings:
    chosen = {**shape, **fields}
    model = str(shape["model"])
    return Settings(
        spoken=chosen["output_modalities"] == ["audio"],
        encoding=ENCODINGS[output["format"]["type"]],
        output={"format": output["format"], "voice": output["voice"]},
        max_output_tokens=chosen["max_output_tokens"],
        instructions=chosen["instructions"],
        tools=tuple(str(tool.get("name") or tool.get("server_label")) for tool in chosen["tools"]),
        tool_choice=chosen["tool_choice"],
        parallel=chosen.get("parallel_tool_calls") is not False,
        in_conversation=fields.get("conversation", "auto") == "auto",
        metadata=fields.get("metadata"),
        input=fields.get("input"),
        phased=model in _PHASED,
        interleaved=model in _INTERLEAVED if interleave is None else interleave,
    )
