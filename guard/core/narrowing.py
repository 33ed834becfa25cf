"""One rule per field that a client may send in a session or a response: what of it goes on under this policy.

Narrowing, not refusing, is the rule: Agents SDKs send a full ``session.update`` on connect, with
instructions, tools, tracing and transcription of their own, and must work unchanged. What is left out is
named in ``constrained``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from guard.core.mcp_servers import definitions as mcp_definitions
from guard.core.policy import AudioPolicy, Grant, Policy
from guard.core.redact import Hit
from guard.core.refusal import denied, invalid, unknown
from guard.core.running import Runner
from guard.core.shapes import OWN_PREFIX

SEPARATOR = "\n\n"
"""Between the policy's instructions and the client's."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """``value`` may go to the provider. ``constrained`` holds the paths of what was dropped or changed; the
    path ends in ``.type`` for an entry of ``tools`` that was no function: MCP runs at the provider, past
    every decision. ``hits`` are what the redactor found in the client's own instructions and metadata."""

    value: dict[str, Any]
    constrained: tuple[str, ...]
    hits: tuple[Hit, ...] = ()


@dataclass(slots=True)
class Draft:
    policy: Policy
    root: str
    value: dict[str, Any] = field(default_factory=dict)
    constrained: list[str] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)

    def path(self, key: str) -> str:
        return f"{self.root}.{key}"

    def constrain(self, key: str) -> None:
        self.constrained.append(self.path(key))

    def keep(self, key: str, given: Any, allowed: Any) -> None:
        self.value[key] = allowed
        if given != allowed:
            self.constrain(key)

    def redacted(self, text: str) -> str:
        redaction = self.policy.to_model.whole(text)
        self.hits += redaction.hits
        return redaction.text

    def narrowed(self) -> Narrowed:
        return Narrowed(self.value, tuple(self.constrained), tuple(self.hits))


Rule = Callable[[Draft, str, Any], None]


def apply(rules: Mapping[str, Rule], given: Mapping[str, Any], draft: Draft) -> Narrowed:
    """Raises ``Refusal`` for a key without a rule: what nobody has thought about does not pass."""
    for key, value in given.items():
        rule = rules.get(key)
        if rule is None:
            raise unknown(draft.path(key))
        rule(draft, key, value)
    return draft.narrowed()


def permitted(policy: Policy) -> dict[str, dict[str, Any]]:
    """Definitions of the functions that the model may know of, by name, in a stable order."""
    return {grant.tool.name: grant.tool.definition() for grant in _granted(policy)}


def offered(policy: Policy) -> dict[str, dict[str, Any]]:
    """Those of them that the client runs: it may leave some out."""
    clients = (grant for grant in _granted(policy) if grant.tool.runner is Runner.CLIENT)
    return {grant.tool.name: grant.tool.definition() for grant in clients}


def standing(policy: Policy) -> list[dict[str, Any]]:
    """What the client has no say about: functions that Sallyport runs, and servers that the provider calls."""
    ours = (grant for grant in _granted(policy) if grant.tool.runner is Runner.HTTP)
    return [*(grant.tool.definition() for grant in ours), *mcp_definitions(policy)]


def _granted(policy: Policy) -> Iterator[Grant]:
    for name, grant in sorted(policy.grants.items()):
        if name not in policy.locked_tools and grant.tool.runner is not Runner.MCP:
            yield grant


def passes(draft: Draft, key: str, given: Any) -> None:
    draft.value[key] = given


def is_dropped(draft: Draft, key: str, given: Any) -> None:
    if given:
        draft.constrain(key)


def tracing(draft: Draft, key: str, given: Any) -> None:
    # Agents SDKs ask for "auto" unasked; that is worth no line in the record.
    if given not in (None, "auto"):
        draft.constrain(key)


def instructions(draft: Draft, key: str, given: str | None) -> None:
    policy = draft.policy
    if policy.accepts_client_instructions:
        draft.value[key] = below(policy, draft.redacted(own_part(policy, given or "")))
        return
    if given and given != policy.instructions:
        draft.constrain(key)
    # A blank policy leaves the provider's own default standing, for which the key must be absent.
    if policy.instructions:
        draft.value[key] = policy.instructions


def below(policy: Policy, own: str) -> str:
    """The policy's instructions first and whole, the client's under them."""
    return SEPARATOR.join(part for part in (policy.instructions, own) if part)


def own_part(policy: Policy, given: str) -> str:
    """The client's part of instructions that may have been composed by ``below``: SDKs send back what they
    were shown."""
    if given == policy.instructions:
        return ""
    return given.removeprefix(policy.instructions + SEPARATOR) if policy.instructions else given


def instructions_of(narrowed: Mapping[str, Any], policy: Policy) -> list[str]:
    """The client's own part of narrowed ``instructions``, for whoever must judge it; empty when there is none."""
    own = own_part(policy, narrowed.get("instructions") or "") if policy.accepts_client_instructions else ""
    return [own] if own else []


def with_instructions(
    narrowed: Mapping[str, Any], own: list[str], left: Mapping[str, str], policy: Policy
) -> dict[str, Any]:
    """``narrowed`` with what has been left of the client's own part."""
    return {**narrowed, "instructions": below(policy, left[own[0]])} if own else dict(narrowed)


def tools(draft: Draft, key: str, given: list[Mapping[str, Any]] | None) -> None:
    if given is None:
        return
    allowed, ours = offered(draft.policy), permitted(draft.policy)
    asked: dict[str, dict[str, Any]] = {}
    for index, tool in enumerate(given):
        name = tool.get("name")
        if tool.get("type") != "function":
            draft.constrain(f"{key}[{index}].type")
        elif name in allowed:
            asked[name] = allowed[name]
        elif name not in ours:
            draft.constrain(f"{key}[{index}]")
    draft.value[key] = [*asked.values(), *standing(draft.policy)]


def tool_choice(draft: Draft, key: str, given: Any) -> None:
    if given is None:
        return
    if given in ("none", "auto", "required"):
        draft.value[key] = given
    elif given.get("type") == "function" and given.get("name") in permitted(draft.policy):
        draft.value[key] = {"type": "function", "name": given["name"]}
    else:
        draft.constrain(key)


def modalities(draft: Draft, key: str, given: list[str]) -> None:
    text_only = draft.policy.audio is AudioPolicy.TEXT_ONLY
    draft.keep(key, given, ["text"] if text_only else given)


def tokens(draft: Draft, key: str, given: int | str) -> None:
    draft.keep(key, given, capped(draft.policy, given))


def capped(policy: Policy, given: int | str) -> int | str:
    cap = policy.max_output_tokens
    if cap is None:
        return given
    return cap if isinstance(given, str) else min(given, cap)


def session_type(draft: Draft, key: str, given: str) -> None:
    if given != "realtime":
        raise denied(draft.path(key), "Only sessions of type 'realtime' are available.")
    draft.value[key] = given


def model_is(bound: frozenset[str]) -> Rule:
    """The model is fixed when the session is bound; SDKs repeat it in every update, which changes nothing."""

    def rule(draft: Draft, key: str, given: str) -> None:
        if given not in bound:
            raise denied(draft.path(key), "The model of this session cannot be changed.")

    return rule


def session_audio(draft: Draft, key: str, given: Mapping[str, Any]) -> None:
    audio = {part: dict(value) for part, value in given.items()}
    sound_in = audio.get("input", {})
    # The transcript feeds record and redaction: the client can neither switch it off nor steer it.
    ours = transcription(draft.policy)
    if sound_in.pop("transcription", ours) != ours:
        draft.constrain(f"{key}.input.transcription")
    if "turn_detection" in sound_in:
        asked = sound_in["turn_detection"]
        sound_in["turn_detection"] = turn_detection(draft.policy, asked)
        if sound_in["turn_detection"] != asked:
            draft.constrain(f"{key}.input.turn_detection")
    if kept := {part: value for part, value in audio.items() if value}:
        draft.value[key] = kept


def transcription(policy: Policy) -> dict[str, Any] | None:
    return {"model": policy.transcription_model} if policy.transcription_model else None


def turn_detection(policy: Policy, asked: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Under gated turns the provider never answers by itself: neither a turn nor, after a while, silence."""
    if asked is None:
        return None
    if not policy.gated_turns:
        return dict(asked)
    return {**{k: v for k, v in asked.items() if k != "idle_timeout_ms"}, "create_response": False}


def prompt(draft: Draft, key: str, given: Any) -> None:
    # A stored prompt brings instructions and tools of its own.
    if given is not None:
        raise denied(draft.path(key), "Stored prompts are not available.")


def conversation(draft: Draft, key: str, given: str) -> None:
    if given not in ("auto", "none"):
        raise invalid(draft.path(key), "'auto' or 'none'")
    draft.value[key] = given


def metadata(draft: Draft, key: str, given: Mapping[str, str] | None) -> None:
    if any(name.startswith(OWN_PREFIX) for name in given or ()):
        raise denied(draft.path(key), f"Keys of metadata must not begin with {OWN_PREFIX}.")
    draft.value[key] = given and {name: draft.redacted(text) for name, text in given.items()}
