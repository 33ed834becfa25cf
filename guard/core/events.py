"""The provider's vocabulary as a table: event type -> how the session treats it.

Source: the GA event reference (46 server types) plus the beta names that compatible servers still send.
A type that is not in the table is ``UNKNOWN``, the one explicit treatment for everything new.
"""

from __future__ import annotations

import re
from enum import Enum, auto


class Treatment(Enum):
    SESSION = auto()
    ERROR = auto()
    ITEM = auto()  # carries a conversation item
    OUTPUT_ITEM = auto()  # carries an item of a response
    ITEM_REFERENCE = auto()  # names an item, no content
    RESPONSE_CREATED = auto()
    RESPONSE_DONE = auto()
    PART = auto()
    TEXT_DELTA = auto()
    TEXT_DONE = auto()
    AUDIO_DELTA = auto()
    AUDIO_DONE = auto()
    ARGUMENTS_DELTA = auto()
    ARGUMENTS_DONE = auto()
    TRANSCRIPT = auto()  # what the user said, whole
    NO_TRANSCRIPT = auto()  # nobody could tell what the user said
    SPEECH = auto()  # real activity of the user; must not queue behind held events
    NOTICE = auto()  # nothing to decide; strings are redacted all the same
    WITHHELD = auto()  # never for the client
    UNKNOWN = auto()


_T = Treatment

SERVER_EVENTS: dict[str, Treatment] = {
    "session.created": _T.SESSION,
    "session.updated": _T.SESSION,
    "error": _T.ERROR,
    "conversation.created": _T.NOTICE,
    "conversation.item.added": _T.ITEM,
    "conversation.item.done": _T.ITEM,
    "conversation.item.created": _T.ITEM,  # beta name, also today's Hugging Face server
    "conversation.item.retrieved": _T.ITEM,
    "conversation.item.truncated": _T.ITEM_REFERENCE,
    "conversation.item.deleted": _T.ITEM_REFERENCE,
    "conversation.item.input_audio_transcription.delta": _T.TEXT_DELTA,
    "conversation.item.input_audio_transcription.segment": _T.TEXT_DELTA,
    "conversation.item.input_audio_transcription.completed": _T.TRANSCRIPT,
    "conversation.item.input_audio_transcription.failed": _T.NO_TRANSCRIPT,
    "input_audio_buffer.committed": _T.SPEECH,
    "input_audio_buffer.cleared": _T.NOTICE,
    "input_audio_buffer.speech_started": _T.SPEECH,
    "input_audio_buffer.speech_stopped": _T.SPEECH,
    "input_audio_buffer.timeout_triggered": _T.NOTICE,
    # Telephone keys are card numbers and PINs, one per event: no redactor can judge them in time.
    "input_audio_buffer.dtmf_event_received": _T.WITHHELD,
    "output_audio_buffer.started": _T.NOTICE,
    "output_audio_buffer.stopped": _T.NOTICE,
    "output_audio_buffer.cleared": _T.NOTICE,
    "response.created": _T.RESPONSE_CREATED,
    "response.done": _T.RESPONSE_DONE,
    "response.output_item.added": _T.OUTPUT_ITEM,
    "response.output_item.done": _T.OUTPUT_ITEM,
    "response.content_part.added": _T.PART,
    "response.content_part.done": _T.PART,
    "response.output_text.delta": _T.TEXT_DELTA,
    "response.text.delta": _T.TEXT_DELTA,
    "response.output_text.done": _T.TEXT_DONE,
    "response.text.done": _T.TEXT_DONE,
    "response.output_audio_transcript.delta": _T.TEXT_DELTA,
    "response.audio_transcript.delta": _T.TEXT_DELTA,
    "response.output_audio_transcript.done": _T.TEXT_DONE,
    "response.audio_transcript.done": _T.TEXT_DONE,
    "response.output_audio.delta": _T.AUDIO_DELTA,
    "response.audio.delta": _T.AUDIO_DELTA,
    "response.output_audio.done": _T.AUDIO_DONE,
    "response.audio.done": _T.AUDIO_DONE,
    "response.function_call_arguments.delta": _T.ARGUMENTS_DELTA,
    "response.function_call_arguments.done": _T.ARGUMENTS_DONE,
    # The provider's own quota says something about the organisation, and no SDK needs it.
    "rate_limits.updated": _T.WITHHELD,
    # Tools that run at the provider: no policy grants one yet, so their traffic is never the client's.
    "mcp_list_tools.in_progress": _T.WITHHELD,
    "mcp_list_tools.completed": _T.WITHHELD,
    "mcp_list_tools.failed": _T.WITHHELD,
    "response.mcp_call_arguments.delta": _T.WITHHELD,
    "response.mcp_call_arguments.done": _T.WITHHELD,
    "response.mcp_call.in_progress": _T.WITHHELD,
    "response.mcp_call.completed": _T.WITHHELD,
    "response.mcp_call.failed": _T.WITHHELD,
}

QUIETLY_WITHHELD = frozenset({"rate_limits.updated"})
"""Withheld as a matter of course: not worth a record each."""

TEXT_FIELDS: dict[str, str] = {
    "conversation.item.input_audio_transcription.segment": "text",
    "conversation.item.input_audio_transcription.completed": "transcript",
    "response.output_text.done": "text",
    "response.text.done": "text",
    "response.output_audio_transcript.done": "transcript",
    "response.audio_transcript.done": "transcript",
}
"""Where a TEXT_DELTA, TEXT_DONE or TRANSCRIPT event carries its text; ``delta`` when not listed."""


_NAME = re.compile(r"[a-z][a-z_.]{0,63}")


def named(event_type: object) -> str:
    """The type for a record or an answer, "" for one that is no name: it may hold what must not be kept."""
    return event_type if isinstance(event_type, str) and _NAME.fullmatch(event_type) else ""


def treatment_of(event_type: str) -> Treatment:
    return SERVER_EVENTS.get(event_type, Treatment.UNKNOWN)


def delta_of(done_type: str) -> str:
    """The type of the deltas that a TEXT_DONE event ends."""
    return done_type.removesuffix("done") + "delta"


def text_field(event_type: str) -> str:
    return TEXT_FIELDS.get(event_type, "delta")
