"""The objects inside client events, field by field as the official SDK types have them (a test compares the
two).

Absent and null differ on the wire: null clears a field, so ``UNSET`` means absent. Fields that belong to
the policy take null as well, because SDKs send it and nothing of it goes on."""

from __future__ import annotations

import binascii
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

OWN_PREFIX = "sp_"
"""Ids of events and metadata keys of ours; clients may not use it, so what carries it is never the
client's."""

Id = Annotated[str, Meta(pattern=r"\A[ -~]{1,512}\Z")]
"""Opaque. Printable ASCII only: ids end up in log lines."""

OwnableId = Annotated[str, Meta(pattern=r"\A(?!(?:item_)?sp_)[ -~]{1,512}\Z")]
"""An id that the client chooses. Not one that an item of ours would get: the provider takes each id once, so ours, and
with it the answer to a denied call, would be refused."""

Ratio = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
Tokens = Annotated[int, Meta(ge=1, le=4096)] | Literal["inf"]
Modalities = Annotated[list[Literal["text", "audio"]], Meta(min_length=1, max_length=2)]
Metadata = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=64)], Annotated[str, Meta(max_length=512)]],
    Meta(max_length=16),
]


def base64_length(text: str) -> int:
    """Decoded bytes. Raises ValueError for anything but strict base64: alphabet, length, padding."""
    return len(binascii.a2b_base64(text.encode("ascii"), strict_mode=True))


class Shape(msgspec.Struct, forbid_unknown_fields=True):
    pass


# -- audio


class AudioPCM(Shape, tag="audio/pcm"):
    rate: Literal[24000] | UnsetType = UNSET


class AudioPCMU(Shape, tag="audio/pcmu"):
    pass


class AudioPCMA(Shape, tag="audio/pcma"):
    pass


AudioFormat = AudioPCM | AudioPCMU | AudioPCMA


class NoiseReduction(Shape):
    type: Literal["near_field", "far_field"] | UnsetType = UNSET
    strength: float | UnsetType = UNSET


class Transcription(Shape):
    model: str | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    languages: list[str] | UnsetType | None = UNSET
    prompt: str | UnsetType | None = UNSET
    keywords: list[str] | UnsetType | None = UNSET
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | UnsetType | None = UNSET


class ServerVad(Shape, tag="server_vad"):
    create_response: bool | UnsetType = UNSET
    idle_timeout_ms: Count | UnsetType | None = UNSET
    interrupt_response: bool | UnsetType = UNSET
    prefix_padding_ms: Count | UnsetType = UNSET
    silence_duration_ms: Count | UnsetType = UNSET
    threshold: Ratio | UnsetType = UNSET


class SemanticVad(Shape, tag="semantic_vad"):
    create_response: bool | UnsetType = UNSET
    eagerness: Literal["low", "medium", "high", "auto"] | UnsetType = UNSET
    interrupt_response: bool | UnsetType = UNSET


class AudioInput(Shape):
    format: AudioFormat | UnsetType = UNSET
    noise_reduction: NoiseReduction | UnsetType | None = UNSET
    transcription: Transcription | UnsetType | None = UNSET
    turn_detection: ServerVad | SemanticVad | UnsetType | None = UNSET


class VoiceId(Shape):
    id: str


Voice = Annotated[str, Meta(min_length=1, max_length=128)] | VoiceId


class AudioOutput(Shape):
    format: AudioFormat | UnsetType = UNSET
    speed: Annotated[float, Meta(ge=0.25, le=1.5)] | UnsetType = UNSET
    voice: Voice | UnsetType = UNSET


class Audio(Shape):
    input: AudioInput | UnsetType = UNSET
    output: AudioOutput | UnsetType = UNSET


class ResponseAudioOutput(Shape):
    format: AudioFormat | UnsetType = UNSET
    voice: Voice | UnsetType = UNSET


class ResponseAudio(Shape):
    output: ResponseAudioOutput | UnsetType = UNSET


# -- tools; whatever their definitions say, only names are read


class FunctionTool(Shape, tag="function"):
    name: str
    description: str | UnsetType | None = UNSET
    parameters: Any = UNSET


class McpTool(Shape, tag="mcp"):
    server_label: str
    allowed_callers: Any = UNSET
    allowed_tools: Any = UNSET
    authorization: Any = UNSET
    connector_id: Any = UNSET
    defer_loading: Any = UNSET
    headers: Any = UNSET
    require_approval: Any = UNSET
    server_description: Any = UNSET
    server_url: Any = UNSET
    tunnel_id: Any = UNSET


class FunctionChoice(Shape, tag="function"):
    name: str


class McpChoice(Shape, tag="mcp"):
    server_label: str
    name: str | UnsetType | None = UNSET


Tools = list[FunctionTool | McpTool]
ToolChoice = Literal["none", "auto", "required"] | FunctionChoice | McpChoice


# -- the session


class Prompt(Shape):
    id: str
    variables: Any = UNSET
    version: str | UnsetType | None = UNSET


class Reasoning(Shape):
    effort: Literal["minimal", "low", "medium", "high", "xhigh"] | UnsetType = UNSET


class Tracing(Shape):
    group_id: str | UnsetType | None = UNSET
    metadata: Any = UNSET
    workflow_name: str | UnsetType | None = UNSET


class TokenLimits(Shape):
    post_instructions: Count | UnsetType = UNSET


class RetentionRatio(Shape, tag="retention_ratio"):
    retention_ratio: Ratio
    token_limits: TokenLimits | UnsetType = UNSET


Include = list[Literal["item.input_audio_transcription.logprobs"]]


class RealtimeSession(Shape, tag="realtime"):
    audio: Audio | UnsetType = UNSET
    include: Include | UnsetType | None = UNSET
    instructions: str | UnsetType | None = UNSET
    max_output_tokens: Tokens | UnsetType = UNSET
    model: str | UnsetType = UNSET
    output_modalities: Modalities | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    prompt: Prompt | UnsetType | None = UNSET
    reasoning: Reasoning | UnsetType = UNSET
    tool_choice: ToolChoice | UnsetType | None = UNSET
    tools: Tools | UnsetType | None = UNSET
    tracing: Literal["auto"] | Tracing | UnsetType | None = UNSET
    truncation: Literal["auto", "disabled"] | RetentionRatio | UnsetType = UNSET


class TranscriptionAudio(Shape):
    input: AudioInput | UnsetType = UNSET


class TranscriptionSession(Shape, tag="transcription"):
    audio: TranscriptionAudio | UnsetType = UNSET
    include: Include | UnsetType | None = UNSET


Session = RealtimeSession | TranscriptionSession
