"""The retired beta shape of a session, as the oldest clients send it, to the current one and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RETIRED_MODELS = ("gpt-4o-realtime-preview", "gpt-4o-mini-realtime-preview")
"""The provider no longer serves them: naming one means "the usual model"; the answer says which that is."""

_FORMATS = {
    "pcm16": {"type": "audio/pcm", "rate": 24000},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}
_MOVED = {
    "voice": ("output", "voice"),
    "speed": ("output", "speed"),
    "output_audio_format": ("output", "format"),
    "input_audio_format": ("input", "format"),
    "input_audio_transcription": ("input", "transcription"),
    "input_audio_noise_reduction": ("input", "noise_reduction"),
    "turn_detection": ("input", "turn_detection"),
}
_KEPT = ("model", "instructions", "tools", "tool_choice", "tracing", "prompt", "include")
KEYS = {*_KEPT, *_MOVED, "modalities", "max_response_output_tokens", "temperature", "client_secret"}


def to_current(beta: Mapping[str, Any]) -> dict[str, Any]:
    """The same wish in the current shape. Values are not judged here: ``parse_session`` does, in current names."""
    session: dict[str, Any] = {"type": "realtime", **{key: beta[key] for key in _KEPT if key in beta}}
    if _is_retired(beta.get("model")):
        del session["model"]
    audio: dict[str, dict[str, Any]] = {}
    for key, (side, name) in _MOVED.items():
        if key in beta:
            audio.setdefault(side, {})[name] = _current_format(beta[key]) if name == "format" else beta[key]
    if audio:
        session["audio"] = audio
    if "modalities" in beta:
        session["output_modalities"] = _current_modalities(beta["modalities"])
    if "max_response_output_tokens" in beta:
        session["max_output_tokens"] = beta["max_response_output_tokens"]
    return session


def to_beta(session: Mapping[str, Any]) -> dict[str, Any]:
    """What a client may see of its session, in beta names."""
    sound_in, sound_out = (session.get("audio", {}).get(side, {}) for side in ("input", "output"))
    spoken = session.get("output_modalities") != ["text"]
    return {
        "id": session["id"],
        "object": "realtime.session",
        "model": session["model"],
        "expires_at": session["expires_at"],
        "modalities": ["text", "audio"] if spoken else ["text"],
        "instructions": session.get("instructions", ""),
        "voice": sound_out.get("voice"),
        "input_audio_format": _beta_format(sound_in.get("format")),
        "output_audio_format": _beta_format(sound_out.get("format")),
        "input_audio_transcription": sound_in.get("transcription"),
        "turn_detection": sound_in.get("turn_detection"),
        "tools": session.get("tools", []),
        "tool_choice": session.get("tool_choice", "auto"),
        "max_response_output_tokens": session.get("max_output_tokens", "inf"),
    }


def _is_retired(model: object) -> bool:
    return isinstance(model, str) and model.startswith(RETIRED_MODELS)


def _current_format(name: object) -> object:
    # An unknown one stays as it is, and is refused with the others.
    return _FORMATS.get(name, name) if isinstance(name, str) else name


def _beta_format(current: object) -> str:
    return next((name for name, shape in _FORMATS.items() if shape == current), "pcm16")


def _current_modalities(modalities: object) -> object:
    # Audio implies its transcript now; asking for both is refused by the current API.
    if isinstance(modalities, list) and "audio" in modalities and set(modalities) <= {"audio", "text"}:
        return ["audio"]
    return modalities
