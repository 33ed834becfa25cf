import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from official import differences
from openai.types import realtime
from openai.types.realtime import (
    realtime_audio_config_input,
    realtime_audio_config_output,
    realtime_audio_formats,
    realtime_audio_input_turn_detection,
    realtime_response_create_audio_output,
    realtime_tools_config_union,
    realtime_tracing_config,
    realtime_transcription_session_audio_input,
    realtime_truncation_retention_ratio,
)
from openai.types.responses import ResponsePrompt, ToolChoiceFunction, ToolChoiceMcp

from guard.core import shapes

OFFICIAL = {
    shapes.RealtimeSession: [realtime.RealtimeSessionCreateRequest],
    shapes.TranscriptionSession: [realtime.RealtimeTranscriptionSessionCreateRequest],
    shapes.TranscriptionAudio: [realtime.RealtimeTranscriptionSessionAudio],
    shapes.Audio: [realtime.RealtimeAudioConfig],
    shapes.AudioInput: [
        realtime.RealtimeAudioConfigInput,
        realtime_transcription_session_audio_input.RealtimeTranscriptionSessionAudioInput,
    ],
    shapes.AudioOutput: [realtime.RealtimeAudioConfigOutput],
    shapes.ResponseAudio: [realtime.RealtimeResponseCreateAudioOutput],
    shapes.ResponseAudioOutput: [realtime_response_create_audio_output.Output],
    shapes.AudioPCM: [realtime_audio_formats.AudioPCM],
    shapes.AudioPCMU: [realtime_audio_formats.AudioPCMU],
    shapes.AudioPCMA: [realtime_audio_formats.AudioPCMA],
    shapes.NoiseReduction: [realtime_audio_config_input.NoiseReduction],
    shapes.Transcription: [realtime.AudioTranscription],
    shapes.ServerVad: [realtime_audio_input_turn_detection.ServerVad],
    shapes.SemanticVad: [realtime_audio_input_turn_detection.SemanticVad],
    shapes.VoiceId: [
        realtime_audio_config_output.VoiceID,
        realtime_response_create_audio_output.OutputVoiceID,
    ],
    shapes.FunctionTool: [realtime.RealtimeFunctionTool],
    shapes.McpTool: [realtime_tools_config_union.Mcp, realtime.RealtimeResponseCreateMcpTool],
    shapes.FunctionChoice: [ToolChoiceFunction],
    shapes.McpChoice: [ToolChoiceMcp],
    shapes.Prompt: [ResponsePrompt],
    shapes.Reasoning: [realtime.RealtimeReasoning],
    shapes.Tracing: [realtime_tracing_config.TracingConfiguration],
    shapes.RetentionRatio: [realtime.RealtimeTruncationRetentionRatio],
    shapes.TokenLimits: [realtime_truncation_retention_ratio.TokenLimits],
}

OPEN_ENDED = {
    "model",  # the policy has its own list
    "voice",  # any string: new voices come without a new SDK
    "allowed_callers",  # of mcp tools, which are dropped whatever they say
    "connector_id",
    "require_approval",
}


@pytest.mark.parametrize("shape", OFFICIAL, ids=lambda shape: shape.__name__)
def test_every_official_field_is_known_and_no_other(shape: type[msgspec.Struct]) -> None:
    assert differences(shape, *OFFICIAL[shape], open_ended=OPEN_ENDED) == []


def test_no_shape_is_left_out_of_the_comparison() -> None:
    ours = {
        shape
        for shape in vars(shapes).values()
        if isinstance(shape, type) and issubclass(shape, shapes.Shape)
    }
    assert ours - {shapes.Shape} == set(OFFICIAL)


@given(st.binary(max_size=64))
def test_length_of_base64_is_that_of_what_it_holds(payload: bytes) -> None:
    assert shapes.base64_length(base64.b64encode(payload).decode()) == len(payload)


@pytest.mark.parametrize(
    "text", ["YQ", "YQ=", "Y", "YQ==\n", " YQ==", "====", "YQ==YQ==", "é", "YQ-_", "Y=Q="]
)
def test_loose_base64_is_no_base64(text: str) -> None:
    with pytest.raises(ValueError):
        shapes.base64_length(text)


def test_null_and_absent_stay_apart() -> None:
    silent = msgspec.convert({"turn_detection": None}, shapes.AudioInput)
    assert msgspec.to_builtins(silent) == {"turn_detection": None}
    assert msgspec.to_builtins(msgspec.convert({}, shapes.AudioInput)) == {}
