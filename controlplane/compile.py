"""Policy documents to ``guard.core.policy.Policy``. The only file that knows both vocabularies."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.conf import settings

from controlplane import document
from controlplane.budgets import budgets_of, prices_of
from controlplane.models import PolicyVersion, User
from controlplane.models import Tool as ToolRow
from controlplane.models.patterns import rule_from
from controlplane.operations.locks import locked_tools
from guard.core.approval import Approver
from guard.core.arguments import parse
from guard.core.classifier import Classifier, OnFailure, OnFinding, Shape, Timing
from guard.core.condition import Condition
from guard.core.engine import Engine
from guard.core.narrowing import SEPARATOR
from guard.core.policy import AudioPolicy, Caps, Grant, Limits, Policy, Principal, SpreadAnswer
from guard.core.redact import Direction, Operator, Redactor, Rule
from guard.core.redact.sample import BENIGN
from guard.core.running import Endpoint, McpServer, Runner
from guard.core.tools import Tool

_WARM_UP = 2_000
"""Characters."""


class NotInForce(LookupError):
    """No policy has been published, or it knows no such role or provider. The text says which, for the record."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A published policy, read-only: documents are shared between sessions."""

    number: int
    digest: str
    document: Mapping[str, Any]

    def role(self, name: str) -> Mapping[str, Any]:
        """Raises ``NotInForce``."""
        if name not in self.document["roles"]:
            raise NotInForce(f"policy {self.number} has no role {name}")
        role: Mapping[str, Any] = self.document["roles"][name]
        return role

    def provider_of(self, role: Mapping[str, Any]) -> str:
        """The name of the provider that the role's sessions go to. Raises ``NotInForce``."""
        providers = self.document["providers"]
        defaults = [name for name, provider in providers.items() if provider["is_default"]]
        wanted = [role["provider"]] if role["provider"] else defaults
        for name in wanted:
            if name in providers:
                return str(name)
        raise NotInForce(f"policy {self.number} has no provider for this role")

    def models_of(self, role: Mapping[str, Any]) -> tuple[str, ...]:
        provider = self.document["providers"][self.provider_of(role)]
        return tuple(role["model_names"] or provider["model_names"])


def in_force() -> Snapshot:
    """The newest policy version. Raises ``NotInForce``."""
    newest = PolicyVersion.objects.order_by("-number").values_list("number", "digest").first()
    if newest is None:
        raise NotInForce("no policy has been published; run seed_demo, or save any object in the admin")
    return _snapshot(*newest)


def numbered(number: int) -> Snapshot:
    """A version that is or was in force. Raises ``NotInForce``."""
    digest = PolicyVersion.objects.filter(number=number).values_list("digest", flat=True).first()
    if digest is None:
        raise NotInForce(f"there is no policy {number}")
    return _snapshot(number, digest)


@lru_cache(maxsize=8)
def _snapshot(number: int, digest: str) -> Snapshot:
    # Versions never change, so one read is enough. Keyed by digest too: a rolled-back test may use a number again.
    version = PolicyVersion.objects.get(number=number, digest=digest)
    return Snapshot(number, digest, document.completed(version.document))


def fault_in(content: Mapping[str, Any]) -> str:
    """Why no session could run on this document, "" when every role of it compiles."""
    snapshot = Snapshot(0, "", document.completed(content))
    try:
        for name, role in snapshot.document["roles"].items():
            _grants(snapshot, role)
            _engine(name, role)
            for direction in Direction:
                redactor(snapshot, name, direction)
                _classifiers(snapshot, name, direction)
    except (ValueError, TypeError, KeyError) as error:
        return f"role {name}: {error}"
    return ""


def policy_for(user: User, role_name: str, snapshot: Snapshot | None = None) -> Policy:
    """Everything that governs a session of ``user`` as ``role_name``, as of now. Raises ``NotInForce``.

    Grants, patterns and limits come from the version in force; attributes of the user and tool locks are read now.
    """
    snapshot = snapshot or in_force()
    role = snapshot.role(role_name)
    return Policy(
        version=snapshot.number,
        digest=snapshot.digest,
        principal=Principal(str(user.public_id), user.username, role_name, user.attributes),
        grants=_grants(snapshot, role, _authorizations(snapshot, role)),
        to_client=redactor(snapshot, role_name, Direction.TO_CLIENT),
        to_model=redactor(snapshot, role_name, Direction.TO_MODEL),
        models=snapshot.models_of(role),
        instructions=SEPARATOR.join(text for text in (role["constraints"], role["instructions"]) if text),
        accepts_client_instructions=role["accepts_client_instructions"],
        accepts_history=role["accepts_history"],
        audio=AudioPolicy(role["audio"]),
        speech_rate=role["speech_rate"],
        withheld_notice=role["withheld_notice"],
        spread_values=SpreadAnswer(role["spread_values"]),
        gated_turns=role["gated_turns"],
        client_classifiers=_classifiers(snapshot, role_name, Direction.TO_CLIENT),
        model_classifiers=_classifiers(snapshot, role_name, Direction.TO_MODEL),
        transcription_model=role["transcription_model"],
        max_output_tokens=role["max_output_tokens"],
        limits=_limits(role),
        budgets=budgets_of(role),
        prices=prices_of(snapshot.document["providers"][snapshot.provider_of(role)]),
        locked_tools=locked_tools(),
        calls_per_turn=role["calls_per_turn"],
        engine=_engine(role_name, role),
        shadow_patterns=_shadow_patterns(snapshot.document["patterns"]),
        evidence_key=_key(b"sallyport evidence"),
    )


def _limits(role: Mapping[str, Any]) -> Limits:
    names = ("max_session_seconds", "idle_seconds", "reauthenticate_seconds", "grace_seconds")
    return Limits(*(role[name] for name in names))


def redactor(snapshot: Snapshot, role_name: str, direction: Direction) -> Redactor:
    """The one redactor for these rules: sessions share it, and with it the automaton that it builds as it reads."""
    return _redactor(tuple(_rules(snapshot.document["patterns"], role_name, direction)))


@lru_cache(maxsize=64)
def _redactor(rules: tuple[Rule, ...]) -> Redactor:
    """Warmed on a plain text, here and not in the loop: the first words of the first session would pay for it."""
    # Tokens of the hash operator must not be reversible by whoever has only the text.
    redactor = Redactor(rules, hash_key=_key(b"sallyport redaction tokens"))
    redactor.whole(BENIGN[:_WARM_UP])
    return redactor


def _key(purpose: bytes) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), purpose, hashlib.sha256)


def _rules(patterns: list[Mapping[str, Any]], role_name: str, direction: Direction) -> list[Rule]:
    return [_rule(pattern) for pattern in patterns if _applies(pattern, role_name, direction)]


def _rule(pattern: Mapping[str, Any]) -> Rule:
    """A pattern that is only tried is found like any other, and hides nothing."""
    rule = rule_from(pattern["rule"])
    return rule if pattern["mode"] == "enforce" else replace(rule, operator=Operator.FLAG)


def _shadow_patterns(patterns: list[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(pattern["rule"]["name"] for pattern in patterns if pattern["mode"] == "shadow")


def _classifiers(snapshot: Snapshot, role_name: str, direction: Direction) -> tuple[Classifier, ...]:
    return tuple(
        classifier_from(row["ask"])
        for row in snapshot.document["classifiers"]
        if _applies(row, role_name, direction)
    )


def classifier_from(definition: Mapping[str, Any]) -> Classifier:
    """A classifier from its JSON shape (``models.Classifier.definition``)."""
    return Classifier(
        name=definition["name"],
        url=definition["url"],
        shape=Shape(definition["shape"]),
        model=definition["model_name"],
        labels=frozenset(definition["labels"]),
        threshold=definition["threshold"],
        timing=Timing(definition["timing"]),
        on_finding=OnFinding(definition["on_finding"]),
        on_failure=OnFailure(definition["on_failure"]),
        deadline=definition["deadline_ms"] / 1000,
    )


def _applies(row: Mapping[str, Any], role_name: str, direction: Direction) -> bool:
    return row["direction"] in (direction, "both") and (row["roles"] is None or role_name in row["roles"])


def _grants(
    snapshot: Snapshot, role: Mapping[str, Any], keys: Mapping[str, str] | None = None
) -> dict[str, Grant]:
    """``keys``: what the provider shows to an MCP server, by tool. No document holds such a thing."""
    near = _private_hosts(snapshot, role)
    tools = snapshot.document["tools"]
    return {
        name: _grant(name, tools[name], grant, near, (keys or {}).get(name, ""))
        for name, grant in role["grants"].items()
    }


def _authorizations(snapshot: Snapshot, role: Mapping[str, Any]) -> dict[str, str]:
    """Of the tools as they are now, and only for the address that the snapshot names. Raises ``Undecryptable``."""
    urls = {
        name: snapshot.document["tools"][name]["url"]
        for name in role["grants"]
        if snapshot.document["tools"][name]["runner"] == Runner.MCP
    }
    rows = ToolRow.objects.filter(name__in=urls, retired_at=None) if urls else ()
    return {row.name: row.api_key() for row in rows if row.url == urls[row.name]}


def _private_hosts(snapshot: Snapshot, role: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        provider = snapshot.document["providers"][snapshot.provider_of(role)]
    except NotInForce:  # no session can start on this role: nothing is reached at all
        return ()
    return tuple(provider["private_tool_hosts"])


def _grant(
    name: str, tool: Mapping[str, Any], grant: Mapping[str, Any], near: tuple[str, ...], key: str
) -> Grant:
    rules = [rule for argument, given in sorted(grant["rules"].items()) for rule in parse(argument, given)]
    return Grant(
        tool=_tool(name, json.dumps(tool, sort_keys=True), near, key),
        hidden_fields=frozenset(grant["hidden_fields"]),
        streams_arguments=grant["streams_arguments"],
        visible_fields=frozenset(grant["visible_fields"]) if grant["visible_fields"] else None,
        rules=tuple(rules),
        caps=Caps(grant["per_turn"], grant["per_session"], grant["per_day"]),
        condition=_condition(grant["condition"]) if grant["condition"] else None,
        approver=Approver(grant["approver"]),
        approval_seconds=grant["approval_seconds"],
        enforced=grant["mode"] == "enforce",
    )


@lru_cache(maxsize=256)
def _tool(name: str, definition: str, near: tuple[str, ...], key: str) -> Tool:
    # Cached because a Tool compiles its schemas.
    shape = json.loads(definition)
    runner = Runner(shape["runner"])
    return Tool(
        name=name,
        description=shape["description"],
        parameters=shape["parameters"],
        runner=runner,
        answer_seconds=shape["answer_seconds"],
        endpoint=Endpoint(shape["url"], frozenset(near)) if runner is Runner.HTTP else None,
        mcp=McpServer(shape["mcp_label"], shape["url"], shape["mcp_tool"], key)
        if runner is Runner.MCP
        else None,
        result_schema=shape["result_schema"] or None,
    )


@lru_cache(maxsize=256)
def _condition(source: str) -> Condition:
    return Condition(source)


def _engine(name: str, role: Mapping[str, Any]) -> Engine | None:
    if not role["engine_url"]:
        return None
    return Engine(role["engine_url"], role["engine_deadline_ms"] / 1000, name)
