"""The session at the provider is the policy's: what is asked for, what a client may change, what it may
see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from guard.core import narrowing
from guard.core.narrowing import Draft, Narrowed, Rule
from guard.core.policy import AudioPolicy, Policy
from guard.core.refusal import Refusal

_SESSION_RULES: dict[str, Rule] = {
    "type": narrowing.session_type,
    "instructions": narrowing.instructions,
    "tools": narrowing.tools,
    "tool_choice": narrowing.tool_choice,
    "parallel_tool_calls": narrowing.passes,
    "prompt": narrowing.is_dropped,
    "output_modalities": narrowing.modalities,
    "max_output_tokens": narrowing.tokens,
    "reasoning": narrowing.passes,
    "tracing": narrowing.tracing,
    "truncation": narrowing.passes,
    # Log probabilities spell out, token by token, what the redactor hides.
    "include": narrowing.is_dropped,
    "audio": narrowing.session_audio,
}

_RESPONSE_RULES: dict[str, Rule] = {
    "instructions": narrowing.instructions,
    "tools": narrowing.tools,
    "tool_choice": narrowing.tool_choice,
    "parallel_tool_calls": narrowing.passes,
    "prompt": narrowing.prompt,
    "output_modalities": narrowing.modalities,
    "max_output_tokens": narrowing.tokens,
    "reasoning": narrowing.passes,
    "audio": narrowing.passes,
    "conversation": narrowing.conversation,
    "metadata": narrowing.metadata,
}


def opening(policy: Policy, model: str, minted: Mapping[str, Any]) -> dict[str, Any]:
    """The ``session`` of the first ``session.update``, sent before any client frame is read.

    ``minted`` is the client's choice from the mint, validated; it is narrowed here, by the policy of now.
    ``model`` is the bound one. Raises ``Refusal`` when ``minted`` asks for what cannot be narrowed."""
    chosen = narrow_session(minted, policy, model=model).value
    session: dict[str, Any] = {
        "type": "realtime",
        "instructions": policy.instructions,
        "tools": [*narrowing.offered(policy).values(), *narrowing.standing(policy)],
        "tool_choice": "auto",
        "tracing": None,
        **chosen,
    }
    sound_in = {**session.get("audio", {}).get("input", {}), "transcription": narrowing.transcription(policy)}
    if policy.gated_turns:
        # Without a word of the client's the provider would detect turns, and answer them.
        sound_in.setdefault("turn_detection", narrowing.turn_detection(policy, {"type": "server_vad"}))
    session["audio"] = {**session.get("audio", {}), "input": sound_in}
    if policy.audio is AudioPolicy.TEXT_ONLY:
        session["output_modalities"] = ["text"]
    if policy.max_output_tokens is not None:
        session.setdefault("max_output_tokens", policy.max_output_tokens)
    return session


def narrow_session(session: Mapping[str, Any], policy: Policy, *, model: str = "") -> Narrowed:
    """What a validated ``session`` may still ask for. ``model`` is the bound one; before there is one, the
    policy's list counts. Raises ``Refusal`` for another model, another type, or a key that has no rule."""
    bound = frozenset({model} if model else policy.models)
    rules = {**_SESSION_RULES, "model": narrowing.model_is(bound)}
    return narrowing.apply(rules, session, Draft(policy, "session"))


def narrow_response(
    response: Mapping[str, Any], policy: Policy, judge_item: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> Narrowed:
    """What a validated ``response`` may still ask for; the session's locks hold for one response too.

    ``judge_item`` takes an entry of ``input`` and answers with what goes up in its place, or raises
    ``Refusal``; a ``param`` that begins with ``item`` is put in its place here."""

    def judged(draft: Draft, key: str, given: list[Mapping[str, Any]]) -> None:
        draft.value[key] = [
            _judged(item, draft.path(f"{key}[{at}]"), judge_item) for at, item in enumerate(given)
        ]

    return narrowing.apply({**_RESPONSE_RULES, "input": judged}, response, Draft(policy, "response"))


def _judged(
    item: Mapping[str, Any], path: str, judge_item: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> Mapping[str, Any]:
    try:
        return judge_item(item)
    except Refusal as refusal:
        raise refusal.within("item", path) from None


# -- what the provider answers

_VISIBLE = (
    "type",
    "object",
    "id",
    "expires_at",
    "model",
    "output_modalities",
    "tool_choice",
    "max_output_tokens",
    "parallel_tool_calls",
    "reasoning",
    "truncation",
    "audio",
)


def client_view(session: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """The ``session`` of ``session.created`` and ``session.updated`` as the client may see it.

    Instructions show only the client's own part. Keys that this list does not know are left out: a new one
    might repeat instructions under another name."""
    view = {key: session[key] for key in _VISIBLE if key in session}
    view["instructions"] = _own_part(session.get("instructions"), policy)
    names = narrowing.offered(policy)
    view["tools"] = [tool for tool in _functions(session) if tool["name"] in names]
    choice = view.get("tool_choice")
    if isinstance(choice, Mapping) and choice.get("name") not in names:
        view["tool_choice"] = "auto"
    if view.get("output_modalities") is None and (spoken := _modalities(session)):
        view["output_modalities"] = spoken
    return view


def _own_part(instructions: object, policy: Policy) -> str:
    preamble = policy.instructions + narrowing.SEPARATOR
    if not policy.accepts_client_instructions or not isinstance(instructions, str):
        return ""
    return (
        instructions.removeprefix(preamble)
        if policy.instructions and instructions.startswith(preamble)
        else ""
    )


def _functions(session: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    tools = session.get("tools")
    return [
        tool
        for tool in (tools if isinstance(tools, list) else ())
        if isinstance(tool, Mapping) and tool.get("type") == "function" and isinstance(tool.get("name"), str)
    ]


def _modalities(session: Mapping[str, Any]) -> object:
    # Some compatible servers still say it with the beta name.
    return session.get("output_modalities") or session.get("modalities")


def echo_faults(echo: Mapping[str, Any], sent: Mapping[str, Any], *, gated: bool = False) -> tuple[str, ...]:
    """Locked keys in which the provider's session differs from what was sent.

    A key that the echo leaves out, or shows as null, passes only where nothing was asked for: the lock is
    worth nothing if a server that ignores it passes too."""
    faults = {
        "type": echo.get("type") != sent.get("type"),
        "instructions": _differs(echo, sent),
        "tools": _tool_names(echo) != _tool_names(sent),
        "tool_choice": (echo.get("tool_choice") or "auto") != (sent.get("tool_choice") or "auto"),
        "output_modalities": sent.get("output_modalities") == ["text"] and _modalities(echo) != ["text"],
        "turn_detection": gated and _answers_by_itself(echo, sent),
    }
    return tuple(key for key, at_fault in faults.items() if at_fault)


def _answers_by_itself(echo: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    """Whether the provider may answer turns unasked although it was told not to. Null, when it was asked for, means
    that nobody detects turns."""
    found = turn_detection_of(echo)
    if isinstance(found, Mapping):
        return found.get("create_response") is not False
    return isinstance(turn_detection_of(sent), Mapping) or found == ""


def turn_detection_of(session: Mapping[str, Any]) -> Any:
    """Of a session in the GA shape or the beta's. "" when it does not say: null means that nobody detects turns."""
    audio = session.get("audio")
    sound_in = audio.get("input") if isinstance(audio, Mapping) else session
    return sound_in.get("turn_detection", "") if isinstance(sound_in, Mapping) else ""


def _differs(echo: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    # Real servers answer blank instructions with a default of their own (seen in recordings).
    asked = sent.get("instructions") or ""
    return bool(asked.strip()) and echo.get("instructions") != asked


def _tool_names(session: Mapping[str, Any]) -> list[str]:
    tools = session.get("tools") or []
    if not isinstance(tools, list):
        return ["not a list"]
    return sorted(_tool_name(tool) for tool in tools)


def _tool_name(tool: object) -> str:
    if isinstance(tool, Mapping) and tool.get("type") == "function":
        return str(tool.get("name"))
    if isinstance(tool, Mapping) and tool.get("type") == "mcp":
        # Who is called, which tools of it, and that we are asked first. What it is authorised by is never shown.
        named = [tool.get(key) for key in ("server_label", "server_url", "require_approval")]
        return f"mcp {named} {_allowed_tools(tool.get('allowed_tools'))}"
    return "not a function"


def _allowed_tools(allowed: object) -> list[str]:
    names = allowed.get("tool_names") if isinstance(allowed, Mapping) else allowed
    return sorted(map(str, names)) if isinstance(names, list) else ["all"]
