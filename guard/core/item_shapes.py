"""Conversation items and the fields of one response, as clients send them."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from guard.core.shapes import (
    Id,
    Metadata,
    Modalities,
    OwnableId,
    Prompt,
    Reasoning,
    ResponseAudio,
    Shape,
    Tokens,
    ToolChoice,
    Tools,
)

Status = Literal["completed", "incomplete", "in_progress"]


class InputText(Shape, tag="input_text"):
    text: str


class InputAudio(Shape, tag="input_audio"):
    audio: str | UnsetType = UNSET
    transcript: str | UnsetType | None = UNSET


class InputImage(Shape, tag="input_image"):
    image_url: str
    detail: Literal["auto", "low", "high"] | UnsetType = UNSET


class OutputText(Shape, tag="output_text"):
    text: str


class OutputAudio(Shape, tag="output_audio"):
    audio: str | UnsetType = UNSET
    transcript: str | UnsetType | None = UNSET


Content = InputText | InputAudio | InputImage | OutputText | OutputAudio


class Item(Shape):
    id: OwnableId | UnsetType = UNSET
    object: Literal["realtime.item"] | UnsetType = UNSET
    status: Status | UnsetType = UNSET


class Message(Item, tag="message", kw_only=True):
    role: Literal["system", "user", "assistant"]
    content: list[Content]


class FunctionCall(Item, tag="function_call", kw_only=True):
    name: str
    arguments: str
    call_id: Id | UnsetType = UNSET


class FunctionCallOutput(Item, tag="function_call_output", kw_only=True):
    call_id: Id
    output: str


class McpApprovalResponse(Shape, tag="mcp_approval_response"):
    """The SDK's types call the id required; openai-agents for JavaScript leaves it out."""

    approval_request_id: Id
    approve: bool
    id: Id | UnsetType = UNSET
    reason: str | UnsetType | None = UNSET


# The other mcp items are refused whatever they hold; their fields are here so that the refusal says so.


class McpApprovalRequest(Shape, tag="mcp_approval_request"):
    id: Id
    server_label: str
    name: str
    arguments: str


class McpListTools(Shape, tag="mcp_list_tools"):
    server_label: str
    tools: list[Any]
    id: Id | UnsetType = UNSET


class McpCall(Shape, tag="mcp_call"):
    id: Id
    server_label: str
    name: str
    arguments: str
    approval_request_id: str | UnsetType | None = UNSET
    error: Any = UNSET
    output: str | UnsetType | None = UNSET


class ItemReference(Shape, tag="item_reference"):
    id: Id


ConversationItem = (
    Message
    | FunctionCall
    | FunctionCallOutput
    | McpApprovalResponse
    | McpApprovalRequest
    | McpListTools
    | McpCall
)


class ResponseParams(Shape):
    audio: ResponseAudio | UnsetType = UNSET
    conversation: str | UnsetType = UNSET
    input: list[ConversationItem | ItemReference] | UnsetType = UNSET
    instructions: str | UnsetType | None = UNSET
    max_output_tokens: Tokens | UnsetType = UNSET
    metadata: Metadata | UnsetType | None = UNSET
    output_modalities: Modalities | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    prompt: Prompt | UnsetType | None = UNSET
    reasoning: Reasoning | UnsetType = UNSET
    tool_choice: ToolChoice | UnsetType | None = UNSET
    tools: Tools | UnsetType | None = UNSET
