import msgspec
import pytest
from official import differences, fields_of, fields_of_shape
from openai.types import realtime
from openai.types.realtime import (
    realtime_conversation_item_assistant_message as assistant,
)
from openai.types.realtime import (
    realtime_conversation_item_system_message as system,
)
from openai.types.realtime import (
    realtime_conversation_item_user_message as user,
)

from guard.core import item_shapes
from guard.core.shapes import Shape

OFFICIAL = {
    item_shapes.Message: [
        realtime.RealtimeConversationItemSystemMessage,
        realtime.RealtimeConversationItemUserMessage,
        realtime.RealtimeConversationItemAssistantMessage,
    ],
    item_shapes.FunctionCall: [realtime.RealtimeConversationItemFunctionCall],
    item_shapes.FunctionCallOutput: [realtime.RealtimeConversationItemFunctionCallOutput],
    item_shapes.McpApprovalResponse: [realtime.RealtimeMcpApprovalResponse],
    item_shapes.McpApprovalRequest: [realtime.RealtimeMcpApprovalRequest],
    item_shapes.McpListTools: [realtime.RealtimeMcpListTools],
    item_shapes.McpCall: [realtime.RealtimeMcpToolCall],
    item_shapes.ItemReference: [realtime.ResponseItemReference],
    item_shapes.ResponseParams: [realtime.RealtimeResponseCreateParams],
}

PARTS = [
    item_shapes.InputText,
    item_shapes.InputAudio,
    item_shapes.InputImage,
    item_shapes.OutputText,
    item_shapes.OutputAudio,
]


@pytest.mark.parametrize("shape", OFFICIAL, ids=lambda shape: shape.__name__)
def test_every_official_field_is_known_and_no_other(shape: type[msgspec.Struct]) -> None:
    # The SDK types `conversation` as any string beside the two that mean something; narrowing knows the two.
    assert differences(shape, *OFFICIAL[shape], open_ended={"conversation"}) == []


def test_parts_have_the_official_fields_between_them() -> None:
    """The SDK has one flat part per role; ours are told apart by type."""
    official = fields_of(system.Content, user.Content, assistant.Content)
    assert {name for part in PARTS for name in fields_of_shape(part)} == set(official)
    kinds = {"input_text", "input_audio", "input_image", "output_text", "output_audio"}
    assert {part.__struct_config__.tag for part in PARTS} == kinds


def test_no_shape_is_left_out_of_the_comparison() -> None:
    ours = {
        shape
        for shape in vars(item_shapes).values()
        if isinstance(shape, type) and issubclass(shape, Shape) and shape.__module__ == item_shapes.__name__
    }
    assert ours == {*OFFICIAL, *PARTS, item_shapes.Item}
