"""Frames that no provider should send, by kind: ``Faults.inject`` names them. Those that can hold a card number do,
so that a guard which passes them on is found out."""

from __future__ import annotations

_DEPTH = 2000
_CARD = "4012 8888 8888 1881"
_HEAD = '{"type":"conversation.created","event_id":"event_bad"'
_DELTA = f'"type":"response.output_text.delta","event_id":"event_bad","delta":"{_CARD}"'

FRAMES: dict[str, str | bytes] = {
    "malformed": "{" + _DELTA,
    "empty": "",
    "not_an_object": f'["response.output_text.delta","{_CARD}"]',
    "no_type": f'{{"event_id":"event_bad","delta":"{_CARD}"}}',
    "duplicate_key": '{"type":"session.updated",' + _DELTA + "}",
    "not_a_number": '{"type":"rate_limits.updated","event_id":"event_bad","rate_limits":[{"limit":NaN}]}',
    "lone_surrogate": '{"type":"error","event_id":"event_bad","error":{"message":"\\ud800"}}',
    "byte_order_mark": "\ufeff" + _HEAD + "}",
    "deep": _HEAD + ',"x":' + "[" * _DEPTH + "]" * _DEPTH + "}",
    "unknown_event": '{"type":"response.telepathy.delta","event_id":"event_bad","thought":["' + _CARD + '"]}',
    "second_session": '{"type":"session.created","event_id":"event_bad","session":{"type":"realtime","id":"other"}}',
    "binary": (_HEAD + "}").encode(),
}
"""``bytes`` go out as a binary frame. ``oversize`` is a kind too, made when it is needed."""

KINDS = frozenset({*FRAMES, "oversize"})


def frame(kind: str, oversize_bytes: int) -> str | bytes:
    if kind != "oversize":
        return FRAMES[kind]
    head = _HEAD + ',"x":"'
    return head + "x" * (oversize_bytes - len(head) - 2) + '"}'
