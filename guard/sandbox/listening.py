"""The user's side of a turn: appended sound, the turns found in it, and the words recognised, as events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from guard.sandbox.cadence import pieces
from guard.sandbox.conversation import Item
from guard.sandbox.events import Event, Refusal, padding
from guard.sandbox.hearing import Heard, SpeechStarted
from guard.sandbox.speech import transcript_of
from guard.sandbox.wireaudio import decoded

if TYPE_CHECKING:
    from guard.sandbox.connection import Connection

_STREAMING_MODEL = "gpt-realtime-whisper"
"""Recognises words while the user still speaks: its first deltas come before ``speech_stopped``."""

_SHORTEST_MS = 100


async def append(connection: Connection, audio: object) -> None:
    """Raises ``Refusal`` for anything that is not sound."""
    sound = decoded(audio, "audio", connection.session.input_encoding)
    for heard in connection.hearing.append(sound):
        await _turn(connection, heard)


async def commit(connection: Connection) -> None:
    """The client says that the turn is over. Raises ``Refusal`` when it has said nothing."""
    sound = connection.hearing.commit()
    if len(sound) < _SHORTEST_MS * connection.session.input_encoding.bytes_per_ms:
        message = f"Error committing input audio buffer: it holds less than {_SHORTEST_MS}ms of audio."
        raise Refusal("input_audio_buffer_commit_empty", message)
    item = _spoken(connection, connection.speech_item or connection.ids.make("item"), sound)
    connection.speech_item = None
    await _committed(connection, item, list(_recognised(connection, item)))
    if connection.active is None:
        await connection.flush_aside()


async def announce(connection: Connection, item: Item, previous: str | None) -> None:
    """``added`` and ``done`` of an item that is complete from the start, and the words of its sound, if any."""
    for kind in ("conversation.item.added", "conversation.item.done"):
        await connection.sender.event(connection.event(kind, previous_item_id=previous, item=item.wire))
    if item.transcript is not None and item.role == "user":
        connection.aside.extend(_recognised(connection, item))
        if connection.active is None:
            await connection.flush_aside()


async def _turn(connection: Connection, heard: Heard) -> None:
    detection = connection.session.input["turn_detection"] or {}
    if isinstance(heard, SpeechStarted):
        await _started(connection, heard, bool(detection.get("interrupt_response")))
        return
    item = _spoken(connection, connection.speech_item or connection.ids.make("item"), heard.sound)
    connection.speech_item = None
    words = list(_recognised(connection, item))
    early = len(words) // 2 if _transcription(connection).get("model") == _STREAMING_MODEL else 0
    for event in words[:early]:
        await connection.sender.event(event)
    stopped = {"audio_end_ms": heard.at_ms, "item_id": item.id}
    await connection.sender.event(connection.event("input_audio_buffer.speech_stopped", **stopped))
    await _committed(connection, item, words[early:])
    await _answer(connection, bool(detection.get("create_response")))


async def _started(connection: Connection, heard: SpeechStarted, interrupts: bool) -> None:
    connection.speech_item = connection.ids.make("item")
    started = {"audio_start_ms": heard.at_ms, "item_id": connection.speech_item}
    await connection.sender.event(connection.event("input_audio_buffer.speech_started", **started))
    if interrupts and connection.active is not None:
        connection.active.cancel("turn_detected")


async def _answer(connection: Connection, wanted: bool) -> None:
    if not wanted:
        if connection.active is None:
            await connection.flush_aside()
        return
    await connection.until_interrupted()
    if connection.active is None:
        await connection.respond(connection.settings_of_session())


def _spoken(connection: Connection, item_id: str, sound: bytes) -> Item:
    content = [{"type": "input_audio", "transcript": None}]
    wire = {"id": item_id, "type": "message", "status": "completed", "role": "user", "content": content}
    return Item(wire, sound, connection.session.input_encoding, transcript_of(sound))


async def _committed(connection: Connection, item: Item, words: list[Event]) -> None:
    previous = connection.conversation.append(item)
    committed = {"previous_item_id": previous, "item_id": item.id}
    await connection.sender.event(connection.event("input_audio_buffer.committed", **committed))
    for kind in ("conversation.item.added", "conversation.item.done"):
        await connection.sender.event(connection.event(kind, previous_item_id=previous, item=item.wire))
    connection.aside.extend(words)


def _transcription(connection: Connection) -> dict[str, Any]:
    return connection.session.input["transcription"] or {}


def _recognised(connection: Connection, item: Item) -> Iterator[Event]:
    """The transcription events of ``item``; none if the session asks for no transcription."""
    if not _transcription(connection):
        return
    text = item.transcript or ""
    kind = "conversation.item.input_audio_transcription"
    place = {"item_id": item.id, "content_index": 0}
    for delta in pieces(f" {text}", connection.options.chunk):
        yield connection.event(f"{kind}.delta", **place, delta=delta, obfuscation=padding(delta))
    seconds = max(1, len(item.heard) // (1000 * connection.session.input_encoding.bytes_per_ms))
    usage = {"type": "duration", "seconds": seconds}
    yield connection.event(f"{kind}.completed", **place, transcript=text, usage=usage)
