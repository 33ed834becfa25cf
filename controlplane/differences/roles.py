"""Roles: what their sessions may do, and their grants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controlplane.differences import grants
from controlplane.differences.sentence import (
    LOOSER,
    NEUTRAL,
    STRICTER,
    Difference,
    Said,
    Teller,
    amount,
    changed,
    collection,
    long_text,
    of_fields,
    ranked,
    switch,
)

AUDIO = ("text_only", "hold", "bounded", "kill", "deliver")
AUDIO_WORDS = {"text_only": "text only", "deliver": "deliver (UNREDACTED)"}
SPREAD = ("end", "cut", "flag")


def _engine(old: Any, new: Any) -> Iterator[Said]:
    """An engine can only make an answer stricter; which of two is the stricter one, nobody knows."""
    if old and new:
        yield f"decision engine {old} → {new}", NEUTRAL
    elif new:
        yield f"is decided by {new} as well", STRICTER
    else:
        yield f"is no longer decided by {old} as well", LOOSER


def _seconds(what: str) -> Teller:
    return amount(what, "seconds", more=LOOSER)


def _most(what: str, unit: str = "") -> Teller:
    return amount(what, unit, more=LOOSER, none="no limit")


TELLERS: dict[str, Teller] = {
    "constraints": long_text("constraints"),
    "instructions": long_text("instructions"),
    "accepts_client_instructions": switch(
        "accepts instructions from clients", "no longer accepts instructions from clients", LOOSER
    ),
    "accepts_history": switch(
        "accepts earlier turns of the model from clients",
        "no longer accepts earlier turns of the model from clients",
        LOOSER,
    ),
    "audio": ranked("audio", AUDIO, AUDIO_WORDS),
    "speech_rate": amount("fastest speech", "characters a second", more=STRICTER),
    "withheld_notice": changed("notice when speech is withheld"),
    "spread_values": ranked("values spread over items", SPREAD),
    "gated_turns": switch(
        "turns of the user are judged before the model answers",
        "turns of the user are no longer judged before the model answers",
        STRICTER,
    ),
    "transcription_model": changed("transcription model"),
    "provider": changed("provider", {"": "the default one"}),
    "model_names": collection("models:", "no longer models:", LOOSER, everything="all of the provider"),
    "max_session_seconds": _seconds("longest session"),
    "idle_seconds": _seconds("idle limit"),
    "ticket_seconds": _seconds("ticket life"),
    "max_output_tokens": amount("output tokens", "in a response", more=LOOSER, none="no limit"),
    "binds_address": switch(
        "tickets are bound to a network", "tickets are no longer bound to a network", STRICTER
    ),
    "may_use_webrtc": switch("may use WebRTC (NOT GUARDED)", "may no longer use WebRTC", LOOSER),
    "calls_per_turn": amount("calls", "per turn", more=LOOSER),
    "engine_url": _engine,
    "engine_deadline_ms": amount("deadline of the engine", "ms"),
    "second_connection": ranked("second connection", ("refuse", "replace")),
    "reauthenticate_seconds": amount(
        "a fresh ticket is asked for after", "seconds", more=LOOSER, none="never"
    ),
    "grace_seconds": _seconds("time to re-authenticate"),
    "sessions_per_user": _most("sessions of one user at once"),
    "sessions_at_once": _most("sessions at once"),
    "session_tokens": _most("tokens of a session"),
    "session_audio_seconds": _most("speech of a session", "seconds"),
    "session_cents": _most("cost of a session", "cents"),
    "day_seconds": _most("time of a user's day", "seconds"),
    "day_tokens": _most("tokens of a user's day"),
    "day_audio_seconds": _most("speech of a user's day", "seconds"),
    "day_cents": _most("cost of a user's day", "cents"),
}


def between(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield Difference(f"role {name}", " retired: its sessions end", STRICTER)
        elif name not in old:
            yield from _added(name, new[name])
        else:
            yield from _fields(name, old[name], new[name])
            yield from grants.between(name, old[name]["grants"], new[name]["grants"])


def _added(name: str, role: Mapping[str, Any]) -> Iterator[Difference]:
    yield Difference(f"role {name}", " added", LOOSER)
    yield Difference(name, f"audio {AUDIO_WORDS.get(role['audio'], role['audio'])}", NEUTRAL)
    if role["may_use_webrtc"]:
        yield Difference(name, "may use WebRTC (NOT GUARDED)", LOOSER)
    yield from grants.between(name, {}, role["grants"])


def _fields(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    before, after = ({**role, "grants": None} for role in (old, new))
    yield from of_fields(name, before, after, TELLERS)
