"""What each client event does. Unknown ones are refused with ``invalid_event``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from guard.sandbox import checks, items, listening
from guard.sandbox.events import Event, Refusal

if TYPE_CHECKING:
    from guard.sandbox.connection import Connection


async def perform(connection: Connection, event: Event) -> None:
    """Raises ``Refusal``."""
    action = _ACTIONS.get(event["type"])
    if action is None:
        raise Refusal("invalid_event", f"Unknown event type: '{event['type']}'.", "type")
    await action(connection, event)


async def _update_session(connection: Connection, event: Event) -> None:
    changes = checks.required(event, "session", "")
    ignored = connection.sender.faults.ignore_update
    connection.session.update(changes, spoke=connection.spoke, ignored=ignored)
    listens = connection.session.input
    connection.hearing.configure(connection.session.input_encoding, listens["turn_detection"])
    await connection.sender.event(connection.event("session.updated", session=connection.session.shape))


async def _create_item(connection: Connection, event: Event) -> None:
    raw = checks.required(event, "item", "")
    item = items.from_client(raw, connection.ids, connection.session.input_encoding)
    if item.kind == "function_call_output" and not connection.conversation.has_call(item.wire["call_id"]):
        message = f"Tool call ID '{item.wire['call_id']}' not found in conversation."
        raise Refusal("invalid_tool_call_id", message)
    previous = connection.conversation.insert(item, event.get("previous_item_id"))
    await listening.announce(connection, item, previous)


async def _retrieve_item(connection: Connection, event: Event) -> None:
    item = connection.conversation.require(checks.required(event, "item_id", ""), "retrieve")
    await connection.sender.event(connection.event("conversation.item.retrieved", item=item.retrieved()))


async def _delete_item(connection: Connection, event: Event) -> None:
    item_id = checks.required(event, "item_id", "")
    connection.conversation.delete(item_id)
    await connection.sender.event(connection.event("conversation.item.deleted", item_id=item_id))


async def _truncate_item(connection: Connection, event: Event) -> None:
    item_id = checks.required(event, "item_id", "")
    index = checks.integer(checks.required(event, "content_index", ""), "content_index", 0)
    end_ms = checks.integer(checks.required(event, "audio_end_ms", ""), "audio_end_ms", 0)
    length = connection.conversation.truncate(item_id, index, end_ms)
    if length is not None:
        # The provider complains without naming the client's event, and truncates nevertheless.
        message = f"Audio content of {length}ms is already shorter than {end_ms}ms"
        await connection.refuse(Refusal("invalid_value", message), None)
        end_ms = length
    fields = {"item_id": item_id, "content_index": index, "audio_end_ms": end_ms}
    await connection.sender.event(connection.event("conversation.item.truncated", **fields))


async def _create_response(connection: Connection, event: Event) -> None:
    chosen = connection.settings_of(event.get("response"))
    if chosen.in_conversation and connection.active is not None:
        message = (
            f"Conversation already has an active response in progress: {connection.active.id}. "
            "Wait until it is finished before a new response.create."
        )
        raise Refusal("conversation_already_has_active_response", message)
    await connection.respond(chosen)


async def _cancel_response(connection: Connection, event: Event) -> None:
    wanted = event.get("response_id")
    streaming = (one for one in connection.streaming if one.id == wanted)
    target = connection.active if wanted is None else next(streaming, None)
    if target is None:
        raise Refusal("response_cancel_not_active", "Cancellation failed: no active response found.")
    target.cancel("client_cancelled")


async def _append_audio(connection: Connection, event: Event) -> None:
    await listening.append(connection, checks.required(event, "audio", ""))


async def _commit_audio(connection: Connection, event: Event) -> None:
    await listening.commit(connection)


async def _clear_audio(connection: Connection, event: Event) -> None:
    connection.hearing.clear()
    await connection.sender.event(connection.event("input_audio_buffer.cleared"))


async def _clear_output(connection: Connection, event: Event) -> None:
    raise Refusal(
        "invalid_event", "output_audio_buffer.clear belongs to WebRTC and SIP; this is a websocket.", "type"
    )


_ACTIONS: dict[str, Callable[[Connection, Event], Awaitable[None]]] = {
    "session.update": _update_session,
    "conversation.item.create": _create_item,
    "conversation.item.retrieve": _retrieve_item,
    "conversation.item.delete": _delete_item,
    "conversation.item.truncate": _truncate_item,
    "response.create": _create_response,
    "response.cancel": _cancel_response,
    "input_audio_buffer.append": _append_audio,
    "input_audio_buffer.commit": _commit_audio,
    "input_audio_buffer.clear": _clear_audio,
    "output_audio_buffer.clear": _clear_output,
}
