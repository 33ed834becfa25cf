"""Everything that carries a sentence to the client: what a provider sends when it says one, cut in two at a place.

Each maker returns the events of one sentence, with ids of its own, so that any number fits into one session.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

from tests.blackbox.guarded_role import NOTE, WATCHED_NOTE
from tests.guard.core.provider import FunctionCall, Utterance, event, response

Event = dict[str, Any]
Carrier = Callable[[str, int], list[Event]]

_serial = itertools.count()


def _sizes(text: str, cut: int) -> tuple[int, ...]:
    """Everything before ``cut`` in one delta, the rest in another."""
    return (cut, len(text)) if cut else (len(text),)


def _utterance(text: str, cut: int, *, spoken: bool) -> Utterance:
    number = next(_serial)
    return Utterance(text, _sizes(text, cut), f"item_{number}", f"resp_{number}", spoken=spoken)


def _beginning(said: Utterance) -> list[Event]:
    """Azure doubles the part under a name of its own."""
    *opening, part = said.begin()
    return [*opening, {**part, "content": part["part"]}]


def _ending(said: Utterance) -> list[Event]:
    done, part, *copies = said.finish()
    return [done, {**part, "content": part["part"]}, *copies]


def _later(said: Utterance) -> list[Event]:
    """The beta's copy of the item, and the one that is sent when somebody asks for it."""
    item = said.item("completed", said.text)
    created = event("conversation.item.created", previous_item_id=None, item=item)
    return [created, event("conversation.item.retrieved", item=item)]


def written(text: str, cut: int) -> list[Event]:
    said = _utterance(text, cut, spoken=False)
    return [*_beginning(said), *said.deltas(), *_ending(said)]


def spoken(text: str, cut: int) -> list[Event]:
    said = _utterance(text, cut, spoken=True)
    return [*_beginning(said), *said.deltas(), *said.audio(), *_ending(said)]


def _as_beta(events: list[Event]) -> list[Event]:
    return [
        {**each, "type": each["type"].replace("output_text", "text").replace("output_audio", "audio")}
        for each in events
    ]


def written_in_beta_names(text: str, cut: int) -> list[Event]:
    said = _utterance(text, cut, spoken=False)
    return _as_beta([*_beginning(said), *said.deltas(), *_ending(said), *_later(said)])


def spoken_in_beta_names(text: str, cut: int) -> list[Event]:
    said = _utterance(text, cut, spoken=True)
    return _as_beta([*_beginning(said), *said.deltas(), *said.audio(), *_ending(said), *_later(said)])


def _user_item(item_id: str, transcript: str | None) -> Event:
    content = [{"type": "input_audio", "transcript": transcript}]
    return {"id": item_id, "type": "message", "role": "user", "status": "completed", "content": content}


_HEARD = "conversation.item.input_audio_transcription"


def heard(text: str, cut: int) -> list[Event]:
    """What the user said, with the probabilities of its tokens, which spell it once more in letters and in bytes."""
    item_id = f"item_{next(_serial)}"
    where = {"item_id": item_id, "content_index": 0}
    pieces = [text[:cut], text[cut:]] if cut else [text]
    return [
        event("conversation.item.added", previous_item_id=None, item=_user_item(item_id, None)),
        *(event(f"{_HEARD}.delta", **where, delta=each, logprobs=_logprobs(each)) for each in pieces),
        event(f"{_HEARD}.completed", **where, transcript=text, logprobs=_logprobs(text)),
        event("conversation.item.done", previous_item_id=None, item=_user_item(item_id, text)),
        event("conversation.item.retrieved", item=_user_item(item_id, text)),
    ]


def _logprobs(text: str) -> list[Event]:
    return [{"token": text, "bytes": list(text.encode()), "logprob": -0.1}]


def heard_in_segments(text: str, cut: int) -> list[Event]:
    item_id = f"item_{next(_serial)}"
    pieces = [text[:cut], text[cut:]] if cut else [text]
    return [
        event("conversation.item.added", previous_item_id=None, item=_user_item(item_id, None)),
        *(
            event(
                f"{_HEARD}.segment", item_id=item_id, content_index=0, id=f"seg_{at}", text=each, speaker="A"
            )
            for at, each in enumerate(pieces)
        ),
        event(f"{_HEARD}.completed", item_id=item_id, content_index=0, transcript=text),
    ]


def _call(text: str, cut: int, name: str) -> list[Event]:
    """The arguments as JSON text, cut behind as many of their characters."""
    number, arguments = next(_serial), json.dumps({"note": text})
    call = FunctionCall(
        name, arguments, f"call_{number}", f"item_{number}", f"resp_{number}", _sizes(arguments, cut)
    )
    retrieved = event("conversation.item.retrieved", item=call.item("completed"))
    return [*call.all(), retrieved]


def arguments(text: str, cut: int) -> list[Event]:
    return _call(text, cut, NOTE)


def watched_arguments(text: str, cut: int) -> list[Event]:
    return _call(text, cut, WATCHED_NOTE)


def quoted(text: str, cut: int) -> list[Event]:
    """Places that quote words whole: errors, metadata, why a response failed, and events that nobody knows yet."""
    response_id = f"resp_{next(_serial)}"
    error = {"type": "server_error", "code": "x", "message": f"cannot do: {text}", "param": text}
    details = {"type": "failed", "error": {"type": "server_error", "code": text, "message": text}}
    return [
        event("error", error=error),
        response("response.created", id=response_id, metadata={"topic": text, text[:512]: "topic"}),
        response("response.done", "failed", id=response_id, status_details=details, metadata={"topic": text}),
        event("guess.what", note=text, deep=[{"deeper": {"deepest": [text]}}], named={text: 1}),
        event("guess.again.delta", delta=text),
        event("guess.failed", error=error),
    ]


MAIN: dict[str, Carrier] = {"written": written, "spoken": spoken}
RARE: dict[str, Carrier] = {
    "written_in_beta_names": written_in_beta_names,
    "spoken_in_beta_names": spoken_in_beta_names,
    "heard": heard,
    "heard_in_segments": heard_in_segments,
    "arguments": arguments,
    "watched_arguments": watched_arguments,
}
WHOLE: dict[str, Carrier] = {"quoted": quoted}
"""Nothing grows in these, so there is no place to cut."""
